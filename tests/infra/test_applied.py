"""Terraform itself applies the examples, in the order of docs/deployment.md, to a stand-in of AWS.

An extra, where Terraform is. It finds what reading cannot: types that do not fit, conditions that
fail, counts that nobody can know before an apply, a plan that never comes to rest.
"""

import base64
import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.catalog_file import load
from infra.checks import policy
from infra.checks.hcl import TERRAFORM
from infra.checks.tools import installed
from tests.infra.tools import needed

TERRAFORM_ITSELF = shutil.which("terraform")
pytestmark = [
    pytest.mark.skipif(TERRAFORM_ITSELF is None, reason="an extra, where Terraform is"),
    pytest.mark.slow,
]
PASSWORD = "made-up-for-this-test-only"
DECIDED_BY_PEOPLE = ("channel", "deploy", "slo")


class Applying:
    """A copy of infra/, with the state of each example in a file beside it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        reached = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
        }
        self.environment = {
            "PATH": os.environ["PATH"],
            "TF_REATTACH_PROVIDERS": json.dumps({"hashicorp/aws": reached}),
            "CHECKPOINT_DISABLE": "1",
        }

    def prepare(self, example: str) -> None:
        """Keep the state in a file, and take the values of the example's own example."""
        where = self.example(example)
        (where / "state_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        shutil.copy(where / "terraform.tfvars.example", where / "terraform.tfvars")
        self.run(example, "init")

    def example(self, name: str) -> Path:
        return self.folder / TERRAFORM / "examples" / name

    def run(self, example: str, command: str, *options: str, **variables: str) -> str:
        """Run Terraform, which must succeed; returns what it printed."""
        given = {f"TF_VAR_{name}": value for name, value in variables.items()}
        done = subprocess.run(
            [str(TERRAFORM_ITSELF), command, "-no-color", *options],
            cwd=self.example(example),
            env={**self.environment, **given},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return done.stdout

    def apply(self, example: str, **variables: str) -> str:
        return self.run(example, "apply", "-input=false", "-auto-approve", **variables)

    def output(self, example: str, name: str) -> Any:
        return json.loads(self.run(example, "output", "-json", name))

    def state(self, example: str) -> Mapping[str, Any]:
        """Address → what is kept of it, of everything but what is made several times."""
        kept = json.loads((self.example(example) / "terraform.tfstate").read_text())
        return {
            f"{one.get('module', '')}.{one['type']}.{one['name']}": one["instances"][0][
                "attributes"
            ]
            for one in kept["resources"]
            if one["mode"] == "managed" and one["instances"]
        }


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applying]:
    """Staging without the bot, then with it, then prod."""
    with needed():
        python = installed("python")
    folder = tmp_path_factory.mktemp("applied")
    shutil.copytree("infra", folder / "infra", ignore=shutil.ignore_patterns(".terraform*"))
    served = subprocess.Popen(
        [python, "-m", "tests.infra.standin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with served:
        assert served.stdout
        applying = Applying(folder, int(served.stdout.readline()))
        applying.prepare("staging")
        applying.apply("staging", database_password=PASSWORD)
        shutil.copy("credlink.example.yml", applying.example("staging") / "credlink.yml")
        with (applying.example("staging") / "terraform.tfvars").open("a") as values:
            values.write('bot_image = "111111111111.dkr.ecr.us-east-1.amazonaws.com/b:0.1.0"\n')
        applying.apply("staging")
        applying.prepare("prod")
        applying.apply("prod", bot_role_arn=applying.output("staging", "bot_role_arn"))
        yield applying


@pytest.mark.parametrize("example", ["staging", "prod"])
def test_what_is_applied_comes_to_rest(applied: Applying, example: str):
    assert "No changes." in applied.run(example, "plan")


def test_a_deploy_of_the_bots_is_not_undone(applied: Applying):
    """What the bot and ECS move is written into the state, as a refresh would find it."""
    file = applied.example("prod") / "terraform.tfstate"
    before = file.read_text()
    kept = json.loads(before)
    for one in kept["resources"]:
        of = one["instances"][0]["attributes"] if one["instances"] else {}
        if one["type"] == "aws_ecs_service":
            of |= {"task_definition": "credlink-api:42", "desired_count": 7}
        if one["type"] == "aws_appautoscaling_target":
            of |= {"min_capacity": 5, "max_capacity": 20}
        if one["type"] == "aws_lb_listener_rule":
            groups = of["action"][0]["forward"][0]["target_group"]
            groups[0]["weight"], groups[1]["weight"] = 0, 100
    file.write_text(json.dumps({**kept, "serial": kept["serial"] + 1}))
    try:
        assert "No changes." in applied.run("prod", "plan")
    finally:
        file.write_text(before)


def test_the_password_of_the_database_is_in_no_state(applied: Applying):
    for file in applied.example("staging").glob("terraform.tfstate*"):
        assert PASSWORD not in file.read_text()


def test_what_is_put_out_is_a_catalogue(applied: Applying, tmp_path: Path):
    catalogue = yaml.safe_load(Path("credlink.example.yml").read_text())
    places = catalogue["services"]["credlink-api"]["environments"]
    for name, shipped in places.items():
        decided = {key: shipped[key] for key in DECIDED_BY_PEOPLE if key in shipped}
        places[name] = {**applied.output(name, "catalogue"), **decided}
    file = tmp_path / "credlink.yml"
    file.write_text(yaml.safe_dump(catalogue))

    read = load(file).services["credlink-api"].environments

    assert read["staging"].cloudfront is None
    assert read["staging"].account == "111111111111"
    assert read["prod"].cloudfront is not None
    assert read["prod"].cloudfront.distribution == "E2CREDLINK"
    assert read["prod"].role == "arn:aws:iam::222222222222:role/credlink-bot-prod"
    assert str(read["prod"].events_queue).endswith("/222222222222/credlink-bot-prod-events")


def test_the_role_of_a_place_gets_the_policy_that_was_examined(applied: Applying):
    written = json.loads(applied.state("prod")["module.place.aws_iam_role_policy.place"]["policy"])
    region, account = "us-east-1", "222222222222"
    roles = f"arn:aws:iam::{account}:role/credlink-prod-credlink-api"
    wanted = policy.rendered(
        Path.cwd(),
        region=region,
        execution_role_arn=f"{roles}-execution",
        task_role_arn=f"{roles}-task",
        repository_arn=f"arn:aws:ecr:{region}:{account}:repository/credlink-api",
        log_group_arn=f"arn:aws:logs:{region}:{account}:log-group:/ecs/credlink-prod/credlink-api",
        distributions=f'["arn:aws:cloudfront::{account}:distribution/E2CREDLINK"]',
        secrets="[]",
        hook_roles="[]",
        queue_arn=f"arn:aws:sqs:{region}:{account}:credlink-bot-prod-events",
    )

    assert written["Statement"] == wanted


def test_a_task_of_the_bot_has_its_catalogue_and_its_secrets(applied: Applying):
    definition = applied.state("staging")["module.bot.aws_ecs_task_definition.bot"]
    first, bot = json.loads(definition["container_definitions"])
    packed = {one["name"]: one["value"] for one in first["environment"]}["CATALOGUE"]
    secrets = {one["name"]: one["valueFrom"] for one in bot["secrets"]}

    assert gzip.decompress(base64.b64decode(packed)) == Path("credlink.example.yml").read_bytes()
    assert bot["dependsOn"] == [{"containerName": "catalogue", "condition": "SUCCESS"}]
    assert bot["readonlyRootFilesystem"]
    assert {"DATABASE_URL", "ENGINE_DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} <= {
        *secrets
    }
    assert secrets["DATABASE_URL"].endswith(":secret:credlink-bot/database-AbCdEf:DATABASE_URL::")
