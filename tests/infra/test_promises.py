"""What the modules promise of a service and of the bot stands in their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.checks import hcl
from infra.checks.hcl import TERRAFORM
from tests.infra.tools import needed

SERVICE, BOT, PLACE = "modules/ecs-service", "modules/credlink-bot", "modules/credlink-bot/place"
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 only."""


@pytest.fixture(scope="module")
def modules() -> Mapping[Path, hcl.Module]:
    with needed():
        return hcl.read(Path.cwd(), [Path.cwd() / TERRAFORM / one for one in (SERVICE, BOT, PLACE)])


PROMISED = [
    (SERVICE, "var.cpu", "default", 512),
    (SERVICE, "var.memory", "default", 1024),
    (SERVICE, "var.scaling", "type", "optional(number, 3)"),
    (SERVICE, "var.scaling", "type", "optional(number, 10)"),
    (SERVICE, "aws_ecs_service.this", "deployment_circuit_breaker.enable", True),
    (SERVICE, "aws_ecs_service.this", "deployment_circuit_breaker.rollback", True),
    (SERVICE, "aws_ecs_service.this", "network_configuration.assign_public_ip", False),
    (SERVICE, "aws_ecs_service.this", "launch_type", "FARGATE"),
    (SERVICE, "aws_ecs_cluster.this", "setting.value", "enabled"),
    (SERVICE, "aws_lb_listener.https", "ssl_policy", TLS),
    (SERVICE, "aws_lb_listener.test", "ssl_policy", TLS),
    (SERVICE, "aws_lb_listener.http", "default_action.redirect.protocol", "HTTPS"),
    (SERVICE, "aws_lb_target_group.this", "for_each", '["blue", "green"]'),
    (SERVICE, "aws_lb_target_group.this", "health_check.path", "var.health_path"),
    (SERVICE, "aws_ecr_repository.service", "image_tag_mutability", "IMMUTABLE"),
    (SERVICE, "aws_ecr_repository.service", "image_scanning_configuration.scan_on_push", True),
    (SERVICE, "aws_cloudfront_distribution.this", "http_version", "http2and3"),
    (SERVICE, "aws_cloudfront_distribution.this", "origin.origin_shield.enabled", True),
    (SERVICE, "aws_cloudfront_distribution.this", "default_cache_behavior.compress", True),
    (
        SERVICE,
        "aws_cloudfront_distribution.this",
        "viewer_certificate.minimum_protocol_version",
        "TLSv1.2_2021",
    ),
    (SERVICE, "aws_cloudfront_distribution.this", "logging_config.prefix", "cloudfront/"),
    (SERVICE, "aws_ecs_task_definition.service", "skip_destroy", True),
    (BOT, "aws_lb_listener.https", "ssl_policy", TLS),
    (BOT, "aws_lb_target_group.bot", "health_check.path", "/healthz"),
    (BOT, "aws_db_instance.bot", "storage_encrypted", True),
    (BOT, "aws_db_instance.bot", "publicly_accessible", False),
    (BOT, "aws_db_instance.bot", "skip_final_snapshot", False),
    (PLACE, "aws_sqs_queue.events", "sqs_managed_sse_enabled", True),
    (PLACE, "aws_cloudwatch_event_target.queue", "dead_letter_config.arn", "aws_sqs_queue.lost"),
]


@pytest.mark.parametrize(
    ("module", "address", "path", "wanted"), PROMISED, ids=lambda value: str(value)[:48]
)
def test_it_is_so(
    modules: Mapping[Path, hcl.Module], module: str, address: str, path: str, wanted: Any
):
    value: Any = modules[Path.cwd() / TERRAFORM / module].blocks[address]
    for name in path.split("."):
        value = value[0][name] if isinstance(value, list) else value[name]

    assert wanted in value if isinstance(wanted, str) else value == wanted


def test_a_way_in_for_health_and_metrics_is_never_one_from_everywhere(
    modules: Mapping[Path, hcl.Module],
):
    """The operations listener must not be public; the load balancer leads to 8080 alone."""
    of_bot = modules[Path.cwd() / TERRAFORM / BOT].blocks
    ways_in = {a: b for a, b in of_bot.items() if a.startswith("aws_vpc_security_group_ingress")}

    assert {a for a, body in ways_in.items() if "0.0.0.0/0" in str(body)} == set()
    assert ways_in["aws_vpc_security_group_ingress_rule.bot_from_prometheus"]["cidr_ipv4"] == (
        "${data.aws_vpc.this.cidr_block}"
    )
    assert of_bot["aws_lb_target_group.bot"]["port"] == "${local.port}"
    assert of_bot["local.port"]["value"] == 8080
