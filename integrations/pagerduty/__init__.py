"""PagerDuty: the REST API, the Events API, and webhooks version 3."""
