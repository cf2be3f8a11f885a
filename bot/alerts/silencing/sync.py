"""What Alertmanager tells of silences, brought to our rows: those made elsewhere too.

A silenced alert is told of to nobody, its end included, so that it is asked for: slowly, and only
while something fires or is silenced.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.silencing import told
from bot.domain.audited import DONE
from bot.domain.silence import Silence, SilenceState, marked
from bot.domain.silence.audited import SILENCE, entry, on_behalf
from bot.storage import audit, silences
from bot.storage.database import Connection
from bot.storage.silences import OpenAlert
from bot.world import World
from integrations.alertmanager import models

WARN_BEFORE = timedelta(minutes=10)
SHORT = timedelta(minutes=30)
"""Whoever silences for less has not forgotten it."""

Covered = Mapping[str, Mapping[str, Collection[str]]]


@dataclass(frozen=True, slots=True)
class SyncSilences:
    """Asks Alertmanager and writes down what it says: a chore, done by every replica."""

    world: World

    async def __call__(self) -> int:
        """Returns how many silences are in force; costs two calls, or none while all is quiet.

        Raises:
            IntegrationError: Alertmanager did not answer; the rows stay as they are.
        """
        alertmanager = self.world.alertmanager
        async with self.world.database.read() as connection:
            before = await silences.open_ones(connection)
            firing = await silences.open_alerts(connection)
        if alertmanager is None or not (before or firing):
            return 0
        alerts = await alertmanager.get_alerts()
        found = [one for one in await alertmanager.get_silences() if one.state in told.LIVE]
        covered = _covered(alerts, firing)
        await _find_promised(self.world, found)
        async with self.world.database.write() as connection:
            await _take_in(connection, before, found, covered, at=self.world.now())
        self.world.wake()
        return len(found)


def _covered(alerts: Iterable[models.Alert], firing: Iterable[OpenAlert]) -> Covered:
    """The alerts of each group that each silence covers, by Alertmanager's id of it."""
    groups: dict[str, set[str]] = defaultdict(set)
    for alert in firing:
        groups[alert.fingerprint].add(alert.group_id)
    covered: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in alerts:
        for silence_id in one.silenced_by:
            for group_id in groups.get(one.fingerprint, ()):
                covered[silence_id][group_id].add(one.fingerprint)
    return covered


async def _take_in(
    connection: Connection,
    before: Iterable[Silence],
    found: Iterable[models.Silence],
    covered: Covered,
    *,
    at: datetime,
) -> None:
    live = {str(one.id): one for one in found}
    for silence_id, one in live.items():
        known = await silences.of_alertmanager(connection, silence_id)
        if known is None and silence_id in covered:
            await silences.add_other(connection, told.made_elsewhere(one))
            known = await silences.of_alertmanager(connection, silence_id)
        if known is not None and known.state is SilenceState.LIVE:
            await _bring_up_to_date(connection, known, one, covered.get(silence_id, {}), at=at)
    # Only what was known before Alertmanager was asked: it has not told of what was made since.
    for silence in before:
        if silence.state is SilenceState.LIVE and silence.alertmanager_id not in live:
            await told.over(connection, silence, at=min(at, silence.ends_at))


async def _find_promised(world: World, found: Iterable[models.Silence]) -> None:
    """A silence of ours whose making nobody wrote down: its comment says which it is.

    One that was given up is among them: Alertmanager took it and did not get to say so.
    """
    for one in found:
        silence_id = marked(one.comment)
        if silence_id is None:
            continue
        async with world.database.read() as connection:
            silence = await silences.get(connection, silence_id)
        if silence is not None and silence.alertmanager_id is None:
            await was_made(world, silence, str(one.id))


async def was_made(world: World, silence: Silence, known_as: str) -> None:
    """Alertmanager has a promised silence: the row and the audit say so, once."""
    done = entry(
        SILENCE,
        DONE,
        silence.matchers,
        world.catalog,
        on_behalf(silence, world.now()),
        subject=known_as,
        until=silence.ends_at,
    )
    async with world.database.write() as connection:
        if await silences.made(connection, silence.id, known_as):
            await audit.add(connection, done)


async def _bring_up_to_date(
    connection: Connection,
    known: Silence,
    one: models.Silence,
    groups: Mapping[str, Collection[str]],
    *,
    at: datetime,
) -> None:
    if await silences.lasts_until(connection, known.id, one.ends_at):
        known = await silences.get(connection, known.id) or known
    for group_id in await silences.cover(connection, known.id, groups):
        await told.begun(connection, known, group_id)
    is_short = known.ends_at - known.starts_at < SHORT
    if not is_short and at < known.ends_at <= at + WARN_BEFORE:
        await told.warned(connection, known, at)
