"""Who is in which group: from memory, and nobody where Slack does not say."""

import asyncio

import pytest

from bot.slack.people import People
from sandbox import seeds
from tests.slack.edge import until

DEPLOY, APPROVE = "S0DEPLOY", "S0APPROVE"
BOB = seeds.BOB.id


@pytest.fixture
async def directory(api):
    it = People(api, [DEPLOY, APPROVE])
    await it.start()
    yield it
    await it.stop()


async def test_groups_are_read_at_start_and_asked_for_without_a_call(workspace, directory):
    before = len(workspace.calls)
    assert directory.groups_of(BOB) == {DEPLOY, APPROVE}
    assert directory.groups_of(seeds.MALLORY.id) == frozenset()
    assert len(workspace.calls) == before


async def test_addresses_are_known_over_all_pages_without_another_call(workspace, directory):
    before = len(workspace.calls)
    assert await directory.email_of(seeds.MALLORY.id) == "mallory@credlink.example"
    assert len(workspace.calls) == before
    assert await directory.email_of("U0NOBODY0") is None


async def test_a_group_that_is_not_there_has_nobody_and_is_said_once(api, caplog):
    it = People(api, ["S0GONE000"])
    await it.refresh()
    await it.refresh()
    assert it.groups_of(BOB) == frozenset()
    assert [r.message for r in caplog.records] == ["user_groups_unread"]


async def test_without_the_scope_nobody_has_any_right(workspace, people, directory, caplog):
    await people.fault("remove_scope", scope="usergroups:read")
    assert await directory.refresh()
    assert directory.groups_of(BOB) == frozenset()
    assert "missing_scope" in caplog.records[-1].reason


async def test_while_slack_does_not_answer_what_was_read_still_holds(people, directory):
    await people.fault("http", method="usergroups.list", status=503, times=99)
    directory._api.patiently = directory._api.call  # without the waits between attempts
    assert not await directory.refresh()
    assert directory.groups_of(BOB) == {DEPLOY, APPROVE}


async def test_who_is_put_out_of_a_group_loses_its_rights_at_once(people, directory):
    directory.members_changed(DEPLOY, added=[], removed=[BOB])
    assert directory.groups_of(BOB) == {APPROVE}


async def test_a_change_makes_the_groups_be_read_again_soon(people, directory):
    await people.set_user_group(APPROVE, [seeds.DAVE.id])
    directory.members_changed(APPROVE, added=[], removed=[])

    async def read():
        await asyncio.sleep(0)
        return directory.groups_of(seeds.DAVE.id)

    assert await until(read) == {APPROVE}
    assert directory.groups_of(BOB) == {DEPLOY}
