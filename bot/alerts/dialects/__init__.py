"""What senders other than Alertmanager say, as the same kind of alert group."""
