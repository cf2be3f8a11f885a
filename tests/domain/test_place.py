"""Finding a place by the words somebody typed."""

import pytest

from bot.catalog import Catalog
from bot.domain.place import find_place, places
from bot.errors import NotKnown, UsageError


def an_environment(name):
    return {
        "account": "222222222222",
        "region": "us-east-1",
        "cluster": name,
        "ecs_service": "api",
    }


CATALOG = Catalog.model_validate(
    {
        "people": {},
        "services": {
            "api": {"environments": {n: an_environment(n) for n in ("staging", "prod")}},
            "worker": {"environments": {"prod": an_environment("prod")}},
        },
    }
)


def test_a_service_may_be_left_out_where_there_is_only_one():
    assert find_place(CATALOG, "staging", None).service == "api"


def test_every_place_is_listed():
    assert [(place.service, place.environment) for place in places(CATALOG)] == [
        ("api", "staging"),
        ("api", "prod"),
        ("worker", "prod"),
    ]


@pytest.mark.parametrize(
    ("environment", "service", "error", "said"),
    [
        ("prod", None, UsageError, "Which service in prod? There are api and worker."),
        ("stagin", None, NotKnown, "no environment stagin (did you mean staging?). There are"),
        ("moon", None, NotKnown, "There is no environment moon. There are prod and staging."),
        ("staging", "worker", NotKnown, "no service worker in staging. There is only api."),
        ("prod", "wroker", NotKnown, "no service wroker in prod (did you mean worker?)."),
        ("<!channel>", None, NotKnown, "There is no environment <!channel>."),
    ],
)
def test_what_is_not_there_is_named_with_what_there_is(environment, service, error, said):
    with pytest.raises(error) as told:
        find_place(CATALOG, environment, service)

    assert said in str(told.value)
