"""Answers of ECS as its manual shows them; a test says only what matters to it."""

from datetime import datetime, timedelta, timezone
from typing import Any

CLUSTER = "credlink-prod"
SERVICE = "credlink-api"
CLUSTER_ARN = f"arn:aws:ecs:us-east-1:222222222222:cluster/{CLUSTER}"
SERVICE_ARN = f"arn:aws:ecs:us-east-1:222222222222:service/{CLUSTER}/{SERVICE}"
OLD = "arn:aws:ecs:us-east-1:222222222222:task-definition/credlink-api:41"
NEW = "arn:aws:ecs:us-east-1:222222222222:task-definition/credlink-api:42"
# boto3 gives times in the machine's zone, which need not be UTC.
NOON = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))


def a_deployment(**fields: Any) -> dict[str, Any]:
    return {
        "id": "ecs-svc/1000000000000000001",
        "status": "PRIMARY",
        "taskDefinition": NEW,
        "desiredCount": 4,
        "pendingCount": 1,
        "runningCount": 3,
        "failedTasks": 0,
        "createdAt": NOON,
        "updatedAt": NOON,
        "launchType": "FARGATE",
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": "ECS deployment ecs-svc/1000000000000000001 in progress.",
        **fields,
    }


def a_service(**fields: Any) -> dict[str, Any]:
    return {
        "serviceArn": SERVICE_ARN,
        "serviceName": SERVICE,
        "clusterArn": CLUSTER_ARN,
        "status": "ACTIVE",
        "desiredCount": 4,
        "runningCount": 4,
        "pendingCount": 0,
        "taskDefinition": NEW,
        "deployments": [a_deployment()],
        "events": [],
        **fields,
    }


def a_service_deployment(number: int = 1, **fields: Any) -> dict[str, Any]:
    service = SERVICE_ARN.replace(":service/", ":service-deployment/")
    return {
        "serviceDeploymentArn": f"{service}/d{number}",
        "serviceArn": SERVICE_ARN,
        "clusterArn": CLUSTER_ARN,
        "createdAt": NOON + timedelta(minutes=number),
        "status": "IN_PROGRESS",
        **fields,
    }


def a_task(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:222222222222:task/{CLUSTER}/t{number}",
        "clusterArn": CLUSTER_ARN,
        "taskDefinitionArn": NEW,
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "startedBy": "ecs-svc/1000000000000000001",
        "group": f"service:{SERVICE}",
        **fields,
    }
