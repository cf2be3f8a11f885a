"""A captured request sent again: no header that the signature does not cover makes it new."""

import io

import aiohttp
import pytest

from bot.slack.api import SlackApi
from bot.storage.database import Database
from tests.slack.edge import by_http, command, event, listening, post, signed


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "text/plain", ""])
async def test_a_replay_under_another_content_type_runs_nothing(
    api: SlackApi, store: Database, kind: str
):
    body = command("echo hello")
    headers = signed(body)
    async with listening(api, store) as edge, by_http(edge, store) as (url, _):
        assert (await post(url, body, headers))[0] == 200
        async with aiohttp.ClientSession() as session:
            sent = {**headers, "Content-Type": kind}
            async with session.post(url, data=io.BytesIO(body), headers=sent) as response:
                assert response.status == 401

    assert len(edge.done.asked) == 1


async def test_an_event_that_slack_repeats_is_answered_again(api: SlackApi, store: Database):
    body = event("app_mention")
    headers = signed(body)
    async with listening(api, store) as edge, by_http(edge, store) as (url, _):
        statuses = [(await post(url, body, headers, kind="json"))[0] for _ in range(2)]

    assert statuses == [200, 200]
    assert len(edge.done.events) == 1
