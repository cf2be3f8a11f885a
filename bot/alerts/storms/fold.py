"""Cards that come faster than their channel can show them are folded into a storm's card.

It happens in the transaction that opens the card one too many: there is no moment in which a group
is neither owed a card of its own nor counted by the storm's.
"""

import logging
from datetime import datetime

from bot.domain.alert import AlertGroup, Severity
from bot.domain.storm import OWN_CARDS_AFTER, OWN_CRITICALS, fold
from bot.storage import storms
from bot.storage.database import Connection

log = logging.getLogger(__name__)


async def fold_waiting(connection: Connection, channel: str, *, at: datetime) -> frozenset[str]:
    """Fold what waits in a channel, where it waits too long or a storm is on.

    To be called in the transaction that opened a card there. Returns the ids of the groups folded.
    """
    await storms.hold_channel(connection, channel)
    storm = await storms.open_in(connection, channel)
    folding = fold(await storms.waiting(connection, channel), storm)
    if folding is None:
        return frozenset()
    if storm is None:
        storm = await storms.begin(connection, channel, at=at)
        log.warning(
            "storm_began", extra={"action": "storm_began", "storm": storm.id, "channel": channel}
        )
    await storms.join(connection, storm, folded=folding.folded, own=folding.own, at=at)
    return frozenset(one.group_id for one in folding.folded)


async def give_card_to_worse(connection: Connection, before: AlertGroup, after: AlertGroup) -> bool:
    """Give a folded group that became critical its own card, as if it had come so.

    A storm that is over has room for as many more as get cards at its end: nothing else would call
    anybody to what only its card shows.
    To be called with the group's row locked and none of its cards. False when it stays folded.
    """
    if before.severity is Severity.CRITICAL or after.severity is not Severity.CRITICAL:
        return False
    storm = await storms.of_folded(connection, after.id)
    if storm is None:
        return False
    await storms.hold_channel(connection, storm.channel)
    at_most = OWN_CRITICALS if storm.is_open else OWN_CRITICALS + OWN_CARDS_AFTER
    return await storms.give_own_card(connection, storm.id, after.id, at_most=at_most)
