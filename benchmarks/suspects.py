"""How often the first suspect is right, and how often one is named where no change did it.

Incidents whose cause is known (benchmarks/made_incidents.py); each seed draws every label once:

    python -m benchmarks.suspects [--seeds 60] [--seed N] [--json FILE] [--quick] [--tune]
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import made_incidents, shape
from benchmarks.made_incidents import LABELS, Act, Incident
from bot.domain.suspects import Deed, DeedKind, Onset, Ranking, rank
from bot.domain.suspects.beside import Firing, seen_beside, seen_elsewhere
from bot.domain.suspects.turn import growth, turn_of

TUNED_ON = 1_000_000
"""The weights of bot/domain/suspects/ were chosen on the seeds from here on …"""
REPORTED_ON = 5_000_000
"""… and the figures are of the seeds from here on, moved by --seed."""
ZERO = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
ENVIRONMENT = "prod"
READ_AFTER = 5
"""Minutes after the alert fired that the card is read: what a watch says later is not counted."""


@dataclass(slots=True)
class Tally:
    """What became of the incidents of one label."""

    caused: int = 0
    right: int = 0
    among_three: int = 0
    causeless: int = 0
    named: int = 0
    unnamed: int = 0

    def add(self, incident: Incident, ranking: Ranking) -> None:
        first = ranking.first
        if incident.culprit is None:
            self.causeless += 1
            self.named += first is not None
            return
        self.caused += 1
        wanted = str(incident.culprit)
        self.right += first is not None and first.deed.id == wanted
        self.among_three += wanted in [one.deed.id for one in ranking.suspects[:3]]
        self.unnamed += first is None


def main() -> None:
    """Draw, rank, count, print, and write the figures."""
    options = _arguments()
    seeds = 20 if options.quick else options.seeds
    first = (TUNED_ON if options.tune else REPORTED_ON) + options.seed * 100_000
    tallies = measure(range(first, first + seeds))
    print(f"{seeds * len(LABELS):,} incidents, seeds {first}–{first + seeds - 1}\n")
    for label, tally in tallies.items():
        print(f"  {label:<52} {_said(tally)}")
    shape.report("Suspects", figures(tallies), notes=NOTES, to=options.json)


def measure(seeds: Sequence[int]) -> dict[str, Tally]:
    """Every label once for each seed."""
    tallies = {label: Tally() for label in LABELS}
    for label, tally in tallies.items():
        for seed in seeds:
            incident = made_incidents.draw(label, seed)
            tally.add(incident, ranked(incident))
    return tallies


def ranked(incident: Incident) -> Ranking:
    """Rank as the bot does, from what was seen."""
    beside = [
        Firing(
            name=one.name,
            service=one.service,
            started_at=_moment(one.fired),
            resolved_at=None if one.ended is None else _moment(one.ended),
            turned_at=None if one.turned is None else _moment(one.turned),
        )
        for one in incident.others
        if one.fired <= incident.fired + READ_AFTER
    ]
    onset = seen_elsewhere(_onset(incident), beside)
    deeds = [
        seen_beside(_deed(number, act, incident), incident.name, onset, beside)
        for number, act in enumerate(incident.acts)
    ]
    return rank(onset, deeds)


def _onset(incident: Incident) -> Onset:
    turn = turn_of([(_moment(at), value) for at, value in incident.values])
    requests = [(_moment(at), value) for at, value in incident.requests]
    return Onset(
        fired_at=_moment(incident.fired),
        environment=ENVIRONMENT,
        service="api",
        turned_at=turn.at if turn is not None else None,
        rising_since=turn.rising_since if turn is not None else None,
        busier=growth(requests, turn.at if turn is not None else _moment(incident.fired - 5)),
        depends_on=frozenset({made_incidents.DEPENDENCY}),
    )


def _deed(number: int, act: Act, incident: Incident) -> Deed:
    """An act as the rows tell of it; a later one of its service has taken its place."""
    followers = [
        one.settled
        for one in incident.acts
        if one.kind == "deploy" and one.service == act.service and one.at > act.at and one.settled
    ]
    settled = act.settled
    judged_by_then = act.judged if (act.judged_at or 0) <= incident.fired + READ_AFTER else None
    is_in_force = settled is not None and settled <= incident.fired
    return Deed(
        kind=DeedKind(act.kind),
        id=str(number),
        name=act.kind,
        environment=ENVIRONMENT,
        service=act.service,
        began_at=_moment(act.at),
        settled_at=_moment(settled) if settled is not None and is_in_force else None,
        undone_at=None,
        version=act.version,
        capacity=act.capacity,
        traffic=100.0 if is_in_force and act.kind == "deploy" else None,
        new_issues=act.issues,
        is_judged_bad=judged_by_then == "bad",
        judged_good_at=_moment(act.judged_at)
        if judged_by_then == "good" and act.judged_at is not None
        else None,
        replaced_at=_moment(min(followers)) if followers else None,
    )


def _moment(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


NOTES = {
    "first_suspect_right_pct": "of those with a change as their cause: the first suspect is it",
    "among_first_three_pct": "… or one of the first three is",
    "nothing_named_pct": "… or nothing is named",
    "suspect_where_none_pct": "of those without: something is named all the same",
}


def figures(tallies: dict[str, Tally]) -> dict[str, float | None]:
    """The figures of all labels together, in percent."""
    every = list(tallies.values())
    caused = sum(one.caused for one in every)
    causeless = sum(one.causeless for one in every)
    return {
        "incidents": caused + causeless,
        "first_suspect_right_pct": _share(sum(one.right for one in every), caused),
        "among_first_three_pct": _share(sum(one.among_three for one in every), caused),
        "nothing_named_pct": _share(sum(one.unnamed for one in every), caused),
        "suspect_where_none_pct": _share(sum(one.named for one in every), causeless),
    }


def _share(part: int, of: int) -> float | None:
    return 100 * part / of if of else None


def _said(tally: Tally) -> str:
    if tally.causeless:
        return f"named  {_share(tally.named, tally.causeless):5.1f} %"
    return (
        f"right  {_share(tally.right, tally.caused):5.1f} %   "
        f"nothing {_share(tally.unnamed, tally.caused):5.1f} %"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60, help="incidents of each label")
    parser.add_argument("--seed", type=int, default=0, help="other incidents")
    parser.add_argument("--tune", action="store_true", help="draw those the weights were chosen on")
    parser.add_argument("--quick", action="store_true", help="20 incidents of each label")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
