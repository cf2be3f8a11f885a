"""What a task will need, asked of an AWS that answers as told, and of the sandbox's."""

import asyncio

import pytest

from bot import reporting
from bot.changes.running import account_of
from bot.changes.verify import ROLLBACK_NAMES, verify
from bot.changes.verify.case import BUDGET_S
from bot.domain.definition import with_image
from bot.domain.place import find_place
from bot.domain.verification import NAMES, Level, ScanPolicy, blocking
from integrations.aws import models
from integrations.aws.ecr import NotScanned
from integrations.aws.images import Platform, ScanFindings
from integrations.aws.scaling_models import ScalableTarget
from integrations.aws.side_models import LogGroup, Role, Secret, TargetGroup
from integrations.errors import Forbidden, NotFound, Unavailable
from sandbox.aws.registry import digest_of, image_uri
from sandbox.aws.seeds import PROD, task_definition
from sandbox.seeds import REGION, SERVICE
from tests.changes.answers import PLACE, Aws, a_deployment, a_service, a_world
from tests.changes.builders import NEW_DIGEST, REPOSITORY

GROUP = "arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/credlink-prod-tg/0123"
RULE = "arn:aws:elasticloadbalancing:us-east-1:222222222222:listener-rule/app/credlink-prod/1/2/3"
IMAGE = models.Image(repository=SERVICE, digest=NEW_DIGEST, tags=("v1.2.0",))
DEFINITION = with_image(task_definition(PROD, "v1.1.9"), SERVICE, f"{REPOSITORY}@{NEW_DIGEST}")
CONTAINER = DEFINITION["containerDefinitions"][0]
REFUSING = ScanPolicy(block=("CRITICAL",), warn=("HIGH",))


def a_role(name):
    services = frozenset({"ecs-tasks.amazonaws.com"})
    return Role(arn=f"arn:aws:iam::222222222222:role/{name}", name=name, trusted_services=services)


def a_group(**said):
    group = {"arn": GROUP, "name": "credlink-prod-tg", "port": 8080, "target_type": "ip"}
    return {GROUP: TargetGroup(**{**group, **said})}


ANSWERS = {
    "describe_image": IMAGE,
    "describe_image_platforms": (Platform("linux", "amd64"),),
    "describe_image_scan_findings": ScanFindings(status="COMPLETE", counts={"LOW": 1}),
    "get_role": a_role,
    "describe_secret": lambda arn: Secret(arn=arn, name=arn, versions={"v1": ("AWSCURRENT",)}),
    "describe_parameters": frozenset,
    "describe_log_group": lambda name: LogGroup(name=name),
    "describe_clusters": {"credlink-prod": "ACTIVE"},
    "describe_target_groups": a_group(),
    "describe_rules": frozenset,
    "describe_target": ScalableTarget(minimum=3, maximum=10),
}


class Around(Aws):
    """An account with all that a task of prod needs, but for what a test says."""

    def __init__(self, *, hanging=(), **answers):
        super().__init__(None, **{**ANSWERS, **answers})
        self.hanging = hanging
        self.reached = []
        self.iam = self.secretsmanager = self.ssm = self.logs = self.autoscaling = self

    def account(self, region, role):
        self.reached.append((region, role))
        return self

    def __getattr__(self, operation):
        ask = super().__getattr__(operation)

        async def answer(*arguments, **named):
            if operation in self.hanging:
                await asyncio.Event().wait()
            return await ask(*arguments, **named)

        return answer


def the_service(**said):
    balancer = models.Balancer(
        target_group=GROUP, container=SERVICE, port=8080, production_listener_rule=RULE
    )
    return a_service(a_deployment(), balancers=(balancer,), launch_type="FARGATE", **said)


async def verified(aws, *, place=PLACE, **said):
    """Every check by its name."""
    asked = {
        "service": the_service(),
        "definition": DEFINITION,
        "container": SERVICE,
        "image": IMAGE,
        "digest": NEW_DIGEST,
        "policy": ScanPolicy(),
        "shifts": False,
        **said,
    }
    checks = await verify(a_world(aws), place, **asked)
    return {check.name: check for check in checks}


def with_container(**said):
    return {**DEFINITION, "containerDefinitions": [{**CONTAINER, **said}]}


# In the sandbox


async def in_prod(world, version, *, policy=ScanPolicy(), **said):  # noqa: B008  it is frozen
    """Verify this version in the sandbox's prod; every check by its name."""
    place = find_place(world.catalog, "prod", None)
    ecs = account_of(world, place).ecs
    service = await ecs.describe_service(place.config.cluster, place.config.ecs_service)
    running = await ecs.describe_task_definition(service.primary.task_definition)
    image = f"{image_uri(PROD.account, REGION, SERVICE)}@{digest_of(version)}"
    checks = await verify(
        world,
        place,
        service=service,
        container=SERVICE,
        image=None,
        policy=policy,
        shifts=False,
        **{
            "definition": with_image(running.registrable, SERVICE, image),
            "digest": digest_of(version),
            **said,
        },
    )
    return {check.name: check for check in checks}


