"""Notes on PagerDuty's incidents: from a form, and from messages of the thread that people mark."""
