"""Changes an administrator or a person makes that apps hear of: user groups, profiles."""

from sandbox import seeds
from sandbox.workspace import shapes
from sandbox.workspace.platform import Platform
from sandbox.workspace.state import User, UserGroup


def set_group_members(platform: Platform, group: UserGroup, members: list[str]) -> None:
    """Replace the members of a user group."""
    before = group.members
    group.members = list(dict.fromkeys(members))
    added = [each for each in group.members if each not in before]
    removed = [each for each in before if each not in group.members]
    at = int(platform.timing.now())
    platform.events.announce(
        {
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": seeds.TEAM_ID,
            "date_previous_update": at,
            "date_update": at,
            "added_users": added,
            "added_users_count": len(added),
            "removed_users": removed,
            "removed_users_count": len(removed),
            "event_ts": platform.store.next_ts(),
        }
    )


def rename_person(platform: Platform, person: User, real_name: str) -> None:
    """Give somebody another full name."""
    person.real_name = real_name
    with_email = "users:read.email" in platform.app.scopes
    platform.events.announce(
        {
            "type": "user_change",
            "user": shapes.user(person, with_email=with_email),
            "cache_ts": int(platform.timing.now()),
            "event_ts": platform.store.next_ts(),
        }
    )
