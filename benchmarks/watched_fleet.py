"""What is watched: many services of one cluster in the sandbox's AWS, and a catalogue of them."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sandbox import seeds as people
from sandbox.aws import registry, seeds
from sandbox.aws.model import Json, Service, TaskDefinition
from sandbox.aws.server import SETTLES_WITHIN_S, AwsWorld
from sandbox.seeds import MAIN_ACCOUNT, PROD_ACCOUNT, PROD_ROLE, REGION, RUNNING_TAG, SERVICE
from sandbox.workspace.state import Channel
from sandbox.world import World

ENVIRONMENT = "fleet"
CLUSTER = f"credlink-{ENVIRONMENT}"
OURS, THEIRS = PROD_ACCOUNT, MAIN_ACCOUNT
"""The bot works in one account and ecs-deploy in the other: a call's account says whose it is."""
TASKS = 4
HEALTHY_AT_PACE_1_S = 7.5
"""How long four tasks take to replace four; the simulator's pace makes it a rollout's length."""
A_CHANNEL = 5
"""Services shown in one channel: Slack takes one message a second in each."""


class Fleet(AwsWorld):
    """An AWS with these services in one cluster of each account, and nothing else of CredLink's."""

    def __init__(self, names: Mapping[str, Sequence[str]], *, rollout_s: float) -> None:
        """`names` are the services by account; a healthy rollout takes about `rollout_s`."""
        super().__init__(pace=HEALTHY_AT_PACE_1_S / rollout_s)
        self._names = names

    def seed(self, environments: Sequence[seeds.Environment] = ()) -> None:
        """Make the services, as if version 1.1.9 had been deployed six days ago."""
        now = self.clock.now()
        with self.lock:
            self._schedule.begin_past(now - seeds.DEPLOYED_BEFORE_S)
        for account, names in self._names.items():
            seeds.seed_account(account, partial(self._client_in, account), now=now)
            _make(account, names, partial(self._client_in, account))
        with self.lock:
            self._schedule.end_past(takes_s=SETTLES_WITHIN_S)
        self.outbox.clear()

    def service(self, account: str, name: str) -> Service:
        """The service as the simulator has it."""
        return self.ecs(account, REGION).services[CLUSTER, name]

    def runs(self, account: str, name: str) -> str:
        """The versions that run now: the truth that a verdict is held against."""
        tags = {task.tag for task in self.running(account, CLUSTER, name) if task.healthy}
        return ", ".join(sorted(tags)) or "nothing"

    def runs_on(self, account: str, name: str) -> TaskDefinition:
        """The revision that the service stands on now."""
        return self.service(account, name).primary.definition


def _make(account: str, names: Sequence[str], client: seeds.Client) -> None:
    secrets, ecs, ec2 = client("secretsmanager"), client("ecs"), client("ec2")
    for secret in ("database-url", "signing-key"):
        secrets.create_secret(
            Name=f"credlink/{ENVIRONMENT}/{secret}", SecretString="made up for the benchmark"
        )
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    network = {
        "subnets": [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:3],
        "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        "assignPublicIp": "DISABLED",
    }
    ecs.create_cluster(clusterName=CLUSTER)
    for name in names:
        group = client("elbv2").create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=seeds.PORT,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/healthz",
        )["TargetGroups"][0]["TargetGroupArn"]
        _make_service(account, name, ecs, group=group, network=network)


def _make_service(account: str, name: str, ecs: Any, *, group: str, network: Json) -> None:
    place = seeds.Environment(ENVIRONMENT, account, TASKS, smallest=1, largest=10, family=name)
    definition = ecs.register_task_definition(**seeds.task_definition(place, RUNNING_TAG))
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=definition["taskDefinition"]["taskDefinitionArn"],
        desiredCount=TASKS,
        launchType="FARGATE",
        healthCheckGracePeriodSeconds=30,
        loadBalancers=[
            {"targetGroupArn": group, "containerName": SERVICE, "containerPort": seeds.PORT}
        ],
        networkConfiguration={"awsvpcConfiguration": network},
        deploymentConfiguration={
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
    )


def image(account: str, version: str) -> str:
    """How ecs-deploy is told which image to run."""
    return f"{registry.image_uri(account, REGION, SERVICE)}:{version}"


def channel_of(name: str) -> tuple[str, str]:
    """The id and the name of the channel that shows `svc-07`, five services in each."""
    group = (int(name.rpartition("-")[2]) - 1) // A_CHANNEL + 1
    return f"C0FLEET{group:02}", f"fleet-{group:02}"


def open_channels(world: World, names: Sequence[str]) -> None:
    """Make the channels in which these services are shown."""
    for id_, name in dict(map(channel_of, names)).items():
        world.workspace.platform.store.channels[id_] = Channel(
            id_,
            name,
            creator=people.ALICE.id,
            created=int(world.clock.now()),
            members=[person.id for person in people.PEOPLE],
        )


def write_catalog(file: Path, names: Sequence[str]) -> None:
    """Write a catalogue of these services; what it does not say is the bot's default.

    There is no bake, so that the end of a rollout is ECS's end.
    """
    services = {
        name: {
            "environments": {
                ENVIRONMENT: {
                    "account": OURS,
                    "role": PROD_ROLE,
                    "region": REGION,
                    "cluster": CLUSTER,
                    "ecs_service": name,
                    "container": SERVICE,
                    "channel": f"#{channel_of(name)[1]}",
                    "deploy": {"bake": "0s"},
                }
            }
        }
        for name in names
    }
    everybody = {"may": {"*": ["deploy", "rollback", "status"]}}
    written = {"people": {"everyone": everybody}, "services": services}
    file.write_text(json.dumps(written, indent=2))  # which is YAML too
