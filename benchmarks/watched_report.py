"""What a run of `benchmarks.watch` found: its figures, and its tables for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import shape
from benchmarks.watched_counts import (
    CREDENTIALS,
    WATCHING,
    a_second,
    busiest_second,
    calls_before,
    counted,
    waits_slack_allows,
)
from benchmarks.watched_ecs_deploy import Ran
from benchmarks.watched_fleet import A_CHANNEL
from benchmarks.watched_rollouts import Watched, edits_of
from sandbox.aws.calls import AwsCall
from sandbox.standin import Call

HEALTHY, CRASHES, CANNOT_PULL = "v1.2.0", "v1.3.0-crash", "v1.3.0-nopull"
KINDS = (HEALTHY, CRASHES, CANNOT_PULL)
SAYS_GOOD = ("Deployed", "Deployment successful")
NOTES = {
    "calls_before": "command → UpdateService without it and verification's; the median alone",
    "calls_before_most": "the most; the bot's look at what runs everywhere may be among them",
    "calls_per_second_one": "every call, UpdateService → the card's end, of the healthy one alone",
    "calls_per_second_failing": "the same of what ECS rolls back, the most; why is read once",
    "calls_per_second_fifty": "DescribeServices while all are under way, begun at once",
    "fifty_busiest_second": "the most DescribeServices in any second of that",
    "fifty_all_calls_per_second": "every call in the same time",
    "spread_calls_per_second": "DescribeServices while all are under way, begun one by one",
    "end_to_card_s_p50": "ECS's end → the card's last edit, alone and up to ten at once",
    "end_to_card_s_max": "",
    "end_to_card_s_one_max": "those alone",
    "end_to_card_s_ten_max": "those ten at once",
    "fifty_end_to_card_s_p50": "fifty at once",
    "fifty_end_to_card_s_max": "",
    "fifty_slack_allows_s_p50": "the same ends, were it for Slack's 50 edits a minute alone",
    "fifty_slack_allows_s_max": "",
    "spread_end_to_card_s_p50": "fifty one by one",
    "spread_end_to_card_s_max": "",
    "spread_slack_allows_s_max": "the same ends, were it for Slack's 50 edits a minute alone",
    "false_successes": "cards that say Deployed while another version runs",
    "ecs_deploy_false_successes": "the same of ecs-deploy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Every rollout by how it was begun, those of ecs-deploy, and every call that was made."""

    alone: Sequence[Watched]
    theirs: Sequence[Ran]
    at_once: Sequence[Watched]
    many: Sequence[Watched]
    spread: Sequence[Watched]
    calls: Sequence[AwsCall]
    slack_calls: Sequence[Call]

    @property
    def ours(self) -> list[Watched]:
        return [*self.alone, *self.at_once, *self.many, *self.spread]

    @property
    def ten(self) -> Sequence[Watched]:
        """Those begun ten at once; in a quick run they stand for the fifty too."""
        return self.at_once or self.many


def figures(runs: Runs) -> dict[str, float | None]:
    """The figures of NOTES; None where a run had no such round."""
    before = [float(len(calls_before(runs.calls, one))) for one in runs.alone]
    healthy, *failing = (_while_watched(runs, one) for one in runs.alone)
    alone, ten = _delays(runs.alone), _delays(runs.ten)
    return {
        "calls_before": shape.percentile(before, 50),
        "calls_before_most": max(before),
        "calls_per_second_one": healthy,
        "calls_per_second_failing": max(filter(None, failing), default=None),
        "end_to_card_s_p50": shape.percentile([*alone, *ten], 50),
        "end_to_card_s_max": max(alone + ten),
        "end_to_card_s_one_max": max(alone),
        "end_to_card_s_ten_max": max(ten),
        **_of_many(runs),
        "false_successes": float(sum(_is_false(o.version, o.said, o.runs) for o in runs.ours)),
        "ecs_deploy_false_successes": (
            float(sum(_is_false(o.version, o.verdict, o.truth) for o in runs.theirs))
            if runs.theirs
            else None
        ),
    }


def notes(found: Mapping[str, float | None]) -> dict[str, str]:
    """NOTES, with the rates once more as exactly as a limit of 0.5 needs it."""
    exact = {
        name: f"{value:.3f}: {NOTES[name]}"
        for name, value in found.items()
        if "per_second" in name and value is not None
    }
    return {**NOTES, **exact}


