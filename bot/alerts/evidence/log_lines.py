"""What a service's log says: its first error lines around an onset, and which of them are new."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from bot.cards.log_lines import thread_text
from bot.domain.card import Kind
from bot.domain.evidence.log_lines import SOURCE, ErrorLines
from bot.domain.finding import Finding, Phase
from bot.domain.logs.errors import PATTERN, is_error, said_by
from bot.domain.logs.lines import Line, read_line
from bot.storage import alerts, cards, findings
from bot.world import World
from integrations.aws.log_models import LogLine

READ_LINES = 300
"""At most, of each of the two times."""
IN_THREAD = 20
SAID_AT_MOST = 5
LEAD = timedelta(minutes=10)
"""An alert waits before it fires: its errors began before it did."""
LEAST_LEAD = timedelta(seconds=20)
USUAL = 3
"""So many times as long before that is looked at, for what was there already."""
WITHIN_S = 6.0
NEARER, AGAIN_WITHIN_S = 5, 1.5
"""By how much of the lead, and for how long, where the first reading is cut before the onset."""
FIRST = "The first {} that tell of a failure"


async def look_in_log(world: World, group_id: str, phase: Phase) -> bool:
    """Read the error lines of some minutes around the onset, and those before them.

    Costs two FilterLogEvents, three where the log is noisy, one more for every further page;
    searching is not billed. What they say is kept without secrets, and the lines go to the thread.
    Returns whether it was asked.

    Raises:
        IntegrationError: CloudWatch did not give them.
    """
    if phase is not Phase.ONSET:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        earlier = await alerts.ended_before(connection, group)
    place = world.catalog.place(group.service, group.environment)
    if group.service is None or place is None or place.logs is None:
        return False
    lead = max(LEAST_LEAD, world.paced(LEAD))
    until = min(world.now(), group.started_at + lead)  # it may have begun days ago
    since = min(group.started_at, until) - lead
    if earlier is not None and earlier.resolved_at is not None:
        # Its lines are of that time; what they said is not new now.
        since = max(since, min(earlier.resolved_at, group.started_at - LEAST_LEAD))
    client = world.aws.account(place.region, place.role).logs
    read = partial(client.filter_events, place.logs, PATTERN, at_most=READ_LINES, within_s=WITHIN_S)
    seen, usual = await asyncio.gather(
        read(start=since, end=until, oldest_first=True),
        read(start=since - USUAL * lead, end=since),
    )
    if seen.is_cut and seen.lines[-1].at < group.started_at:
        # A log so noisy that none of it is of the onset: what tells most is read nearer to it.
        since = max(since, group.started_at - lead / NEARER)
        seen = await read(start=since, end=until, oldest_first=True, within_s=AGAIN_WITHIN_S)
    ids = re.compile(world.catalog.services[group.service].request_ids.pattern)
    lines = await asyncio.to_thread(_errors, seen.lines, ids)
    before = await asyncio.to_thread(_errors, usual.lines, ids)
    is_all_known = usual.is_whole and not usual.is_cut
    found = ErrorLines(
        group=place.logs,
        region=place.region,
        since=since,
        until=until,
        total=len(lines),
        said=said_by(lines, before if is_all_known else None)[:SAID_AT_MOST],
        first_at=lines[0].at if lines else None,
        is_cut=seen.is_cut,
        is_whole=seen.is_whole,
    )
    await _keep(world, group_id, found, lines)
    return True


def _errors(found: Sequence[LogLine], ids: re.Pattern[str]) -> list[Line]:
    """Those that tell of a failure; takes up to a second where lines are long."""
    return [
        line for line in (read_line(one.at, one.message, ids) for one in found) if is_error(line)
    ]


async def _keep(world: World, group_id: str, found: ErrorLines, lines: Sequence[Line]) -> None:
    async with world.database.write() as connection:
        finding = Finding(source=SOURCE, phase=Phase.ONSET, said=found, found_at=world.now())
        await findings.write(connection, group_id, finding)
        if lines:
            await cards.add_entry(
                connection,
                Kind.ALERT_GROUP,
                group_id,
                key="error lines",
                message=thread_text(lines, FIRST, at_most=IN_THREAD),
            )
