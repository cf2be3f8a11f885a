"""How things stand in a place, read from the rows; and the gate's own list for whoever asks."""

from datetime import timedelta

import pytest

from bot.alerts.normalise import from_pagerduty
from bot.cards.gate import can_i_deploy
from bot.catalog import ANY, Verb
from bot.changes.guards.freezing import FreezeRequest
from bot.changes.guards.situation import situation
from bot.domain.alert import GroupState, Severity
from bot.domain.asked import Actor
from bot.domain.card import Urgency
from bot.domain.change import ChangeState
from bot.domain.gate import Obstacle, may_begin
from bot.domain.incident import IncidentStatus
from bot.domain.place import find_place
from bot.domain.plan import GoodRevision
from bot.errors import NotAllowed, NotKnown
from bot.storage import alerts, changes, incidents, locks, revisions
from integrations.pagerduty import reading
from tests.changes.builders import NEW_DIGEST, NOW, OLD_DIGEST, a_change, a_plan
from tests.changes.guarded import ALICE, API, BOB, MALLORY, WEB, Guarded, a_catalog, asked
from tests.domain.situations import a_lock
from tests.domain.test_alert import a_group, an_incident

HOUR = timedelta(hours=1)
OPEN = IncidentStatus.TRIGGERED
WEEKEND = {"cron": "0 16 * * FRI", "for": "64h", "zone": "Europe/Berlin", "reason": "weekend"}


@pytest.fixture
async def prod(database) -> Guarded:
    return Guarded(database, a_catalog(freeze=[WEEKEND], after="staging", approvals=2))


async def now_in(prod: Guarded, *, change=None, digest=None, service=API):
    place = find_place(prod.catalog, "prod", service)
    async with prod.database.read() as connection:
        return await situation(
            connection, prod.catalog, place, now=prod.at, change=change, digest=digest
        )


async def has(prod: Guarded, *, group=None, incident=None, joined=()):
    """Write an alert group, an incident, and which groups the incident belongs to."""
    async with prod.database.write() as connection:
        if group is not None:
            await alerts.add(connection, group, urgency=Urgency.NEW)
        if incident is not None:
            await incidents.tell(connection, incident)
        for group_id in joined:
            await incidents.link(connection, group_id, incident.id)


def incident(**said):
    return an_incident(said.pop("status", OPEN), NOW, **{"service_id": "PCREDLNK", **said})


async def test_where_nothing_is_written_nothing_stands_but_what_the_catalogue_says(prod):
    now = await now_in(prod)

    assert (now.locks, now.freezes, now.severe, now.under_way) == ((), (), (), None)
    assert (now.required, now.after, now.is_good_there) == (2, "staging", None)
    assert now.next_freeze.begins_at.isoformat() == "2026-11-27T15:00:00+00:00"


async def test_locks_and_freezes_of_the_service_and_of_its_environment_stand(prod):
    async with prod.database.write() as connection:
        await locks.add(connection, a_lock(service=API, at=NOW))
        await locks.add(connection, a_lock(id="lock-2", service=ANY, at=NOW))
        await locks.add(connection, a_lock(id="lock-3", service=WEB, at=NOW))
    for service, begins in ((None, None), (API, NOW + HOUR), (WEB, None)):
        request = FreezeRequest(
            environment="prod", service=service, reason="sale", begins_at=begins, length=HOUR
        )
        await prod.freezing.freeze(request, asked=asked(BOB))

    now = await now_in(prod)

    assert [lock.id for lock in now.locks] == ["lock-1", "lock-2"]
    assert [frozen.begins_at for frozen in now.freezes] == [NOW]
    assert now.next_freeze.begins_at == NOW + HOUR


async def test_the_catalogues_window_stands_beside_a_declared_freeze(prod):
    prod.later(days=5)
    await prod.freezing.freeze(
        FreezeRequest(environment="prod", reason="sale", length=HOUR), asked=asked(BOB)
    )

    now = await now_in(prod)

    assert [frozen.reason for frozen in now.freezes] == ["sale", "weekend"]


