"""CredLink's bot: deploys and incident response, run from Slack."""