async def test_a_version_that_has_all_it_needs_is_found_fine(world, aws):
    aws.calls.clear()
    found = await in_prod(world, "v1.2.0", policy=ScanPolicy(warn=("CRITICAL",)))

    assert tuple(found) == NAMES
    # Which platform an image has stands in a blob, which moto's registry does not keep.
    assert {c.name: c.text for c in found.values() if c.level is not Level.OK}.keys() <= {
        "platform"
    }
    assert found["image"].text == f"{SERVICE} is in ECR as {digest_of('v1.2.0')[:19]}."
    assert "2 secrets" in found["secrets"].text
    assert found["autoscaling"].text == "Autoscaling keeps it between 3 and 10 tasks."
    assert aws.writes == []


async def test_findings_of_the_sandboxs_scan_are_told(world):
    found = await in_prod(world, "v1.2.0")
    assert found["scan"].level is Level.WARN
    assert found["scan"].text == "The image has findings: 2 HIGH."


async def test_a_secret_and_a_log_group_that_were_removed_are_missed(world, aws):
    name = "credlink/prod/database-url"
    aws.client("secretsmanager", PROD.account).delete_secret(
        SecretId=name, ForceDeleteWithoutRecovery=True
    )
    aws.client("logs", PROD.account).delete_log_group(logGroupName=f"/ecs/{SERVICE}")

    found = await in_prod(world, "v1.2.0")

    assert [check.name for check in blocking(found.values())] == ["secrets", "log group"]
    assert found["secrets"].text == f"There is no {name} in Secrets Manager."
    assert f"There is no log group /ecs/{SERVICE}" in found["log group"].text


async def test_a_version_that_was_never_pushed_is_missed(world):
    found = await in_prod(world, "v9.9.9")
    assert found["image"].level is Level.BLOCK
    assert f"There is no image {SERVICE}@" in found["image"].text


async def test_a_role_that_lets_only_another_service_in_is_told(world, aws):
    aws.client("iam", PROD.account).update_assume_role_policy(
        RoleName=f"{SERVICE}-task",
        PolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Allow",'
        ' "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}',
    )
    found = await in_prod(world, "v1.2.0")
    assert found["roles"].level is Level.BLOCK
    assert found["roles"].text == f"ECS tasks may not assume the task role {SERVICE}-task."


# With answers as told


async def test_nothing_is_asked_twice_when_all_is_well():
    aws = Around()
    found = await verified(aws)
    assert {check.level for check in found.values()} == {Level.OK}
    assert not any(check.mend for check in found.values())
    assert sorted(aws.asked) == sorted(
        ["get_role", "describe_secret"] * 2
        + ["describe_image_platforms", "describe_image_scan_findings", "describe_log_group"]
        + ["describe_clusters", "describe_target_groups", "describe_rules"]
        + ["describe_target"]
    )


async def test_an_image_for_another_cpu_is_refused():
    found = await verified(Around(describe_image_platforms=(Platform("linux", "arm64", "v8"),)))
    assert found["platform"].level is Level.BLOCK
    assert "built for linux/arm64, and the task needs linux/amd64" in found["platform"].text


@pytest.mark.parametrize(("policy", "level"), [(ScanPolicy(), Level.WARN), (REFUSING, Level.BLOCK)])
async def test_critical_findings_warn_or_block_by_policy(policy, level):
    scan = ScanFindings(status="COMPLETE", counts={"CRITICAL": 1})
    found = await verified(Around(describe_image_scan_findings=scan), policy=policy)
    assert found["scan"].level is level
    assert "1 CRITICAL" in found["scan"].text


@pytest.mark.parametrize(
    ("policy", "level"), [(ScanPolicy(), Level.UNKNOWN), (REFUSING, Level.WARN)]
)
async def test_an_image_that_was_never_scanned_is_told_from_one_without_findings(policy, level):
    never = NotScanned("aws", "describe_image_scan_findings", "ScanNotFoundException")
    found = await verified(Around(describe_image_scan_findings=never), policy=policy)
    assert (found["scan"].level, found["scan"].text) == (level, "ECR has no scan of the image.")


async def test_where_no_finding_matters_no_scan_is_asked_for():
    aws = Around()
    found = await verified(aws, policy=ScanPolicy(block=(), warn=()))
    assert found["scan"].level is Level.OK
    assert "describe_image_scan_findings" not in aws.asked


