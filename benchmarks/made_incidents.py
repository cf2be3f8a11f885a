"""Incidents whose cause is known: services that are changed, break, and are watched imperfectly.

Everything is drawn from a seed. First what truly happened (who changed what, what broke, how it
grew), then what of it anybody could have seen: series with noise and gaps, alerts that wait before
they fire, a Sentry that misses issues and invents some, watches over rollouts that are wrong now
and then. Nothing here knows how suspects are ranked, and nothing of the truth is handed on but
what was seen; `culprit` is for whoever counts.

Moments are minutes; the alert's service is `api`.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

WINDOW = 120
"""Minutes of the series that are seen before the alert fires."""
STEP = 0.5
HOURS_BEFORE = 6
SERVICES = ("api", "web", "payments", "search")
DEPENDENCY = "payments"
"""What `api` calls, and breaks with."""
TOO_QUIET = "what broke was too small to fire"


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something somebody did, and what could be seen of it."""

    kind: str
    """deploy, rollback, restart, scaling or lock."""
    service: str
    at: float
    settled: float | None = None
    """When all of it was in force."""
    version: str | None = None
    capacity: float | None = None
    """Of a scaling: the least capacity as a share of the one before."""
    issues: int | None = None
    """New in its version, as Sentry says; None where it was not asked."""
    judged: str | None = None
    judged_at: float | None = None
    undone: float | None = None


@dataclass(frozen=True, kw_only=True)
class Other:
    """Another alert of the environment; `turned` is when a look at its series says it began."""

    name: str
    service: str | None
    fired: float
    ended: float | None = None
    turned: float | None = None


@dataclass(frozen=True, kw_only=True)
class Incident:
    """What was seen of one incident; `culprit` is the place of its cause among the acts."""

    label: str
    name: str
    fired: float
    acts: tuple[Act, ...]
    culprit: int | None
    values: tuple[tuple[float, float], ...]
    """The alert's own series; nothing where Prometheus was away."""
    requests: tuple[tuple[float, float], ...]
    others: tuple[Other, ...] = ()
    cleared: tuple[str, ...] = ()
    """Versions of which people had said, of the same alert, that they were not it."""


