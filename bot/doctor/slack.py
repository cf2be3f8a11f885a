"""Slack: the tokens, and the user groups that have rights."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

from bot.catalog import Catalog, People
from bot.doctor.look import Look, Missing
from bot.domain.place import listed
from bot.settings import Settings
from bot.slack import scopes
from bot.slack.api import SlackApi
from bot.slack.people import read_groups

TOKEN = "SLACK_BOT_TOKEN: the Bot User OAuth Token (xoxb-…) under OAuth & Permissions"  # noqa: S105
APP_TOKEN = (
    "SLACK_APP_TOKEN: an app-level token (xapp-…) with connections:write under Basic Information, "  # noqa: S105
    "and that Socket Mode is on"
)


def looks(catalog: Catalog, settings: Settings) -> Iterator[Look]:
    yield Look("Slack", partial(_token, settings), "SLACK_API_URL", TOKEN)
    if settings.slack_mode == "socket":
        yield Look("Slack's Socket Mode", partial(_socket, settings), "SLACK_API_URL", APP_TOKEN)
    if catalog.user_groups():
        yield Look(
            "Slack's user groups",
            partial(_groups, catalog, settings),
            "SLACK_API_URL",
            f"{TOKEN}, with usergroups:read, and that the workspace's plan has user groups",
        )


async def _token(settings: Settings) -> str:
    async with _asking(settings.slack_bot_token.get_secret_value(), settings) as api:
        identity, lacking = await scopes.missing(api)
    if lacking:
        raise Missing(
            f"the token lacks {', '.join(sorted(lacking))}. Update the app from manifest.yml "
            "and install it to the workspace again."
        )
    return f"{identity.url}, every scope granted"


async def _socket(settings: Settings) -> str:
    secret = settings.slack_app_token
    async with _asking(secret.get_secret_value() if secret else "", settings) as api:
        await api.call("apps.connections.open")
    return "a connection is granted"


async def _groups(catalog: Catalog, settings: Settings) -> str:
    """Read them as the bot does: Slack is asked once, however many there are."""
    async with _asking(settings.slack_bot_token.get_secret_value(), settings) as api:
        found = await read_groups(api, attempts=1)
    members = {
        name: found.get(people.group)
        for name, people in catalog.people.items()
        if people.group is not None
    }
    wrong = [_wrong(name, catalog.people[name], there) for name, there in members.items()]
    if any(wrong):
        raise Missing(" ".join(filter(None, wrong)))
    return ", ".join(f"{name} has {len(there or ())}" for name, there in members.items())


def _wrong(name: str, people: People, members: frozenset[str] | None) -> str:
    """What is wrong with the group of one of `people`, or nothing."""
    verbs = dict.fromkeys(verb.value for granted in people.may.values() for verb in granted)
    nobody = f"nobody may {listed(verbs) if verbs else 'do anything'} through people.{name}"
    if members is None:
        return (
            f"{people.group} is not among the workspace's user groups, or is disabled, so "
            f"{nobody}. Correct its `group`, or enable it in Slack."
        )
    if not members:
        return f"Nobody is in {people.group}, so {nobody}. Add people to it in Slack."
    return ""


@asynccontextmanager
async def _asking(token: str, settings: Settings) -> AsyncIterator[SlackApi]:
    api = SlackApi(token, settings.slack_api_url)
    await api.start()
    try:
        yield api
    finally:
        await api.stop()
