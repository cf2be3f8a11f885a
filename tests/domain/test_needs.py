import pytest

from bot.domain.verification import needs
from bot.domain.verification.needs import Keeper, LogGroupNeed, Platform, SecretNeed

SECRET = "arn:aws:secretsmanager:us-east-1:222222222222:secret:credlink/prod/database-url-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:222222222222:parameter"


def a_definition(*containers, **said):
    return {"requiresCompatibilities": ["FARGATE"], "containerDefinitions": containers, **said}


def a_container(**said):
    return {"name": "app", "image": "nginx", **said}


def reading(*references):
    secrets = [{"name": f"S{n}", "valueFrom": one} for n, one in enumerate(references)]
    return needs.secrets(a_definition(a_container(secrets=secrets)))


@pytest.mark.parametrize(
    ("platform", "wanted"),
    [
        ({"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}, "linux/amd64"),
        ({"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}, "linux/arm64"),
        ({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "windows/amd64"),
        ({"cpuArchitecture": "ARM64"}, "linux/arm64"),
        ({}, "linux/amd64"),
        (None, "linux/amd64"),
    ],
)
def test_the_platform_is_read_in_the_words_of_images(platform, wanted):
    found = needs.platform(a_definition(runtimePlatform=platform))
    assert str(found) == wanted


def test_without_fargate_an_unnamed_platform_is_the_machines_own():
    on_ec2 = a_definition(requiresCompatibilities=["EC2"])
    assert needs.platform(on_ec2) is None
    assert needs.platform(on_ec2, launch_type="FARGATE") == Platform("linux", "amd64")


def test_roles_are_named_with_their_account_and_without_their_path():
    arn = "arn:aws:iam::222222222222:role/app/a/task"
    [role] = needs.roles(a_definition(taskRoleArn=arn))
    assert (role.kind, role.name, role.account) == ("task role", "task", "222222222222")


def test_a_role_may_be_written_as_its_name():
    [role] = needs.roles(a_definition(executionRoleArn="execution"))
    assert (role.kind, role.name, role.account) == ("execution role", "execution", None)


def test_what_an_execution_role_is_needed_for_is_told():
    ecr = "222222222222.dkr.ecr.us-east-1.amazonaws.com/app:v1"
    logging = {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}
    secrets = [{"name": "A", "valueFrom": "a"}]
    container = a_container(image=ecr, secrets=secrets, logConfiguration=logging)
    assert needs.why_execution_role(a_definition(container)) == (
        "pull from ECR",
        "read secrets",
        "write logs",
    )
    assert needs.why_execution_role(a_definition(a_container())) == ()


@pytest.mark.parametrize(
    ("reference", "stage", "version"),
    [
        (SECRET, None, None),
        (f"{SECRET}:username::", None, None),
        (f"{SECRET}:username:AWSPREVIOUS:", "AWSPREVIOUS", None),
        (f"{SECRET}:::9d4cb84b-ad69", None, "9d4cb84b-ad69"),
        (f"{SECRET}:key", None, None),
    ],
)
def test_a_secrets_arn_ends_before_its_key_and_version(reference, stage, version):
    [need] = reading(reference)
    assert need.keeper is Keeper.SECRETS_MANAGER
    assert need.names == (SECRET,)
    assert (need.stage, need.version) == (stage, version)
    assert (need.region, need.account) == ("us-east-1", "222222222222")
    assert need.name == "credlink/prod/database-url-AbCdEf"


def test_two_keys_of_one_secret_are_asked_for_once():
    assert len(reading(f"{SECRET}:user::", f"{SECRET}:password::")) == 1


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        ("/credlink/url", ("/credlink/url",)),
        ("credlink-url", ("credlink-url",)),
        ("credlink-url:3", ("credlink-url",)),
        (f"{PARAMETER}/credlink/url", ("/credlink/url",)),
        # The ARN of `url` and of `/url` is the same.
        (f"{PARAMETER}/url", ("url", "/url")),
        (f"{PARAMETER}/url:2", ("url", "/url")),
    ],
)
def test_a_parameter_is_asked_for_by_its_name(reference, names):
    [need] = reading(reference)
    assert (need.keeper, need.names) == (Keeper.PARAMETER_STORE, names)


def test_a_parameter_of_another_region_keeps_it():
    [need] = reading("arn:aws:ssm:eu-west-1:333333333333:parameter/a/b")
    assert (need.region, need.account) == ("eu-west-1", "333333333333")


def test_an_arn_of_something_else_is_nobodys():
    [need] = reading("arn:aws:s3:::bucket/secret")
    assert need.keeper is Keeper.NOBODY_KNOWN


def test_the_log_driver_and_the_private_registry_have_secrets_too():
    options = [{"name": "splunk-token", "valueFrom": "splunk"}]
    definition = a_definition(
        a_container(logConfiguration={"logDriver": "splunk", "secretOptions": options}),
        a_container(repositoryCredentials={"credentialsParameter": "hub"}),
    )
    assert needs.secrets(definition) == (
        SecretNeed(keeper=Keeper.PARAMETER_STORE, names=("splunk",)),
        SecretNeed(keeper=Keeper.SECRETS_MANAGER, names=("hub",)),
    )


def test_environment_files_are_only_named():
    files = [{"value": "arn:aws:s3:::bucket/prod.env", "type": "s3"}]
    definition = a_definition(a_container(environmentFiles=files))
    assert needs.environment_files(definition) == ("arn:aws:s3:::bucket/prod.env",)
    assert needs.secrets(definition) == ()


@pytest.mark.parametrize(
    ("said", "is_made"), [({}, False), ({"awslogs-create-group": "true"}, True)]
)
def test_a_log_group_is_one_of_cloudwatch(said, is_made):
    options = {"awslogs-group": "/ecs/app", "awslogs-region": "eu-west-1", **said}
    logging = {"logDriver": "awslogs", "options": options}
    elsewhere = {"logDriver": "awsfirelens", "options": {"Name": "loki"}}
    definition = a_definition(
        a_container(logConfiguration=logging),
        a_container(logConfiguration=logging),
        a_container(logConfiguration=elsewhere),
    )
    assert needs.log_groups(definition) == (
        LogGroupNeed(name="/ecs/app", region="eu-west-1", is_made=is_made),
    )


def test_the_ports_of_a_container_and_of_one_that_is_not_there():
    mapped = [{"containerPort": 8080}, {"containerPort": 9090}, {"containerPortRange": "1-2"}]
    definition = a_definition(a_container(portMappings=mapped))
    assert needs.ports(definition, "app") == {8080, 9090}
    assert needs.ports(definition, "web") is None


def test_a_bare_definition_needs_nothing():
    bare = {"containerDefinitions": [{"name": "app", "image": "nginx"}]}
    assert needs.secrets(bare) == needs.log_groups(bare) == needs.roles(bare) == ()
    assert needs.ports(bare, "app") == frozenset()
