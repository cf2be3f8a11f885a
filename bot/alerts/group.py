"""Which alert group a webhook belongs to, and what is new about it: an upsert, not a process."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from bot.alerts import thread
from bot.alerts.judged import judged, name_of
from bot.alerts.normalise import GroupUpdate
from bot.alerts.onset import keep_onset
from bot.alerts.standing import with_incidents
from bot.alerts.storms.fold import fold_waiting, give_card_to_worse
from bot.catalog import Catalog
from bot.domain.alert import (
    Alert,
    AlertGroup,
    GroupState,
    Severity,
    Source,
    common,
)
from bot.domain.card import Urgency
from bot.domain.finding import Phase
from bot.domain.notify import Picture, PostReason, reason_to_post
from bot.domain.routing import Destination, destination
from bot.storage import alerts, findings, incidents, storms
from bot.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Batch:
    """Groups of one transaction: those that began in it, and news of those that are known."""

    opened: list[AlertGroup] = field(default_factory=list)
    continued: list[tuple[str, GroupUpdate]] = field(default_factory=list)
    """Each with the channel its group's card stands in."""

    @property
    def channels(self) -> set[str]:
        known = {channel for channel, _ in self.continued}
        return known | {group.channel for group in self.opened}


@dataclass(frozen=True, slots=True)
class GroupAlerts:
    """Brings an alert group's row, its alerts and its card to what their sender says."""

    catalog: Catalog
    batch: Batch | None = None
    """What is put down until `settle`; None settles each update at once."""

    def together(self) -> "GroupAlerts":
        """The same for several updates in one transaction, with one `settle` at its end."""
        return replace(self, batch=Batch())

    async def settle(self, connection: Connection, *, at: datetime) -> tuple[str, ...]:
        """Fold what begins faster than its channel can show it, and take in what goes on.

        Returns the looks for more. Channels are held before any card that somebody else may know:
        whoever delivers holds them in that order too.
        """
        batch = self.batch or Batch()
        for channel in sorted(batch.channels):
            await storms.hold_channel(connection, channel)
        folded: set[str] = set()
        for channel in sorted({group.channel for group in batch.opened}):
            folded |= await fold_waiting(connection, channel, at=at)
        looks = [
            await findings.promise(connection, group.id, Phase.ONSET, at=at)
            for group in batch.opened
            if group.id not in folded
        ]
        at_once = replace(self, batch=None)
        for _, update in batch.continued:
            looks += await at_once(connection, update, at=at)
        return tuple(looks)

    async def __call__(
        self, connection: Connection, update: GroupUpdate, *, at: datetime
    ) -> tuple[str, ...]:
        """Take the update in; returns the ids of the looks for more that it asks for.

        What is resolved and was never seen firing, or is no news, changes nothing.
        """
        known = await alerts.find_open(connection, update.receiver, update.group_key)
        if known is None:
            known = await self._opened_by_pagerduty(connection, update)
        if known is not None and self.batch is not None:
            self.batch.continued.append((known.channel, update))
            return ()
        if known is not None:
            return await self._continued(connection, known, update, at=at)
        firing = [alert for alert in update.alerts if alert.is_firing]
        return await self._opened(connection, update, firing, at=at) if firing else ()

    async def _opened(
        self, connection: Connection, update: GroupUpdate, firing: Sequence[Alert], *, at: datetime
    ) -> tuple[str, ...]:
        before = await alerts.find_last(connection, update.receiver, update.group_key)
        group = self._group(update, firing, occurrence=before.occurrence + 1 if before else 1)
        # By the sender's clock it may begin later than it is told.
        group = replace(group, started_at=min(group.started_at, at))
        group = judged(group, update, firing, firing, at=at)
        group = replace(group, told_firing=_fingerprints(firing), told_severity=group.severity)
        await alerts.add(connection, group, firing, urgency=self._urgency(group, firing))
        await thread.opened(connection, group, firing)
        await keep_onset(connection, group, self.catalog)
        await self._adopted(connection, group)
        if self.batch is None:
            return await replace(self, batch=Batch([group])).settle(connection, at=at)
        self.batch.opened.append(group)
        return ()

    async def _opened_by_pagerduty(
        self, connection: Connection, update: GroupUpdate
    ) -> AlertGroup | None:
        """The group whose card PagerDuty's incident opened first: it lives on as this one."""
        for group in await alerts.with_dedup_key(connection, update.dedup_key):
            if group.source is Source.PAGERDUTY and not group.is_final:
                return await alerts.locked(connection, group.id)
        return None

    async def _continued(
        self, connection: Connection, known: AlertGroup, update: GroupUpdate, *, at: datetime
    ) -> tuple[str, ...]:
        there = {alert.key: alert for alert in await alerts.alerts_of(connection, known.id)}
        told = {alert.key: alert for alert in update.alerts}
        if not update.truncated:
            # What is no longer spoken of does not fire: it was silenced, or its end was lost.
            told.update(
                {
                    key: replace(a, ends_at=at)
                    for key, a in there.items()
                    if a.is_firing and key not in told
                }
            )
        # An alert that ended before this group was first seen belongs to no card.
        changed = [
            alert
            for key, alert in told.items()
            if alert != there.get(key) and (alert.is_firing or key in there)
        ]
        everything = list((there | {alert.key: alert for alert in changed}).values())
        firing = [alert for alert in everything if alert.is_firing]
        group = known
        if known.source is Source.PAGERDUTY:
            if not firing:
                return ()
            group = self._taken_over(known, update, firing)
        group = replace(group, truncated=update.truncated)
        asked: tuple[str, ...] = ()
        if firing:
            group = judged(group, update, firing, changed, at=at)
            if known.source is Source.PAGERDUTY:
                asked = await _promised(connection, group, Phase.ONSET, at=at)
            if await give_card_to_worse(connection, known, group):
                asked = await _promised(connection, group, Phase.ONSET, at=at, is_anew=True)
        else:
            ended_at = max(alert.ends_at or at for alert in everything)
            group = replace(group.to(GroupState.RESOLVED), resolved_at=ended_at)
            asked = await _promised(connection, group, Phase.END, at=at)
        group, reason = _told(group, firing)
        if update.is_repeat and not group.is_final:
            reason = None
        urgency = Urgency.PROGRESS
        if reason is not None:
            urgency = self._urgency(group, firing or everything)
        await alerts.write_alerts(connection, group, changed, urgency=urgency)
        await alerts.save(connection, known, group, urgency=urgency)
        if reason is not None:
            await thread.told(connection, known, group, reason, firing)
        if group.is_blind is not known.is_blind and not group.is_final:
            await thread.sight(connection, group, at=at)
        if known.source is Source.PAGERDUTY:
            await keep_onset(connection, group, self.catalog)
            await self._adopted(connection, group)
        return asked

    def _group(
        self, update: GroupUpdate, firing: Sequence[Alert], *, occurrence: int
    ) -> AlertGroup:
        """A new occurrence. It gets a card of its own: an edit would notify nobody."""
        where = self.catalog.alerts
        severity = max(alert.severity for alert in firing)
        labels = common(alert.labels for alert in firing)
        place = self._place(labels, severity)
        return AlertGroup(
            id=uuid4().hex,
            source=update.source,
            receiver=update.receiver,
            group_key=update.group_key,
            dedup_key=update.dedup_key,
            occurrence=occurrence,
            name=name_of(firing),
            service=labels.get(where.service_label),
            environment=labels.get(where.environment_label),
            channel=place.channel,
            is_routed=place.is_routed,
            mention=place.mention,
            severity=severity,
            started_at=min(alert.starts_at for alert in firing),
            truncated=update.truncated,
        )

    def _place(self, labels: Mapping[str, str], severity: Severity) -> Destination:
        return destination(
            self.catalog.alerts.routes,
            {**labels, "severity": severity.word},
            default=self.catalog.slack.default_channel,
        )

    def _urgency(self, group: AlertGroup, told: Iterable[Alert]) -> Urgency:
        """Who goes first is the route's word; without one, new critical alerts and outcomes do."""
        place = self._place(common(alert.labels for alert in told), group.severity)
        if place.urgency == "low":
            return Urgency.PROGRESS
        is_urgent = group.is_final or group.severity is Severity.CRITICAL
        return Urgency.OUTCOME if is_urgent or place.urgency == "high" else Urgency.NEW

    def _taken_over(
        self, known: AlertGroup, update: GroupUpdate, firing: Sequence[Alert]
    ) -> AlertGroup:
        """The card PagerDuty opened, as Alertmanager's group from now on; it stays where it is."""
        said = self._group(update, firing, occurrence=known.occurrence)
        return replace(
            said,
            id=known.id,
            channel=known.channel,
            is_routed=known.is_routed,
            mention=known.mention,
            state=known.state,
            state_revision=known.state_revision,
            acknowledged_at=known.acknowledged_at,
            started_at=min(said.started_at, known.started_at),
        )

    async def _adopted(self, connection: Connection, group: AlertGroup) -> None:
        """Adopt the open incidents of the same key: PagerDuty's webhook came first.

        An incident of an earlier occurrence that is still open is this one's too: PagerDuty joins
        a new event of the same key to it.
        """
        found = await incidents.with_key(connection, group.dedup_key)
        for incident in found:
            if incident.is_open:
                await incidents.link(connection, group.id, incident.id)
        if found:
            await with_incidents(connection, group.id)


async def _promised(
    connection: Connection, group: AlertGroup, phase: Phase, *, at: datetime, is_anew: bool = False
) -> tuple[str, ...]:
    """Promise a look for more about a group, unless a storm's card shows it."""
    if await storms.is_folded(connection, group.id):
        return ()
    return (await findings.promise(connection, group.id, phase, at=at, is_anew=is_anew),)


def _told(group: AlertGroup, firing: Sequence[Alert]) -> tuple[AlertGroup, PostReason | None]:
    """Whether the thread must be told, and the group that remembers it was."""
    now = Picture(_fingerprints(firing), group.severity)
    before = None
    if group.told_severity is not None:
        before = Picture(group.told_firing, group.told_severity)
    reason = reason_to_post(before, now)
    if reason is None:
        return group, None
    severity = max(group.severity, group.told_severity or Severity.INFO)
    firing_now = group.told_firing | now.firing if now.firing else now.firing
    return replace(group, told_firing=firing_now, told_severity=severity), reason


def _fingerprints(found: Iterable[Alert]) -> frozenset[str]:
    return frozenset(alert.fingerprint for alert in found)
