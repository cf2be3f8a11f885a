"""moto's server on a loopback port, quiet, and gone at once when it is stopped."""

import socket
import threading
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

HOST = "127.0.0.1"
LOOKS_FOR_STOP_EVERY_S = 0.05
JSON = "application/x-amz-json-1.1"


class _QuietHandler(MotoRequestHandler):
    """Without a log line per request: the world keeps its own record of calls."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        pass


def as_json(application: Any) -> Any:
    """Answer JSON calls as JSON: moto calls some of its answers web pages, which AWS never does."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if "HTTP_X_AMZ_TARGET" in environ:
                headers = [one for one in headers if one[0].lower() != "content-type"]
                headers.append(("Content-Type", JSON))
            return start_response(status, headers, *rest)

        return application(environ, start)

    return answer


class Listener:
    """What moto's ThreadedMotoServer does, but it closes its socket and stops in 50 ms."""

    def __init__(self, port: int = 0) -> None:
        # werkzeug ends the process when a port is taken, so the socket is made here.
        with socket.create_server((HOST, port)) as listening:
            self.url = f"http://{HOST}:{listening.getsockname()[1]}"
            self._server: BaseWSGIServer = make_server(
                HOST,
                port,
                as_json(DomainDispatcherApplication(create_backend_app)),
                threaded=True,
                request_handler=_QuietHandler,
                fd=listening.fileno(),
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(LOOKS_FOR_STOP_EVERY_S,),
            name="aws-listener",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(timeout=5.0)
        self._server.server_close()
