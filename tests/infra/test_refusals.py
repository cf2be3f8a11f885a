"""What Terraform refuses before it changes anything; an extra, where Terraform is.

Variables alone need no provider: each module's are planned by themselves, once as the examples give
them and once for each mistake.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.checks.hcl import TERRAFORM

TERRAFORM_ITSELF = shutil.which("terraform")
pytestmark = pytest.mark.skipif(TERRAFORM_ITSELF is None, reason="an extra, where Terraform is")

CERTIFICATE = "arn:aws:acm:us-east-1:222222222222:certificate/0"
GOOD: Mapping[str, Mapping[str, str]] = {
    "network": {"name": '"credlink-prod"', "zones": '["us-east-1a", "us-east-1b", "us-east-1c"]'},
    "ecs-service": {
        "name": '"credlink-prod"',
        "service": '"credlink-api"',
        "vpc_id": '"vpc-1"',
        "public_subnets": '["a", "b", "c"]',
        "private_subnets": '["d", "e", "f"]',
        "image_tag": '"v1.0.0"',
        "certificate_arn": f'"{CERTIFICATE}"',
        "cloudfront": f'{{ aliases = ["a.example"], certificate_arn = "{CERTIFICATE}" }}',
    },
    "credlink-bot": {
        "vpc_id": '"vpc-1"',
        "private_subnets": '["a", "b"]',
        "place_roles": '["arn:aws:iam::222222222222:role/credlink-bot-prod"]',
        "image": '"111111111111.dkr.ecr.us-east-1.amazonaws.com/credlink-bot:0.1.0"',
        "catalogue": '"slack: {}"',
        "load_balancer": f'{{ subnets = ["a", "b"], certificate_arn = "{CERTIFICATE}" }}',
    },
    "credlink-bot/place": {
        "bot_role_arn": '"arn:aws:iam::111111111111:role/credlink-bot-task"',
        "access": """{
          cluster = "c", service = "s", task_family = "s", execution_role_arn = "e",
          task_role_arn = "t", repository_arn = "r", log_group_arn = "l",
          alarm_prefix = "credlink-prod-"
        }""",
    },
}
BAD: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "two zones": (
        "network",
        {"zones": '["us-east-1a", "us-east-1b", "us-east-1a"]'},
        "Three different",
    ),
    "a small network": ("network", {"cidr": '"10.0.0.0/24"'}, "Write a /16"),
    "a name for which AWS has no room": (
        "ecs-service",
        {"name": '"credlink-production-eu"'},
        "at most 21",
    ),
    "subnets of two zones": (
        "ecs-service",
        {"private_subnets": '["d", "e", "e"]'},
        "half of the service",
    ),
    "a task Fargate does not have": (
        "ecs-service",
        {"memory": "512"},
        "Fargate wants at least 2 MB",
    ),
    "more at least than at most": (
        "ecs-service",
        {"scaling": "{ min = 4, max = 3 }"},
        "at most max",
    ),
    "a certificate CloudFront cannot use": (
        "ecs-service",
        {
            "cloudfront": '{ aliases = [], certificate_arn = "'
            + CERTIFICATE.replace("us-east-1", "eu-central-1")
            + '" }'
        },
        "us-east-1 only",
    ),
    "a secret itself": ("ecs-service", {"secrets": '{ TOKEN = "hunter2" }'}, "Each is an ARN"),
    "SQLite": ("credlink-bot", {"database": '{ engine = "sqlite" }'}, "Not SQLite on Fargate."),
    "no backups": (
        "credlink-bot",
        {"database": "{ backup_retention_days = 1 }"},
        "at least 7 days",
    ),
    "HTTP without a way in": (
        "credlink-bot",
        {"slack_mode": '"http"', "secrets": '["SLACK_SIGNING_SECRET"]', "load_balancer": "null"},
        "In HTTP mode Slack must reach the bot",
    ),
    "HTTP from within only": (
        "credlink-bot",
        {
            "slack_mode": '"http"',
            "secrets": '["SLACK_SIGNING_SECRET"]',
            "load_balancer": GOOD["credlink-bot"]["load_balancer"].replace(
                "}", ", internal = true }"
            ),
        },
        "In HTTP mode Slack must reach the bot",
    ),
    "Socket Mode without its token": (
        "credlink-bot",
        {"secrets": "[]"},
        "Socket Mode SLACK_APP_TOKEN",
    ),
    "a secret that is none": (
        "credlink-bot",
        {"secrets": '["SLACK_APP_TOKEN", "PASSWORD"]'},
        "Only the secrets that docs/configuration.md names",
    ),
    "a role by wildcard": (
        "credlink-bot",
        {"place_roles": '["arn:aws:iam::222222222222:role/*"]'},
        "without a wildcard",
    ),
    "a tag that moves": ("credlink-bot", {"image": '"credlink-bot:latest"'}, "Not :latest"),
    "an image without a catalogue": (
        "credlink-bot",
        {"catalogue": '""'},
        "does not start without a catalogue",
    ),
    "more replicas than Slack connects": ("credlink-bot", {"tasks": "11"}, "ten connections"),
    "every alarm of the account": (
        "credlink-bot/place",
        {"access": GOOD["credlink-bot/place"]["access"].replace("credlink-prod-", "")},
        "whatever begins with it may be muted",
    ),
    "trust in a whole account": (
        "credlink-bot/place",
        {"bot_role_arn": '"111111111111"'},
        "The ARN of a role",
    ),
}


def planned(folder: Path, module: str, values: Mapping[str, str]) -> tuple[int, str]:
    """What Terraform makes of a module's variables alone: its exit status and its words."""
    shutil.copy(TERRAFORM / "modules" / module / "variables.tf", folder)
    written = "".join(f"{name} = {value}\n" for name, value in values.items())
    (folder / "terraform.tfvars").write_text(written)
    done = subprocess.run(
        [str(TERRAFORM_ITSELF), "plan", "-no-color", "-input=false"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("module", GOOD)
def test_what_an_example_would_give_is_taken(tmp_path: Path, module: str):
    status, said = planned(tmp_path, module, GOOD[module])

    assert status == 0, said


@pytest.mark.parametrize("what", BAD)
def test_terraform_refuses(tmp_path: Path, what: str):
    module, wrong, wanted = BAD[what]
    status, said = planned(tmp_path, module, {**GOOD[module], **wrong})

    assert status == 1
    assert wanted in said
