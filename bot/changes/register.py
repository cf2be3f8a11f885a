"""The new task definition revision: registered once, or found again by the change's id."""

import logging

from bot.changes.attempts import REGISTER, is_first
from bot.changes.running import TAG_CHANGE, TAG_VERSION, account_of, describe_definition
from bot.changes.seen import read
from bot.domain.change import Change
from bot.domain.definition import with_image
from bot.domain.place import Place
from bot.domain.plan import Plan
from bot.storage import changes
from bot.world import World
from integrations.aws.models import TaskDefinition

RESERVED_TAG = "aws:"
"""Tags that begin so are AWS's own and cannot be written."""
LOOKED_AT = 10
"""How many of a family's newest revisions may be ours from an attempt whose answer was lost."""

log = logging.getLogger(__name__)


async def register(here: World, place: Place, change: Change, plan: Plan) -> tuple[Change, str]:
    """Register the revision, or find it; returns the change that knows it, and its ARN."""
    account = account_of(here, place)
    base = plan.base or str(plan.running.task_definition)
    before = await describe_definition(here, account, base)
    registered = None
    if not await is_first(here, change, REGISTER):
        registered = await _find_ours(here, place, before, change)
    if registered is None:
        registered = await account.ecs.register_task_definition(
            with_image(before.registrable, plan.container, plan.wanted.image),
            tags=_tags(before, change),
        )
    log.info(
        "revision_registered",
        extra={
            "action": "revision_registered",
            "change_id": change.id,
            "task_definition": registered.arn,
        },
    )
    async with here.database.write() as connection:
        await changes.note(
            connection,
            change.id,
            plan=plan.wanting(registered.arn),
            silent_since=None,
            silent_why=None,
        )
    return await read(here, change.id), registered.arn


def _tags(before: TaskDefinition, change: Change) -> dict[str, str]:
    kept = {name: value for name, value in before.tags.items() if not name.startswith(RESERVED_TAG)}
    return {**kept, TAG_CHANGE: change.id, TAG_VERSION: change.wanted_name}


async def _find_ours(
    here: World, place: Place, before: TaskDefinition, change: Change
) -> TaskDefinition | None:
    """The revision an earlier attempt registered: it carries the change's id."""
    ecs = account_of(here, place).ecs
    for arn in await ecs.list_task_definitions(before.family, newest=LOOKED_AT):
        if arn == before.arn:
            continue
        found = await ecs.describe_task_definition(arn)
        if found.tags.get(TAG_CHANGE) == change.id:
            return found
    return None
