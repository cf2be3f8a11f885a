"""The bot's policy in a place holds what the bot calls there, no less and no more."""

import ast
import asyncio
import json
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from botocore import xform_name
from botocore.session import Session

from bot.answers.alarms import RULE
from infra.checks import policy
from infra.checks.policy import PLACE, SAMPLE
from integrations.aws.accounts import Account, Accounts
from integrations.aws.client import AwsConnection
from integrations.aws.strategies import DeploymentConfiguration, LifecycleHook
from tests.infra.iam import FAMILY, SERVICE, Request, allowing, requests

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR_AGO = NOW - timedelta(hours=1)
WHERE = SAMPLE["cluster"], SAMPLE["service"]
DEPLOYMENT = SERVICE.replace(":service/", ":service-deployment/") + "/d1"
REVISION = SERVICE.replace(":service/", ":service-revision/") + "/1"
TASK = SERVICE.replace(":service/", ":task/").rpartition("/")[0] + "/0123456789abcdef"
GROUP = SAMPLE["log_group_arn"].partition("log-group:")[2]
QUEUE = f"https://sqs.{SAMPLE['region']}.amazonaws.com/{SAMPLE['account']}/credlink-bot-events"
DIGEST = "sha256:" + "0" * 64
CONFIG = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 9}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {**CONFIG, "digest": DIGEST},
}
ROLE = SAMPLE["task_role_arn"].rpartition("/")[2]
REGISTERED = {
    "family": SAMPLE["task_family"],
    "executionRoleArn": SAMPLE["execution_role_arn"],
    "taskRoleArn": SAMPLE["task_role_arn"],
}
WITH_A_HOOK = DeploymentConfiguration(
    strategy="ROLLING",
    hooks=(LifecycleHook(stages=("PRE_SCALE_UP",), role_arn=json.loads(SAMPLE["hook_roles"])[0]),),
)
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "list_tasks": {"taskArns": [TASK]},
    "batch_get_image": {"images": [{"imageManifest": json.dumps(MANIFEST)}]},
    "describe_target_groups": {
        "TargetGroups": [{"TargetGroupArn": "arn:aws:tg", "TargetGroupName": "tg"}]
    },
    "describe_scalable_targets": {
        "ScalableTargets": [
            {"ResourceId": "service/" + "/".join(WHERE), "MinCapacity": 1, "MaxCapacity": 2}
        ]
    },
    "list_alarm_mute_rules": {"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": f"a:{RULE}x"}]},
    "start_query": {"queryId": "q1"},
    "get_query_results": {"status": "Running"},
}
"""What AWS must answer for the next call to be made; to all else the answer is empty."""
OF_THE_BOT_ITSELF = {
    "get_caller_identity",  # needs no permission
    "get_secret_value",  # of its own settings, which ECS reads for it
}
EVERYTHING: tuple[Callable[[Account], Awaitable[Any]], ...] = (
    lambda aws: aws.ecs.describe_clusters(WHERE[:1]),
    lambda aws: aws.ecs.describe_service(*WHERE),
    lambda aws: aws.ecs.describe_task_definition(f"{FAMILY}7"),
    lambda aws: aws.ecs.register_task_definition(REGISTERED, tags={"credlink:change": "c1"}),
    lambda aws: aws.ecs.list_task_definitions(SAMPLE["task_family"]),
    lambda aws: aws.ecs.update_service(*WHERE, f"{FAMILY}8", configuration=WITH_A_HOOK),
    lambda aws: aws.ecs.set_desired_count(*WHERE, 3),
    lambda aws: aws.ecs.running_tasks(*WHERE),
    lambda aws: aws.ecs.stopped_tasks(*WHERE),
    lambda aws: aws.ecs.list_service_deployments(*WHERE),
    lambda aws: aws.ecs.describe_service_deployments([DEPLOYMENT]),
    lambda aws: aws.ecs.describe_service_revisions([REVISION]),
    lambda aws: aws.ecs.stop_service_deployment(DEPLOYMENT),
    lambda aws: aws.ecs.continue_service_deployment(DEPLOYMENT, "h1", action="CONTINUE"),
    lambda aws: aws.ecr.describe_image("credlink-api", tag="v1"),
    lambda aws: aws.ecr.describe_image_scan_findings("credlink-api", DIGEST),
    lambda aws: aws.ecr.describe_image_platforms("credlink-api", DIGEST),
    lambda aws: aws.elbv2.describe_target_health("credlink-prod-blue"),
    lambda aws: aws.elbv2.describe_rules(["arn:aws:elasticloadbalancing:rule"]),
    lambda aws: aws.iam.get_role(ROLE),
    lambda aws: aws.secretsmanager.describe_secret(json.loads(SAMPLE["secrets"])[0]),
    lambda aws: aws.ssm.describe_parameters(["/credlink/prod"]),
    lambda aws: aws.logs.describe_log_group(GROUP),
    lambda aws: aws.logs.filter_events(GROUP, "error", start=HOUR_AGO, end=NOW),
    lambda aws: aws.logs.incoming_bytes(GROUP, start=HOUR_AGO, end=NOW),
    lambda aws: aws.logs.count_by_minute(GROUP, "error", start=HOUR_AGO, end=NOW, within_s=0.01),
    lambda aws: aws.autoscaling.register_target(*WHERE, minimum=2),
    lambda aws: aws.autoscaling.list_policies(*WHERE),
    lambda aws: aws.autoscaling.list_activities(*WHERE, at_most=1),
    lambda aws: aws.autoscaling.list_scheduled_actions(*WHERE),
    lambda aws: aws.cloudwatch.list_alarms(SAMPLE["alarm_prefix"]),
    lambda aws: aws.cloudwatch.list_mute_rules(),
    lambda aws: aws.cloudwatch.put_mute_rule(
        f"{RULE}x", [SAMPLE["alarm_prefix"] + "cpu"], start=NOW, duration=timedelta(hours=1)
    ),
    lambda aws: aws.cloudwatch.delete_mute_rule(f"{RULE}x"),
    lambda aws: aws.cloudfront.create_invalidation("E2CREDLINK", ["/*"], caller_reference="c1"),
    lambda aws: aws.cloudfront.get_invalidation("E2CREDLINK", "I1"),
    lambda aws: aws.sqs.receive_messages(QUEUE, wait_s=0),
    lambda aws: aws.sqs.delete_message(QUEUE, "r1"),
)
"""Every method of the clients that asks AWS something, about one place."""


