"""The card of an alert group, from its rows as they are now."""

from collections.abc import Sequence
from datetime import datetime

from bot.alerts.chart import picture_key as chart_key
from bot.alerts.evidence.panel import picture_key as panel_key
from bot.alerts.mended import mended
from bot.alerts.sentry.showing import findings_of
from bot.alerts.suspects import suspects_of
from bot.cards.alert import AlertView, card
from bot.cards.alert_picture import is_chosen
from bot.cards.blocks import Message
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind
from bot.domain.finding import Finding, Phase
from bot.domain.incident import PagerDutyIncident
from bot.domain.suspects import Ranking
from bot.domain.way_back import undone_to
from bot.storage import alerts, cards, changes, incidents, responses, silences, stormed
from bot.storage.database import Connection
from bot.storage.known import known_of


async def render(connection: Connection, group_id: str, now: datetime) -> Message:
    """Render the card of an alert group in one snapshot.

    Raises:
        NotKnown: there is no such group.
    """
    return card(await look(connection, group_id, now))


async def look(connection: Connection, group_id: str, now: datetime) -> AlertView:
    """Everything the card of an alert group shows, in one snapshot.

    Raises:
        NotKnown: there is no such group.
    """
    group = await alerts.get(connection, group_id)
    found = await incidents.of_group(connection, group_id)
    ranking = await suspects_of(connection, group)
    first = ranking.first if ranking is not None else None
    suspect = await change_of(connection, ranking)
    findings = await findings_of(connection, group_id)
    picture, is_panel = await _picture(connection, group_id, findings)
    return AlertView(
        group=group,
        alerts=await alerts.alerts_of(connection, group_id),
        incidents=found,
        response=await responses.latest(connection, group_id),
        findings=findings,
        picture=picture,
        picture_is_panel=is_panel,
        ranking=ranking,
        change=suspect,
        mended=await mended(connection, group, first, group.resolved_at or now),
        way_back=None if group.is_final else await way_back(connection, suspect),
        shared_with=await named_beside(connection, group, found),
        silences=() if group.is_final else await silences.of_group(connection, group_id),
        noted=(await stormed.noted(connection, [group_id])).get(group_id),
        is_posted=await cards.card_channel_and_ts(connection, Kind.ALERT_GROUP, group_id)
        is not None,
        now=now,
    )


async def change_of(connection: Connection, ranking: Ranking | None) -> Change | None:
    """The first suspect's own row, where it is a change."""
    if ranking is None or ranking.first is None or ranking.first.deed.kind.row != "change":
        return None
    return await changes.find(connection, ranking.first.deed.id)


async def way_back(connection: Connection, change: Change | None) -> str | None:
    """What going back from the suspect would return to; None where that has no place."""
    if change is None or change.kind is not ChangeKind.DEPLOY:
        return None
    if change.is_under_way:
        return change.plan.running.name if change.plan is not None else None
    target = undone_to(await known_of(connection, change.environment, change.service), change)
    return target.name if target is not None else None


async def _picture(
    connection: Connection, group_id: str, findings: Sequence[Finding]
) -> tuple[str | None, bool]:
    """The newest picture Slack may show in a block, and whether it is Grafana's panel.

    A panel that somebody chose goes before the bot's own chart; one that was only found by its
    metrics does not. The other stands in the thread.
    """
    both = [(panel_key, True), (chart_key, False)]
    if not is_chosen(findings):
        both.reverse()
    for phase in (Phase.END, Phase.ONSET):
        for key, is_panel in both:
            file_id = await cards.picture_file_id(
                connection, Kind.ALERT_GROUP, group_id, key(phase)
            )
            if file_id is not None:
                return file_id, is_panel
    return None, False


async def named_beside(
    connection: Connection, group: AlertGroup, found: tuple[PagerDutyIncident, ...]
) -> tuple[str, ...]:
    """The names of the other groups that an answer to the open incident would also answer."""
    if not found or not found[0].is_open:
        return ()
    others = [
        await alerts.get(connection, other)
        for other in await incidents.groups_of(connection, found[0].id)
        if other != group.id
    ]
    return tuple(sorted({other.name for other in others if not other.is_final}))
