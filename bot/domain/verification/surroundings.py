"""What stands around a service, judged: how traffic reaches its tasks, and what scales it.

Everything comes in as plain values. A remark blocks only what would surely fail.
"""

from dataclasses import dataclass

from bot.domain.place import listed
from bot.domain.verification import Level, Remark

TRAFFIC_PORT = "traffic-port"
"""What a health check asks that asks wherever the traffic goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the service sends a target group's traffic: this port of this container."""

    container: str
    port: int | None
    ports: frozenset[int] | None
    """What the container opens; None when the task has no such container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A target group as the load balancer has it."""

    name: str
    port: int | None
    target_type: str
    health_port: str | None = TRAFFIC_PORT


def missing_group(name: str) -> Remark:
    return Remark(
        Level.BLOCK,
        f"The target group {name} does not exist.",
        "Create it, or correct the service's load balancer.",
    )


def judged_target(target: Target) -> Remark:
    """Judge whether the task has what the service's load balancer is told to reach."""
    if target.ports is None:
        return Remark(
            Level.BLOCK,
            f"The service sends its traffic to the container {target.container}, which the task "
            "does not have.",
            "Keep the container's name, or change the service's load balancer first.",
        )
    if target.port is not None and target.port not in target.ports:
        opened = listed([str(port) for port in sorted(target.ports)]) if target.ports else "none"
        return Remark(
            Level.BLOCK,
            f"The service sends its traffic to port {target.port} of {target.container}, which "
            f"opens {opened}.",
            "Correct `portMappings` in the task definition, or the service's load balancer.",
        )
    return Remark(Level.OK, "")


def judged_group(group: Group, target: Target | None, network_mode: str) -> Remark:
    """Judge a target group against the network the tasks have and the port they listen on.

    Its own port is no fault where it differs: ECS registers each task with the container's.
    """
    type_wanted = "ip" if network_mode == "awsvpc" else "instance"
    if group.target_type != type_wanted:
        return Remark(
            Level.BLOCK,
            f"The target group {group.name} takes targets of type {group.target_type}, and tasks "
            f"with network mode {network_mode} need {type_wanted}.",
            f"Make a target group of type {type_wanted} and give the service that one.",
        )
    if target is None or target.ports is None:
        return Remark(Level.OK, "")
    checked = group.health_port or TRAFFIC_PORT
    if checked.isdigit() and int(checked) not in target.ports:
        return Remark(
            Level.WARN,
            f"The health check of {group.name} asks port {checked}, which {target.container} does "
            "not name among its own.",
            "Correct the health check's port, or make sure that the container answers there.",
        )
    if group.port is not None and target.port is not None and group.port != target.port:
        return Remark(
            Level.OK,
            f"{group.name} says port {group.port}; ECS registers tasks with {target.port}.",
        )
    return Remark(Level.OK, "")


def missing_rule(arn: str, *, shifts: bool) -> Remark:
    """A listener rule of the service that is gone; it matters when traffic is shifted by it."""
    return Remark(
        Level.BLOCK if shifts else Level.WARN,
        f"The listener rule {arn.rsplit('/', 1)[-1]}, by which the service's traffic is shifted, "
        "does not exist.",
        "Create it, and name it in the service's load balancer.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Within what autoscaling moves the service. Counts are tasks."""

    min: int
    max: int
    is_suspended_out: bool = False


def judged_bounds(
    bounds: Bounds | None, *, desired: int, scale: tuple[int, int] | None
) -> tuple[Remark, ...]:
    """Judge autoscaling's bounds; `scale` are those of the catalogue, None where it names none.

    Nothing here blocks: a deploy does not change them, and an urgent one must not wait for them.
    """
    if bounds is None:
        return (Remark(Level.OK, "Nothing scales the service."),)
    span = f"{bounds.min} to {bounds.max}"
    if bounds.min > bounds.max or bounds.max == 0:
        mend = "Correct the scalable target's minimum and maximum."
        return (Remark(Level.WARN, f"Autoscaling's bounds make no sense: {span} tasks.", mend),)
    found = []
    if not bounds.min <= desired <= bounds.max:
        found.append(
            Remark(
                Level.WARN,
                f"The service wants {desired} tasks, outside autoscaling's {span}.",
                "Autoscaling will move it; scale it into the bounds, or change them.",
            )
        )
    if scale is not None and not scale[0] <= bounds.min <= bounds.max <= scale[1]:
        found.append(
            Remark(
                Level.WARN,
                f"Autoscaling may run {span} tasks, and the catalogue allows {scale[0]} to "
                f"{scale[1]}.",
                "Correct the scalable target, or `scale` in the catalogue.",
            )
        )
    if bounds.is_suspended_out:
        found.append(
            Remark(
                Level.WARN,
                "Scaling out is suspended: more traffic gets no more tasks.",
                "Resume it on the scalable target, unless it is meant so.",
            )
        )
    return tuple(found)