class Recorded:
    """A session that asks nobody and keeps what it was to ask."""

    region = SAMPLE["region"]

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    async def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        self.calls.append((service, operation, arguments))
        return ANSWERS.get(operation, {})

    call_once = call

    async def run(self, *_: Any, **__: Any) -> None:
        return None


@pytest.fixture
async def recorded() -> Recorded:
    """Everything the bot asks AWS, asked once."""
    session = Recorded()

    class Connection:
        def session(self, *_: Any) -> Recorded:
            return session

        async def aclose(self) -> None: ...

    accounts = Accounts(cast("AwsConnection", Connection()))
    account = accounts.account(SAMPLE["region"])
    for ask in EVERYTHING:
        with suppress(Exception):  # what it makes of an empty answer is other tests' business
            await ask(account)
    await asyncio.sleep(0)
    await accounts.aclose()
    return session


@cache
def models() -> dict[str, Any]:
    session = Session()
    services = (
        "application-autoscaling cloudfront cloudwatch ecr ecs elbv2 iam logs "
        "secretsmanager sqs ssm sts"
    )
    return {name: session.get_service_model(name) for name in services.split()}


def asked_of_iam(recorded: Recorded) -> set[Request]:
    of = models()
    found: set[Request] = set()
    for service, operation, arguments in recorded.calls:
        model = of[service]
        name = next(n for n in model.operation_names if xform_name(n) == operation)
        prefix = {"elbv2": "elasticloadbalancing", "cloudwatch": "cloudwatch"}.get(service, service)
        found |= set(requests(prefix, name, arguments))
    return found


def test_what_is_recorded_is_every_operation_that_the_clients_name(recorded: Recorded):
    known = {xform_name(name) for model in models().values() for name in model.operation_names}
    named = {
        node.value
        for file in Path("integrations/aws").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and node.value in known
    }

    assert {operation for _, operation, _ in recorded.calls} == named - OF_THE_BOT_ITSELF


def test_the_policy_allows_whatever_the_bot_asks(recorded: Recorded):
    statements = policy.rendered(Path.cwd())
    refused = [r for r in asked_of_iam(recorded) if not allowing(statements, r)]

    assert refused == []


