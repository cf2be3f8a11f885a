"""One HTTP listener: starts on host:port, drains when told to stop."""

from aiohttp import web

from bot.errors import ConfigurationError

DRAIN_S = 5.0


class Listener:
    """An aiohttp application on an address of its own."""

    def __init__(self, app: web.Application, address: str) -> None:
        """`address` is `host:port`; port 0 takes a free one."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ConfigurationError(
                f"{address!r} is no address: write host:port, as 127.0.0.1:8080"
            )
        self._host, self._port = host.strip("[]"), int(port)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigurationError: somebody else has the port.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as exc:
            await self._runner.cleanup()
            raise ConfigurationError(
                f"Cannot listen on {self._host}:{self._port}: {exc.strerror}. "
                "Stop what uses the port, or choose another address."
            ) from exc
        self._port = int(self._runner.addresses[0][1])

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def stop(self) -> None:
        """Take no new connection and give running requests a few seconds."""
        await self._runner.cleanup()