def _of_many(runs: Runs) -> dict[str, float | None]:
    after, until = _all_under_way(runs.many)
    allowed, spread_allowed = _slack_allows(runs, runs.many), _slack_allows(runs, runs.spread)
    many, spread = _delays(runs.many), _delays(runs.spread)
    busiest = busiest_second(runs.calls, after=after, until=until, only=WATCHING)
    spread_after, spread_until = _all_under_way(runs.spread)
    return {
        "calls_per_second_fifty": a_second(runs.calls, after=after, until=until, only=WATCHING),
        "fifty_busiest_second": float(busiest),
        "fifty_all_calls_per_second": a_second(runs.calls, after=after, until=until),
        "spread_calls_per_second": a_second(
            runs.calls, after=spread_after, until=spread_until, only=WATCHING
        ),
        "fifty_end_to_card_s_p50": shape.percentile(many, 50),
        "fifty_end_to_card_s_max": max(many),
        "fifty_slack_allows_s_p50": shape.percentile(allowed, 50),
        "fifty_slack_allows_s_max": max(allowed),
        "spread_end_to_card_s_p50": shape.percentile(spread, 50),
        "spread_end_to_card_s_max": max(spread, default=None),
        "spread_slack_allows_s_max": max(spread_allowed, default=None),
    }


def _while_watched(runs: Runs, one: Watched) -> float | None:
    return a_second(runs.calls, after=one.updated_at, until=one.card_at)


def _all_under_way(those: Sequence[Watched]) -> tuple[float, float]:
    """From the last one's beginning to the first one's end."""
    if not those:
        return 0.0, 0.0
    return max(one.updated_at for one in those), min(one.ended_at for one in those)


def _delays(those: Sequence[Watched]) -> list[float]:
    return [one.end_to_card_s for one in those]


def _slack_allows(runs: Runs, those: Sequence[Watched]) -> list[float]:
    if not those:
        return []
    edits = (edit.at for edit in edits_of(runs.slack_calls))
    return waits_slack_allows([one.ended_at for one in those], edits)


def _is_false(version: str, verdict: str, truth: str) -> bool:
    return any(words in verdict for words in SAYS_GOOD) and truth != version


def rounds(runs: Runs) -> str:
    """What was run, in a line."""
    channels = -(-len(runs.many) // A_CHANNEL)
    parts = [f"{len(runs.alone)} alone"]
    parts += [f"{len(runs.at_once)} at once"] if runs.at_once else []
    parts += [f"{len(runs.many)} at once in {channels} channels"]
    parts += [f"{len(runs.spread)} one by one"] if runs.spread else []
    return ", ".join(parts)


def tell(runs: Runs) -> None:
    """Print what was counted, and each verdict beside what runs."""
    print("\nthe bot's calls of the rollouts alone; verification's are among all, not before\n")
    for one in runs.alone:
        made = counted(runs.calls, after=one.updated_at, until=one.card_at)
        seconds = one.card_at - one.updated_at
        print(f"  {one.version:<15} before: {', '.join(calls_before(runs.calls, one))}")
        print(
            f"  {'':<15} watched: {_listed(made)}; {len(made) / seconds:.3f}/s in {seconds:.1f} s"
        )
    asked = [call for call in runs.calls if call.service == CREDENTIALS]
    print(f"  {'':<15} credentials, apart: {_listed(asked)}")
    took = sorted(one.took_s for one in runs.many)
    print(f"\nthe many: ECS took {took[0]:.0f} to {took[-1]:.0f} s")
    for title, those in (("at once", runs.many), ("one by one", runs.spread)):
        after, until = _all_under_way(those)
        if until > after:
            made = _listed(counted(runs.calls, after=after, until=until))
            print(f"  {title}, all under way for {until - after:.0f} s: {made}")
    _tell_verdicts(runs)


def _listed(calls: Sequence[AwsCall]) -> str:
    counts = Counter(call.operation for call in calls)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _tell_verdicts(runs: Runs) -> None:
    print(f"\n{'':<2}{'version':<15}{'by':<12}{'calls':>6}{'s':>7}{'exit':>6}  verdict → what runs")
    for one in runs.alone:
        made = len(counted(runs.calls, after=one.asked_at, until=one.card_at))
        seconds = one.card_at - one.asked_at
        _row(one.version, "the bot", made, seconds, None, one.said, one.runs)
    for ran in runs.theirs:
        exit_code = ran.exit_code
        _row(ran.version, "ecs-deploy", ran.calls, ran.seconds, exit_code, ran.verdict, ran.truth)
    if not runs.theirs:
        print("  ecs-deploy is not installed here")


def _row(
    version: str, by: str, calls: int, seconds: float, exit_code: int | None, said: str, runs: str
) -> None:
    code = "" if exit_code is None else str(exit_code)
    print(f"  {version:<15}{by:<12}{calls:>6}{seconds:>7.1f}{code:>6}  {said} → {runs}")