def test_the_policy_allows_nothing_that_the_bot_never_asks(recorded: Recorded):
    statements = policy.rendered(Path.cwd())
    needed = {
        (statement["Sid"], request.action)
        for request in asked_of_iam(recorded)
        for statement in allowing(statements, request)
    }
    granted = {
        (statement["Sid"], action) for statement in statements for action in statement["Action"]
    }

    assert granted == needed


@pytest.mark.parametrize(
    "request_",
    [
        Request("ecs:UpdateService", SERVICE.replace("credlink-api", "another-api")),
        Request("ecs:UpdateService", SERVICE.replace("credlink-prod", "another-prod")),
        Request("ecs:DeleteService", SERVICE),
        Request("ecs:RegisterTaskDefinition", FAMILY.replace("credlink-api", "another-api") + "1"),
        Request("ecs:TagResource", f"{FAMILY}8", {"ecs:CreateAction": "RunTask"}),
        Request("iam:PassRole", "arn:aws:iam::222222222222:role/admin"),
        Request(
            "iam:PassRole", SAMPLE["task_role_arn"], {"iam:PassedToService": "ec2.amazonaws.com"}
        ),
        Request(
            "cloudwatch:PutAlarmMuteRule", "arn:aws:cloudwatch:eu-central-1:222222222222:alarm:x"
        ),
        Request("secretsmanager:GetSecretValue", json.loads(SAMPLE["secrets"])[0]),
        Request("ecr:PutImage", SAMPLE["repository_arn"]),
        Request("sqs:SendMessage", SAMPLE["queue_arn"]),
    ],
    ids=lambda request: f"{request.action} on {request.resource.rpartition(':')[2]}",
)
def test_the_policy_refuses(request_: Request):
    assert allowing(policy.rendered(Path.cwd()), request_) == []


def test_a_place_without_distribution_secrets_and_hooks_has_no_statement_about_nothing():
    bare = policy.rendered(Path.cwd(), distributions="[]", secrets="[]", hook_roles="[]")
    left_out = {s["Sid"] for s in policy.rendered(Path.cwd())} - {s["Sid"] for s in bare}

    assert left_out == {"Distribution", "WhetherTheSecretsExist", "RolesOfHooks"}


def test_the_policy_fits_into_a_role():
    """A role's own policies have at most 10,240 characters, white space not counted.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    statements = policy.rendered(Path.cwd(), secrets=json.dumps(json.loads(SAMPLE["secrets"]) * 20))

    assert len(json.dumps(statements, separators=(",", ":"))) < 10_240 - 1_000


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (("ecs:DescribeTasks", "ecs:DescribeTask"), "AWS has no action ecs:DescribeTask,"),
        ((":task/", ":taks/"), "ecs:DescribeTasks knows none of its resources"),
        (("${queue_arn}", "*"), "sqs:ReceiveMessage knows resources, and * names none"),
        (("ecs:cluster", "ecs:clutser"), "ecs:ListTasks knows no condition ecs:clutser"),
        (
            ("arn:${partition}:ecs:${region}:${account}:service-revision/", "arn:aws:s3:::"),
            "none of its actions knows arn:aws:s3:::",
        ),
    ],
)
def test_a_mistake_planted_in_the_policy_is_caught(
    tmp_path: Path, planted: tuple[str, str], said: str
):
    copied = tmp_path / PLACE
    copied.parent.mkdir(parents=True)
    text = PLACE.read_text()
    assert planted[0] in text
    copied.write_text(text.replace(*planted, 1))
    known = json.loads(policy.ACTIONS.read_text())
    found = list(policy.of_the_place(tmp_path, known))

    assert any(said in str(problem) for problem in found), found


@pytest.mark.skipif(shutil.which("terraform") is None, reason="an extra, where Terraform is")
def test_terraform_renders_the_template_as_it_is_rendered_here(tmp_path: Path):
    shutil.copy(PLACE, tmp_path)
    values = tmp_path / "values.json"
    values.write_text(json.dumps(SAMPLE))
    asked = f'templatefile("{PLACE.name}", jsondecode(file("{values.name}")))'
    done = subprocess.run(
        ["terraform", "console"],
        input=f"jsonencode(jsondecode({asked}))",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(json.loads(done.stdout))["Statement"] == policy.rendered(Path.cwd())
