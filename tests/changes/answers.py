"""An AWS that answers what it is told to, in the client's own models, without a wire.

How the client reads real answers is tested with it.
"""

from datetime import timedelta

from bot.domain.place import find_place
from bot.world import World
from integrations.aws import models
from integrations.errors import NotFound
from tests.changes.builders import NEW_DIGEST, NOW, an_arn
from tests.changes.operator import a_catalog

LATER = NOW + timedelta(minutes=1)


def a_deployment(identity="ecs-svc/2", status="PRIMARY", revision=42, **said):
    return models.Deployment(
        **{
            "id": identity,
            "status": status,
            "task_definition": an_arn(revision),
            "rollout_state": "IN_PROGRESS",
            "created_at": NOW,
            **said,
        }
    )


def a_service(*deployments, **said):
    return models.Service(
        **{
            "arn": "arn:service",
            "name": "credlink-api",
            "cluster": "credlink-prod",
            "status": "ACTIVE",
            "task_definition": an_arn(42),
            "desired": 4,
            "running": 4,
            "pending": 0,
            "deployments": deployments,
            **said,
        }
    )


def a_task(address, revision=42):
    return models.Task(
        arn=f"arn:task/{address}",
        task_definition=an_arn(revision),
        last_status="RUNNING",
        desired_status="RUNNING",
        private_ip=address,
    )


def a_target(name, state):
    return models.TargetHealth(target=name, port=8080, state=state)


class Aws:
    """One account that answers what it is told to, and counts what it is asked."""

    def __init__(self, service=None, **answers):
        self.service, self.answers = service, answers
        self.asked = []
        self.ecs = self.ecr = self.elbv2 = self

    def account(self, *_):
        return self

    async def describe_service(self, *_):
        self.asked.append("describe_service")
        if self.service is None:
            raise NotFound("aws", "describe_services", "there is no service")
        return self.service

    def __getattr__(self, operation):
        async def answer(*arguments, **_):
            self.asked.append(operation)
            said = self.answers.get(operation, ())
            if isinstance(said, Exception):
                raise said
            return said(*arguments) if callable(said) else said

        return answer


def a_world(aws):
    return World(database=None, catalog=a_catalog(), aws=aws, now=lambda: LATER)


PLACE = find_place(a_catalog(), "prod", None)


def running_on(image, **answers):
    """AWS where revision 41 runs this image."""
    definition = models.TaskDefinition(
        arn=an_arn(41),
        family="credlink-api",
        revision=41,
        status="ACTIVE",
        raw={"containerDefinitions": [{"name": "credlink-api", "image": image}]},
        tags={},
    )
    return Aws(
        a_service(a_deployment("old", "PRIMARY", 41, rollout_state="COMPLETED")),
        describe_task_definition=definition,
        describe_image=models.Image(repository="credlink-api", digest=NEW_DIGEST, tags=("v1",)),
        **answers,
    )
