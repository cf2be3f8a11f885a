"""Changes and what belongs to them, made with only what a test wants to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.change import Change, ChangeKind, ChangeState, Rollout
from bot.domain.plan import Plan, Revision

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
ALICE = "U0ALICE01"
BOB = "U0BOB0001"
REPOSITORY = "222222222222.dkr.ecr.us-east-1.amazonaws.com/credlink-api"
OLD_DIGEST = "sha256:" + "1a" * 32
NEW_DIGEST = "sha256:" + "4b" * 32


def an_arn(revision: int) -> str:
    return f"arn:aws:ecs:us-east-1:222222222222:task-definition/credlink-api:{revision}"


def a_plan(**said: Any) -> Plan:
    return Plan(
        **{
            "running": Revision(
                task_definition=an_arn(41),
                image=f"{REPOSITORY}:v1.1.9",
                version="v1.1.9",
                digest=OLD_DIGEST,
            ),
            "wanted": Revision(
                image=f"{REPOSITORY}@{NEW_DIGEST}", version="v1.2.0", digest=NEW_DIGEST
            ),
            "container": "credlink-api",
            "desired": 4,
            "running_since": NOW - timedelta(days=3),
            "running_is_good": True,
            "pushed_at": NOW - timedelta(hours=2),
            "changed": ("image",),
            "compare_url": "https://github.com/example/credlink/compare/v1.1.9...v1.2.0",
            **said,
        }
    )


def a_rollout(**said: Any) -> Rollout:
    return Rollout(
        **{
            "task_definition": an_arn(42),
            "deployment_id": "ecs-svc/2",
            "began_at": NOW,
            "deadline": NOW + timedelta(minutes=15),
            **said,
        }
    )


def a_change(identity: str = "change-1", **said: Any) -> Change:
    return Change(
        **{
            "id": identity,
            "kind": ChangeKind.DEPLOY,
            "service": "credlink-api",
            "environment": "prod",
            "channel": "#credlink-prod",
            "asked_by": ALICE,
            "asked_at": NOW,
            "state": ChangeState.PROPOSING,
            "state_revision": 1,
            "changed_at": NOW,
            "version": "v1.2.0",
            "correlation_id": "c-1",
            **said,
        }
    )
