"""What can be done from a health card; the act and its words are those of the alert's own card."""

from bot.cards.alert import ACKNOWLEDGE
from bot.cards.blocks import Element, button, cut
from bot.domain.alert import AlertGroup


def acknowledge_button(group: AlertGroup) -> Element:
    """Say in PagerDuty that somebody is on it."""
    return button(
        f"Acknowledge {cut(group.name, 50)}",
        action_id=ACKNOWLEDGE,
        subject_id=group.id,
        revision=group.state_revision,
        style="primary",
    )
