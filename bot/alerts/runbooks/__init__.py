"""Runbooks in threads: drawn from their rows, and ticked."""
