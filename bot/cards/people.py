"""How cards name people who may be known in Slack, or only in PagerDuty."""

from bot.cards.blocks import escaped
from bot.domain.incident import Responder


def mention(person: Responder) -> str:
    """The person by their Slack id, or by PagerDuty's name where nobody has matched the two."""
    return f"<@{person.slack_id}>" if person.slack_id else escaped(person.name)
