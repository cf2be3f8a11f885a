"""Silences made, ended and prolonged in Alertmanager, and what it tells of them brought home."""