async def test_a_role_that_does_not_exist_is_told_beside_one_that_does():
    def get_role(name):
        if name.endswith("-task"):
            raise NotFound("aws", "get_role", "there is no role")
        return a_role(name)

    found = await verified(Around(get_role=get_role))
    assert found["roles"].text == f"The task role {SERVICE}-task does not exist."


async def test_fargate_without_an_execution_role_is_refused():
    definition = {key: said for key, said in DEFINITION.items() if key != "executionRoleArn"}
    found = await verified(Around(), definition=definition)
    assert found["roles"].level is Level.BLOCK
    assert "cannot pull from ECR, read secrets and write logs" in found["roles"].text


async def test_parameters_are_asked_for_together_and_the_missing_one_named():
    aws = Around(describe_parameters=frozenset({"/credlink/one", "two"}))
    secrets = [
        {"name": "ONE", "valueFrom": "/credlink/one"},
        {"name": "TWO", "valueFrom": "arn:aws:ssm:us-east-1:222222222222:parameter/two"},
        {"name": "SIX", "valueFrom": "/credlink/six"},
    ]
    found = await verified(aws, definition=with_container(secrets=secrets))
    assert found["secrets"].text == "There is no /credlink/six in Parameter Store."
    assert aws.asked.count("describe_parameters") == 1


async def test_a_parameter_of_another_account_is_not_looked_for_in_ours():
    secrets = [{"name": "A", "valueFrom": "arn:aws:ssm:us-east-1:333333333333:parameter/a"}]
    found = await verified(Around(), definition=with_container(secrets=secrets))
    assert found["secrets"].level is Level.UNKNOWN
    assert "it belongs to account 333333333333" in found["secrets"].text


async def test_environment_files_are_named_as_not_looked_at():
    files = [{"value": "arn:aws:s3:::bucket/prod.env", "type": "s3"}]
    found = await verified(Around(), definition=with_container(environmentFiles=files))
    assert found["secrets"].level is Level.OK
    assert "Not looked at: environment files arn:aws:s3:::bucket/prod.env" in found["secrets"].text


async def test_a_service_that_sends_to_another_port_than_the_container_opens_is_refused():
    mapped = [{"containerPort": 9090, "protocol": "tcp"}]
    found = await verified(Around(), definition=with_container(portMappings=mapped))
    assert found["targets"].level is Level.BLOCK
    assert f"port 8080 of {SERVICE}, which opens 9090" in found["targets"].text


async def test_a_target_group_of_another_port_is_explained_and_of_another_type_refused():
    other_port = await verified(Around(describe_target_groups=a_group(port=80)))
    assert other_port["targets"].level is Level.OK
    assert "says port 80; ECS registers tasks with 8080" in other_port["targets"].text

    other_type = await verified(Around(describe_target_groups=a_group(target_type="instance")))
    assert other_type["targets"].level is Level.BLOCK


async def test_a_target_group_and_a_rule_that_are_gone_are_told():
    aws = Around(describe_target_groups={}, describe_rules=frozenset())
    found = await verified(aws, service=the_service(strategy="CANARY"))
    assert found["targets"].level is Level.BLOCK
    assert "The target group credlink-prod-tg does not exist." in found["targets"].text
    assert "The listener rule 3, by which the service's traffic is" in found["targets"].text


async def test_a_service_without_a_load_balancer_is_fine():
    aws = Around()
    found = await verified(aws, service=a_service(a_deployment()))
    assert found["targets"].text == "No load balancer sends to the service."
    assert "describe_target_groups" not in aws.asked


@pytest.mark.parametrize("clusters", [{}, {"credlink-prod": "INACTIVE"}])
async def test_a_cluster_that_takes_no_tasks_is_refused(clusters):
    found = await verified(Around(describe_clusters=clusters))
    assert found["cluster"].level is Level.BLOCK


async def test_bounds_that_make_no_sense_are_told():
    found = await verified(Around(describe_target=ScalableTarget(minimum=9, maximum=3)))
    assert found["autoscaling"].level is Level.WARN
    assert "9 to 3 tasks" in found["autoscaling"].text


async def test_bounds_nobody_wrote_into_the_catalogue_are_not_compared_with():
    found = await verified(Around(describe_target=ScalableTarget(minimum=1, maximum=90)))
    assert found["autoscaling"].level is Level.OK


async def test_images_are_asked_for_in_the_registry_that_has_them():
    registries = []

    async def recorded(*_, registry_id=None, **__):
        registries.append(registry_id)
        return IMAGE

    aws = Around()
    aws.describe_image = recorded
    elsewhere = f"333333333333.dkr.ecr.eu-west-1.amazonaws.com/{SERVICE}@{NEW_DIGEST}"
    definition = with_image(DEFINITION, SERVICE, elsewhere)

    found = await verified(aws, definition=definition, image=None)

    assert found["image"].level is Level.OK
    assert registries == ["333333333333"]
    assert {region for region, _ in aws.reached} == {"us-east-1", "eu-west-1"}


