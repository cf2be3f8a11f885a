"""What Terraform makes, the bot can use: its catalogue, settings and events."""

import base64
import gzip
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import SecretStr

from bot.catalog import Environment
from bot.catalog_file import load
from bot.changes.outside import events
from bot.settings import Settings
from infra.checks import expressions, hcl
from infra.checks.hcl import TERRAFORM, Module
from tests.infra.tools import needed

MODULES = TERRAFORM / "modules"
POLICY = {"channel", "deploy", "slo", "grafana", "logs_scan_limit"}
"""Keys of a place that are the operators' decisions and no facts of AWS."""
ELSEWHERE = {"alarms_queue"}
"""Only where alarms do not come through `events_queue`; here they do."""
SAMPLES: Mapping[str, Any] = {
    "account": "222222222222",
    "region": "eu-central-1",
    "cluster": "credlink-prod",
    "ecs_service": "credlink-api",
    "container": "credlink-api",
    "image_repository": "credlink-api",
    "target_group": "credlink-prod-blue",
    "scale": {"min": 3, "max": 10},
    "logs": "/ecs/credlink-prod/credlink-api",
    "alarms": "credlink-prod-",
    "cloudfront": {"distribution": "E2CREDLINK", "paths": ["/static/*"]},
    "role": "arn:aws:iam::222222222222:role/credlink-bot-prod",
    "events_queue": "https://sqs.eu-central-1.amazonaws.com/222222222222/credlink-bot-prod-events",
}
"""What `terraform output` would print of each."""


@cache
def modules() -> Mapping[Path, Module]:
    root = Path.cwd()
    with needed():
        return hcl.read(root, hcl.folders(root / TERRAFORM))


def module(name: str) -> Module:
    return modules()[Path.cwd() / TERRAFORM / name]


def output(name: str, of: str) -> Mapping[str, Any]:
    value = module(name).blocks[f"output.{of}"]["value"]
    assert isinstance(value, dict)
    return value


def said(name: str, variable: str) -> Mapping[str, Any]:
    """The whole of a variable's block."""
    return module(name).blocks[f"var.{variable}"]


def keys_within(value: Any) -> set[str]:
    """The keys of an object, which may stand in an expression."""
    return set(value) if isinstance(value, dict) else set(re.findall(r"(\w+)\s*=(?!=)", value))


def test_the_outputs_are_a_place_of_the_catalogue(tmp_path: Path):
    made = {**output("modules/ecs-service", "catalogue")}
    made |= output("modules/credlink-bot/place", "catalogue")
    for key in ("scale", "cloudfront"):
        assert keys_within(made[key]) == SAMPLES[key].keys()
    place = {key: SAMPLES[key] for key in made}
    catalogue = yaml.safe_load(Path("credlink.example.yml").read_text())
    shipped = catalogue["services"]["credlink-api"]["environments"]["prod"]
    catalogue["services"]["credlink-api"]["environments"]["prod"] = {
        **place,
        **{key: shipped[key] for key in POLICY & shipped.keys()},
    }
    file = tmp_path / "credlink.yml"
    file.write_text(yaml.safe_dump(catalogue))

    read = load(file).services["credlink-api"].environments["prod"]

    assert read.model_dump(include={"cluster", "events_queue", "role"}) == {
        key: SAMPLES[key] for key in ("cluster", "events_queue", "role")
    }
    assert made.keys() == Environment.model_fields.keys() - POLICY - ELSEWHERE


@pytest.mark.parametrize("example", ["staging", "prod"])
def test_an_example_gives_the_whole_place(example: str):
    value = module(f"examples/{example}").blocks["output.catalogue"]["value"]

    assert value == "${merge(module.api.catalogue, module.place.catalogue)}"


def test_a_place_takes_what_the_service_gives():
    kind = expressions.members(said("modules/credlink-bot/place", "access")["type"])
    given = output("modules/ecs-service", "access")

    assert kind is not None
    assert kind.keys() == given.keys()


def test_the_secrets_that_can_be_given_are_the_settings_own():
    secret = {
        field.alias
        for field in Settings.model_fields.values()
        if SecretStr in {field.annotation, *get_args(field.annotation)}
    }
    allowed = re.findall(r'"([A-Z_]+)"', str(said("modules/credlink-bot", "secrets")["validation"]))

    assert set(allowed) == secret
    given = {*said("modules/credlink-bot", "secrets")["default"]}
    assert given <= secret


def test_what_the_bot_is_told_are_settings_it_knows():
    known = {field.alias for field in Settings.model_fields.values()}
    told = module("modules/credlink-bot").blocks["local.environment"]["value"]
    names = keys_within(told) - {"AWS_REGION", "DATABASE_PASSWORD_VERSION"}
    urls = re.findall(
        r'\["(\w+)", "(\w+)"\]',
        module("modules/credlink-bot").blocks["local.secrets"]["value"],
    )

    assert names | {*urls[0]} <= known


def test_the_command_of_the_task_lays_down_the_catalogue_it_was_given(tmp_path: Path):
    laid = module("modules/credlink-bot").blocks["local.lay_down"]["value"]
    lines = re.findall(r'^\s+"(.*)",$', laid, flags=re.MULTILINE)
    written = "\n".join(lines).replace("${local.mount_point}", str(tmp_path))
    written = written.replace("'/tmp'", repr(str(tmp_path)))
    text = Path("credlink.example.yml").read_bytes()
    packed = base64.b64encode(gzip.compress(text)).decode()

    subprocess.run([sys.executable, "-c", written], env={"CATALOGUE": packed}, check=True)

    assert (tmp_path / "credlink.yml").read_bytes() == text
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert len(packed) < 10_000  # of a task definition's 64 KiB


def test_the_queue_gets_what_the_bot_takes_and_outlives_what_it_gives_up():
    rules = module("modules/credlink-bot/place").blocks["local.rules"]["value"]
    queue = module("modules/credlink-bot/place").blocks["aws_sqs_queue.events"]
    given_up = re.search(r"maxReceiveCount\s*=\s*(\d+)", queue["redrive_policy"])

    assert set(rules["ecs"]["pattern"]["detail-type"]) == events.NEWS
    assert rules["ecs"]["pattern"]["source"] == [events.SOURCE]
    assert rules["alarms"]["pattern"]["detail-type"] == ["CloudWatch Alarm State Change"]
    assert given_up
    assert int(given_up[1]) > events.DELIVERIES


def test_terraform_and_the_bot_do_not_undo_each_other():
    def ignored(address: str) -> set[str]:
        body = module("modules/ecs-service").blocks[address]
        return {word.strip("${}") for word in body["lifecycle"][0]["ignore_changes"]}

    service = {"task_definition", "desired_count", "deployment_configuration", "load_balancer"}
    assert ignored("aws_ecs_service.this") == service
    assert ignored("aws_lb_listener_rule.production") == {"action"}
    assert ignored("aws_lb_listener_rule.test") == {"action"}
    assert ignored("aws_appautoscaling_target.tasks") == {"min_capacity", "max_capacity"}


def test_sqlite_on_fargate_is_refused_with_its_reason():
    first, *_ = said("modules/credlink-bot", "database")["validation"]

    assert first["condition"] == '${var.database.engine == "postgresql"}'
    for reason in ("EFS", "write-ahead log", "two processes", "even with tasks = 1"):
        assert reason in first["error_message"]
