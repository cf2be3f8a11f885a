"""Run a program that ends when whoever started it does, however that happens.

    python leash.py PROGRAM [ARGUMENT …]

The starter holds the other end of our standard input and never writes to it: reading ends when the
starter closes it or dies, even by SIGKILL, on every system that has pipes.
"""

import signal
import subprocess
import sys
import threading

STOPS_WITHIN_S = 5.0


def end_with_starter(program: subprocess.Popen[bytes]) -> None:
    """Wait for the end of standard input, then end the program."""
    sys.stdin.buffer.read()
    program.terminate()
    try:
        program.wait(STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        program.kill()


def main() -> int:
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603  it is what we are for
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    threading.Thread(target=end_with_starter, args=(program,), daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
