"""A mistake of each kind in the Terraform files is caught; ours are looked at by check-infra."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.checks import terraform, terraform_checkov
from infra.checks.hcl import TERRAFORM
from tests.infra.tools import found

NETWORK, SERVICE = TERRAFORM / "modules/network", TERRAFORM / "modules/ecs-service"
CALL = 'module "network" {\n  source = "../../modules/network"\n'
COMPLETE = 'name = "credlink-test"\n  zones = ["us-east-1a", "us-east-1b", "us-east-1c"]\n'
BOT = 'module "bot" {\n  source = "../../modules/credlink-bot"\n'
OF_THE_BOT = 'vpc_id = "v"\n  private_subnets = []\n  place_roles = []\n'


@pytest.mark.skipif(shutil.which("terraform") is None, reason="an extra, where Terraform is")
def test_the_files_are_formatted_as_terraform_formats_them():
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", TERRAFORM],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


# What is planted: (file, what stands there, what is put in its place, what must be said).
PLANTED: Mapping[str, tuple[Path, str, str, str]] = {
    "a brace too few": (
        NETWORK / "outputs.tf",
        "}\n",
        "\n",
        "outputs.tf:1: Unclosed configuration block",
    ),
    "a resource that is none": (
        NETWORK / "main.tf",
        'resource "aws_eip" "nat"',
        'resource "aws_elastic_ip" "nat"',
        "has no resource aws_elastic_ip",
    ),
    "an argument that is none": (
        NETWORK / "main.tf",
        "enable_dns_support ",
        "enable_dns_suport ",
        "aws_vpc.this: there is no argument enable_dns_suport",
    ),
    "an argument that is missing": (
        NETWORK / "main.tf",
        "  vpc_id            = aws_vpc.this.id\n  availability_zone",
        "  availability_zone",
        "aws_subnet.public: the argument vpc_id is missing",
    ),
    "an argument within a block": (
        SERVICE / "balancer.tf",
        "healthy_threshold  ",
        "healty_threshold  ",
        "health_check: there is no argument healty_threshold",
    ),
    "an argument within a block within a block": (
        SERVICE / "service.tf",
        "production_listener_rule ",
        "prod_listener_rule ",
        "load_balancer: advanced_configuration: there is no argument prod_listener_rule",
    ),
    "an argument within a dynamic block": (
        SERVICE / "cloudfront.tf",
        "path_pattern               = ordered",
        "path_patern               = ordered",
        "ordered_cache_behavior: there is no argument path_patern",
    ),
    "a block that is missing": (
        SERVICE / "cloudfront.tf",
        '  restrictions {\n    geo_restriction {\n      restriction_type = "none"\n    }\n  }\n',
        "",
        "the block restrictions is missing",
    ),
    "a block written as an argument": (
        SERVICE / "service.tf",
        "deployment_circuit_breaker {",
        "deployment_circuit_breaker = {",
        "deployment_circuit_breaker is a block, and not an argument",
    ),
    "an attribute that is none": (
        NETWORK / "outputs.tf",
        "aws_vpc.this.id",
        "aws_vpc.this.vpc_id",
        "aws_vpc.this.vpc_id: aws_vpc has no attribute vpc_id",
    ),
    "a resource that nobody declared": (
        NETWORK / "main.tf",
        "gateway_id             = aws_internet_gateway.this.id",
        "gateway_id             = aws_internet_gateway.main.id",
        "aws_internet_gateway.main.id is not declared",
    ),
    "a reference within an index": (
        NETWORK / "main.tf",
        "local.nat_zones[0]].id",
        "local.nat_zone[0]].id",
        "local.nat_zone is not declared",
    ),
    "a reference within a text": (
        NETWORK / "main.tf",
        "${var.name}-public-",
        "${var.nam}-public-",
        "var.nam is not declared",
    ),
    "a member of an object that it has not": (
        SERVICE / "scaling.tf",
        "var.scaling.requests_per_target",
        "var.scaling.requests_per_task",
        "var.scaling has no attribute requests_per_task",
    ),
    "a function that is none": (
        NETWORK / "main.tf",
        "cidrsubnet(var.cidr, 4, each.value)",
        "cidr_subnet(var.cidr, 4, each.value)",
        "there is no function cidr_subnet()",
    ),
    "something ignored that is not there": (
        SERVICE / "service.tf",
        "desired_count,            #",
        "desired_counts,           #",
        "ignore_changes names desired_counts",
    ),
    "a variable that is not used": (
        NETWORK / "flow_logs.tf",
        "var.flow_log_retention_days",
        "30",
        "var.flow_log_retention_days is never used",
    ),
    "a variable without a description": (
        NETWORK / "variables.tf",
        "  description = \"The network's addresses",
        "  # \"The network's addresses",
        "var.cidr: has no description",
    ),
    "two of the same name": (
        NETWORK / "main.tf",
        'resource "aws_route_table" "private"',
        'resource "aws_route_table" "public"',
        "aws_route_table.public is there twice",
    ),
}
CALLS: Mapping[str, tuple[str, str]] = {
    "a module that is not there": (
        CALL.replace("network", "netwrok") + "}",
        "there is no module at ../../modules/netwrok",
    ),
    "a variable that a module has not": (
        f"{CALL}  {COMPLETE}  cdir = 1\n}}",
        "../../modules/network has no variable cdir",
    ),
    "a variable that a module needs": (
        f"{CALL}}}",
        "../../modules/network needs the variable name",
    ),
    "an output that a module has not": (
        f'{CALL}  {COMPLETE}}}\noutput "x" {{\n  description = ""\n  value = module.network.v\n}}',
        "module.network.v: the module has no output v",
    ),
    "a member that an object has not": (
        f"{BOT}  {OF_THE_BOT}  database = {{ multi_zone = true }}\n}}",
        "database has no attribute multi_zone",
    ),
    "a member that an object needs": (
        f"{BOT}  {OF_THE_BOT}  load_balancer = {{ subnets = [] }}\n}}",
        "load_balancer needs certificate_arn",
    ),
}


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is found in each planted copy; all are read at once."""
    root = tmp_path_factory.mktemp("planted")
    for number, (file, before, after, _) in enumerate(PLANTED.values()):
        copy = root / TERRAFORM / f"planted-{number}"
        shutil.copytree(file.parent, copy)
        text = (copy / file.name).read_text()
        assert before in text, before
        (copy / file.name).write_text(text.replace(before, after, 1))
    for module in ("network", "credlink-bot"):
        shutil.copytree(TERRAFORM / "modules" / module, root / TERRAFORM / "modules" / module)
    for number, (text, _) in enumerate(CALLS.values()):
        calling = root / TERRAFORM / "examples" / f"calling-{number}"
        calling.mkdir(parents=True)
        (calling / "main.tf").write_text(text)
    said = found(terraform.check, root)
    folders = [f"{TERRAFORM}/planted-{n}/" for n in range(len(PLANTED))]
    folders += [f"{TERRAFORM}/examples/calling-{n}/" for n in range(len(CALLS))]
    of = [[one for one in said if one.startswith(folder)] for folder in folders]
    assert sum(map(len, of)) == len(said), "something is wrong beside what was planted"
    return dict(zip([*PLANTED, *CALLS], of, strict=True))


