"""A PostgreSQL server of the tests' own, on a free loopback port, gone when the tests are."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.ports import free_port
from tests.programs import require

HOW = "apt-get install postgresql"
FOLDERS = ("/usr/lib/postgresql/*/bin",)
OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""


@contextmanager
def running() -> Iterator[str]:
    """Run a server; yields the URL of its maintenance database."""
    initdb = require("initdb", HOW, folders=FOLDERS)
    control = require("pg_ctl", HOW, folders=FOLDERS)
    as_owner: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="credlink-postgres-"))
    if os.geteuid() == 0:
        as_owner = ["runuser", "-u", OWNER, "--"]
        shutil.chown(folder, pwd.getpwnam(OWNER).pw_uid)
    data = folder / "data"
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        # Nobody cuts the machine's power: what reached the kernel is safe enough for a test.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    run = ["-o", " ".join([f"-p {port}", *(f"-c {k}={v}" for k, v in options.items())])]
    try:
        subprocess.run(
            [*as_owner, initdb, "-D", str(data), "-U", OWNER, "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        subprocess.run(
            [*as_owner, control, "-D", str(data), "-w", "-l", str(folder / "log"), *run, "start"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        yield f"postgresql://{OWNER}@127.0.0.1:{port}/postgres"
    finally:
        if data.exists():
            subprocess.run(
                [*as_owner, control, "-D", str(data), "-w", "-m", "immediate", "stop"],
                check=False,
                capture_output=True,
                cwd=folder,
            )
        shutil.rmtree(folder, ignore_errors=True)
