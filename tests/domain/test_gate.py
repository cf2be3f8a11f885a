"""Who may: deny by default, each refusal with its reason and the way past it."""

import pytest

from bot.catalog import People, Verb
from bot.domain.asked import Actor
from bot.domain.gate import decide, only_the_asker

DEPLOYER = Actor("U1", frozenset({"S0DEPLOY"}))
APPROVER = Actor("U2", frozenset({"S0APPROVE"}))
NOBODY = Actor("U3")
PEOPLE = {
    "deployers": People(
        group="S0DEPLOY", may={"prod": (Verb.DEPLOY, Verb.ROLLBACK), "staging": (Verb.DEPLOY,)}
    ),
    "approvers": People(group="S0APPROVE", may={"prod": (Verb.ROLLBACK,)}),
    "everyone": People(may={"*": (Verb.STATUS,)}),
}


@pytest.mark.parametrize(
    ("actor", "verb", "environment", "allowed"),
    [
        (DEPLOYER, Verb.DEPLOY, "prod", True),
        (DEPLOYER, Verb.DEPLOY, "staging", True),
        (DEPLOYER, Verb.ROLLBACK, "staging", False),
        (DEPLOYER, Verb.DEPLOY, "elsewhere", False),
        (APPROVER, Verb.ROLLBACK, "prod", True),
        (APPROVER, Verb.DEPLOY, "prod", False),
        (NOBODY, Verb.DEPLOY, "prod", False),
        (NOBODY, Verb.STATUS, "prod", True),
        (NOBODY, Verb.STATUS, "elsewhere", True),
        (DEPLOYER, Verb.SCALE, "prod", False),
    ],
)
def test_a_right_is_what_the_catalogue_grants_and_nothing_else(actor, verb, environment, allowed):
    assert decide(PEOPLE, actor, verb, environment, "api").allowed is allowed


def test_a_refusal_names_those_who_may():
    assert decide(PEOPLE, NOBODY, Verb.ROLLBACK, "prod", "api").text == (
        "Only `deployers` and `approvers` may roll back api in prod. Ask one of them."
    )


def test_what_nobody_may_is_refused_with_the_line_to_write():
    assert decide(PEOPLE, DEPLOYER, Verb.SCALE, "prod", "api").text == (
        "Nobody may scale api in prod. "
        "To allow it, name `scale` for prod under `people` in the catalogue."
    )


def test_without_any_people_everything_is_refused():
    assert not decide({}, DEPLOYER, Verb.STATUS, "prod", "api").allowed


def test_what_is_the_askers_own_is_nobody_elses():
    assert only_the_asker("U1", DEPLOYER).allowed
    assert "Only the person who asked" in only_the_asker("U1", APPROVER).text
