"""IAM as far as the bot's policy goes: what AWS asks it for a call, and whether that is allowed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from infra.checks.policy import SAMPLE

Statement = Mapping[str, Any]
PLACE = "{region}:{account}".format_map(SAMPLE)
SERVICE = f"arn:aws:ecs:{PLACE}:service/{SAMPLE['cluster']}/{SAMPLE['service']}"
CLUSTER = f"arn:aws:ecs:{PLACE}:cluster/{SAMPLE['cluster']}"
FAMILY = f"arn:aws:ecs:{PLACE}:task-definition/{SAMPLE['task_family']}:"
ALARMS = f"arn:aws:cloudwatch:{PLACE}:alarm:"
MUTES = f"arn:aws:cloudwatch:{PLACE}:alarm-mute-rule:"
LOGS = f"arn:aws:logs:{PLACE}:log-group:"
NO_RESOURCE = "*"
OPERATOR = {"StringEquals": str.__eq__, "ArnEquals": fnmatchcase}


@dataclass(frozen=True)
class Request:
    """One thing AWS asks IAM: may this action be done to this resource."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)


def allowing(policy: Iterable[Statement], request: Request) -> list[Statement]:
    """The statements that allow a request; none: it is refused."""
    return [statement for statement in policy if _allows(statement, request)]


def _allows(statement: Statement, request: Request) -> bool:
    return (
        statement["Effect"] == "Allow"
        and request.action in statement["Action"]
        and any(fnmatchcase(request.resource, pattern) for pattern in statement["Resource"])
        and all(
            OPERATOR[operator](request.context.get(key, ""), wanted)
            for operator, conditions in statement.get("Condition", {}).items()
            for key, wanted in conditions.items()
        )
    )


def requests(prefix: str, operation: str, arguments: Mapping[str, Any]) -> Iterator[Request]:
    """What AWS asks IAM for a call, as its authorization reference and its manuals say."""
    action = f"{prefix}:{operation}"
    named = RESOURCES.get(operation, lambda _: [NO_RESOURCE])(arguments)
    yield from (Request(action, arn, CONTEXT.get(operation, {})) for arn in named)
    yield from BESIDE.get(operation, lambda _: [])(arguments)


def _log_group(arguments: Mapping[str, Any]) -> list[str]:
    return [f"{LOGS}{arguments['logGroupName']}", f"{LOGS}{arguments['logGroupName']}:log-stream:"]


def _ecr(arguments: Mapping[str, Any]) -> list[str]:
    return [f"arn:aws:ecr:{PLACE}:repository/{arguments['repositoryName']}"]


def _queue(arguments: Mapping[str, Any]) -> list[str]:
    *_, account, name = arguments["QueueUrl"].split("/")
    return [f"arn:aws:sqs:{SAMPLE['region']}:{account}:{name}"]


def _service_of(arguments: Mapping[str, Any]) -> list[str]:
    names = arguments.get("services") or [arguments["service"]]
    return [f"arn:aws:ecs:{PLACE}:service/{arguments['cluster']}/{name}" for name in names]


def _distribution(arguments: Mapping[str, Any]) -> list[str]:
    return [f"arn:aws:cloudfront::{SAMPLE['account']}:distribution/{arguments['DistributionId']}"]


def _hooks(arguments: Mapping[str, Any]) -> list[Request]:
    hooks = arguments.get("deploymentConfiguration", {}).get("lifecycleHooks", [])
    to = {"iam:PassedToService": "ecs.amazonaws.com"}
    return [Request("iam:PassRole", hook["roleArn"], to) for hook in hooks if "roleArn" in hook]


def _passed(arguments: Mapping[str, Any]) -> list[Request]:
    roles = [arguments["executionRoleArn"], arguments["taskRoleArn"]]
    to = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    tagged = {"ecs:CreateAction": "RegisterTaskDefinition"}
    return [
        *(Request("iam:PassRole", role, to) for role in roles),
        *(Request("ecs:TagResource", f"{FAMILY}8", tagged) for _ in arguments.get("tags", [])),
    ]


RESOURCES: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "DescribeServices": _service_of,
    "UpdateService": _service_of,
    "ListServiceDeployments": _service_of,
    "DescribeServiceDeployments": lambda said: [SERVICE, *said["serviceDeploymentArns"]],
    "DescribeServiceRevisions": lambda said: [SERVICE, *said["serviceRevisionArns"]],
    "StopServiceDeployment": lambda said: [SERVICE, said["serviceDeploymentArn"]],
    "ContinueServiceDeployment": lambda said: [SERVICE, said["serviceDeploymentArn"]],
    "DescribeTasks": lambda said: said["tasks"],
    "DescribeClusters": lambda said: [f"arn:aws:ecs:{PLACE}:cluster/{c}" for c in said["clusters"]],
    "RegisterTaskDefinition": lambda said: [f"{FAMILY}{said['family'] and 8}"],
    "DescribeImages": _ecr,
    "DescribeImageScanFindings": _ecr,
    "BatchGetImage": _ecr,
    "GetDownloadUrlForLayer": _ecr,
    "GetRole": lambda said: [f"arn:aws:iam::{SAMPLE['account']}:role/{said['RoleName']}"],
    "DescribeSecret": lambda said: [said["SecretId"]],
    "RegisterScalableTarget": lambda _: [
        f"arn:aws:application-autoscaling:{PLACE}:scalable-target/0ec5abcdef"
    ],
    "DescribeAlarms": lambda _: [f"{ALARMS}*"],
    "ListAlarmMuteRules": lambda _: [f"{MUTES}*"],
    "GetAlarmMuteRule": lambda said: [f"{MUTES}{said['AlarmMuteRuleName']}"],
    "DeleteAlarmMuteRule": lambda said: [f"{MUTES}{said['AlarmMuteRuleName']}"],
    "PutAlarmMuteRule": lambda said: [
        f"{MUTES}{said['Name']}",
        *(f"{ALARMS}{name}" for name in said["MuteTargets"]["AlarmNames"]),
    ],
    "FilterLogEvents": _log_group,
    "StartQuery": _log_group,
    "GetQueryResults": lambda _: [f"{LOGS}{SAMPLE['log_group_arn'].partition('group:')[2]}"],
    "CreateInvalidation": _distribution,
    "GetInvalidation": _distribution,
    "ReceiveMessage": _queue,
    "DeleteMessage": _queue,
}
"""Operation → the resources AWS checks; what is not here knows none."""
CONTEXT: Mapping[str, Mapping[str, str]] = {
    "ListTasks": {"ecs:cluster": CLUSTER},
    "RegisterScalableTarget": {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    },
}
BESIDE: Mapping[str, Callable[[Mapping[str, Any]], list[Request]]] = {
    "RegisterTaskDefinition": _passed,
    "UpdateService": _hooks,
    # With enhanced scanning the findings are Inspector's.
    "DescribeImageScanFindings": lambda _: [Request("inspector2:ListFindings", NO_RESOURCE)],
    "DescribeScalingPolicies": lambda _: [Request("cloudwatch:DescribeAlarms", f"{ALARMS}*")],
}
"""Operation → what AWS asks for besides the action of the same name."""
