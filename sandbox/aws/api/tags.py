"""Tags of services, task definitions and tasks; those of clusters are moto's."""

from sandbox.aws.api.request import Moto
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import Json


def tag_resource(ecs: Ecs, request: Json, moto: Moto) -> Json:
    tags = _tags_of(ecs, request["resourceArn"])
    if tags is None:
        return moto()
    merged = {tag["key"]: tag for tag in [*tags, *request["tags"]]}
    tags[:] = merged.values()
    return {}


def untag_resource(ecs: Ecs, request: Json, moto: Moto) -> Json:
    tags = _tags_of(ecs, request["resourceArn"])
    if tags is None:
        return moto()
    tags[:] = [tag for tag in tags if tag["key"] not in request["tagKeys"]]
    return {}


def list_tags_for_resource(ecs: Ecs, request: Json, moto: Moto) -> Json:
    tags = _tags_of(ecs, request["resourceArn"])
    return moto() if tags is None else {"tags": tags}


def _tags_of(ecs: Ecs, arn: str) -> list[Json] | None:
    """The tags of a thing the simulator knows, to be changed in place."""
    if ":task-definition/" in arn:
        definition = ecs.definitions.get(arn.rpartition("/")[2])
        return definition.tags if definition else None
    if arn in ecs.tasks:
        return ecs.tasks[arn].tags
    return next((s.tags for s in ecs.services.values() if s.arn == arn), None)
