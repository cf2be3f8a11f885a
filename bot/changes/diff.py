"""What a version would change, asked of AWS after the person has been told that it is looked up."""

import asyncio
from dataclasses import dataclass
from functools import partial

from bot.cards.answer import Answer, Later
from bot.cards.blocks import escaped
from bot.cards.diff import DiffView, Earlier, diff
from bot.catalog import Verb
from bot.changes.plan import Impossible, find_running, plan_deploy
from bot.changes.running import Running, account_of
from bot.domain.asked import Actor
from bot.domain.definition import with_image
from bot.domain.difference import differences
from bot.domain.gate import decide
from bot.domain.place import Place, find_place
from bot.domain.plan import GoodRevision, Plan
from bot.domain.shift import Strategy
from bot.domain.way_back import Known
from bot.errors import NotAllowed
from bot.storage.known import known_of
from bot.world import World
from integrations.errors import IntegrationError, NotFound

DEADLINE_S = 10.0
"""How long somebody waits at most; AWS needs less than two seconds as a rule."""


@dataclass(frozen=True, slots=True)
class TellDiff:
    """Tells somebody what a deploy would change, without proposing one.

    Whoever may see the status of a place may ask: what is shown is what the card of a proposal
    shows everybody in the environment's channel.
    """

    world: World
    deadline_s: float = DEADLINE_S

    async def __call__(
        self, environment: str, version: str, service: str | None, *, by: Actor
    ) -> Later:
        """Check words and rights from memory, and say what is looked up.

        Raises:
            NotKnown, UsageError: no such environment or service.
            NotAllowed: the gate says no.
        """
        catalog = self.world.catalog
        place = find_place(catalog, environment, service)
        decision = decide(catalog.people, by, Verb.STATUS, place.environment, place.service)
        if not decision.allowed:
            raise NotAllowed(decision.text)
        first = f"Looking at what {escaped(version)} would change in {escaped(environment)}…"
        return Later(partial(self._tell, place, version), first)

    async def _tell(self, place: Place, version: str) -> Answer:
        """Look, for as long as somebody waits; whatever is in the way is said with what to do."""
        try:
            async with asyncio.timeout(self.deadline_s):
                return await self._look(place, version)
        except Impossible as exc:
            return Answer(escaped(str(exc)))
        except TimeoutError:
            why = f"AWS did not answer within {self.deadline_s:g} s."
        except IntegrationError as exc:
            if not exc.retryable:
                return Answer(f"AWS refused: {escaped(exc.detail)}")
            why = f"AWS did not answer: {escaped(exc.detail)}."
        status = f"{self.world.catalog.slack.command} status {place.environment}"
        return Answer(f"{why} Ask again in a minute; `{escaped(status)}` answers without it.")

    async def _look(self, place: Place, version: str) -> Answer:
        """Costs at most five calls: service, task definition, image, and what ran it before."""
        async with self.world.database.read() as connection:
            known = await known_of(connection, place.environment, place.service)
        running = await find_running(self.world, place)
        plan = await plan_deploy(
            self.world,
            place,
            version,
            known,
            strategy=Strategy.ROLLING,  # how it would be rolled out is not the question
            is_checked=False,
            running=running,
        )
        before = running.definition.registrable
        after = with_image(before, running.container, plan.wanted.image)
        view = DiffView(
            service=place.service,
            environment=place.environment,
            plan=plan,
            differences=differences(before, after),
            now=self.world.now(),
            cpu=before.get("cpu"),
            memory=before.get("memory"),
            earlier=await self._earlier(place, running, plan, known),
        )
        return diff(view)

    async def _earlier(
        self, place: Place, running: Running, plan: Plan, known: Known
    ) -> Earlier | None:
        """The newest good revision that ran the same image, or the same version, there."""
        good = next((one for one in known.good if _is_same(one, plan)), None)
        if good is None or good.task_definition == running.definition.arn:
            return None
        try:
            definition = await account_of(self.world, place).ecs.describe_task_definition(
                good.task_definition
            )
        except NotFound:
            return None
        # The image is said already: it may have been named by a tag then, and by a digest now.
        image = plan.wanted.image
        now = with_image(running.definition.registrable, running.container, image)
        then = with_image(definition.registrable, running.container, image)
        return Earlier(revision=good, differences=differences(now, then))


def _is_same(good: GoodRevision, plan: Plan) -> bool:
    if good.digest is not None and plan.wanted.digest is not None:
        return good.digest == plan.wanted.digest
    return good.version == plan.wanted.version
