"""Channels, members, people and groups."""

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds

PROD = "C0PROD001"


async def refusal(call) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_the_bot_starts_in_no_channel_and_people_in_all(bot):
    first = await bot.conversations_list(exclude_archived=True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await bot.conversations_list(exclude_archived=True, cursor=cursor)
    channels = first["channels"] + second["channels"]

    assert [channel["name"] for channel in channels] == [c.name for c in seeds.CHANNELS]
    assert not any(channel["is_member"] for channel in channels)
    members = await bot.conversations_members(channel=PROD)
    assert members["members"] == [person.id for person in seeds.PEOPLE]


async def test_an_invented_cursor_is_refused(bot):
    assert await refusal(bot.conversations_list(cursor="bmV4dDo=")) == "invalid_cursor"
    assert await refusal(bot.users_list(cursor="2")) == "invalid_cursor"


async def test_joining_twice_is_a_warning(bot):
    first = await bot.conversations_join(channel=PROD)
    second = await bot.conversations_join(channel=PROD)

    assert first["channel"]["is_member"]
    assert second["warning"] == "already_in_channel"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Incident", "invalid_name_specials"),
        ("two words", "invalid_name_specials"),
        ("x" * 81, "invalid_name_maxlength"),
        ("general", "name_taken"),
    ],
)
async def test_a_channel_needs_a_name_of_its_own_in_lower_case(bot, name, error):
    assert await refusal(bot.conversations_create(name=name)) == error


async def test_an_incident_channel_is_made_filled_named_and_archived(bot, people):
    made = (await bot.conversations_create(name="inc-1"))["channel"]["id"]
    alice, bob = seeds.ALICE.id, seeds.BOB.id

    assert await refusal(bot.conversations_invite(channel=made, users=seeds.BOT_USER_ID)) == (
        "cant_invite_self"
    )
    await bot.conversations_invite(channel=made, users=[alice, bob])
    again = bot.conversations_invite(channel=made, users=alice)
    assert await refusal(again) == "already_in_channel"
    await bot.conversations_setTopic(channel=made, topic="errors in prod")
    await bot.conversations_setPurpose(channel=made, purpose="inc-1")
    await bot.conversations_rename(channel=made, name="inc-1-errors")
    info = (await bot.conversations_info(channel=made))["channel"]
    assert (info["name"], info["topic"]["value"]) == ("inc-1-errors", "errors in prod")

    await bot.conversations_archive(channel=made)
    assert await refusal(bot.conversations_archive(channel=made)) == "already_archived"
    said = await people.say(alice, made, "still here?")
    assert said["error"] == "is_archived"


async def test_a_private_channel_is_not_there_for_those_outside(bot, people):
    made = (await bot.conversations_create(name="secret", is_private=True))["channel"]["id"]

    assert made not in [c["id"] for c in (await people.state(seeds.ALICE.id))["channels"]]
    await people.fault("remove_bot", channel=made)
    assert await refusal(bot.conversations_info(channel=made)) == "channel_not_found"


async def test_people_are_found_by_their_address_whatever_its_case(bot):
    found = await bot.users_lookupByEmail(email="Alice@credlink.example")

    assert found["user"]["id"] == seeds.ALICE.id
    missing = bot.users_lookupByEmail(email="nobody@credlink.example")
    assert await refusal(missing) == "users_not_found"


async def test_addresses_are_left_out_without_the_scope(bot, people):
    seen = await bot.users_info(user=seeds.ALICE.id)
    await people.fault("remove_scope", scope="users:read.email")
    unseen = await bot.users_info(user=seeds.ALICE.id)

    assert seen["user"]["profile"]["email"] == "alice@credlink.example"
    assert "email" not in unseen["user"]["profile"]
    assert await refusal(bot.users_lookupByEmail(email="alice@credlink.example")) == (
        "missing_scope"
    )


async def test_groups_name_their_members(bot):
    groups = (await bot.usergroups_list())["usergroups"]
    members = (await bot.usergroups_users_list(usergroup="S0APPROVE"))["users"]

    assert [group["handle"] for group in groups] == ["deployers", "approvers"]
    assert members == [seeds.BOB.id, seeds.CAROL.id]
    assert await refusal(bot.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"
