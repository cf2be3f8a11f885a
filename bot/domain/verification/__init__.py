"""What a task will need, and whether it is there: each finding with what to do about it.

What a task definition asks for is read in `needs`, what AWS said of it judged in `prerequisites`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.place import listed

IMAGE = "image"
PLATFORM = "platform"
SCAN = "scan"
ROLES = "roles"
SECRETS = "secrets"
LOG_GROUP = "log group"
CLUSTER = "cluster"
TARGETS = "targets"
AUTOSCALING = "autoscaling"
NAMES = (IMAGE, PLATFORM, SCAN, ROLES, SECRETS, LOG_GROUP, CLUSTER, TARGETS, AUTOSCALING)
"""Every check, in the order people read them."""

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED")


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """It may be deployed, and somebody should know."""
    BLOCK = "block"
    """The tasks would not start or not be reached, or the policy refuses it."""
    UNKNOWN = "unknown"
    """Whoever knows did not answer."""


_WORST_FIRST = (Level.BLOCK, Level.WARN, Level.UNKNOWN, Level.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. `text` is a sentence; `mend` says what to do, and is empty where all is well."""

    name: str
    level: Level
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found of one thing; a check is made of those of all its things."""

    level: Level
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class ScanPolicy:
    """What findings of an image's scan mean for its deploy, by severity as ECR names it.

    Raises:
        ValueError: ECR knows no such severity.
    """

    block: tuple[str, ...] = ()
    warn: tuple[str, ...] = ("CRITICAL", "HIGH")

    def __post_init__(self) -> None:
        for severity in (*self.block, *self.warn):
            if severity not in SEVERITIES:
                raise ValueError(f"{severity!r} is no severity; there are {listed(SEVERITIES)}")

    @property
    def asks(self) -> bool:
        """Whether any finding would matter."""
        return bool(self.block or self.warn)


def blocking(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks that forbid the deploy."""
    return tuple(check for check in checks if check.level is Level.BLOCK)


def refusing(checks: Iterable[Check], *, is_forced: bool) -> str:
    """What forbids the deploy, as one text.

    By force a scan's findings may be passed, which the gate decides; what cannot start may not.
    """
    found = [check for check in blocking(checks) if check.name != SCAN or not is_forced]
    return " ".join(spoken(check) for check in found)


def spoken(check: Check) -> str:
    """The finding with what to do about it, as one text."""
    return f"{check.text} {check.mend}".rstrip()


def counted(checks: Sequence[Check]) -> str:
    """`8 fine`, `6 fine, 2 to look at, 1 not answered`: what a line has room for."""
    words = {Level.BLOCK: "in the way", Level.WARN: "to look at", Level.UNKNOWN: "not answered"}
    levels = [check.level for check in checks]
    found = [f"{levels.count(level)} {word}" for level, word in words.items() if level in levels]
    return ", ".join([f"{levels.count(Level.OK)} fine", *found])


def together(name: str, remarks: Sequence[Remark], *, fine: str) -> Check:
    """One check of what was found of several things: the worst decides, all that matters is said.

    `fine` is said when there is nothing to remark on; remarks that are fine themselves follow it.
    """
    level = next((one for one in _WORST_FIRST if any(r.level is one for r in remarks)), Level.OK)
    said = [one for one in remarks if level is Level.OK or one.level is not Level.OK]
    said.sort(key=lambda remark: _WORST_FIRST.index(remark.level))
    texts = [fine] if level is Level.OK else []
    return Check(
        name=name,
        level=level,
        text=_joined([*texts, *(remark.text for remark in said)]),
        mend=_joined(remark.mend for remark in said),
    )


def _joined(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, texts)))


def unanswered(source: str, what: str, why: str, *, permission: str | None = None) -> Remark:
    """What is said when a source did not answer; with the permission whose lack is the reason."""
    mend = f"Give the bot's role {permission}." if permission else "Look there yourself, or retry."
    return Remark(Level.UNKNOWN, f"{source} did not say {what}: {why}.", mend)


_SCANNING = frozenset({"IN_PROGRESS", "PENDING"})
_SCANNED = frozenset({"COMPLETE", "ACTIVE"})
"""ACTIVE is a scan that goes on: what it has found so far counts."""
_ARCHIVED = "IMAGE_ARCHIVED"


def judged_scan(
    status: str, counts: Mapping[str, int], policy: ScanPolicy, *, description: str = ""
) -> Remark:
    """Judge what a scan found; `status` is ECR's word, `counts` findings by severity."""
    if status == _ARCHIVED:
        return Remark(
            Level.BLOCK,
            "The image is archived in ECR, where ECS cannot pull it from.",
            "Restore it in ECR first.",
        )
    if status in _SCANNING:
        return _not_scanned("ECR is still scanning the image.", "Retry in a minute.", policy)
    if status not in _SCANNED:
        why = f": {description.rstrip('.')}" if description else ""
        return _not_scanned(
            f"ECR's scan of the image gives nothing ({status}{why}).",
            "Scan it again in ECR, or look into it another way.",
            policy,
        )
    found = _listed_counts(counts, counts)
    refused = _listed_counts(counts, policy.block)
    if refused:
        return Remark(
            Level.BLOCK,
            f"The image has findings that the policy refuses: {refused} (in all {found}).",
            "Fix them and push a new version; what is refused stands as `deploy.scan.block` in "
            "the catalogue.",
        )
    if noted := _listed_counts(counts, policy.warn):
        return Remark(
            Level.WARN, f"The image has findings: {noted}.", "Read them in ECR before you go on."
        )
    return Remark(Level.OK, f"The scan found {found}." if found else "The scan found nothing.")


def never_scanned(policy: ScanPolicy) -> Remark:
    return _not_scanned(
        "ECR has no scan of the image.",
        "Switch on scanning for the repository in ECR; an image for several platforms is scanned "
        "by enhanced scanning only.",
        policy,
    )


def _not_scanned(text: str, mend: str, policy: ScanPolicy) -> Remark:
    """Where findings would refuse a deploy, not knowing them is worth a warning."""
    return Remark(Level.WARN if policy.block else Level.UNKNOWN, text, mend)


def _listed_counts(counts: Mapping[str, int], severities: Iterable[str]) -> str:
    """`1 CRITICAL and 2 HIGH`, worst first; nothing for none."""
    ordered = dict.fromkeys([*SEVERITIES, *severities])
    wanted = set(severities)
    found = [f"{counts[s]} {s}" for s in ordered if s in wanted and counts.get(s, 0) > 0]
    return listed(found) if found else ""
