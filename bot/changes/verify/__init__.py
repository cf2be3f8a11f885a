"""Whether all that a task will need is there, asked before anything is changed.

Everything at once and within one time for all: this is a limit on others, so no pace divides it.
Nothing here writes to AWS, and no value of a secret is read. About a dozen calls for a usual task.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from bot import reporting
from bot.changes.running import account_of
from bot.changes.verify.case import BUDGET_S, Case
from bot.changes.verify.image import check_image, check_platform, check_scan
from bot.changes.verify.needs import check_log_group, check_roles, check_secrets
from bot.changes.verify.service import check_autoscaling, check_cluster, check_targets
from bot.domain import verification
from bot.domain.place import Place
from bot.domain.verification import NAMES, Check, Level, ScanPolicy
from bot.world import World
from integrations.aws.models import Image, Service

ROLLBACK_NAMES = tuple(
    name for name in NAMES if name not in {verification.PLATFORM, verification.SCAN}
)
"""What is asked before going back: that version has run, and findings do not make it worse."""

CHECKS: Mapping[str, Callable[[Case], Awaitable[Check]]] = {
    verification.IMAGE: check_image,
    verification.PLATFORM: check_platform,
    verification.SCAN: check_scan,
    verification.ROLES: check_roles,
    verification.SECRETS: check_secrets,
    verification.LOG_GROUP: check_log_group,
    verification.CLUSTER: check_cluster,
    verification.TARGETS: check_targets,
    verification.AUTOSCALING: check_autoscaling,
}

log = logging.getLogger(__name__)


async def verify(
    world: World,
    place: Place,
    *,
    service: Service,
    definition: Mapping[str, Any],
    container: str,
    image: Image | None,
    digest: str | None,
    policy: ScanPolicy,
    shifts: bool,
    only: Collection[str] = NAMES,
) -> tuple[Check, ...]:
    """Check what `definition`, as it would be registered, will need; in the order of `NAMES`.

    `image` is the wanted image where it was just described, so that it is not asked for again;
    `digest` its digest; `shifts` tells whether the deploy would shift traffic. Takes 3 s at most:
    what did not answer by then, or may not be asked, is UNKNOWN and says what was not learned, and
    which permission is missing. A mistake of ours in one check costs that check alone.
    """
    case = Case(
        world=world,
        place=place,
        account=account_of(world, place),
        service=service,
        definition=definition,
        container=container,
        image=image,
        digest=digest,
        policy=policy,
        shifts=shifts,
        deadline=asyncio.get_running_loop().time() + BUDGET_S,
    )
    async with asyncio.TaskGroup() as together:
        asked = [together.create_task(_safely(name, case)) for name in NAMES if name in only]
    return tuple(task.result() for task in asked)


async def _safely(name: str, case: Case) -> Check:
    try:
        return await CHECKS[name](case)
    except Exception as exc:  # a mistake of ours costs its own check and no other
        log.exception("check_broken", extra={"action": "check_broken", "check": name})
        reporting.report(exc)
        return Check(
            name=name,
            level=Level.UNKNOWN,
            text=f"The check of {name} broke: the bot made a mistake.",
            mend="Look there yourself; the bot's log says what went wrong.",
        )
