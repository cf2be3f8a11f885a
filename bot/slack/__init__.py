"""The only place that talks to Slack."""
