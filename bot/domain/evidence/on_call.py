"""Who is on call for the service an alert is about: PagerDuty's word, as `OnCall` has it."""

SOURCE = "on call"
