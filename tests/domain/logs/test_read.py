"""What somebody types after `logs`."""

from datetime import timedelta

import pytest

from bot.catalog import Catalog
from bot.domain.logs import Search
from bot.domain.logs.read import read
from bot.errors import NotKnown, UsageError

HOW = "Write `/credlink logs …`."


def catalog(services=("credlink-api",)):
    """Prod with these services, each with a log group; staging without any."""

    def place(name, **said):
        return {
            "account": "222222222222",
            "region": "us-east-1",
            "cluster": name,
            "ecs_service": name,
            **said,
        }

    return Catalog.model_validate(
        {
            "people": {"everyone": {"may": {"*": ["logs"]}}},
            "services": {
                name: {
                    "environments": {
                        "prod": place("prod", logs=f"/ecs/{name}"),
                        "staging": place("staging"),
                    }
                }
                for name in services
            },
        }
    )


ONE, TWO = catalog(), catalog(("credlink-api", "credlink-web"))


@pytest.mark.parametrize(
    ("typed", "pattern", "minutes"),
    [
        ("logs prod timeout", "timeout", 15),
        ("logs prod timeout since 2h", "timeout", 120),
        ("logs prod since 2h timeout", "timeout", 120),
        ("logs prod timeout since 30 m", "timeout", 30),
        ("logs prod timeout credlink-api since 1d", "timeout", 1440),
        ("logs prod credlink-api timeout", "timeout", 15),
        ("logs prod credlink-api", "credlink-api", 15),
        ('logs prod "connection refused" since 5m', '"connection refused"', 5),
        ('logs prod "down since noon"', '"down since noon"', 15),
        ('logs prod { $.level = "error" } since 5m', '{ $.level = "error" }', 5),
        ('logs prod "{ $.status >= 500 }"', "{ $.status >= 500 }", 15),
        ("logs prod ?timeout ?refused credlink-api", "?timeout ?refused", 15),
        (r"logs prod %5\d\d% since 1h", r"%5\d\d%", 60),
    ],
)
def test_a_search_is_read_with_its_pattern_as_it_was_typed(typed, pattern, minutes):
    assert read(typed, ONE, how=HOW) == Search(
        environment="prod",
        service="credlink-api",
        pattern=pattern,
        since=timedelta(minutes=minutes),
    )


def test_of_several_services_the_one_that_is_named_is_searched():
    assert read("logs prod timeout credlink-web", TWO, how=HOW).service == "credlink-web"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("logs", HOW),
        ("logs prod", f"What do you look for? {HOW}"),
        ("logs prod since 15m", "What do you look for?"),
        ("logs prod timeout since", "Since when?"),
        ("logs prod timeout since yesterday", "I do not understand since yesterday"),
        ("logs prod timeout since 3parsecs", "I do not understand since 3parsecs"),
        ("logs prod timeout since 8d", "7 days at most"),
        ("logs prod timeout since 5s", "1 minute at least"),
        ("logs prod timeout since 99999999999d", "I do not understand since 99999999999d"),
        ("logs prod connection refused", 'Put several words in quotes: `"connection refused"`'),
        ("logs prod timeout credlink-apo", "did you mean credlink-api?"),
        ("logs prod e", "e stands in nearly every line"),
        (f"logs prod {'x' * 501}", "at most 500 characters"),
        *(
            (f"logs prod {everything}", "This finds every line")
            for everything in ('""', '" "', "*", ".", ".*", "%.*%", "%%", "?", '"*"', "{}")
        ),
        ("logs prod { $.level = * }", "This finds every line"),
    ],
)
def test_whoever_writes_it_wrongly_is_told_how(typed, said):
    with pytest.raises(UsageError) as refused:
        read(typed, ONE, how=HOW)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "catalog", "said"),
    [
        ("logs prdo timeout", ONE, "There is no environment prdo (did you mean prod?)"),
        ("logs staging timeout", ONE, "names no log group for credlink-api in staging"),
    ],
)
def test_what_is_not_there_is_said(typed, catalog, said):
    with pytest.raises(NotKnown) as refused:
        read(typed, catalog, how=HOW)

    assert said in str(refused.value)


def test_of_several_services_one_must_be_named():
    with pytest.raises(UsageError, match="Which service in prod"):
        read("logs prod timeout", TWO, how=HOW)


def test_a_search_survives_its_row_and_never_shows_its_pattern_to_a_log():
    search = read('logs prod "password=hunter2"', ONE, how=HOW)

    assert Search.of_json(search.as_json()) == search
    assert "hunter2" not in repr(search)
