"""A pipeline asks by `POST /api/changes`: proved by its token, the same gate, once for each key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.changes import by_pipeline
from bot.changes.by_pipeline import DeployByPipeline
from bot.domain.change import Approval, ChangeState
from bot.errors import NotAllowed
from bot.storage import approvals, audit, locks
from bot.storage import cards as cards_rows
from bot.storage.schema.cards import cards
from bot.web.changes import ChangesApi
from bot.web.server import Listener
from integrations.oidc.client import OidcClient
from sandbox import seeds
from sandbox.actions import Issuer
from sandbox.standin import Fault
from tests.changes.operator import ALICE, FRANK, MALLORY, Operator, a_catalog
from tests.domain.situations import a_lock

S = ChangeState
WISH = {"environment": "prod", "version": "v1.2.0"}


@pytest.fixture
def slo() -> Any:
    return {}


@pytest.fixture
async def world(world, policy: dict[str, Any]):
    """The usual world, in which a pipeline may deploy to prod."""
    said = world.catalog.model_dump(mode="json", exclude_none=True)
    said["pipelines"] = {"audience": seeds.PIPELINE_AUDIENCE}
    said["people"]["release"] = {
        "pipeline": {"repository": seeds.REPOSITORY, "refs": ["refs/heads/main"]},
        "may": {"prod": ["deploy"]},
    }
    said["people"]["others"] = {
        "pipeline": {"repository": "example/other", "refs": ["refs/heads/main"]},
        "may": {},
    }
    object.__setattr__(world, "catalog", type(world.catalog).model_validate(said))
    return world


class Job:
    """A job of a pipeline, and its way to the bot."""

    def __init__(self, url: str, issuer: Issuer) -> None:
        self.url, self.issuer = url, issuer

    async def asks(
        self,
        wish: Any = None,
        *,
        key: str | None = "run-1",
        token: str | None = None,
        **claims: Any,
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token or self.issuer.token(**claims)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._send("POST", "/api/changes", headers, WISH if wish is None else wish)

    async def looks(self, path: str, **claims: Any) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.issuer.token(**claims)}"}
        return await self._send("GET", path, headers, None)

    async def _send(self, method: str, path: str, headers: dict[str, str], body: Any):
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, headers=headers, **sent) as reply,
        ):
            return reply.status, await reply.json()


@pytest.fixture
async def job(prod: Operator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Job]:
    monkeypatch.setattr(by_pipeline, "CARD_WITHIN_S", 0.05)
    issuer = Issuer()
    await issuer.start()
    oidc = OidcClient(issuer.url, seeds.PIPELINE_AUDIENCE)
    api = ChangesApi(
        deploy=DeployByPipeline(prod.world.database, prod.accept, prod.world.now),
        oidc=oidc,
        workspace_url="https://credlink.slack.com/",
    )
    app = web.Application()
    app.add_routes(api.routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    yield Job(listener.url, issuer)
    await listener.stop()
    await oidc.aclose()
    await issuer.stop()


async def test_it_deploys_without_anybody_confirming_and_the_card_names_the_pipeline(
    job: Job, prod: Operator
):
    status, said = await job.asks()

    assert (status, said["state"], said["is_final"]) == (202, "proposing", False)
    change = await prod.ends(await prod.latest())
    assert (change.id, change.state, change.confirmed_by) == (said["change"], S.SUCCEEDED, None)
    assert "asked by the pipeline of example/credlink at main" in await prod.card(change)
    assert "<@" not in await prod.card(change)
    status, said = await job.looks(said["status"])
    assert (status, said["state"], said["is_final"]) == (200, "succeeded", True)


async def test_the_same_key_is_the_same_deploy_however_often_it_is_sent(job: Job, prod: Operator):
    first = await job.asks()
    again = await job.asks()
    await prod.ends(await prod.latest())
    later = await job.asks()

    assert first[1]["change"] == again[1]["change"] == later[1]["change"]
    assert later[1]["state"] == "succeeded"
    assert len(prod.updates) == 1


async def test_two_at_once_with_the_same_key_are_one_deploy(job: Job, prod: Operator):
    answers = await asyncio.gather(*(job.asks() for _ in range(4)))
    await prod.ends(await prod.latest())

    assert {status for status, _ in answers} == {202}
    assert len({said["change"] for _, said in answers}) == 1
    assert len(prod.updates) == 1


async def test_what_was_accepted_is_told_again_whatever_stands_in_the_way_by_now(
    job: Job, prod: Operator
):
    _, said = await job.asks()
    await prod.ends(await prod.latest())
    async with prod.world.database.write() as connection:
        await locks.add(connection, a_lock(at=prod.world.now(), service="*"))

    status, again = await job.asks()

    assert (status, again["change"], again["state"]) == (202, said["change"], "succeeded")
    assert (await job.asks(key="run-2"))[0] == 403


async def test_a_stranger_learns_nothing_of_us_and_nothing_is_written_of_them(
    job: Job, prod: Operator
):
    """Everybody with a repository anywhere has a token that is in order."""
    async with prod.world.database.write() as connection:
        await locks.add(connection, a_lock(at=prod.world.now(), service="*"))
        before = await audit.head(connection)

    for wish in (WISH, {**WISH, "environment": "prud"}, b"{"):
        status, said = await job.asks(wish, repository="stranger/credlink")

        assert status == 403
        assert said["error"].startswith("No pipeline of stranger/credlink is let in.")
    assert (await job.looks("/api/changes/x", repository="stranger/credlink"))[0] == 403
    async with prod.world.database.read() as connection:
        assert await audit.head(connection) == before


async def test_trouble_of_ours_is_to_be_asked_again(
    job: Job, prod: Operator, monkeypatch: pytest.MonkeyPatch
):
    async def fails(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as away:
        away.setattr(by_pipeline.changes, "find", fails)
        status, said = await job.asks()

    assert (status, said) == (503, {"error": "It failed here. Send it again."})
    assert (await job.asks())[0] == 202
    await prod.ends(await prod.latest())


async def test_a_rehearsal_ends_without_touching_anything(job: Job, prod: Operator):
    _, said = await job.asks({**WISH, "dry_run": True})
    await prod.ends(await prod.latest())

    _, now = await job.looks(said["status"])

    assert (now["state"], now["is_final"], prod.updates) == ("rehearsed", True, [])


async def test_a_key_that_was_used_for_something_else_is_a_conflict(job: Job, prod: Operator):
    await job.asks()

    status, said = await job.asks({**WISH, "version": "v1.2.1"})

    assert status == 409
    assert "was used for another request (credlink-api v1.2.0 in prod)" in said["error"]
    await prod.ends(await prod.latest())


async def test_the_card_is_linked_as_soon_as_slack_shows_it(job: Job, prod: Operator):
    status, said = await job.asks()
    assert (status, said["card"]) == (202, None)
    async with prod.world.database.write() as connection:
        await connection.execute(
            cards.update().values(channel_id="C0PROD001", ts="1700000000.0001")
        )
        assert await cards_rows.count_owed(connection) >= 0

    _, said = await job.asks()

    assert said["card"] == "https://credlink.slack.com/archives/C0PROD001/p17000000000001"
    await prod.ends(await prod.latest())


@pytest.mark.parametrize("policy", [{"approvals": 1}])
async def test_where_others_must_approve_it_waits_for_them(job: Job, prod: Operator):
    await job.asks()

    change = await prod.until(await prod.latest(), S.PROPOSED)

    assert change.confirmed_by is None
    assert prod.updates == []


@pytest.mark.parametrize("policy", [{"approvals": 1}])
async def test_whoever_may_deploy_confirms_what_was_approved_while_a_lock_stood_or_cancels_it(
    job: Job, prod: Operator
):
    await job.asks()
    waiting = await prod.until(await prod.latest(), S.PROPOSED)

    with pytest.raises(NotAllowed, match="1 other person must approve"):
        await prod.presses("change.confirm", waiting, by=ALICE)
    with pytest.raises(NotAllowed, match="may deploy"):
        await prod.presses("change.cancel", waiting, by=MALLORY)
    assert waiting.plan is not None
    word = Approval(
        change_id=waiting.id, by=FRANK.id, at=prod.world.now(), binding=waiting.plan.binding
    )
    async with prod.world.database.write() as connection:
        await approvals.add(connection, word)
    await prod.presses("change.confirm", waiting, by=ALICE)

    ended = await prod.ends(waiting)
    assert (ended.state, ended.confirmed_by) == (S.SUCCEEDED, ALICE.id)
    said = await prod.card(ended)
    assert (
        f"asked by the pipeline of example/credlink at main · let through by <@{ALICE.id}>" in said
    )


async def test_a_lock_refuses_it_at_once_and_says_who_holds_it(job: Job, prod: Operator):
    async with prod.world.database.write() as connection:
        await locks.add(connection, a_lock(at=prod.world.now(), service="*"))

    status, said = await job.asks()

    assert status == 403
    assert "locked by" in said["error"]
    assert prod.updates == []


async def test_a_version_that_is_not_there_ends_refused_and_the_job_learns_why(
    job: Job, prod: Operator
):
    _, said = await job.asks({**WISH, "version": "v9.9.9"})
    await prod.ends(await prod.latest())

    _, now = await job.looks(said["status"])

    assert (now["state"], now["is_final"]) == ("refused", True)
    assert "v9.9.9" in now["why"]


@pytest.mark.parametrize(
    ("claims", "status", "why"),
    [
        ({"ref": "refs/heads/feature"}, 403, "Nobody of"),
        ({"repository": "stranger/credlink"}, 403, ""),
        ({"event_name": "pull_request_target"}, 403, ""),
        ({"audience": "another-bot"}, 401, "udience"),
        ({"token": "forged"}, 401, "not valid"),
    ],
)
async def test_who_is_not_meant_is_refused_and_nothing_begins(
    job: Job, prod: Operator, claims: dict[str, Any], status: int, why: str
):
    answered, said = await job.asks(**claims)

    assert answered == status
    assert why in said["error"] or status == 403
    assert prod.updates == []
    assert prod.aws.writes == []


@pytest.mark.parametrize(
    ("wish", "key", "status", "why"),
    [
        (WISH, None, 400, "Idempotency-Key"),
        (WISH, "with space", 400, "Idempotency-Key"),
        (WISH, "k" * 201, 400, "Idempotency-Key"),
        ({"environment": "prod"}, "k", 422, "version: Field required"),
        ({**WISH, "force": "please"}, "k", 422, "force: Extra inputs are not permitted"),
        ({**WISH, "strategy": "yolo"}, "k", 422, "strategy"),
        ({**WISH, "version": "v1\x00"}, "k", 422, "version"),
        ({**WISH, "reason": "a\nb"}, "k", 422, "reason"),
        (b"{", "k", 422, "the body"),
        (b"[]", "k", 422, "the body"),
        (b"x" * 20_000, "k", 413, "Send less"),
        ({**WISH, "environment": "prud"}, "k", 404, "did you mean prod?"),
    ],
)
async def test_a_request_that_cannot_be_read_says_what_is_wrong_with_it(
    job: Job, prod: Operator, wish: Any, key: str | None, status: int, why: str
):
    answered, said = await job.asks(wish, key=key)

    assert (answered, prod.updates) == (status, [])
    assert why in said["error"]


async def test_an_issuer_that_is_away_is_to_be_asked_again(job: Job, prod: Operator):
    job.issuer.faults.append(Fault("discover", status=503))

    status, said = await job.asks()

    assert status == 503
    assert "Send it again" in said["error"]
    assert (await job.asks())[0] == 202
    await prod.ends(await prod.latest())


async def test_another_repositorys_change_is_not_told(job: Job, prod: Operator):
    _, said = await job.asks()

    status, _ = await job.looks(said["status"], repository="example/other")

    assert status == 404
    await prod.ends(await prod.latest())


async def test_without_an_audience_in_the_catalogue_nobody_is_let_in(prod: Operator):
    app = web.Application()
    api = ChangesApi(
        deploy=DeployByPipeline(prod.world.database, prod.accept, prod.world.now),
        oidc=None,
        workspace_url="https://credlink.slack.com/",
    )
    app.add_routes(api.routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.post(listener.url + "/api/changes", json=WISH) as reply,
        ):
            assert reply.status == 401
            assert "`pipelines` is not in the catalogue" in (await reply.json())["error"]
    finally:
        await listener.stop()


def test_a_pipeline_in_a_catalogue_without_an_audience_is_refused():
    said = a_catalog().model_dump(mode="json", exclude_none=True)
    said["people"]["release"] = {
        "pipeline": {"repository": seeds.REPOSITORY, "refs": ["refs/heads/main"]},
        "may": {"prod": ["deploy"]},
    }

    with pytest.raises(ValueError, match="which audience its tokens must have"):
        type(a_catalog()).model_validate(said)
