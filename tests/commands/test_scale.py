"""`scale`: its words may stand in many ways, and whatever cannot be read is said with how to."""

from datetime import timedelta

import pytest

from bot.domain.scaling.scaling import ScalingRequest
from bot.domain.scaling.wish import Wish, WishKind
from bot.errors import UsageError
from commands.scale import read

HOW = "Write `/credlink scale …`."
SIX = Wish(kind=WishKind.COUNT, minimum=6)
RANGE = Wish(kind=WishKind.RANGE, minimum=5, maximum=10)


def a_request(**said) -> ScalingRequest:
    return ScalingRequest(**{"environment": "prod", "wish": SIX, **said})


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("prod 6", a_request()),
        ("prod 5-10 api", a_request(wish=RANGE, service="api")),
        ("prod suspend", a_request(wish=Wish(kind=WishKind.SUSPEND))),
        ("prod 6 for 2h", a_request(length=timedelta(hours=2))),
        ("prod for 1h30m 6", a_request(length=timedelta(minutes=90))),
        ("prod 6 api for 2H", a_request(service="api", length=timedelta(hours=2))),
        (
            "prod 6 for 30s --reason a sale for everybody",
            a_request(length=timedelta(seconds=30), reason="a sale for everybody"),
        ),
        ("prod 6 —dry-run", a_request(is_dry_run=True)),
        ("prod 6 --force now", a_request(forced="now")),
    ],
)
def test_it_is_read(typed, request_):
    assert read(typed.split(), how=HOW) == request_


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write"),
        ("prod", "To how many tasks is prod"),
        ("prod 6 api web", "at most three words"),
        ("prod lots", "cannot read lots as a capacity"),
        ("prod 10-3", "Write `3-10`"),
        ("prod -1", "no fewer than 0"),
        ("prod 6 for", "For how long"),
        ("prod 6 for 400d", "14 days at most"),
        ("prod 6 for 99999999999999999999d", "cannot read|14 days"),
        ("prod 6 for -1h", "cannot read -1h as a time"),
        ("prod 6 for 5x", "cannot read 5x as a time"),
        ("prod 6 for 2 hours", "cannot read 2 as a time"),
        ("prod 6 for 1s", "30 s at least"),
        ("prod 6 for 2h for 3h", "`for` is there twice"),
        ("prod 6 --strategy canary", "do not know --strategy"),
    ],
)
def test_what_cannot_be_read_is_said_with_how_to_write_it(typed, said):
    with pytest.raises(UsageError, match=said):
        read(typed.split(), how=HOW)
