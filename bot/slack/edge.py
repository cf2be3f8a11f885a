"""Slack as the rest of the bot is given it: asked once, at the start, who and what there is."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.answers.ask import Standing
from bot.catalog import Catalog
from bot.domain.asked import Asked
from bot.errors import ConfigurationError, Conflict, NotReached
from bot.settings import Settings
from bot.slack.api import Identity, SlackApi
from bot.slack.channels import Channels
from bot.slack.errors import Refused, SlackError
from bot.slack.people import People
from bot.slack.replies import Replies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlackEdge:
    """The Web API under our token, and what it said of the workspace."""

    api: SlackApi
    identity: Identity
    channels: Channels
    people: People
    replies: Replies

    def stand(self, asked: Asked) -> Standing:
        """Where an answer's card stands: where it was asked, if the bot is known to be there, or
        else in the person's direct messages. From memory: nobody is asked.
        """
        channel_id, person = asked.channel_id, asked.by.id
        if self.channels.is_in(channel_id):
            return Standing(channel_id)
        if channel_id == person or self.channels.is_direct_with(person, channel_id):
            return Standing(person)
        if channel_id.startswith("D"):  # with the bot, as yet unknown to it, or with another person
            return Standing(person, "The answer is in your direct messages with me.")
        return Standing(
            person,
            "I am not in this channel, so the answer is in your direct messages with me. "
            "Invite me here to have it here.",
        )

    async def email_of(self, user_id: str) -> str | None:
        """The person's address; None when Slack gives none.

        Raises:
            Conflict: Slack did not say; pressing again may help.
        """
        try:
            return await self.people.email_of(user_id)
        except SlackError as exc:
            said = "Slack did not say what your e-mail is. Press again in a moment."
            raise Conflict(said) from exc


@asynccontextmanager
async def connected_slack(settings: Settings, catalog: Catalog) -> AsyncIterator[SlackEdge]:
    """Ask who we are, what channels there are, and who is in which group.

    Raises:
        ConfigurationError: Slack refused a token.
        NotReached: Slack does not answer.
    """
    async with AsyncExitStack() as leaving:
        api = SlackApi(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        await api.start()
        leaving.push_async_callback(api.stop)
        try:
            identity = await api.who()
            channels = Channels(api, catalog.channels())
            await channels.start()
        except Refused as exc:
            raise ConfigurationError(
                f"Slack at {settings.slack_api_url} says: {exc}. Check SLACK_BOT_TOKEN and "
                "SLACK_API_URL; `credlink doctor` says more."
            ) from exc
        except SlackError as exc:
            raise NotReached(
                f"Slack at {settings.slack_api_url} does not answer: {exc}. Is SLACK_API_URL right?"
            ) from exc
        if settings.slack_mode == "socket" and settings.slack_app_token is not None:
            await _check_app_token(settings.slack_app_token.get_secret_value(), settings)
        people = People(api, catalog.user_groups())
        await people.start()
        leaving.push_async_callback(people.stop)
        replies = Replies(api)
        leaving.push_async_callback(replies.stop)
        yield SlackEdge(api, identity, channels, people, replies)


async def _check_app_token(token: str, settings: Settings) -> None:
    """Ask for a connection once: the socket itself would go on trying with a refused token.

    A Slack that is only out of reach is left to the socket, which waits for it.

    Raises:
        ConfigurationError: Slack refused the token.
    """
    api = SlackApi(token, settings.slack_api_url)
    await api.start()
    try:
        await api.call("apps.connections.open")
    except Refused as exc:
        raise ConfigurationError(
            f"Slack at {settings.slack_api_url} says: {exc}. Check SLACK_APP_TOKEN, and that "
            "Socket Mode is on; `credlink doctor` says more."
        ) from exc
    except SlackError as exc:
        log.warning("slack_socket", extra={"action": "slack_socket", "why": str(exc)})
    finally:
        await api.stop()
