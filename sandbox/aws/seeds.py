"""CredLink's AWS as it stands when the sandbox starts: two accounts, version 1.1.9 steady."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.cloudfront.models import cloudfront_backends

from sandbox.aws import registry, seeded_scaling
from sandbox.aws.alarm_news import SOURCE, STATE_CHANGE
from sandbox.aws.model import Json
from sandbox.aws.seeded_alarms import PREFIX
from sandbox.credlink_api.history import history
from sandbox.seeds import MAIN_ACCOUNT, PROD_ACCOUNT, REGION, RUNNING_TAG, SERVICE, TAGS

DISTRIBUTION_ID = "E2CREDLINK"
EVENTS_QUEUE = "credlink-ecs"
ALARMS_RULE = "credlink-alarms"
"""Of each account; an EventBridge rule of the same name fills it."""
PORT = 8080
HOUR_S = 3600.0
DEPLOYED_BEFORE_S = 6 * 24 * HOUR_S
"""How long version 1.1.9 has been running."""
PUSHED_BEFORE_S: Mapping[str, float] = {RUNNING_TAG: DEPLOYED_BEFORE_S + HOUR_S}
"""How long ago a tag was pushed, when it is not the two hours of the others."""
FINDINGS: Mapping[str, Mapping[str, int]] = {
    "v1.1.9": {"HIGH": 2, "MEDIUM": 5},
    "v1.2.0": {"HIGH": 2, "MEDIUM": 4},
    "v1.2.1": {"MEDIUM": 4},
    "v1.2.2-cve": {"CRITICAL": 1, "HIGH": 3},
}
ROLES = {
    "credlink-bot": "sts.amazonaws.com",
    "credlink-api-execution": "ecs-tasks.amazonaws.com",
    "credlink-api-task": "ecs-tasks.amazonaws.com",
}
Client = Callable[[str], Any]
"""Gives the boto3 client of a service, in the account that is being seeded."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One place CredLink runs; `tasks` is how many, and `smallest` to `largest` what autoscaling
    keeps it between, if anything scales it.

    `family` names its task definitions and its log group: two environments of an account do not
    share one.
    `shifts_traffic` is False for a service that knows only rolling updates, without a second
    target group or a listener rule; `controller` is CODE_DEPLOY for one that ECS does not deploy.
    """

    name: str
    account: str
    tasks: int
    smallest: int | None = None
    largest: int | None = None
    log_level: str = "info"
    family: str = SERVICE
    distribution: str | None = None
    shifts_traffic: bool = True
    controller: str = "ECS"

    @property
    def cluster(self) -> str:
        return f"credlink-{self.name}"

    @property
    def log_group(self) -> str:
        return f"/ecs/{self.family}"

    def log_stream(self, task: str) -> str:
        """Where the task of this id writes to, within the group."""
        return f"{self.name}/{SERVICE}/{task}"

    @property
    def target_group(self) -> str:
        return f"credlink-{self.name}-tg"


STAGING = Environment("staging", MAIN_ACCOUNT, 2, log_level="debug")
PROD = Environment("prod", PROD_ACCOUNT, 4, smallest=3, largest=10, distribution=DISTRIBUTION_ID)
EU = Environment("eu", PROD_ACCOUNT, 2, smallest=2, largest=6, family=f"{SERVICE}-eu")
ENVIRONMENTS = (STAGING, PROD, EU)


@dataclass(frozen=True, slots=True)
class Network:
    subnets: list[str]
    security_group: str
    balancer: str
    target_group: str
    alternate_target_group: str
    production_rule: str


def seed_account(account: str, client: Client, *, now: float) -> None:
    """Make what the environments of one account share: images and roles."""
    _images(account, client("ecr"), now)
    iam = client("iam")
    for role, principal in ROLES.items():
        trusted = {"Service": principal}
        if role == "credlink-bot":
            trusted = {"AWS": f"arn:aws:iam::{MAIN_ACCOUNT}:root"}
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust(trusted))


def seed(environment: Environment, client: Client) -> None:
    """Make what one environment has. Its rollout is begun here and finished by the caller."""
    client("logs").create_log_group(logGroupName=environment.log_group)
    secrets = client("secretsmanager")
    for secret in ("database-url", "signing-key"):
        secrets.create_secret(
            Name=f"credlink/{environment.name}/{secret}", SecretString="made up for the sandbox"
        )
    network = _network(environment, client)
    _service(environment, client, network)
    if environment.distribution is not None:
        _distribution(environment, client("cloudfront"), environment.distribution)


def seed_events_queue(client: Client) -> None:
    """Have ECS's events put into a queue: whoever listens there knows at once what others do.

    News of the database's alarms come beside them: what Prometheus watches is told by it.
    """
    sqs, events = client("sqs"), client("events")
    url = sqs.create_queue(QueueName=EVENTS_QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=EVENTS_QUEUE, EventPattern=json.dumps({"source": ["aws.ecs"]}))
    events.put_rule(
        Name=ALARMS_RULE,
        EventPattern=json.dumps(
            {
                "source": [SOURCE],
                "detail-type": [STATE_CHANGE],
                "detail": {"alarmName": [{"prefix": f"{PREFIX}rds-"}]},
            }
        ),
    )
    for rule in (EVENTS_QUEUE, ALARMS_RULE):
        events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])


def past_lines(
    environment: Environment, tasks: Sequence[str], *, now: float
) -> Iterator[tuple[float, str, str]]:
    """What `tasks` (their ids) logged in the hour before `now`: moment, stream and message."""
    lines = history(RUNNING_TAG, start=now - HOUR_S, end=now, seed=len(environment.name))
    for number, line in enumerate(lines):
        yield line.at, environment.log_stream(tasks[number % len(tasks)]), line.message


def _images(account: str, ecr: Any, now: float) -> None:
    # Tags can be moved here, as in most registries: an approval bound to a digest must notice.
    ecr.create_repository(repositoryName=SERVICE, imageTagMutability="MUTABLE")
    for tag in TAGS:
        registry.push(
            ecr,
            account=account,
            region=REGION,
            repository=SERVICE,
            tag=tag,
            pushed_at=now - PUSHED_BEFORE_S.get(tag, 2 * HOUR_S),
            findings=FINDINGS.get(tag),
        )


def _trust(principal: Mapping[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _network(environment: Environment, client: Client) -> Network:
    """The balancer in the default VPC, with a second target group for deployments that shift
    traffic."""
    ec2, balancing = client("ec2"), client("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:3]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    balancer = balancing.create_load_balancer(
        Name=f"credlink-{environment.name}", Subnets=subnets, SecurityGroups=[group]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    target_groups = [
        balancing.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=PORT,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/healthz",
        )["TargetGroups"][0]["TargetGroupArn"]
        for name in (environment.target_group, f"{environment.target_group}-alt")
    ]
    listener = balancing.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_groups[0]}],
    )["Listeners"][0]["ListenerArn"]
    rule = balancing.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": target_groups[0]}],
    )["Rules"][0]["RuleArn"]
    return Network(
        subnets=subnets,
        security_group=group,
        balancer=balancer,
        target_group=target_groups[0],
        alternate_target_group=target_groups[1],
        production_rule=rule,
    )


def _service(environment: Environment, client: Client, network: Network) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName=environment.cluster)
    definition = ecs.register_task_definition(**task_definition(environment, RUNNING_TAG))
    balancer: Json = {
        "targetGroupArn": network.target_group,
        "containerName": SERVICE,
        "containerPort": PORT,
    }
    if environment.shifts_traffic:
        balancer["advancedConfiguration"] = {
            "alternateTargetGroupArn": network.alternate_target_group,
            "productionListenerRule": network.production_rule,
            "roleArn": f"arn:aws:iam::{environment.account}:role/ecsInfrastructureRole",
        }
    ecs.create_service(
        cluster=environment.cluster,
        serviceName=SERVICE,
        taskDefinition=definition["taskDefinition"]["taskDefinitionArn"],
        desiredCount=environment.tasks,
        launchType="FARGATE",
        deploymentController={"type": environment.controller},
        healthCheckGracePeriodSeconds=30,
        loadBalancers=[balancer],
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network.subnets,
                "securityGroups": [network.security_group],
                "assignPublicIp": "DISABLED",
            }
        },
        deploymentConfiguration={
            "maximumPercent": 150,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        tags=_tags(environment),
    )
    if environment.smallest is not None:
        seeded_scaling.seed(
            client("application-autoscaling"),
            cluster=environment.cluster,
            bounds=(environment.smallest, environment.largest or environment.smallest),
            balancer=network.balancer,
            target_group=network.target_group,
        )


def task_definition(environment: Environment, tag: str) -> Json:
    """The RegisterTaskDefinition request of CredLink's API, as a team would write it."""
    uri = registry.image_uri(environment.account, REGION, SERVICE)
    role = f"arn:aws:iam::{environment.account}:role/{SERVICE}"
    secret = f"arn:aws:secretsmanager:{REGION}:{environment.account}:secret:credlink"
    return {
        "family": environment.family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "executionRoleArn": f"{role}-execution",
        "taskRoleArn": f"{role}-task",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [
            {
                "name": SERVICE,
                "image": f"{uri}@{registry.digest_of(tag)}",
                "essential": True,
                "portMappings": [{"containerPort": PORT, "protocol": "tcp", "name": "http"}],
                "environment": [
                    {"name": "CREDLINK_ENV", "value": environment.name},
                    {"name": "LOG_LEVEL", "value": environment.log_level},
                ],
                "secrets": [
                    {
                        "name": "DATABASE_URL",
                        "valueFrom": f"{secret}/{environment.name}/database-url",
                    },
                    {
                        "name": "SIGNING_KEY",
                        "valueFrom": f"{secret}/{environment.name}/signing-key",
                    },
                ],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": environment.log_group,
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": environment.name,
                    },
                },
                "healthCheck": {
                    "command": ["CMD-SHELL", f"curl -fsS http://localhost:{PORT}/healthz"],
                    "interval": 10,
                    "timeout": 5,
                    "retries": 3,
                    "startPeriod": 15,
                },
                "stopTimeout": 30,
                "readonlyRootFilesystem": True,
            }
        ],
        "tags": _tags(environment),
    }


def _tags(environment: Environment) -> list[Json]:
    return [
        {"key": "team", "value": "credentials"},
        {"key": "environment", "value": environment.name},
    ]


def _distribution(environment: Environment, cloudfront: Any, wanted: str) -> None:
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "sandbox",
            "Comment": "CredLink",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "balancer",
                        "DomainName": f"credlink-{environment.name}.{REGION}.elb.amazonaws.com",
                        "CustomOriginConfig": {
                            "HTTPPort": 80,
                            "HTTPSPort": 443,
                            "OriginProtocolPolicy": "http-only",
                        },
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "balancer",
                "ViewerProtocolPolicy": "redirect-to-https",
                "MinTTL": 0,
                "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            },
        }
    )["Distribution"]["Id"]
    # moto names distributions at random; the catalogue needs a name it can rely on.
    distributions = cloudfront_backends[environment.account]["aws"].distributions
    distribution = distributions[wanted] = distributions.pop(made)
    distribution.distribution_id = distribution.id = wanted
    distribution.arn = distribution.arn.replace(made, wanted)
