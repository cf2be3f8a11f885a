"""What ECS says about a service, shortened to what a person reads."""

import re

_SERVICE = re.compile(r"^\(service [^)]*\)\s*")
_DEPLOYMENT = re.compile(r"\(deployment [^)]*\)\s*")
_TARGET_GROUP = re.compile(r"\(target-group (?:arn:\S*?targetgroup/)?([^/)\s]+)[^)]*\)")
_TASKS = re.compile(r":?\s*(?:\(task [^)]*\)[\s,]*)+")


def spoken_event(message: str) -> str:
    """`(service s) registered 2 targets in (target-group arn:…)` → `registered 2 targets in tg`."""
    said = _SERVICE.sub("", message.strip())
    said = _DEPLOYMENT.sub("", said)
    said = _TARGET_GROUP.sub(r"\1", said)
    said = _TASKS.sub(" ", said)
    return re.sub(r"\s+([.,])", r"\1", said).strip().rstrip(".")
