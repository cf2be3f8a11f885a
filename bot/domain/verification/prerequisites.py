"""What AWS said of what a task needs to start, judged: one remark on each thing.

Everything comes in as plain values. A remark blocks only what would surely fail.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.domain.place import listed
from bot.domain.verification import Level, Remark
from bot.domain.verification.needs import Keeper, LogGroupNeed, Platform, RoleNeed, SecretNeed

ECS_TASKS = "ecs-tasks.amazonaws.com"
UNKNOWN_PLATFORM = "unknown"
"""What builders write on attestations, which stand in an image's index beside what runs."""


def found_image(name: str, digest: str) -> Remark:
    """An image that ECR has."""
    return Remark(Level.OK, f"{name} is in ECR as {short_digest(digest)}.")


def missing_image(name: str, account: str) -> Remark:
    return Remark(
        Level.BLOCK,
        f"There is no image {name} in ECR of account {account}.",
        "Push it, or deploy a version that is there; a lifecycle rule may have removed it.",
    )


def short_digest(digest: str) -> str:
    """`sha256:4b4b4b4b4b4b`: enough to tell images apart."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:12]}" if value else digest[:12]


def judged_platform(wanted: Platform, offered: Sequence[Platform]) -> Remark:
    """Judge what the image is built for; nothing offered means that ECR does not tell."""
    real = [one for one in offered if one.os != UNKNOWN_PLATFORM]
    if not real:
        return Remark(
            Level.UNKNOWN,
            "ECR does not tell which platform the image is built for.",
            f"The task needs {wanted}; check how the image is built.",
        )
    if wanted in real:
        return Remark(Level.OK, f"The image is built for {wanted}.")
    return Remark(
        Level.BLOCK,
        f"The image is built for {listed(sorted({str(one) for one in real}))}, and the task needs "
        f"{wanted}.",
        f"Build it for {wanted}, or change `runtimePlatform` in the task definition.",
    )


def missing_role(need: RoleNeed) -> Remark:
    return Remark(
        Level.BLOCK,
        f"The {need.kind} {need.name} does not exist.",
        "Create it, or correct its ARN in the task definition.",
    )


def no_execution_role(why: Sequence[str]) -> Remark:
    return Remark(
        Level.BLOCK,
        f"The task has no execution role, without which Fargate cannot {listed(why)}.",
        "Name one as `executionRoleArn` in the task definition.",
    )


def judged_role(
    need: RoleNeed,
    *,
    trusted: Collection[str],
    conditional: Collection[str] = (),
    trusts_anyone: bool = False,
) -> Remark:
    """Judge whom a role's trust policy lets in; `conditional` are those let in under conditions."""
    if ECS_TASKS not in trusted:
        return Remark(
            Level.BLOCK,
            f"ECS tasks may not assume the {need.kind} {need.name}.",
            f"Let {ECS_TASKS} do sts:AssumeRole in its trust policy.",
        )
    if trusts_anyone:
        return Remark(
            Level.WARN,
            f"Anyone may assume the {need.kind} {need.name}.",
            f"Name only {ECS_TASKS} as principal in its trust policy.",
        )
    if ECS_TASKS in conditional:
        return Remark(
            Level.OK,
            f"ECS tasks may assume {need.name} under conditions, which are not checked.",
        )
    return Remark(Level.OK, "")


def missing_secret(need: SecretNeed) -> Remark:
    return Remark(
        Level.BLOCK,
        f"There is no {need.name} in {need.keeper}.",
        "Create it, or correct its ARN in the task definition's `secrets`.",
    )


def judged_secret(
    need: SecretNeed,
    *,
    deleted_at: datetime | None = None,
    versions: Mapping[str, Sequence[str]],
) -> Remark:
    """Judge a secret that is there; `versions` are its version ids with their labels."""
    if deleted_at is not None:
        return Remark(
            Level.BLOCK,
            f"{need.name} is about to be deleted, so its value cannot be read.",
            "Restore it in Secrets Manager, or name another in the task definition.",
        )
    labels = {label for of_version in versions.values() for label in of_version}
    for what, asked, known in (
        ("label", need.stage, labels),
        ("version", need.version, set(versions)),
    ):
        if asked is not None and asked not in known:
            return Remark(
                Level.BLOCK,
                f"{need.name} has no {what} {asked}.",
                "Correct the end of its ARN in the task definition's `secrets`.",
            )
    return Remark(Level.OK, "")


def strange_secret(need: SecretNeed) -> Remark:
    return Remark(
        Level.UNKNOWN,
        f"{need.name} is kept by {Keeper.NOBODY_KNOWN}.",
        "Check its ARN in the task definition's `secrets`.",
    )


def unlooked_files(files: Sequence[str]) -> Remark:
    return Remark(Level.OK, f"Not looked at: environment files {listed(files)}.")


def missing_log_group(need: LogGroupNeed) -> Remark:
    if need.is_made:
        return Remark(Level.OK, f"{need.name} is made by the log driver.")
    return Remark(
        Level.BLOCK,
        f"There is no log group {need.name}, without which a container does not start.",
        "Create it, or correct `awslogs-group` in the task definition.",
    )


def judged_cluster(name: str, status: str | None) -> Remark:
    """Judge a cluster's status, None when there is none of this name."""
    if status == "ACTIVE":
        return Remark(Level.OK, "")
    if status is None:
        text = f"There is no cluster {name}."
    else:
        text = f"The cluster {name} is {status}, not ACTIVE."
    return Remark(Level.BLOCK, text, "Correct `cluster` in the catalogue, or create it anew.")
