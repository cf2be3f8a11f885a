"""IAM policies: is every action one that AWS has, and is every resource named that can be?

Compared with AWS's own reference (`aws_actions.json`, see action_names.py). That the bot's policy
holds exactly what the bot calls is a test's business: tests/infra/test_policy.py.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import Any

from infra.checks import hcl
from infra.checks.problem import Problem

ACTIONS = Path(__file__).with_name("aws_actions.json")
PLACE = hcl.TERRAFORM / "modules" / "credlink-bot" / "place" / "policy.json.tftpl"
SAMPLE = {
    "partition": "aws",
    "region": "eu-central-1",
    "account": "222222222222",
    "cluster": "credlink-prod",
    "service": "credlink-api",
    "task_family": "credlink-api",
    "execution_role_arn": "arn:aws:iam::222222222222:role/credlink-prod-credlink-api-execution",
    "task_role_arn": "arn:aws:iam::222222222222:role/credlink-prod-credlink-api-task",
    "repository_arn": "arn:aws:ecr:eu-central-1:222222222222:repository/credlink-api",
    "log_group_arn": "arn:aws:logs:eu-central-1:222222222222:log-group:/ecs/credlink-prod",
    "alarm_prefix": "credlink-prod-",
    "distributions": '["arn:aws:cloudfront::222222222222:distribution/E2CREDLINK"]',
    "secrets": '["arn:aws:secretsmanager:eu-central-1:222222222222:secret:api-AbCdEf"]',
    "hook_roles": '["arn:aws:iam::222222222222:role/credlink-prod-hooks"]',
    "queue_arn": "arn:aws:sqs:eu-central-1:222222222222:credlink-bot-events",
}
"""What Terraform puts into the template, of a place like prod."""
WITHOUT_A_NAME = "*"
NEW = "or infra/checks/action_names.py was not run"


def rendered(root: Path, **other: str) -> list[Mapping[str, Any]]:
    """The statements of the bot's policy in one place, as Terraform renders the template."""
    text = (root / PLACE).read_text(encoding="utf-8")
    policy = json.loads(Template(text).substitute({**SAMPLE, **other}))
    return [statement for statement in policy["Statement"] if statement["Resource"]]


def check(root: Path) -> Iterator[Problem]:
    """Needs node, and HashiCorp's parser from npm."""
    known = json.loads(ACTIONS.read_text(encoding="utf-8"))
    yield from of_the_place(root, known)
    for action in actions_of_documents(root) - known.keys():
        yield Problem(str(hcl.TERRAFORM), f"AWS has no action {action}, {NEW}")


def of_the_place(root: Path, known: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Problem]:
    """What is wrong with the bot's policy alone; needs nothing but the file."""
    for statement in rendered(root):
        where = f"{PLACE}, {statement['Sid']}"
        for action in statement["Action"]:
            if action not in known:
                yield Problem(where, f"AWS has no action {action}, {NEW}")
        for what in _of_statement(statement, known):
            yield Problem(where, what)


def actions_of_the_place(root: Path) -> set[str]:
    """The actions of the bot's policy."""
    return {action for statement in rendered(root) for action in statement["Action"]}


def actions_of_documents(root: Path) -> set[str]:
    """The actions that policy documents written in HCL name, but for `service:*`."""
    modules = hcl.read(root, hcl.folders(root / hcl.TERRAFORM))
    bodies = (
        body
        for module in modules.values()
        for address, body in module.blocks.items()
        if address.startswith("data.aws_iam_policy_document.")
    )
    return {action for body in bodies for action in _actions(body) if not action.endswith(":*")}


def _actions(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value.get("actions", ())
        for inner in value.values():
            yield from _actions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _actions(inner)


def _of_statement(
    statement: Mapping[str, Any], known: Mapping[str, Mapping[str, list[str]]]
) -> Iterator[str]:
    keys = {key for of in statement.get("Condition", {}).values() for key in of}
    actions = [action for action in statement["Action"] if action in known]
    for action in actions:
        if unknown := keys - {*known[action]["conditions"]}:
            yield f"{action} knows no condition {min(unknown)}"
        formats = known[action]["arns"]
        named = [arn for arn in statement["Resource"] if arn != WITHOUT_A_NAME]
        if WITHOUT_A_NAME in statement["Resource"] and formats and not keys:
            yield f"{action} knows resources, and * names none"
        if named and not any(_fits(arn, formats) for arn in named):
            yield f"{action} knows none of its resources: it takes {' and '.join(formats) or '*'}"
    for arn in statement["Resource"]:
        if arn != WITHOUT_A_NAME and not any(_fits(arn, known[a]["arns"]) for a in actions):
            yield f"none of its actions knows {arn}"


def _fits(arn: str, formats: list[str]) -> bool:
    """Whether an ARN, or a pattern of one, is of one of these forms; `${Name}` is anything."""
    patterns = (re.sub(r"\$\{\w+\}", "*", one) for one in formats)
    return any(fnmatchcase(arn, pattern) for pattern in patterns)
