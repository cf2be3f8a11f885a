"""Grafana's panel of what an alert is about: a link at once, a picture where Grafana draws it."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.alerts.chart import BEFORE_ONSET, file_name
from bot.alerts.evidence.panel_search import PanelSearch, Target
from bot.cards.alert_picture import panel_alt
from bot.cards.links import is_address
from bot.domain.alert import Alert, AlertGroup
from bot.domain.card import Kind
from bot.domain.evidence.panel import SOURCE, Asked, PanelShown, titled, values_for
from bot.domain.finding import CHART, Finding, Phase
from bot.storage import alerts, cards, findings
from bot.world import World
from integrations.errors import IntegrationError, Unavailable
from integrations.grafana.client import GrafanaClient

FIND_WITHIN_S = 5.0
DRAW_WITHIN_S = 15.0
"""The card is complete without it: the bot's own chart stands until then."""
BUDGET_S = FIND_WITHIN_S + DRAW_WITHIN_S + 2
LOOKS_FOR_CHART, LOOK_EVERY = 10, timedelta(seconds=0.2)
AFTER_END = timedelta(minutes=5)
"""A link shows a little of what was after the alert."""
WIDTH, HEIGHT, SCALE = 500, 290, 2
"""Pixels: in the end as large as the bot's own chart, with letters a phone shows."""

log = logging.getLogger(__name__)


def picture_key(phase: Phase) -> str:
    """The key of the panel's picture among the thread's pictures."""
    return f"{SOURCE} {phase.value}"


async def look_for_panel(world: World, group_id: str, phase: Phase) -> bool:
    """Find the panel, keep a link to it with the group, and have Grafana draw it.

    The link is written down before the picture is asked for, which may take long. Costs one call
    to three, and one that keeps a browser of Grafana's busy. May be repeated: the same picture is
    added to the thread once. Returns whether it was asked.

    Raises:
        IntegrationError: Grafana did not answer.
    """
    if world.grafana is None:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await alerts.alerts_of(connection, group_id)
    search = PanelSearch(world, world.grafana, group, known)
    target = await _in_time(search)
    note = " ".join(search.notes)
    if target is None:
        await _keep(
            world, group_id, Finding(source=SOURCE, phase=phase, note=note, found_at=world.now())
        )
        return bool(note)  # where nothing was named, nobody may have been asked
    values = _values(target, group, known)
    finding = Finding(
        source=SOURCE,
        phase=phase,
        note=note,
        said=_shown(world.grafana, target, group, values),
        found_at=world.now(),
    )
    await _keep(world, group_id, finding)
    await _draw(world, world.grafana, target, group, values, finding)
    return True


async def _in_time(search: PanelSearch) -> Target | None:
    try:
        async with asyncio.timeout(FIND_WITHIN_S):
            return await search()
    except TimeoutError:
        raise Unavailable("grafana", "find", f"no answer within {FIND_WITHIN_S:g} s") from None


def _values(
    target: Target, group: AlertGroup, known: tuple[Alert, ...]
) -> dict[str, tuple[str, ...]]:
    """What the dashboard's variables are to be; a repeated panel is one of them."""
    variables = [
        Asked(one.name, one.label, one.takes_several) for one in target.dashboard.variables
    ]
    firing = [alert for alert in known if alert.is_firing] or known
    return values_for(
        variables,
        [alert.labels for alert in firing],
        service=group.service,
        environment=group.environment,
    )


def _shown(
    grafana: GrafanaClient,
    target: Target,
    group: AlertGroup,
    values: dict[str, tuple[str, ...]],
) -> PanelShown:
    """The link goes on while the alert fires, and stands still once it is over."""
    leads_to = partial(
        grafana.panel_url,
        target.dashboard,
        target.panel.id,
        start=group.started_at - BEFORE_ONSET,
        end=None if group.resolved_at is None else group.resolved_at + AFTER_END,
    )
    url = leads_to(variables=values)
    if not is_address(url):  # ten long names of each variable are more than a link may have
        url = leads_to(variables={name: one for name, one in values.items() if len(one) == 1})
    return PanelShown(
        title=titled(target.panel.title, values) or f"panel {target.panel.id}",
        dashboard=target.dashboard.title,
        url=url,
        found=target.found,
        metrics=target.metrics,
    )


async def _draw(
    world: World,
    grafana: GrafanaClient,
    target: Target,
    group: AlertGroup,
    values: dict[str, tuple[str, ...]],
    finding: Finding,
) -> None:
    """Add Grafana's picture to the thread and the card, or say why there is none."""
    shown: PanelShown = finding.said
    try:
        async with asyncio.timeout(DRAW_WITHIN_S):
            png = await grafana.render_panel(
                target.dashboard,
                target.panel.id,
                start=await _start(world, group, finding.phase),
                end=group.resolved_at or world.now(),
                width=WIDTH,
                height=HEIGHT,
                scale=SCALE,
                variables=values,
            )
    except TimeoutError:
        why = f"no picture within {DRAW_WITHIN_S:g} s"
    except IntegrationError as exc:
        why = exc.detail
    else:
        await _add(world, group, finding, png)
        return
    said = {"action": "panel_undrawn", "alert_group": group.id, "panel": shown.url, "why": why}
    log.warning("panel_undrawn", extra=said)
    await _keep(world, group.id, replace(finding, said=replace(shown, no_picture=why)))


async def _start(world: World, group: AlertGroup, phase: Phase) -> datetime:
    """Where the bot's own chart begins: what is younger than its window has no past to draw.

    The chart is drawn at the same time, so it is given a moment.
    """
    is_drawn = world.prometheus is not None and group.condition and group.condition.expression
    chart = None
    for _ in range(LOOKS_FOR_CHART if is_drawn else 0):
        async with world.database.read() as connection:
            found = await findings.of_group(connection, group.id)
        chart = next((one for one in found if one.source == CHART and one.phase is phase), None)
        if chart is not None:
            break
        await asyncio.sleep(world.paced(LOOK_EVERY).total_seconds())
    drawn = chart.said if chart is not None else None
    return drawn.start if drawn is not None else group.started_at - BEFORE_ONSET


async def _add(world: World, group: AlertGroup, finding: Finding, png: bytes) -> None:
    key = picture_key(finding.phase)
    async with world.database.write() as connection:
        group = await alerts.get(connection, group.id)
        await cards.add_picture(
            connection,
            Kind.ALERT_GROUP,
            group.id,
            key=key,
            png=png,
            name=f"{file_name(group)}-panel-{finding.phase.value}.png",
            alt=panel_alt(finding.said, group),
        )
        await findings.write(connection, group.id, replace(finding, picture=key))
    world.wake()


async def _keep(world: World, group_id: str, finding: Finding) -> None:
    async with world.database.write() as connection:
        await findings.write(connection, group_id, finding)
    world.wake()
