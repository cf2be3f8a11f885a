"""The judge of a bake: is the version that was deployed worse than the one before it?

Pure: all that was measured in, a verdict with its reasons out. Which tests, why these, and how
often they are wrong: docs/decisions/judgement.md.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.judgement.evidence import (
    Bake,
    Finding,
    Judged,
    Judgement,
    Measured,
    Sample,
    Traffic,
)
from bot.domain.judgement.level import usable
from bot.domain.judgement.query import Asked, find
from bot.domain.unit import Unit, spoken_value

__all__ = [
    "BASELINE",
    "Bake",
    "Finding",
    "Judged",
    "Judgement",
    "Measured",
    "Sample",
    "Traffic",
    "judge_bake",
]

BASELINE = timedelta(hours=1)
"""How much time before the deploy to ask for: enough to know a trend from noise, too short for the
time of day to bend it."""
ALPHA = 0.01
"""How often a version that is as good as the old one may be called bad, over all queries and looks;
what the tests take for granted holds only roughly, so the benchmark says how often it really is."""


def judge_bake(bake: Bake) -> Judgement:
    """Judge what was measured until now; to be asked again whenever there is more.

    Bad as soon as one deciding query surely is; good only when the bake is over and a rise that
    matters would have been seen in every deciding query; inconclusive when it is over and one of
    them cannot say. Costs about 5 ms a query, and the first time a second for importing scipy.
    """
    deciding = [measured for measured in bake.measures if measured.decides]
    alpha = ALPHA / max(1, len(deciding))
    asked = Asked(alpha=alpha, is_over=bake.is_over, length=bake.length)
    findings = tuple(find(measured, bake.traffic, asked) for measured in bake.measures)
    decisive = [finding for finding in findings if finding.decides]
    too_little = _too_little(bake.traffic)
    if too_little is None and any(each.judged is Judged.BAD for each in decisive):
        return Judgement(Judged.BAD, findings, _all(decisive, Judged.BAD))
    if not bake.is_over:
        return Judgement(None, findings, "nothing is sure yet")
    if too_little is not None and decisive:
        return Judgement(Judged.INCONCLUSIVE, findings, too_little)
    if any(each.judged is not Judged.GOOD for each in decisive):
        return Judgement(Judged.INCONCLUSIVE, findings, _all(decisive, Judged.INCONCLUSIVE))
    if not decisive:
        return Judgement(Judged.GOOD, findings, "no query decides")
    return Judgement(Judged.GOOD, findings, _all(decisive, Judged.GOOD))


def _too_little(traffic: Traffic | None) -> str | None:
    """Why there are too few requests to judge anything, or None."""
    if traffic is None or traffic.needed is None:
        return None
    rates = usable(traffic.after)
    needed = spoken_value(traffic.needed, Unit.PER_SECOND)
    if not len(rates):
        return f"nobody knows the traffic since the deploy ({needed} needed)"
    rate = float(rates.values.mean())
    if rate >= traffic.needed:
        return None
    said = spoken_value(rate, Unit.PER_SECOND)
    return f"too little traffic to judge: {said}, {needed} needed"


def _all(findings: Sequence[Finding], judged: Judged) -> str:
    return "; ".join(f"{each.name} {each.why}" for each in findings if each.judged is judged)
