"""The members of the organization: everybody of the workspace but those without a seat."""

from dataclasses import dataclass
from typing import Any

from sandbox import seeds

FIRST_USER = 3001
FIRST_MEMBER = 88001


@dataclass(frozen=True, slots=True)
class User:
    id: str
    member_id: str
    name: str
    email: str

    def document(self) -> dict[str, Any]:
        """As an issue's assignee."""
        return {"type": "user", "id": self.id, "name": self.name, "email": self.email}

    def actor(self) -> dict[str, Any]:
        """As who did something, in a webhook."""
        return {"type": "user", "id": int(self.id), "name": self.name}

    def membership(self) -> dict[str, Any]:
        """As a member of the organization."""
        return {
            "id": self.member_id,
            "email": self.email,
            "name": self.name,
            "role": "member",
            "orgRole": "member",
            "pending": False,
            "expired": False,
            "user": {"id": self.id, "name": self.name, "email": self.email, "isActive": True},
        }


USERS = tuple(
    User(str(FIRST_USER + number), str(FIRST_MEMBER + number), person.real_name, person.email)
    for number, person in enumerate(seeds.PEOPLE)
    if person.pagerduty_id is not None
)
"""Dave and Mallory have no seat, as in PagerDuty."""
INVITED = {
    "id": str(FIRST_MEMBER + 90),
    "email": seeds.MALLORY.email,
    "name": seeds.MALLORY.email,
    "role": "member",
    "orgRole": "member",
    "pending": True,
    "expired": False,
    "user": None,
}
"""Mallory has been asked to join, and has not."""
APPLICATION = {"type": "application", "id": "5f0c", "name": "credlink-bot"}