@dataclass
class _Story:
    """An incident in the making."""

    random: random.Random
    acts: list[Act] = field(default_factory=list)
    culprit: Act | None = None
    began: float | None = None
    """When the harm truly began."""
    grow: float = 2.0
    """Minutes until it is all there."""
    busy_from: float | None = None
    busy_by: float = 1.0
    others: list[Other] = field(default_factory=list)
    has_sentry: bool = True

    def near(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def chance(self, share: float) -> bool:
        return self.random.random() < share


LABELS: dict[str, Callable[[_Story], None]] = {}


def _label(name: str) -> Callable[[Callable[[_Story], None]], Callable[[_Story], None]]:
    def keep(tell: Callable[[_Story], None]) -> Callable[[_Story], None]:
        LABELS[name] = tell
        return tell

    return keep


def draw(label: str, seed: int) -> Incident:
    """The incident of this label and seed; what never fires is drawn again."""
    for attempt in range(200):
        told = _drawn(label, random.Random(f"{label} {seed} {attempt}"))
        if told is not None:
            return told
    raise RuntimeError(f"{label} {seed}: {TOO_QUIET}")


def _drawn(label: str, chance: random.Random) -> Incident | None:
    story = _Story(chance, has_sentry=chance.random() < 0.6)
    LABELS[label](story)
    if story.began is None:
        raise ValueError(f"{label} has no beginning")
    seen = _watched(story)
    if seen is None:
        return None
    fired, values, requests = seen
    _bystanders(story, fired)
    acts = sorted((one for one in story.acts if one.at <= fired + 20), key=lambda one: one.at)
    name = chance.choice(("HighErrorRatio", "HighLatencyP95", "Saturation"))
    if chance.random() < 0.03:
        values = []
    if chance.random() < 0.05:
        requests = []
    return Incident(
        label=label,
        name=name,
        fired=fired,
        acts=tuple(acts),
        culprit=acts.index(story.culprit) if story.culprit in acts else None,
        values=tuple(values),
        requests=tuple(requests),
        others=tuple(_history(story, name, fired, label)),
    )


# What was done.


def _deploy(story: _Story, at: float, service: str = "api", **said: object) -> Act:
    """A deploy that does no harm, as it is seen: rolling, or shifting traffic for a while."""
    length = story.near(1.5, 7) if story.chance(0.75) else story.near(8, 25)
    act = Act(
        kind="deploy",
        service=service,
        at=at,
        settled=at + length,
        version=f"v{story.random.randrange(10**6)}",
        issues=_issues(story, 0.06),
    )
    if story.chance(0.7):  # somebody watches over it
        word = story.random.choices(("good", "bad", None), (0.93, 0.015, 0.055))[0]
        act = replace(act, judged=word, judged_at=at + length + story.near(4, 15))
    return replace(act, **said)  # type: ignore[arg-type]


def _guilty(story: _Story, at: float, service: str = "api") -> tuple[Act, float]:
    """A deploy that breaks its service, and when it begins to: with its tasks, or with use."""
    act = _deploy(story, at, service)
    settled = act.settled or at
    share = story.random.betavariate(1.2, 2.5)
    began = at + 0.5 + share * (settled - at)
    if story.chance(0.2):
        began += story.random.expovariate(1 / 4)
    word = act.judged and story.random.choices(("bad", "good", None), (0.6, 0.08, 0.32))[0]
    return replace(act, issues=_issues(story, 0.65), judged=word), began


def _issues(story: _Story, share: float) -> int | None:
    """What Sentry says of a version, where the service has one."""
    if not story.has_sentry:
        return None
    return story.random.randint(1, 3) if story.chance(share) else 0


def _add(story: _Story, *acts: Act) -> None:
    story.acts += acts


def _blame(story: _Story, act: Act, began: float, grow: float | None = None) -> None:
    story.culprit, story.began = act, began
    story.grow = grow if grow is not None else story.near(0.5, 5)


# The stories. The harm begins at about minute 0.


@_label("deploy")
def _tell_deploy(story: _Story) -> None:
    act, began = _guilty(story, story.near(-3, 0))
    _add(story, act)
    _blame(story, act, began)


@_label("deploy, the second of two")
def _tell_second(story: _Story) -> None:
    act, began = _guilty(story, story.near(-3, 0))
    _add(story, _deploy(story, act.at - story.near(6, 60)), act)
    _blame(story, act, began)


@_label("deploy, the first of two")
def _tell_first(story: _Story) -> None:
    """The second is made while the first begins to break, or right before it fires."""
    act, began = _guilty(story, story.near(-3, 0))
    grow = story.near(2, 8)
    _add(story, act, _deploy(story, began + story.near(0.2, grow)))
    _blame(story, act, began, grow)


@_label("deploy, and one of another service a minute before")
def _tell_neighbour(story: _Story) -> None:
    act, began = _guilty(story, story.near(-3, 0))
    other = story.random.choice(SERVICES[1:])
    _add(story, act, _deploy(story, act.at + story.near(-1.5, 1.5), other))
    _blame(story, act, began)


@_label("deploy, and another just after the onset")
def _tell_just_after(story: _Story) -> None:
    """Somebody goes on deploying, or tries to mend it, before the alert has said anything."""
    act, began = _guilty(story, story.near(-3, 0))
    _add(story, act, _deploy(story, began + story.near(0.5, 12)))
    _blame(story, act, began)


@_label("deploy that leaks")
def _tell_leak(story: _Story) -> None:
    """It shows about forty minutes late; its watch was over by then and found it good."""
    act = _deploy(story, story.near(-6, 0))
    began = act.settled or act.at
    if story.chance(0.5):  # another thing is done meanwhile
        others = (_deploy(story, began + story.near(10, 35), story.random.choice(SERVICES[1:])),)
        _add(story, *others)
    _add(story, act)
    _blame(story, act, began, story.near(35, 75))


@_label("deploy, and traffic rose with it")
def _tell_busier(story: _Story) -> None:
    act, began = _guilty(story, story.near(-3, 0))
    _add(story, act)
    _blame(story, act, began)
    story.busy_from, story.busy_by = act.at + story.near(-4, 4), story.near(1.1, 1.6)


@_label("deploy of what it depends on")
def _tell_dependency_deploy(story: _Story) -> None:
    act, began = _guilty(story, story.near(-4, -1), DEPENDENCY)
    _add(story, act)
    if story.chance(0.4):
        _add(story, _deploy(story, began - story.near(10, 180)))
    _blame(story, act, began + story.near(0, 1.5))
    if story.chance(0.85):
        _alert_of(story, DEPENDENCY, began)


@_label("scale-down")
def _tell_scale_down(story: _Story) -> None:
    """Too few at once, or when the next wave comes."""
    act = Act(kind="scaling", service="api", at=0, capacity=story.near(0.2, 0.7))
    _add(story, act)
    if story.chance(0.3):
        _add(story, _deploy(story, -story.near(20, 200)))
    late = story.chance(0.3)
    _blame(story, act, story.near(5, 25) if late else story.near(0.5, 4), story.near(1, 6))
    if late:
        story.busy_from, story.busy_by = (story.began or 0) - 1, story.near(1.1, 1.5)


@_label("dependency")
def _tell_dependency(story: _Story) -> None:
    """It breaks by itself, hours or minutes after a good deploy of ours."""
    story.began = 0.0
    story.grow = story.near(0.5, 4)
    if story.chance(0.5):
        _add(story, _deploy(story, -story.near(2, 180)))
    if story.chance(0.7):
        _alert_of(story, story.random.choice((DEPENDENCY, None)), -story.near(0.2, 4))


@_label("none")
def _tell_none(story: _Story) -> None:
    story.began = 0.0
    story.grow = story.near(0.5, 20)


@_label("none, after a good deploy")
def _tell_good_deploy(story: _Story) -> None:
    _add(story, _deploy(story, -story.near(4, 180)))
    story.began = 0.0
    story.grow = story.near(0.5, 20)


@_label("none, traffic rose with a good deploy")
def _tell_load(story: _Story) -> None:
    """More people come than it can serve, some of them because of what was deployed."""
    story.busy_from, story.busy_by = 0.0, story.near(1.5, 3)
    _add(story, _deploy(story, story.near(-8, 1)))
    story.began = story.near(1.5, 6)
    story.grow = story.near(1, 8)


@_label("none, a deploy just after the onset")
def _tell_after_only(story: _Story) -> None:
    story.began = 0.0
    story.grow = story.near(0.5, 10)
    _add(story, _deploy(story, story.near(1, 12)))


@_label("none, an alert that comes and goes")
def _tell_flaky(story: _Story) -> None:
    story.began = 0.0
    story.grow = story.near(0.5, 5)
    _add(story, _deploy(story, -story.near(1, 120)))


def _alert_of(story: _Story, service: str | None, began: float) -> None:
    """Another service's alert about the same trouble, by its own rule."""
    fired = began + story.near(0.5, 6)
    turned = began + story.near(0, 2) if story.chance(0.85) else None
    story.others.append(Other(name="Down", service=service, fired=fired, turned=turned))


def _bystanders(story: _Story, fired: float) -> None:
    """What goes on beside it: about one good thing an hour, anywhere, and it has no part in it."""
    for service in SERVICES:
        mean_gap = 300 if service == "api" else 150
        at = fired - 60 * HOURS_BEFORE
        while (at := at + story.random.expovariate(1 / mean_gap)) < fired:
            if service == "api" and at > -30 and story.culprit is None:
                continue  # those close by are a label of their own
            _add(story, _bystander(story, at, service))


def _bystander(story: _Story, at: float, service: str) -> Act:
    kind = story.random.choices(("deploy", "restart", "scaling", "lock"), (5, 2, 2, 1))[0]
    if kind == "deploy":
        return _deploy(story, at, service)
    if kind == "restart":
        return Act(kind=kind, service=service, at=at, settled=at + story.near(1, 6))
    capacity = story.random.choice((0.8, 1.5, 2.0)) if kind == "scaling" else None
    return Act(kind=kind, service=service, at=at, capacity=capacity)


def _history(story: _Story, name: str, fired: float, label: str) -> list[Other]:
    """Alerts of the day before: an alert that comes and goes has fired, others now and then."""
    found = list(story.others)
    often = story.random.randint(2, 6) if label.endswith("comes and goes") else 0
    if not often and story.chance(0.08):
        often = 1
    for _ in range(often):
        at = fired - story.near(150, 1400)
        found.append(Other(name=name, service="api", fired=at, ended=at + story.near(2, 20)))
    if story.chance(0.3):  # what breaks sets off more than one alert, whatever broke it
        at = (story.began or 0) + story.near(0, 4)
        found.append(Other(name="SlowQueries", service="api", fired=min(at, fired)))
    for service in SERVICES[1:]:  # trouble of their own, and trouble that follows ours
        if story.chance(0.04):
            at = fired - story.near(0, 60)
            found.append(Other(name="Noisy", service=service, fired=at, turned=at - 1))
        elif story.chance(0.08):
            at = (story.began or 0) + story.near(0.5, 8)
            found.append(Other(name="Follows", service=service, fired=at, turned=at - 0.5))
    return found


# What was seen.

Series = list[tuple[float, float]]


def _watched(story: _Story) -> tuple[float, Series, Series] | None:
    """When the alert fires, and the series as they are drawn; None when it never does."""
    chance = story.random
    normal = 10 ** story.near(-3, 0)
    noise = story.near(0.03, 0.25)
    height = normal * story.near(3, 60)
    limit = normal * (1 + 4 * noise) + story.near(0.15, 0.6) * height
    waits = chance.choice((0, 1, 2, 5, 5, 10))
    window = chance.choice((1, 2, 5))
    began = story.began or 0.0
    phase, sway = story.near(0, 6.3), story.near(0, 0.15)

    def true_value(at: float) -> float:
        harm = 0.0 if at < began else min(1.0, (at - began) / max(story.grow, 0.1))
        spike = story.near(0.5, 2) * height * 0.3 if chance.random() < 0.004 else 0.0
        level = normal * (1 + sway * math.sin(at / 40 + phase))
        return max(0.0, (level + harm * height) * (1 + chance.gauss(0, noise)) + spike)

    # The scrape knows nothing of when something was done.
    first = -1.5 * WINDOW + chance.uniform(0, STEP)
    moments = [first + n * STEP for n in range(int((1.5 * WINDOW + 180) / STEP))]
    raw = [true_value(at) for at in moments]
    width = int(window / STEP)
    values = [
        (at, sum(raw[max(0, n - width + 1) : n + 1]) / min(width, n + 1))
        for n, at in enumerate(moments)
    ]
    since: float | None = None
    fired: float | None = None
    for at, value in values:
        since = (since if since is not None else at) if value > limit else None
        if since is not None and at - since >= waits and at >= began:
            fired = at
            break
    if fired is None:
        return None
    rate, jitter = 10 ** story.near(0, 3), story.near(0.02, 0.12)

    def busy(at: float) -> float:
        if story.busy_from is None or at < story.busy_from:
            return 1.0
        return 1 + (story.busy_by - 1) * min(1.0, (at - story.busy_from) / 4)

    def seen(at: float) -> bool:
        return fired - WINDOW <= at <= fired

    requests = [
        (at, rate * busy(at) * (1 + sway * math.sin(at / 50)) * (1 + chance.gauss(0, jitter)))
        for at, _ in values
        if seen(at)
    ]
    return fired, [one for one in values if seen(one[0])], requests