async def test_a_digest_is_good_where_it_proved_itself_and_no_other_is(prod):
    proved = GoodRevision(
        task_definition="arn:7", image="i", version="v1", digest=NEW_DIGEST,
        change_id="c", good_at=NOW,
    )  # fmt: skip
    async with prod.database.write() as connection:
        await revisions.add_good(connection, "staging", API, proved)
        await revisions.add_good(connection, "prod", API, proved)

    assert (await now_in(prod, digest=NEW_DIGEST)).is_good_there is True
    assert (await now_in(prod, digest=OLD_DIGEST)).is_good_there is False
    assert (await now_in(prod, digest=NEW_DIGEST, service=WEB)).is_good_there is False


async def test_a_change_does_not_stand_in_its_own_way(prod):
    change = a_change(state=ChangeState.ROLLING_OUT, plan=a_plan(), started_at=NOW)
    async with prod.database.write() as connection:
        await changes.add(connection, change)

    assert (await now_in(prod)).under_way == change
    assert (await now_in(prod, change=change)).under_way is None
    assert (await now_in(prod, change=a_change("change-2"))).under_way == change


@pytest.mark.parametrize(
    ("sentence", "said", "is_severe"),
    [
        ("an open incident of high urgency is severe", {}, True),
        ("an acknowledged one still is", {"status": IncidentStatus.ACKNOWLEDGED}, True),
        ("a resolved one is not", {"status": IncidentStatus.RESOLVED}, False),
        ("one of low urgency is not", {"urgency": "low"}, False),
        ("unless it is a P1", {"urgency": "low", "priority": "P1"}, True),
        ("or a P2, however it is written", {"urgency": "low", "priority": "p2"}, True),
        ("but not a P3", {"urgency": "low", "priority": "P3"}, False),
        ("another service's is not", {"service_id": "POTHER"}, False),
    ],
)
async def test_which_incidents_are_severe(prod, sentence, said, is_severe):
    await has(prod, incident=incident(**said))

    found = (await now_in(prod)).severe

    assert bool(found) is is_severe, sentence
    assert (await now_in(prod, service=WEB)).severe == ()


async def test_a_severe_incident_says_what_it_is_since_when_and_where_to_look(prod):
    await has(prod, incident=incident(priority="P1", title="Errors in sign()", created_at=NOW))

    [found] = (await now_in(prod)).severe

    assert found.words == "PagerDuty's incident #4711 (P1) is open: Errors in sign(),"
    assert (found.since, found.link) == (NOW, "https://pd.example/incidents/P1")


@pytest.mark.parametrize(
    ("sentence", "environments", "is_severe"),
    [
        ("an incident of this environment's alerts counts", ["prod"], True),
        ("one of another's alone does not", ["staging"], False),
        ("one of both does", ["staging", "prod"], True),
        ("one whose alerts name no environment may be about any", [None], True),
    ],
)
async def test_whose_incident_it_is(prod, sentence, environments, is_severe):
    for number, environment in enumerate(environments):
        group = a_group(
            id=f"g{number}", group_key=f"k{number}", environment=environment,
            severity=Severity.WARNING,
        )  # fmt: skip
        await has(prod, group=group)
    joined = [f"g{number}" for number in range(len(environments))]
    await has(prod, incident=incident(), joined=joined)

    assert bool((await now_in(prod)).severe) is is_severe, sentence


@pytest.mark.parametrize(
    ("sentence", "said", "is_severe"),
    [
        ("a critical group that fires is severe", {}, True),
        ("an acknowledged one still is", {"state": GroupState.ACKNOWLEDGED}, True),
        ("a resolved one is not", {"state": GroupState.RESOLVED}, False),
        ("a warning is not", {"severity": Severity.WARNING}, False),
        ("another environment's is not", {"environment": "staging"}, False),
        ("another service's is not", {"service": WEB}, False),
    ],
)
async def test_which_alert_groups_are_severe(prod, sentence, said, is_severe):
    await has(prod, group=a_group(**said))

    assert bool((await now_in(prod)).severe) is is_severe, sentence


async def test_a_critical_group_and_its_incident_are_told_of_once(prod):
    await has(prod, group=a_group())
    await has(prod, incident=incident(), joined=["g1"])

    assert ["incident" in one.words for one in (await now_in(prod)).severe] == [True]


