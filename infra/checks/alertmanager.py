"""Alertmanager's own judgement of its configuration, where each alert goes, and what that needs."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.web.senders import ALERTMANAGER_PATH
from infra.checks.documents import ALERTMANAGER, read_yaml
from infra.checks.problem import Problem, asked, refusals
from infra.checks.rule_files import alerts_of

AMTOOL = ("amtool",)
HOW_TO_GET_IT = "on Debian apt-get install prometheus-alertmanager, elsewhere https://prometheus.io"
WHERE = str(ALERTMANAGER)
PAGED, BUSINESS, BOT = "pagerduty-and-bot", "business", "bot"
SECRETS = re.compile(r"(?:key|token|password|credentials|secret)$")
"""Fields that hold a secret itself; those that end in `_file` say where one is."""
_NAMES = re.compile(r'alertname=~?"([^"]+)"')


def receiver_for(severity: str, component: str) -> str:
    """Where an alert belongs: who is paged comes first, then whose business it is."""
    if severity == "critical":
        return PAGED
    return BUSINESS if component == "business" else BOT


def check(root: Path) -> Iterator[Problem]:
    """Some tenths of a second.

    Raises:
        NotHere: amtool is not.
    """
    configuration = read_yaml(root / ALERTMANAGER)
    yield from _receivers(configuration)
    yield from _secrets(configuration)
    yield from _inhibitions(root, configuration)
    accepted = _amtool(root, "check-config", ALERTMANAGER.name)
    yield from refusals(WHERE, accepted)
    if accepted.returncode == 0:
        yield from _routes(root)


def _amtool(root: Path, *arguments: str) -> Any:
    within = (root / ALERTMANAGER).parent
    return asked(AMTOOL, *arguments, within=within, how_to_get=HOW_TO_GET_IT)


def _routes(root: Path) -> Iterator[Problem]:
    """Every severity with every component, those that no alert has yet too."""
    alerts = alerts_of(root)
    severities = sorted({alert.labels["severity"] for alert in alerts} | {"info"})
    components = sorted({alert.labels["component"] for alert in alerts} | {"unheard-of"})
    for severity in severities:
        for component in components:
            labels = (f"severity={severity}", f"component={component}")
            told = ("config", "routes", "test", "--config.file", ALERTMANAGER.name, *labels)
            reached, wanted = _amtool(root, *told).stdout.split(), receiver_for(severity, component)
            if reached != [wanted]:
                went = ", ".join(reached) or "nobody"
                yield Problem(WHERE, f"{' '.join(labels)} goes to {went}, not to {wanted}")


def _receivers(configuration: Mapping[str, Any]) -> Iterator[Problem]:
    """Everybody tells the bot; whoever is paged is paged by the very receiver that tells it."""
    for receiver in configuration["receivers"]:
        hooks = receiver.get("webhook_configs") or ()
        if not any(hook["url"].endswith(ALERTMANAGER_PATH) for hook in hooks):
            yield Problem(WHERE, f"{receiver['name']} does not tell the bot")
        for hook in hooks:
            if not hook.get("max_alerts"):
                yield Problem(WHERE, f"{receiver['name']} sends without end: it needs max_alerts")
        if (receiver["name"] == PAGED) != bool(receiver.get("pagerduty_configs")):
            yield Problem(WHERE, f"PagerDuty belongs to {PAGED} alone, see {receiver['name']}")


def _secrets(node: Any, path: str = "") -> Iterator[Problem]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if isinstance(value, str) and SECRETS.search(name):
                yield Problem(WHERE, f"{path}{name} is written out: give {name}_file instead")
            yield from _secrets(value, f"{path}{name}.")
    elif isinstance(node, list):
        for one in node:
            yield from _secrets(one, path)


def _inhibitions(root: Path, configuration: Mapping[str, Any]) -> Iterator[Problem]:
    """A name that no alert has inhibits nothing, and nobody would notice."""
    alerts = {alert.name for alert in alerts_of(root)}
    for rule in configuration["inhibit_rules"]:
        text = " ".join((*rule["source_matchers"], *rule["target_matchers"]))
        for name in (name for found in _NAMES.findall(text) for name in found.split("|")):
            if name not in alerts:
                yield Problem(WHERE, f"an inhibition names {name}, and there is no such alert")
        if not {"env", "service"} <= set(rule.get("equal") or ()):
            yield Problem(WHERE, f"{text} would inhibit in other places too: equal: [env, service]")
