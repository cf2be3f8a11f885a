"""Who is on call, looked up now and then while somebody looks at their home: never in rendering."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.answers.oncall import look_up
from bot.storage import homes, on_call
from bot.world import World

FRESH_FOR = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)
"""Of a PagerDuty that does not answer, or refuses the token, no more is asked."""


@dataclass(frozen=True, slots=True)
class KeepOnCall:
    """A chore: asks PagerDuty when what is known is five minutes old and somebody has a home open.

    Idempotent; of two replicas that ask at once both write the same.
    """

    world: World
    _tried: dict[str, datetime] = field(default_factory=dict, init=False)
    """When each service was last asked for."""

    async def __call__(self) -> None:
        now = self.world.now()
        old = now - self.world.paced(FRESH_FOR)
        async with self.world.database.read() as connection:
            if not await homes.is_any_open(connection):
                return
            known = {said.service: said for said in await on_call.seen(connection)}
        wanted = []
        for service, config in self.world.catalog.services.items():
            said = known.get(service)
            is_fresh = said is not None and said.seen_at is not None and said.seen_at > old
            tried = self._tried.get(service)
            is_due = tried is None or tried <= now - self.world.paced(AGAIN_AFTER)
            if config.pagerduty is not None and not is_fresh and is_due:
                wanted.append(service)
        if not wanted:
            return
        self._tried.update(dict.fromkeys(wanted, now))
        roster = await look_up(self.world, wanted)
        async with self.world.database.write() as connection:
            await on_call.see(connection, roster, at=now)
