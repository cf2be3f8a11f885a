"""What the bot's token must be allowed; the manifest asks for exactly these, a test holds it."""

from bot.slack.api import Identity, SlackApi

REQUIRED = frozenset(
    {
        "app_mentions:read",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "mpim:read",
        "pins:read",
        "pins:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)


async def missing(api: SlackApi) -> tuple[Identity, frozenset[str]]:
    """Who the token says we are, and the scopes it lacks.

    Slack names a token's scopes in the headers of every answer.

    Raises:
        SlackError: the token is refused, or Slack does not answer.
    """
    identity = await api.who(attempts=1)
    response = await api.client.auth_test()
    granted = {
        scope.strip()
        for name, value in response.headers.items()
        if name.lower() == "x-oauth-scopes"
        for scope in str(value).split(",")
    }
    return identity, REQUIRED - granted
