"""The evidence is measured, shown, and acted on: go back, hold and ask, or nothing yet."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.cards import change_thread
from bot.changes.audit.entries import held_entry
from bot.changes.evidence.draw import draw_evidence
from bot.changes.evidence.measure import Period, judged
from bot.changes.look import Memory
from bot.changes.outcome import lock_after
from bot.changes.seen import Seen, read, seen
from bot.changes.watch import Looked, tell
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind, ChangeState, Hold, HoldKind, Origin
from bot.domain.judgement import Judgement
from bot.domain.place import Place
from bot.domain.rollout import Verdict
from bot.domain.shift import Stage
from bot.domain.wellness import REPLACED_WITHIN
from bot.storage import audit, cards, changes
from bot.world import World

S = ChangeState
ALL_TRAFFIC = 100.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """The change with what was measured on its card; no judgement where it was not yet time."""

    change: Change
    memory: Memory
    judgement: Judgement | None


async def measure(
    here: World,
    change: Change,
    looked: Looked,
    *,
    since: datetime,
    length: timedelta,
    is_over: bool,
    stage: Stage | None = None,
) -> Measured:
    """Ask the sources what they say of the time since `since`, if it is time to."""
    now, place = here.now(), looked.place
    progress = looked.progress
    wellness = looked.sight.memory.wellness.after(progress.healthy, progress.desired, now)
    memory = replace(looked.sight.memory, wellness=wellness)
    is_due = now.timestamp() - memory.judged_at >= _every_s(here, place)
    if not is_due and not (is_over and change.state is not S.HELD):
        return Measured(change, memory, None)
    if change.rollout is None:
        return Measured(change, memory, None)
    period = Period(
        began=change.rollout.began_at,
        since=since,
        now=now,
        length=length,
        is_over=is_over,
        both_run=stage is not None and 0 < stage.weight < ALL_TRAFFIC,
        well=(progress.healthy, progress.desired),
        is_unwell=wellness.is_bad(
            now,
            replaced_within=here.paced(REPLACED_WITHIN),
            full_within=here.paced(place.config.deploy.rollout_timeout),
        ),
    )
    judgement = _as_shown(await judged(here, place, change, period))
    told = await tell(here, change, looked, judgement=judgement)
    return Measured(told, replace(memory, judged_at=now.timestamp()), judgement)


def _as_shown(judgement: Judgement) -> Judgement:
    """With figures no finer than a person reads: what looks the same edits no card."""
    return replace(
        judgement,
        findings=tuple(
            replace(
                one,
                before=_figure(one.before),
                after=_figure(one.after),
                control=_figure(one.control),
                p=_figure(one.p, digits=1),
            )
            for one in judgement.findings
        ),
    )


def _figure(value: float | None, *, digits: int = 2) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")


def _every_s(here: World, place: Place) -> float:
    return here.paced(place.config.deploy.judge_every).total_seconds()


async def act_on_bad(here: World, place: Place, change: Change, judgement: Judgement) -> Seen:
    """Undo it where the catalogue lets the bot do so by itself; otherwise hold and ask."""
    if not may_go_back(place, change):
        return await hold(here, place, change, HoldKind.BAD, judgement.why)
    await draw_evidence(here, place, change, judgement)
    now = here.now()
    async with here.database.write() as connection:
        moved = await changes.move(
            connection,
            change.id,
            S.ROLLING_BACK,
            of={S.ROLLING_OUT, S.BAKING},
            at=now,
            verdict=Verdict.REGRESSED,
            why=judgement.why,
            progress=None,
        )
        if moved is not None:
            locked = await lock_after(connection, place, moved, at=now)
            message = change_thread.undone(judgement, at=now)
            await cards.add_entry(
                connection, Kind.CHANGE, change.id, key="regressed", message=message
            )
            if locked is not None:
                await audit.add(connection, locked)
    log.warning(
        "change_regressed",
        extra={"action": "change_regressed", "change_id": change.id, "why": judgement.why},
    )
    here.wake()
    return seen(moved or await read(here, change.id))


def may_go_back(place: Place, change: Change) -> bool:
    """Whether the catalogue lets the bot undo this without asking."""
    is_ours = change.kind is ChangeKind.DEPLOY and change.origin is Origin.BOT
    return is_ours and place.config.deploy.on_bad == "roll-back"


async def hold(here: World, place: Place, change: Change, kind: HoldKind, why: str) -> Seen:
    """Go no further until a person says so, and ask the one whose change it is."""
    if change.judgement is not None:
        await draw_evidence(here, place, change, change.judgement)
    now = here.now()
    async with here.database.write() as connection:
        moved = await changes.move(
            connection,
            change.id,
            S.HELD,
            of={S.ROLLING_OUT, S.BAKING},
            at=now,
            hold=Hold(kind=kind, why=why, at=now),
        )
        if moved is not None:
            message = change_thread.asks(moved, at=now)
            key = f"held:{moved.state_revision}"
            await cards.add_entry(connection, Kind.CHANGE, change.id, key=key, message=message)
            await audit.add(connection, held_entry(moved, at=now))
    here.wake()
    return seen(moved or await read(here, change.id))
