"""What a task reads and writes as itself: its roles, its secrets, its log groups."""

from collections.abc import Sequence

from bot.changes.verify.case import Case
from bot.domain import verification
from bot.domain.place import listed
from bot.domain.verification import Check, Remark, needs, prerequisites, together, unanswered
from bot.domain.verification.needs import Keeper, LogGroupNeed, RoleNeed, SecretNeed
from integrations.errors import NotFound

IAM = "IAM"
LOGS = "CloudWatch Logs"


async def check_roles(case: Case) -> Check:
    """Whether the execution and the task role are there, and whether ECS tasks may assume them."""
    wanted = needs.roles(case.definition)
    remarks = await case.ask_all(
        *(
            case.ask(IAM, f"whether ECS tasks may assume {need.name}", _role(case, need))
            for need in wanted
        )
    )
    why = needs.why_execution_role(case.definition)
    is_fargate = needs.is_fargate(case.definition, launch_type=case.service.launch_type)
    if is_fargate and why and not case.definition.get("executionRoleArn"):
        remarks.insert(0, prerequisites.no_execution_role(why))
    names = [need.name for need in wanted]
    fine = f"ECS tasks may assume {listed(names)}." if names else "The task has no roles."
    return together(verification.ROLES, remarks, fine=fine)


async def _role(case: Case, need: RoleNeed) -> list[Remark]:
    if need.account not in {None, case.place.config.account}:
        what = f"whether ECS tasks may assume {need.name}"
        return [unanswered(IAM, what, f"it belongs to account {need.account}")]
    try:
        role = await case.account.iam.get_role(need.name)
    except NotFound:
        return [prerequisites.missing_role(need)]
    return [
        prerequisites.judged_role(
            need,
            trusted=role.trusted_services,
            conditional=role.conditional_services,
            trusts_anyone=role.trusts_anyone,
        )
    ]


async def check_secrets(case: Case) -> Check:
    """Whether every secret and parameter is there; of environment files only that there are."""
    wanted = needs.secrets(case.definition)
    asking = []
    parameters: dict[str, list[SecretNeed]] = {}
    for need in wanted:
        if need.keeper is Keeper.SECRETS_MANAGER:
            what = f"whether {need.name} is there"
            asking.append(case.ask(need.keeper, what, _secret(case, need)))
        elif need.keeper is Keeper.PARAMETER_STORE:
            parameters.setdefault(need.region or case.place.config.region, []).append(need)
    for region, those in parameters.items():
        what = f"whether {listed(need.name for need in those)} {'are' if those[1:] else 'is'} there"
        asking.append(case.ask(Keeper.PARAMETER_STORE, what, _parameters(case, region, those)))
    remarks = await case.ask_all(*asking)
    strange = [need for need in wanted if need.keeper is Keeper.NOBODY_KNOWN]
    remarks += [prerequisites.strange_secret(need) for need in strange]
    if files := needs.environment_files(case.definition):
        remarks.append(prerequisites.unlooked_files(files))
    names = [need.name for need in wanted]
    fine = f"There are {len(names)} secrets, as the task needs." if names[1:] else ""
    if not fine:
        fine = f"There is {names[0]}." if names else "The task reads no secrets."
    return together(verification.SECRETS, remarks, fine=fine)


async def _secret(case: Case, need: SecretNeed) -> list[Remark]:
    try:
        found = await case.account_in(need.region).secretsmanager.describe_secret(need.names[0])
    except NotFound:
        return [prerequisites.missing_secret(need)]
    return [prerequisites.judged_secret(need, deleted_at=found.deleted_at, versions=found.versions)]


async def _parameters(case: Case, region: str, wanted: Sequence[SecretNeed]) -> list[Remark]:
    ours = [need for need in wanted if need.account in {None, case.place.config.account}]
    remarks = [
        unanswered(
            Keeper.PARAMETER_STORE,
            f"whether {need.name} is there",
            f"it belongs to account {need.account}",
        )
        for need in wanted
        if need not in ours
    ]
    asked = [name for need in ours for name in need.names]
    there = await case.account_in(region).ssm.describe_parameters(asked)
    missing = [need for need in ours if there.isdisjoint(need.names)]
    return [*(prerequisites.missing_secret(need) for need in missing), *remarks]


async def check_log_group(case: Case) -> Check:
    """Whether the log groups that containers write to are there."""
    wanted = needs.log_groups(case.definition)
    remarks = await case.ask_all(
        *(
            case.ask(LOGS, f"whether {need.name} is there", _log_group(case, need))
            for need in wanted
        )
    )
    names = [need.name for need in wanted]
    verb = "are" if names[1:] else "is"
    fine = f"There {verb} {listed(names)}." if names else "No container logs to CloudWatch."
    return together(verification.LOG_GROUP, remarks, fine=fine)


async def _log_group(case: Case, need: LogGroupNeed) -> list[Remark]:
    try:
        await case.account_in(need.region).logs.describe_log_group(need.name)
    except NotFound:
        return [prerequisites.missing_log_group(need)]
    return []