async def test_other_containers_images_are_asked_for_too():
    def describe_image(repository):
        raise NotFound("aws", "describe_images", f"there is no {repository}")

    sidecars = [
        {"name": "proxy", "image": REPOSITORY.replace(SERVICE, "proxy") + ":v3"},
        {"name": "agent", "image": "public.ecr.aws/datadog/agent:7"},
    ]
    definition = {**DEFINITION, "containerDefinitions": [CONTAINER, *sidecars]}
    found = await verified(Around(describe_image=describe_image), definition=definition)
    assert found["image"].level is Level.BLOCK
    assert found["image"].text == "There is no image proxy:v3 in ECR of account 222222222222."


async def test_an_image_from_where_the_bot_cannot_look_is_not_known():
    definition = with_image(DEFINITION, SERVICE, "ghcr.io/example/api:v1")
    found = await verified(Around(), definition=definition, image=None, digest=None)
    levels = {name: found[name].level for name in ("image", "platform", "scan")}
    assert set(levels.values()) == {Level.UNKNOWN}
    assert "is in ghcr.io, where the bot cannot look" in found["image"].text


# When somebody does not answer


@pytest.mark.looptime
async def test_a_source_that_hangs_is_named_when_the_time_is_over_and_the_others_are_told(looptime):
    found = await verified(Around(hanging={"get_role", "describe_secret"}))

    assert looptime == BUDGET_S
    unknown = [check.name for check in found.values() if check.level is Level.UNKNOWN]
    assert unknown == ["roles", "secrets"]
    assert "IAM did not say whether ECS tasks may assume" in found["roles"].text
    assert "no answer within 3 s" in found["roles"].text


@pytest.mark.looptime
async def test_what_is_known_to_be_missing_is_told_although_something_else_hangs():
    async def describe_secret(arn):
        if arn.endswith("signing-key"):
            raise NotFound("aws", "describe_secret", "there is none")
        await asyncio.Event().wait()

    aws = Around()
    aws.describe_secret = describe_secret
    found = await verified(aws)
    assert found["secrets"].level is Level.BLOCK
    assert found["secrets"].text.startswith("There is no credlink/prod/signing-key in")
    assert "did not say whether credlink/prod/database-url is there" in found["secrets"].text


@pytest.mark.parametrize(
    ("operation", "name", "permission"),
    [
        ("describe_image_platforms", "platform", "ecr:BatchGetImage"),
        ("describe_image_scan_findings", "scan", "ecr:DescribeImageScanFindings"),
        ("get_role", "roles", "iam:GetRole"),
        ("describe_secret", "secrets", "secretsmanager:DescribeSecret"),
        ("describe_log_group", "log group", "logs:DescribeLogGroups"),
        ("describe_clusters", "cluster", "ecs:DescribeClusters"),
        ("describe_target_groups", "targets", "elasticloadbalancing:DescribeTargetGroups"),
        ("describe_rules", "targets", "elasticloadbalancing:DescribeRules"),
        (
            "describe_target",
            "autoscaling",
            "application-autoscaling:DescribeScalableTargets",
        ),
    ],
)
async def test_a_missing_permission_is_named_and_refuses_nothing(operation, name, permission):
    lacks = Forbidden("aws", operation, f"lacks {permission} (User is not authorized)")
    found = await verified(Around(**{operation: lacks}))
    assert [c.name for c in found.values() if c.level is not Level.OK] == [name]
    assert found[name].level is Level.UNKNOWN
    assert f"the bot lacks {permission}." in found[name].text
    assert found[name].mend == f"Give the bot's role {permission}."


async def test_a_source_that_is_down_is_quoted():
    down = Unavailable("aws", "describe_clusters", "InternalFailure: try later.")
    found = await verified(Around(describe_clusters=down))
    assert found["cluster"].text == (
        "ECS did not say whether the cluster credlink-prod is there: InternalFailure: try later."
    )


async def test_a_mistake_of_ours_costs_its_own_check_and_is_reported(monkeypatch, caplog):
    reported = []
    monkeypatch.setattr(reporting, "report", reported.append)

    found = await verified(Around(describe_log_group=TypeError("a mistake")))

    assert [c.name for c in found.values() if c.level is not Level.OK] == ["log group"]
    assert found["log group"].level is Level.UNKNOWN
    assert "the bot made a mistake" in found["log group"].text
    assert len(reported) == 1
    assert "check_broken" in caplog.text


async def test_before_going_back_neither_platform_nor_scan_is_asked_for():
    aws = Around()
    found = await verified(aws, only=ROLLBACK_NAMES)
    assert tuple(found) == tuple(name for name in NAMES if name not in {"platform", "scan"})
    assert "describe_image_scan_findings" not in aws.asked