@pytest.mark.parametrize(
    ("raw", "priority"),
    [({"summary": "P1", "id": "PPRIO1"}, "P1"), (None, None)],
)
async def test_the_priority_pagerduty_gives_is_kept(prod, raw, priority):
    told = from_pagerduty(
        reading.incident(
            {"id": "P9", "status": "triggered", "urgency": "low", "priority": raw,
             "service": {"id": "PCREDLNK"}, "created_at": "2026-11-23T14:00:00Z"}
        ),
        told_at=NOW,
    )  # fmt: skip
    await has(prod, incident=told)

    async with prod.database.read() as connection:
        assert (await incidents.get(connection, "P9")).priority == priority
    assert bool((await now_in(prod)).severe) is (priority == "P1")


# can-i-deploy


async def test_the_list_says_what_is_in_order_and_what_every_deploy_needs(prod):
    answer = await prod.tell("prod", API, by=ALICE)

    [block] = answer.blocks
    assert answer.text == (
        "🟡 You may propose a deploy of credlink-api in prod; it begins once the conditions are met"
    )
    assert block["text"]["text"].splitlines()[1:] == [
        "✓ you have the right to deploy",
        "✓ nothing else is under way",
        "✓ not locked",
        "✓ no freeze; the next begins <!date^1795791600^{date_short_pretty} {time}|27 Nov 15:00 "
        "UTC>: “weekend”",
        "✓ no severe incident, no critical alert",
        "⚪ prod takes only an image that is good in staging first. → Deploy it to staging and "
        'let it prove itself there. `forcers` may pass it with `--force "why"`.',
        "⚪ 2 other people must approve a change of credlink-api in prod. → Ask somebody of "
        '`approvers`. `forcers` may pass it with `--force "why"`.',
    ]


async def test_the_list_is_exactly_the_gates(prod):
    async with prod.database.write() as connection:
        await locks.add(connection, a_lock(service=API, at=NOW, reason="<!channel>"))
    await has(prod, group=a_group())

    text = (await prod.tell("prod", API, by=MALLORY)).blocks[0]["text"]["text"]
    decision = may_begin(await now_in(prod), MALLORY, Verb.DEPLOY)

    assert [reason.obstacle for reason in decision.reasons] == [
        Obstacle.RIGHTS, Obstacle.LOCK, Obstacle.INCIDENT, Obstacle.ORDER, Obstacle.APPROVAL,
    ]  # fmt: skip
    assert text.startswith("*🔴 Not now: credlink-api in prod*")
    assert text.count("✗ ") == 3
    assert "is locked by <@U0BOB0001>" in text
    assert "<!channel>" not in text
    assert "clear it with `unlock prod credlink-api`" in text


async def test_without_a_service_every_one_there_is_told_of(prod):
    answer = await prod.tell("prod", None, by=ALICE)

    assert [API in line or WEB in line for line in answer.text.splitlines()] == [True, True]
    assert len(answer.blocks) == 2


async def test_where_nothing_is_in_the_way_it_says_so(database):
    prod = Guarded(database, a_catalog())

    text = (await prod.tell("prod", API, by=ALICE)).blocks[0]["text"]["text"]

    assert text.startswith("*🟢 You may deploy credlink-api in prod now*")
    assert "✗" not in text
    assert "✓ no freeze, and none is coming" in text
    assert "✓ no approval is needed" in text


async def test_who_may_see_nothing_there_is_refused_and_an_unknown_place_is_said(prod):
    with pytest.raises(NotAllowed, match="Nobody may see the status of credlink-api in staging"):
        await prod.tell("staging", None, by=ALICE)
    with pytest.raises(NotKnown, match=r"did you mean prod\?"):
        await prod.tell("prd", None, by=ALICE)
    with pytest.raises(NotKnown, match=r"did you mean credlink-api\?"):
        await prod.tell("prod", "credlnk-api", by=Actor("U9"))


def test_nothing_to_tell_of_is_an_empty_answer():
    assert can_i_deploy([]).blocks == ()