@pytest.mark.parametrize("what", [*PLANTED, *CALLS])
def test_a_planted_mistake_is_caught(caught: Mapping[str, list[str]], what: str):
    wanted = PLANTED[what][3] if what in PLANTED else CALLS[what][1]

    assert any(wanted in said for said in caught[what]), caught[what]


def test_what_checkov_finds_and_what_is_skipped_for_nothing_is_caught(tmp_path: Path):
    folder = tmp_path / TERRAFORM
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(
        'resource "aws_sqs_queue" "open" {\n  name = "open"\n}\n'
        'resource "aws_sqs_queue" "explained" {\n'
        "  #checkov:skip=CKV_AWS_27:nothing secret is ever put there\n"
        '  name = "explained"\n}\n'
        'resource "aws_sqs_queue" "unexplained" {\n  #checkov:skip=CKV_AWS_27:\n  name = "u"\n}\n'
        'resource "aws_sqs_queue" "clean" {\n'
        "  #checkov:skip=CKV_AWS_27:nobody remembers why this is\n"
        "  sqs_managed_sse_enabled = true\n}\n"
    )

    where = f"{TERRAFORM}/main.tf"
    said = "aws_sqs_queue.open: CKV_AWS_27: Ensure all data stored in the SQS queue is encrypted"
    assert found(terraform_checkov.check, tmp_path) == [
        f"{where}:13: CKV_AWS_27 is skipped where it finds nothing",
        f"{where}:1: {said}",
        f"{where}:9: CKV_AWS_27 is skipped without a reason",
    ]
