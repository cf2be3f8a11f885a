"""Sentry: issues, releases and deploys."""
