"""Why tasks do not start: what ECS says of those that stopped, or that it cannot place them."""

import re
from datetime import datetime

from bot.changes.look import told_of
from bot.domain.events import spoken_event
from bot.domain.failure import explain, is_planned
from bot.domain.place import Place
from integrations.aws import models
from integrations.aws.accounts import Account

_CANNOT = re.compile(r"\bunable to\b|\bcannot\b|\bfailed\b", re.IGNORECASE)


async def trouble_of(
    account: Account, place: Place, service: models.Service, *, since: datetime
) -> str | None:
    """One sentence on what went wrong since then; None while nothing did.

    Costs one ecs:ListTasks, and one ecs:DescribeTasks where there are any.

    Raises:
        IntegrationError: ECS did not answer.
    """
    stopped = await account.ecs.stopped_tasks(place.config.cluster, place.config.ecs_service)
    for task in stopped:
        told = told_of(task)
        if task.stopped_at is not None and task.stopped_at >= since and not is_planned(told):
            failure = explain(told)
            return f"{failure.what} {failure.mend}"
    said = service.events[0] if service.events else None
    if said is not None and said.at >= since and _CANNOT.search(said.message):
        return f"ECS says: {spoken_event(said.message)}."
    return None
