"""The runbook of an alert: a Markdown file in the catalogue's folder, its steps into the thread."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.cards.links import is_address
from bot.catalog import Catalog
from bot.domain.alert import Alert, AlertGroup, runbook_of
from bot.domain.evidence.runbook import SOURCE, RunbookFound
from bot.domain.finding import Finding, Phase
from bot.domain.runbooks import Step
from bot.domain.runbooks.read import steps_of, title_of
from bot.storage import alerts, findings, runbooks
from bot.world import World
from integrations.errors import Rejected

SYSTEM = "runbooks"
ENDING = ".md"
LARGEST_BYTES = 200_000
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Between the words of an alert's name."""


async def look_for_runbook(world: World, group_id: str, phase: Phase) -> None:
    """Put the steps of the alert's runbook into the thread of its group, as boxes to tick.

    Reads one file. May be repeated: the first reading stands, and so does what was ticked.

    Raises:
        IntegrationError: there is such a file, and it cannot be read; or there is no folder.
    """
    if phase is not Phase.ONSET:
        return
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await alerts.alerts_of(connection, group_id)
    folders, addresses = _kept_in(world.catalog, group)
    read = await asyncio.to_thread(_read_first, folders, list(_names(group, known)))
    if read is not None:
        await _put(world, group_id, *read)
    elif addresses and runbook_of(known) is None:
        await _keep(world, group_id, RunbookFound(address=addresses[0]))


async def _put(world: World, group_id: str, name: str, steps: tuple[Step, ...]) -> None:
    if not steps:
        note = f"The runbook {name} has no numbered steps and no tasks."
        await _keep(world, group_id, None, note=note)
        return
    async with world.database.write() as connection:
        await runbooks.add(connection, group_id, name, steps)
    await _keep(world, group_id, RunbookFound(name=name, steps=len(steps)))


async def _keep(world: World, group_id: str, said: RunbookFound | None, *, note: str = "") -> None:
    async with world.database.write() as connection:
        at = world.now()
        finding = Finding(source=SOURCE, phase=Phase.ONSET, note=note, said=said, found_at=at)
        await findings.write(connection, group_id, finding)


def _kept_in(catalog: Catalog, group: AlertGroup) -> tuple[list[Path], list[str]]:
    """The folders and the addresses of the alert's own service; of one that names none, of all.

    A folder is looked for where the bot was started.
    """
    own = catalog.services.get(group.service or "")
    services = [own] if own is not None else catalog.services.values()
    said = dict.fromkeys(one.runbooks for one in services if one.runbooks)
    addresses = [one for one in said if is_address(one)]
    return [Path(one) for one in said if one not in addresses], addresses


def _names(group: AlertGroup, known: Iterable[Alert]) -> Iterator[str]:
    """What the file may be called: as the annotation's address ends, or as the alert, whose name
    may be written `high-error-ratio` too."""
    address = runbook_of(known)
    if address is not None:
        end = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
        yield end.removesuffix(ENDING)
    yield group.name
    yield _WORDS.sub("-", group.name).lower()


def _read_first(folders: list[Path], names: list[str]) -> tuple[str, tuple[Step, ...]] | None:
    for folder in folders:
        for name in names:
            if (file := _inside(folder, name)) is not None:
                document = _read(file)
                return title_of(document) or name, steps_of(document)
    if gone := next((one for one in folders if not one.is_dir()), None):
        raise Rejected(SYSTEM, "read", f"there is no folder {gone}")
    return None


def _inside(folder: Path, name: str) -> Path | None:
    """The file of this name that lies in the folder itself, wherever links lead."""
    if not name or name.startswith(".") or set(name) & set("/\\\0"):
        return None
    try:
        root = folder.resolve()
        file = (root / f"{name}{ENDING}").resolve()
        return file if file.parent == root and file.is_file() else None
    except OSError:
        return None


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise Rejected(SYSTEM, "read", f"{file.name} is larger than {LARGEST_BYTES:,} bytes")
        return content.decode()
    except OSError as exc:
        raise Rejected(SYSTEM, "read", f"{file.name}: {exc.strerror}") from exc
    except UnicodeDecodeError:
        raise Rejected(SYSTEM, "read", f"{file.name} is not UTF-8") from None
