"""How well it does what it is there for: one line for each of the catalogue's queries."""

from bot.cards.blocks import escaped
from bot.cards.health.words import label, unsaid
from bot.cards.links import link
from bot.domain.health import Health, Part
from bot.domain.health.facts import SloSeen
from bot.domain.health.overall import Grade
from bot.domain.health.sparkline import sparkline
from bot.domain.unit import Unit, read_unit, spoken_value

SHOWN = 8


def slo_lines(health: Health) -> list[str]:
    """One line for each: the value with what is bad, the last hour, what is left of the budget."""
    if Part.SLOS not in health.asked:
        return ["*SLOs* none in the catalogue"]
    if not health.slos:
        return [f"{label(health, Part.SLOS)} {unsaid(health, Part.SLOS)}"]
    shown = [_slo(health, slo) for slo in health.slos[:SHOWN]]
    if len(health.slos) > SHOWN:
        shown.append(f"and {len(health.slos) - SHOWN} more")
    return shown


def _slo(health: Health, slo: SloSeen) -> str:
    said = f"{_mark_of_slo(slo)}{_value(slo)}{_normal(slo)}"
    facts = [f"*{link(slo.url, slo.name)}* {said}  `{_drawn(slo)}`"]
    if slo.has_budget:
        facts.append(_budget(health, slo))
    return "  ".join(facts)


def _mark_of_slo(slo: SloSeen) -> str:
    if slo.value is None or slo.is_too_little:
        return f"{Grade.UNKNOWN.mark} "
    if slo.is_bad:
        return f"{(Grade.BAD if slo.decides else Grade.WARNING).mark} "
    return ""


def _value(slo: SloSeen) -> str:
    return "no data" if slo.value is None else spoken_value(slo.value, _unit(slo))


def _normal(slo: SloSeen) -> str:
    if slo.bad_above is not None:
        return f" (bad above {spoken_value(slo.bad_above, _unit(slo))})"
    if slo.is_too_little and slo.needed is not None:
        return f" (needs {spoken_value(slo.needed, _unit(slo))})"
    return ""


def _unit(slo: SloSeen) -> Unit:
    return read_unit(slo.unit) or Unit.PLAIN


def _drawn(slo: SloSeen) -> str:
    return sparkline(slo.cells, full=slo.bad_above)


def _budget(health: Health, slo: SloSeen) -> str:
    left = health.budgets.get(slo.name)
    if left is None:
        known = "no data" if Part.BUDGETS in health.answered else unsaid(health, Part.BUDGETS)
        return f"budget {known}"
    measured = health.measured.get(slo.name)
    of = f"the {escaped(measured)} measured" if measured else escaped(slo.budget_over)
    if left < 0:
        return f"🟠 budget overspent by {spoken_value(-left, Unit.RATIO)} in {of}"
    mark = "🟠 " if left == 0 else ""
    return f"{mark}budget {spoken_value(left, Unit.RATIO)} left of {of}"


def worst_slo(health: Health) -> str:
    """The one that says most: what is unknown or bad, or else what is nearest to being bad."""
    if Part.SLOS not in health.asked:
        return ""
    if not health.slos:
        return f"SLOs {unsaid(health, Part.SLOS)}"
    slo = max(health.slos, key=_nearness)
    return f"{link(slo.url, slo.name)} {_value(slo)}"


def _nearness(slo: SloSeen) -> float:
    if slo.value is None:
        return 0.999 if slo.decides else -1.0
    if slo.bad_above is None:
        return 0.998 if slo.is_too_little else -1.0
    return slo.value / slo.bad_above if slo.bad_above > 0 else float(slo.value > slo.bad_above)
