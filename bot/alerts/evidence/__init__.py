"""Sources that know more about an alert group: each asks one system and keeps what it said."""
