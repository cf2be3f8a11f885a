"""What somebody types after `alarms`."""

from datetime import timedelta

import pytest

from bot.catalog import Catalog
from bot.domain.alarms.read import Asked, MuteRequest, place_of, read, read_mute, visible
from bot.domain.asked import Actor
from bot.domain.place import places
from bot.errors import NotKnown, UsageError

HOW = "Write `/credlink alarms …`."
ANYBODY, SOMEBODY = Actor("U0MALLORY"), Actor("U0ALICE01", frozenset({"S0DEPLOY"}))


def a_catalog(**prefixes: str | None) -> Catalog:
    """Two services in prod and staging; `api_prod="x-"` names the alarms of one."""

    def place(service: str, environment: str) -> dict[str, object]:
        return {
            "account": "222222222222",
            "region": "us-east-1",
            "cluster": environment,
            "ecs_service": service,
            "alarms": prefixes.get(f"{service}_{environment}"),
        }

    return Catalog.model_validate(
        {
            "people": {
                "deployers": {"group": "S0DEPLOY", "may": {"prod": ["alarms"]}},
                "everyone": {"may": {"staging": ["alarms"]}},
            },
            "services": {
                service: {"environments": {e: place(service, e) for e in ("prod", "staging")}}
                for service in ("api", "web")
            },
        }
    )


BOTH = a_catalog(api_prod="api-prod-", web_prod="web-prod-", api_staging="api-staging-")


@pytest.mark.parametrize(
    ("words", "environment", "found", "name"),
    [
        ([], None, [("prod", "api"), ("staging", "api"), ("prod", "web")], None),
        (["prod"], "prod", [("prod", "api"), ("prod", "web")], None),
        (["prod", "web"], "prod", [("prod", "web")], None),
        (["prod", "5xx"], "prod", [("prod", "api"), ("prod", "web")], "5xx"),
        (["prod", "web", "5xx"], "prod", [("prod", "web")], "5xx"),
        (["staging"], "staging", [("staging", "api")], None),
    ],
)
def test_alarms_of_everywhere_of_a_place_or_one_by_its_name(words, environment, found, name):
    asked = read(words, BOTH, how=HOW)

    assert asked == Asked(environment=environment, places=tuple(found), name=name)
    assert Asked.of_json(asked.as_json()) == asked


@pytest.mark.parametrize(
    ("words", "catalog", "said"),
    [
        (["prdo"], BOTH, "There is no environment prdo (did you mean prod?)"),
        (["staging", "web"], BOTH, "names no CloudWatch alarms for web in staging"),
        (["prod"], a_catalog(), "names no CloudWatch alarms for prod"),
        ([], a_catalog(), "names no CloudWatch alarms for any environment"),
        (["prod", "one", "two"], BOTH, "I read one alarm's name, and no two."),
    ],
)
def test_what_cannot_be_shown_is_said(words, catalog, said):
    with pytest.raises((NotKnown, UsageError)) as refused:
        read(words, catalog, how=HOW)

    assert said in str(refused.value)


def test_everybody_sees_the_alarms_of_the_places_that_are_theirs():
    asked = read([], BOTH, how=HOW)

    assert visible(asked, BOTH, ANYBODY).places == (("staging", "api"),)
    assert visible(asked, BOTH, SOMEBODY).places == asked.places


@pytest.mark.parametrize(
    ("words", "length", "reason"),
    [
        (["prod", "mute", "5xx", "for", "2h", "deploying"], 120, "deploying"),
        (["prod", "mute", "5xx", "deploying now", "for", "30m"], 30, "deploying now"),
        (["prod", "mute", "5xx", "for", "1h30m", "waiting", "for", "bob"], 90, "waiting for bob"),
        (["prod", "mute", "5xx", "waiting", "for", "bob", "for", "7d"], 10080, "waiting for bob"),
    ],
)
def test_one_alarm_is_muted_for_a_while_with_a_reason(words, length, reason):
    assert read_mute(words, how=HOW, is_dry_run=False) == MuteRequest(
        environment="prod", name="5xx", length=timedelta(minutes=length), reason=reason
    )


def test_an_alarm_speaks_again():
    request = read_mute(["prod", "unmute", "5xx"], how=HOW, is_dry_run=True)

    assert request == MuteRequest(environment="prod", name="5xx", is_dry_run=True)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("mute", "Which alarm?"),
        ("unmute", "Which alarm?"),
        ("mute *", "never all of them"),
        ("mute api-prod-* for 2h x", "never all of them"),
        ("mute ALL for 2h x", "never all of them"),
        ("unmute all", "never all of them"),
        ("mute 5xx", "For how long?"),
        ("mute 5xx deploying", "For how long?"),
        ("mute 5xx for ever and ever", "For how long?"),
        ("mute 5xx for 2h", "Say why"),
        ("mute 5xx for 8d x", "7 days at most"),
        ("mute 5xx for 400d x", "7 days at most"),
        ("mute 5xx for 0m x", "a minute at least"),
        ("mute 5xx for 10s x", "a minute at least"),
        ("mute 5xx for 2parsecs x", "I cannot read 2parsecs as a time"),
        ("unmute 5xx now", "and no now"),
    ],
)
def test_whoever_mutes_wrongly_is_told_how(rest, said):
    with pytest.raises(UsageError) as refused:
        read_mute(["prod", *rest.split()], how=HOW, is_dry_run=False)

    assert said in str(refused.value)


def test_an_alarm_belongs_to_the_place_its_name_begins_with():
    there = [place for place in places(BOTH) if place.environment == "prod"]

    found, name = place_of("web-prod-5xx", there)

    assert ([place.service for place in found], name) == (["web"], "web-prod-5xx")


def test_where_one_prefix_is_known_it_may_be_left_out_and_all_who_share_it_are_asked_about():
    shared = a_catalog(api_prod="prod-", web_prod="prod-")
    there = [place for place in places(shared) if place.environment == "prod"]

    found, name = place_of("5xx", there)

    assert ([place.service for place in found], name) == (["api", "web"], "prod-5xx")


def test_where_several_are_known_the_whole_name_must_be_written():
    there = [place for place in places(BOTH) if place.environment == "prod"]

    with pytest.raises(NotKnown, match="those there begin with api-prod-, web-prod-"):
        place_of("5xx", there)


def test_a_prefix_is_no_alarm():
    there = [place for place in places(BOTH) if place.environment == "prod"]

    with pytest.raises(UsageError, match="never all that begin so"):
        place_of("api-prod-", there)
