"""Alertmanager: its API version 2 and its webhook version 4."""
