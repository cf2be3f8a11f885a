"""What a task needs to start beside its image, read out of its task definition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.image import read_image

Definition = Mapping[str, Any]

FARGATE = "FARGATE"
AWSLOGS = "awslogs"
ARN = "arn"
_ARN_PARTS = 6
"""`arn:partition:service:region:account:` and the rest."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image is built for, in the words of image manifests: `linux`, `amd64`."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """A role the task runs with; `kind` is what people call it."""

    kind: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rsplit("/", 1)[-1]

    @property
    def account(self) -> str | None:
        parts = self.arn.split(":")
        return parts[4] if parts[0] == ARN and len(parts) >= _ARN_PARTS else None


class Keeper(StrEnum):
    """Who keeps a secret."""

    SECRETS_MANAGER = "Secrets Manager"
    PARAMETER_STORE = "Parameter Store"
    NOBODY_KNOWN = "something the bot does not know"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNeed:
    """A secret the task reads at its start. Two needs of one secret are equal."""

    keeper: Keeper
    names: tuple[str, ...]
    """What to ask for; the first that is there is it. A parameter's ARN leaves open whether its
    name begins with a slash."""
    region: str | None = None
    """None: the task's own."""
    account: str | None = None
    stage: str | None = None
    version: str | None = None

    @property
    def name(self) -> str:
        """What people call it: without what is the same in every ARN."""
        name = self.names[0]
        return name.split(":", 6)[-1] if name.startswith(ARN + ":") else name


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroupNeed:
    """Where a container logs to; `is_made` when the log driver makes it if need be."""

    name: str
    region: str | None
    is_made: bool = False


def platform(definition: Definition, *, launch_type: str | None = None) -> Platform | None:
    """What the image must be built for; None where only the machine it comes to decides."""
    wanted = definition.get("runtimePlatform") or {}
    if not wanted and not is_fargate(definition, launch_type=launch_type):
        return None
    system = str(wanted.get("operatingSystemFamily") or "LINUX").partition("_")[0].lower()
    architecture = str(wanted.get("cpuArchitecture") or "X86_64")
    return Platform(system, _ARCHITECTURES.get(architecture, architecture.lower()))


def is_fargate(definition: Definition, *, launch_type: str | None = None) -> bool:
    """Whether it runs on Fargate; a definition that may run elsewhere too is asked of as one."""
    return launch_type == FARGATE or FARGATE in (definition.get("requiresCompatibilities") or ())


def roles(definition: Definition) -> tuple[RoleNeed, ...]:
    """The execution role, then the task's own, as far as they are named."""
    named = (("execution role", "executionRoleArn"), ("task role", "taskRoleArn"))
    return tuple(RoleNeed(kind, definition[key]) for kind, key in named if definition.get(key))


def why_execution_role(definition: Definition) -> tuple[str, ...]:
    """What Fargate cannot do for this task without an execution role."""
    containers = _containers(definition)
    found = []
    if any(read_image(str(c.get("image", ""))).ecr_account for c in containers):
        found.append("pull from ECR")
    if secrets(definition):
        found.append("read secrets")
    if log_groups(definition):
        found.append("write logs")
    return tuple(found)


def secrets(definition: Definition) -> tuple[SecretNeed, ...]:
    """Every secret a container, its log driver or the pull of its image needs, each once."""
    found = []
    for container in _containers(definition):
        named = [*_items(container, "secrets"), *_items(_logging(container), "secretOptions")]
        found += [_secret(str(one["valueFrom"])) for one in named if one.get("valueFrom")]
        if credentials := (container.get("repositoryCredentials") or {}).get(
            "credentialsParameter"
        ):
            found.append(_secret(str(credentials), plain=Keeper.SECRETS_MANAGER))
    return tuple(dict.fromkeys(found))


def environment_files(definition: Definition) -> tuple[str, ...]:
    """Files in S3 from which variables are read; the bot does not look into S3."""
    files = (f for c in _containers(definition) for f in _items(c, "environmentFiles"))
    return tuple(dict.fromkeys(str(one["value"]) for one in files if one.get("value")))


def log_groups(definition: Definition) -> tuple[LogGroupNeed, ...]:
    """The log groups of CloudWatch that containers write to, each once."""
    found = []
    for container in _containers(definition):
        options = _logging(container).get("options") or {}
        if _logging(container).get("logDriver") == AWSLOGS and options.get("awslogs-group"):
            found.append(
                LogGroupNeed(
                    name=options["awslogs-group"],
                    region=options.get("awslogs-region"),
                    is_made=str(options.get("awslogs-create-group", "")).lower() == "true",
                )
            )
    return tuple(dict.fromkeys(found))


def ports(definition: Definition, container: str) -> frozenset[int] | None:
    """The ports a container opens; None when there is no such container."""
    for one in _containers(definition):
        if one.get("name") == container:
            mapped = (mapping.get("containerPort") for mapping in _items(one, "portMappings"))
            return frozenset(int(port) for port in mapped if port)
    return None


def _containers(definition: Definition) -> list[Mapping[str, Any]]:
    return list(_items(definition, "containerDefinitions"))


def _logging(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return container.get("logConfiguration") or {}


def _items(of: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    yield from of.get(key) or ()


def _secret(reference: str, *, plain: Keeper = Keeper.PARAMETER_STORE) -> SecretNeed:
    """Read a `valueFrom`: an ARN with what follows it, or a name in the task's own region.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
    """
    parts = reference.split(":")
    if parts[0] != ARN or len(parts) < _ARN_PARTS:
        name = parts[0] if plain is Keeper.PARAMETER_STORE else reference
        return SecretNeed(keeper=plain, names=(name,))
    region, account = parts[3] or None, parts[4] or None
    if parts[2] == "secretsmanager":
        # `secret:name-AbCdEf`, and then perhaps `:json-key:stage:version`.
        _key, stage, version = [*parts[7:], "", "", ""][:3]
        return SecretNeed(
            keeper=Keeper.SECRETS_MANAGER,
            names=(":".join(parts[:7]),),
            region=region,
            account=account,
            stage=stage or None,
            version=version or None,
        )
    if parts[2] == "ssm":
        name = parts[5].removeprefix("parameter").removeprefix("/")
        names = (f"/{name}",) if "/" in name else (name, f"/{name}")
        return SecretNeed(
            keeper=Keeper.PARAMETER_STORE, names=names, region=region, account=account
        )
    return SecretNeed(keeper=Keeper.NOBODY_KNOWN, names=(reference,))
