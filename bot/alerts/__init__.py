"""Story two: an alert, from the webhook to the card that turns green."""
