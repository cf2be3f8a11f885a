"""Reading the files of infra/: YAML by the words of YAML 1.2, and where things stand."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from infra.checks.problem import Unreadable

MONITORING = Path("infra/monitoring")
RULES = MONITORING / "prometheus/rules"
RULE_TESTS = MONITORING / "prometheus/tests"
PROMETHEUS = MONITORING / "prometheus/prometheus.yml"
REMOTE = MONITORING / "prometheus/remote.yml"
ALERTMANAGER = MONITORING / "alertmanager/alertmanager.yml"
EXPORTER = MONITORING / "cloudwatch-exporter/config.yml"
METRICS = MONITORING / "metrics.yml"
COMPOSE = MONITORING / "compose.yaml"
DATA_SOURCES = MONITORING / "grafana/provisioning/datasources"
PROVIDERS = MONITORING / "grafana/provisioning/dashboards"
DASHBOARDS = MONITORING / "grafana/dashboards"
CLOUDWATCH = Path("infra/cloudwatch/dashboard.json")
RUNBOOKS = Path("docs/runbooks")


_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")


class _Loader(yaml.CSafeLoader):
    """In YAML 1.1 `on` is a truth value: to GitHub and compose it is a word."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))


def read_yaml(path: Path) -> Any:
    """The one document of a file.

    Raises:
        Unreadable: it is not YAML.
    """
    try:
        return yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  it is a SafeLoader
    except yaml.YAMLError as exc:
        raise Unreadable(f"{path.name} is not YAML: {exc}") from None


def read_json(path: Path) -> Any:
    """The document of a file.

    Raises:
        Unreadable: it is not JSON.
    """
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as exc:
        raise Unreadable(f"{path.name} is not JSON: {exc}") from None
