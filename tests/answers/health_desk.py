"""The verb `health` with its gatherer and its card, and what it asks as a test wants it."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.answers.ask import AskQuestion, Note, Standing
from bot.answers.health.addresses import Addresses
from bot.answers.health.gather import AskHealth, GatherHealth
from bot.answers.show import ShowAnswer
from bot.cards.health import card
from bot.catalog import Catalog
from bot.domain.asked import Actor, Asked
from bot.domain.health import Health, read
from bot.domain.question import Question, QuestionKind
from bot.storage import answers
from bot.storage.schema.answers import answers as answer_rows
from bot.world import World
from commands import health
from integrations.alertmanager.models import Alert, Silence
from integrations.errors import Unavailable
from integrations.prometheus.models import Point, Series
from sandbox.aws.seeds import EU, PROD
from sandbox.seeds import SERVICE
from sandbox.transcript import as_text

ALICE, MALLORY = Actor("U0ALICE01", frozenset({"S0DEPLOY"})), Actor("U0MALLORY")
ADDRESSES = Addresses.of(
    prometheus="http://bot:pass@prometheus:9090/",
    alertmanager="http://alertmanager:9093",
    grafana="http://grafana",
    sentry="http://sentry",
    slack="https://example.slack.com/",
)
PATIENT_S, WITHIN_S = 10.0, 0.6
"""What a source has: enough on any machine, and as long as a test waits for one that hangs."""
ERRORS = {"query": "errors", "bad_above": 0.01, "unit": "ratio", "objective": 0.99}


class Monitoring:
    """A Prometheus and an Alertmanager that say what a test has put into them."""

    def __init__(self) -> None:
        self.value: float | None = 0.001
        self.mean: float | None = 0.001
        self.counted = 720.0
        self.takes_s = 0.0
        self.fails: Unavailable | None = None
        self.fails_for = ""
        """Only what has this in it, where it fails at all."""
        self.firing: tuple[Alert, ...] = ()
        self.silences: tuple[Silence, ...] = ()
        self.asked: list[str] = []

    async def query_range(
        self, expression: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        await self._answer(expression)
        return self._series(self.value, end)

    async def query(self, expression: str, *, at: datetime) -> tuple[Series, ...]:
        await self._answer(expression)
        if expression.startswith("count_over_time"):
            return self._series(self.counted, at)
        is_mean = expression.startswith("avg_over_time")
        return self._series(self.mean if is_mean else self.value, at)

    async def get_alerts(self, *, matchers: Any) -> tuple[Alert, ...]:
        await self._answer(
            " ".join(f"{m.name}{'=~' if m.is_regex else '='}{m.value}" for m in matchers)
        )
        return self.firing

    async def get_silences(self) -> tuple[Silence, ...]:
        return self.silences

    async def _answer(self, asked: str) -> None:
        self.asked.append(asked)
        await asyncio.sleep(self.takes_s)
        if self.fails is not None and self.fails_for in asked:
            raise self.fails

    @staticmethod
    def _series(value: float | None, at: datetime) -> tuple[Series, ...]:
        return () if value is None else (Series({}, (Point(at, value),)),)


class Desk:
    """The verb, its gatherer and its card."""

    def __init__(self, world: World) -> None:
        self.so_far: list[tuple[float, Health]] = []
        """What was shown while something was still awaited, and when."""
        self.within_s = PATIENT_S
        self.use(world)

    def use(self, world: World) -> None:
        """From now on the world is like this."""
        self.world = world
        self.ask = AskQuestion(
            database=world.database,
            catalog=world.catalog,
            gathers={QuestionKind.HEALTH: self.gather},
            stand=lambda asked: Standing(asked.channel_id),
            now=world.now,
            wake=lambda: None,
        )

    async def gather(self, question: Question, note: Note) -> Mapping[str, Any]:
        async def noted(found: Mapping[str, Any]) -> None:
            self.so_far.append((time.monotonic(), read(found)[0]))
            await note(found)

        gather = GatherHealth(world=self.world, addresses=ADDRESSES, within_s=self.within_s)
        return await gather(question, noted)

    async def says(self, *words: str, by: Actor = ALICE) -> str:
        """All that the complete card says."""
        key = f"key-{time.monotonic_ns()}"
        asked = Asked(by, "C1", key, "c-1", self.world.now())
        ask = AskHealth(self.world, self.ask, ADDRESSES)
        await health.run(words, asked, ask=ask, how="Write so.")
        self.question = await self._complete()
        show = ShowAnswer({QuestionKind.HEALTH: card})
        async with self.world.database.read() as connection:
            shown = await show(connection, self.question.id, self.world.now())
        return as_text({"text": shown.text, "blocks": list(shown.blocks)}, {})

    async def _complete(self) -> Question:
        async with asyncio.timeout(10):
            while True:
                async with self.world.database.read() as connection:
                    newest = select(answer_rows.c.id).order_by(answer_rows.c.asked_at.desc())
                    question_id = (await connection.execute(newest)).scalars().first()
                    question = await answers.get(connection, str(question_id))
                if question.is_complete:
                    return question
                await asyncio.sleep(0.01)


def a_catalog(**prod: Any) -> Catalog:
    """Prod with one query, and eu with none."""

    def place(where: Any, **said: Any) -> dict[str, Any]:
        return {
            "account": where.account,
            "role": f"arn:aws:iam::{where.account}:role/credlink-bot",
            "region": "us-east-1",
            "cluster": where.cluster,
            "ecs_service": SERVICE,
            **said,
        }

    return Catalog.model_validate(
        {
            "people": {"deployers": {"group": "S0DEPLOY", "may": {"*": ["health"]}}},
            "services": {
                SERVICE: {
                    "environments": {
                        "prod": place(PROD, slo={"errors": ERRORS}, **prod),
                        "eu": place(EU),
                    }
                }
            },
        }
    )


def an_alert(name: str, severity: str = "critical", **said: Any) -> Alert:
    now = datetime.now(UTC)
    return Alert(
        **{
            "fingerprint": name,
            "labels": {"alertname": name, "severity": severity},
            "state": "active",
            "starts_at": now,
            "ends_at": now,
            "updated_at": now,
            **said,
        }
    )
