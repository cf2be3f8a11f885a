"""The bot's own HTTP listeners: webhooks in, health and metrics out."""
