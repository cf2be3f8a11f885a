"""Sentry's issues beside alert groups: kept up to date, acted on, and cards of their own."""
