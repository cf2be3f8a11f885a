"""The rules of Prometheus as they are written, and what promtool's tests say of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.checks.documents import RULE_TESTS, RULES, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A recording rule or an alert; `file` and `group` say where it stands."""

    file: str
    group: str
    name: str
    expression: str
    is_alert: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{RULES / self.file}, {self.name}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a unit test expects of an alert: the labels of each that fires, none where none does."""

    alert: str
    firing: tuple[Mapping[str, str], ...]


def rules_of(root: Path) -> tuple[Rule, ...]:
    """Every rule of every file, in their order."""
    return tuple(
        Rule(
            file=path.name,
            group=group["name"],
            name=raw.get("alert") or raw["record"],
            expression=str(raw["expr"]),
            is_alert="alert" in raw,
            labels=raw.get("labels") or {},
            annotations=raw.get("annotations") or {},
        )
        for path in sorted((root / RULES).glob("*.yml"))
        for group in read_yaml(path)["groups"]
        for raw in group["rules"]
    )


def alerts_of(root: Path) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules_of(root) if rule.is_alert)


def expectations(root: Path) -> Iterator[Expected]:
    """What promtool's unit tests expect, of every alert they name."""
    for path in sorted((root / RULE_TESTS).glob("*.yml")):
        for test in read_yaml(path)["tests"]:
            for one in test.get("alert_rule_test") or ():
                firing = tuple(alert["exp_labels"] for alert in one.get("exp_alerts") or ())
                yield Expected(one["alertname"], firing)
