"""`credlink sandbox`: start the world and the bot, say where they are, and wait for Ctrl-C."""

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from sandbox import ports, worldbar
from sandbox.bot_process import BotProcess
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.scenarios import scenarios
from sandbox.world import World

PARTS = ("workspace", "bot", "monitoring")


def main(arguments: Sequence[str]) -> int:
    """Run the sandbox until it is told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="credlink sandbox", description="The bot in a complete local world, on loopback only."
    )
    parser.add_argument(
        "--without",
        action="append",
        choices=PARTS,
        default=[],
        help="leave a part out; without the bot, the environment to point one here is printed",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--port", type=int, default=ports.BASE, help="the page's port; the others follow it"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="divides every wait (default 1)")
    parser.add_argument("--slack-mode", choices=("socket", "http"), default="socket")
    chosen = parser.parse_args(arguments)
    if chosen.pace <= 0:
        parser.error("--pace must be above 0")
    logging.basicConfig(level="WARNING")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(chosen))
    return 0


async def _run(chosen: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="credlink-sandbox-"))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World(
        folder=folder,
        ports=ports.choose(chosen.port),
        pace=chosen.pace,
        with_workspace="workspace" not in chosen.without,
        with_monitoring="monitoring" not in chosen.without,
        slack_mode=chosen.slack_mode,
    )
    bot = None
    if "bot" not in chosen.without and world.with_workspace:
        bot = BotProcess(
            world.process_environment, operations_url=world.operations_url, log=folder / "bot.log"
        )
    world.workspace.more_routes = worldbar.routes(world, bot, scenarios(world, bot))
    try:
        async with world:
            if bot is not None:
                await bot.start()
            _say_where(world, bot)
            if chosen.open and world.with_workspace:
                await asyncio.to_thread(webbrowser.open, world.workspace.url)
            await stop.wait()
            print("\nStopping.")
            if bot is not None:
                await bot.stop()
    finally:
        if bot is not None:
            await bot.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _say_where(world: World, bot: BotProcess | None) -> None:
    if world.with_workspace:
        print(f"\nThe workspace is at {world.workspace.url}  (press Ctrl-C to stop)\n")
        print("  Type /credlink deploy prod v1.2.0 in #credlink-prod, and press Confirm.")
        print("  Then deploy v1.3.0-errors and wait for #credlink-alerts.")
    if bot is not None:
        print(f"  The bot's log: {bot.log}")
    if not Monitoring.available():
        print(f"\n  {HOW_TO_GET_THEM}\n  Until then the page's menu can fire an alert by hand.")
    if bot is None:
        print("\n# Point a bot at this world:")
        for name, value in world.environment().items():
            print(f"export {name}='{value}'")
    print(flush=True)
