"""What a version would change in a place, for the one person who asked; nothing is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import Block, context, escaped, section
from bot.cards.text import day_and_time, short_digest, spoken
from bot.domain.difference import Difference, Part
from bot.domain.plan import GoodRevision, Plan, revision_name

SHOWN = 20
"""Differences named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A revision that ran this version here before, and what differs in it from what runs now."""

    revision: GoodRevision
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """What a deploy of one version would change, as found just now."""

    service: str
    environment: str
    plan: Plan
    differences: tuple[Difference, ...]
    now: datetime
    cpu: str | None = None
    """Of the whole task, as ECS writes it: in units of 1/1024 of a CPU."""
    memory: str | None = None
    """Of the whole task, in MiB."""
    earlier: Earlier | None = None


def diff(view: DiffView) -> Answer:
    """The answer to `/credlink diff`."""
    blocks: list[Block] = [section(_against(view)), section(_image(view))]
    blocks.append(section(_listed("A deploy would change", view.differences)))
    if view.earlier is not None:
        blocks.append(section(_earlier(view.earlier)))
    if view.plan.warnings:
        blocks.append(section("\n".join(f"⚠ {escaped(one)}" for one in view.plan.warnings)))
    blocks.append(context("Nothing is changed by looking. " + _resources(view)))
    return Answer(_against(view), tuple(blocks))


def _against(view: DiffView) -> str:
    plan = view.plan
    since = f" since {day_and_time(plan.running_since)}" if plan.running_since else ""
    line = (
        f"*{escaped(plan.wanted.name)}* for {escaped(view.service)} in "
        f"{escaped(view.environment)}, against *{escaped(plan.running.name)}*, "
        f"which runs there{since}"
    )
    return line + (f" · <{plan.compare_url}|compare>" if plan.compare_url else "")


def _image(view: DiffView) -> str:
    plan = view.plan
    image = short_digest(plan.wanted.digest) if plan.wanted.digest else plan.wanted.image
    facts = [f"*image*  `{escaped(image)}`"]
    if plan.pushed_at is not None:
        facts.append(f"pushed {spoken(view.now - plan.pushed_at)} ago")
    if view.earlier is not None:
        facts.append(f"good there {spoken(view.now - view.earlier.revision.good_at)} ago")
    else:
        facts.append("not known to have run there")
    return " · ".join(facts)


def _earlier(earlier: Earlier) -> str:
    name = escaped(revision_name(earlier.revision.task_definition))
    if not earlier.differences:
        return f"{name}, which ran it before, differs in nothing else."
    told = _listed(f"{name}, which ran it before, differs from what runs in", earlier.differences)
    return f"{told}\nA rollback brings these back; a deploy takes what runs and changes the image."


def _listed(what: str, differences: Sequence[Difference]) -> str:
    """The differences line by line; the image alone is one word."""
    if not differences:
        return f"*{what}*  nothing"
    if len(differences) == 1 and _is_image(differences[0]):
        return f"*{what}*  {escaped(differences[0].text)} only"
    lines = [f"• {escaped(one.text)}" for one in differences[:SHOWN]]
    if (rest := len(differences) - SHOWN) > 0:
        lines.append(f"and {rest} more")
    return "\n".join([f"*{what}*", *lines])


def _is_image(one: Difference) -> bool:
    return one.part is Part.FIELD and one.name == "image"


def _resources(view: DiffView) -> str:
    said = []
    if view.cpu:
        said.append(f"cpu {escaped(view.cpu)}")
    if view.memory:
        said.append(f"memory {escaped(view.memory)} MiB")
    return f"Each task has {' and '.join(said)}." if said else ""
