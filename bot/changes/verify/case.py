"""What is being verified, and how a source is asked about it within the time there is."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.image import ImageReference, read_image
from bot.domain.place import Place
from bot.domain.verification import Remark, ScanPolicy, unanswered
from bot.world import World
from integrations.aws.accounts import Account
from integrations.aws.models import Image, Service
from integrations.errors import Forbidden, IntegrationError

BUDGET_S = 3.0
"""For everything together: somebody waits for the card."""
_PERMISSION = re.compile(r"lacks ([\w-]+:\w+)")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What would be deployed where, and until when (in the loop's time) may be asked about it."""

    world: World
    place: Place
    account: Account
    service: Service
    definition: Mapping[str, Any]
    container: str
    image: Image | None
    digest: str | None
    policy: ScanPolicy
    shifts: bool
    """Whether ECS would shift traffic between two target groups."""
    deadline: float

    @property
    def containers(self) -> Mapping[str, ImageReference]:
        """The image of each container, by the container's name."""
        return {
            one["name"]: read_image(one["image"])
            for one in self.definition.get("containerDefinitions", ())
        }

    @property
    def wanted_digest(self) -> str | None:
        """The digest of the image to deploy, as far as anybody knows it."""
        if self.digest or self.image:
            return self.digest or (self.image.digest if self.image else None)
        wanted = self.containers.get(self.container)
        return wanted.digest if wanted else None

    def account_in(self, region: str | None) -> Account:
        """AWS in another region than the place's, reached the same way."""
        if region is None or region == self.place.config.region:
            return self.account
        return self.world.aws.account(region, self.place.config.role)

    async def ask(self, source: str, what: str, look: Awaitable[list[Remark]]) -> list[Remark]:
        """Await a look; where its source does not answer in time, say what was not learned."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await look
        except TimeoutError:
            said = unanswered(source, what, f"no answer within {BUDGET_S:g} s")
        except IntegrationError as exc:
            said = _refused(source, what, exc)
        log.warning(
            "check_unanswered",
            extra={"action": "check_unanswered", "source": source, "why": said.text},
        )
        return [said]

    async def ask_all(self, *asking: Coroutine[Any, Any, list[Remark]]) -> list[Remark]:
        """Ask several at once; their remarks in the order they were named."""
        async with asyncio.TaskGroup() as together:
            asked = [together.create_task(one) for one in asking]
        return [remark for task in asked for remark in task.result()]


def _refused(source: str, what: str, exc: IntegrationError) -> Remark:
    found = _PERMISSION.search(exc.detail) if isinstance(exc, Forbidden) else None
    if found:
        permission = found[1]
        return unanswered(source, what, f"the bot lacks {permission}", permission=permission)
    return unanswered(source, what, exc.detail.rstrip("."))
