"""What stands around the service: its cluster, how traffic reaches its tasks, what scales it."""

from bot.changes.verify.case import Case
from bot.domain import verification
from bot.domain.place import listed
from bot.domain.verification import Check, Remark, needs, prerequisites, surroundings, together
from bot.domain.verification.surroundings import Bounds, Group, Target
from integrations.aws.models import Balancer

RULE = ":listener-rule/"
"""In the ARN of a rule; a network load balancer shifts traffic by whole listeners."""


async def check_cluster(case: Case) -> Check:
    """Whether the cluster takes tasks."""
    name = case.place.config.cluster

    async def look() -> list[Remark]:
        known = await case.account.ecs.describe_clusters([name])
        return [prerequisites.judged_cluster(name, known.get(name))]

    remarks = await case.ask("ECS", f"whether the cluster {name} is there", look())
    return together(verification.CLUSTER, remarks, fine=f"The cluster {name} is ACTIVE.")


async def check_targets(case: Case) -> Check:
    """Whether the load balancer's target groups and rules are there and fit the task."""
    targets = {one.target_group: _target(case, one) for one in case.service.balancers}
    alternate = {
        one.alternate_target_group: _target(case, one)
        for one in case.service.balancers
        if one.alternate_target_group
    }
    groups: dict[str, Target | None] = {**targets, **alternate}
    if not groups:
        groups = dict.fromkeys(case.service.target_groups)
    if not groups and case.place.config.target_group:
        groups = {case.place.config.target_group: None}
    if not groups:
        return together(verification.TARGETS, [], fine="No load balancer sends to the service.")
    remarks = [surroundings.judged_target(target) for target in targets.values()]
    asking = [case.ask("ELB", "whether the target groups fit the task", _groups(case, groups))]
    if rules := _rules(case):
        asking.append(case.ask("ELB", "whether the listener rules are there", _gone(case, rules)))
    remarks += await case.ask_all(*asking)
    names = [_name(group) for group in groups]
    verb = "fits" if len(names) == 1 else "fit"
    return together(verification.TARGETS, remarks, fine=f"{listed(names)} {verb} the task.")


async def _groups(case: Case, wanted: dict[str, Target | None]) -> list[Remark]:
    found = await case.account.elbv2.describe_target_groups(wanted)
    network_mode = str(case.definition.get("networkMode") or "bridge")
    remarks = []
    for asked, target in wanted.items():
        group = found.get(asked)
        if group is None:
            remarks.append(surroundings.missing_group(_name(asked)))
            continue
        facts = Group(
            name=group.name,
            port=group.port,
            target_type=group.target_type,
            health_port=group.health_port,
        )
        remarks.append(surroundings.judged_group(facts, target, network_mode))
    return remarks


async def _gone(case: Case, rules: list[str]) -> list[Remark]:
    there = await case.account.elbv2.describe_rules(rules)
    return [
        surroundings.missing_rule(rule, shifts=case.shifts) for rule in rules if rule not in there
    ]


def _target(case: Case, balancer: Balancer) -> Target:
    return Target(
        container=balancer.container,
        port=balancer.port,
        ports=needs.ports(case.definition, balancer.container),
    )


def _rules(case: Case) -> list[str]:
    named = [
        rule
        for one in case.service.balancers
        for rule in (one.production_listener_rule, one.test_listener_rule)
        if rule is not None and RULE in rule
    ]
    return list(dict.fromkeys(named))


def _name(group: str) -> str:
    """The name in a target group's ARN: `…:targetgroup/name/0123456789abcdef`."""
    return group.split("/")[1] if "/" in group else group


async def check_autoscaling(case: Case) -> Check:
    """Whether the bounds autoscaling keeps to make sense for this service."""
    config = case.place.config
    cluster = config.cluster.rsplit("/", 1)[-1]
    # Bounds nobody wrote down are the model's defaults, and no promise to compare with.
    is_written = "scale" in config.model_fields_set
    scale = (config.scale.min, config.scale.max) if is_written else None
    fine = ""

    async def look() -> list[Remark]:
        nonlocal fine
        found = await case.account.autoscaling.describe_target(cluster, config.ecs_service)
        bounds = None
        if found is not None:
            bounds = Bounds(
                min=found.minimum,
                max=found.maximum,
                is_suspended_out=found.suspended.scale_out,
            )
            fine = f"Autoscaling keeps it between {found.minimum} and {found.maximum} tasks."
        desired = case.service.desired
        return list(surroundings.judged_bounds(bounds, desired=desired, scale=scale))

    remarks = await case.ask("Application Auto Scaling", "what scales the service", look())
    return together(verification.AUTOSCALING, remarks, fine=fine)
