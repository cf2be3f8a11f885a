"""The words of lock, unlock, freeze, can-i-deploy and approve, and what is said to wrong ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.cards.answer import Answer
from bot.changes.guards.freezing import FreezeRequest
from bot.changes.guards.locking import LockRequest
from bot.domain.asked import Actor, Asked
from bot.errors import NotKnown, UsageError
from bot.slack.words import words_of
from commands import approve, can_i_deploy, freeze, lock, unlock
from tests.changes.guarded import a_catalog

HOUR = timedelta(hours=1)
HOW = "Write it so."
ASKED = Asked(Actor("U1"), "C1", "key", "c-1", datetime(2026, 11, 23, tzinfo=UTC))
CATALOG = a_catalog()
API = "credlink-api"


@dataclass
class Does:
    """Does whatever is asked, and remembers it."""

    done: list = field(default_factory=list)

    async def lock(self, request, *, asked):
        return self._remembers(request)

    async def freeze(self, request, *, asked):
        return self._remembers(request)

    async def lift(self, *place, asked, is_dry_run):
        return self._remembers(("lift", *place, is_dry_run))

    async def unlock(self, *place, asked, is_dry_run):
        return self._remembers((*place, is_dry_run))

    async def by_command(self, *place, asked, is_dry_run):
        return self._remembers((*place, is_dry_run))

    async def __call__(self, *place, by):
        return self._remembers(place)

    def _remembers(self, what):
        self.done.append(what)
        return Answer("done")


async def says(typed: str):
    """Type a command's words as a person does; what came of it."""
    does = Does()
    runs = {
        "lock": partial(lock.run, locking=does, catalog=CATALOG),
        "unlock": partial(unlock.run, locking=does),
        "freeze": partial(freeze.run, freezing=does, catalog=CATALOG),
        "can-i-deploy": partial(can_i_deploy.run, tell=does),
        "approve": partial(approve.run, approving=does),
    }
    verb, *words = words_of(typed)
    await runs[verb](words, ASKED, how=HOW)
    [done] = does.done
    return done


def a_lock(**said) -> LockRequest:
    return LockRequest(**{"environment": "prod", "reason": "db migration", **said})


def a_freeze(**said) -> FreezeRequest:
    return FreezeRequest(**{"environment": "prod", "reason": "sale", **said})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ('lock prod "db migration"', a_lock()),
        ("lock prod db migration", a_lock()),
        (f'lock prod {API} "db migration"', a_lock(service=API)),
        (f"lock prod {API} db migration", a_lock(service=API)),
        ('lock prod "db migration" for 2h', a_lock(length=2 * HOUR)),
        ("lock prod db migration for 1h30m", a_lock(length=1.5 * HOUR)),
        ('lock prod "db migration" for 2h --dry-run', a_lock(length=2 * HOUR, is_dry_run=True)),
        ('lock --dry-run prod "db migration"', a_lock(is_dry_run=True)),
        ('lock prod —dry-run "db migration"', a_lock(is_dry_run=True)),
        ("lock prod waiting for bob", a_lock(reason="waiting for bob")),
        ("lock prod “it’s broken”", a_lock(reason="it’s broken")),
        ('lock prod "<!channel>"', a_lock(reason="<!channel>")),
        ('lock prod "a -- b"', a_lock(reason="a -- b")),
        (f"lock prod {'x' * 999}", a_lock(reason="x" * 200)),
        ("unlock prod", ("prod", None, False)),
        (f"unlock prod {API} --dry-run", ("prod", API, True)),
        ('freeze prod "sale" for 4h', a_freeze(length=4 * HOUR)),
        (f"freeze prod {API} sale for 4h", a_freeze(service=API, length=4 * HOUR)),
        (
            'freeze prod "sale" from 2026-11-27T16:00 until 2026-11-30T08:00 zone Europe/Berlin',
            a_freeze(begins_at=at("2026-11-27T15:00Z"), ends_at=at("2026-11-30T07:00Z")),
        ),
        (
            'freeze prod "sale" from 2026-11-27T16:00 for 4h --dry-run',
            a_freeze(begins_at=at("2026-11-27T16:00Z"), length=4 * HOUR, is_dry_run=True),
        ),
        (
            'freeze prod "sale" until 2026-11-30T08:00+01:00 zone America/Lima',
            a_freeze(ends_at=at("2026-11-30T07:00Z")),
        ),
        ("freeze prod lift", ("lift", "prod", None, False)),
        (f"freeze prod {API} lift --dry-run", ("lift", "prod", API, True)),
        ("can-i-deploy prod", ("prod", None)),
        (f"can-i-deploy prod {API}", ("prod", API)),
        ("approve prod", ("prod", None, False)),
        (f"approve prod {API} --dry-run", ("prod", API, True)),
    ],
)
async def test_words_are_read_as_what_was_meant(typed, request_):
    assert await says(typed) == request_


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("lock", HOW),
        ("lock prod", "Say why, for whoever finds prod closed."),
        (f"lock prod {API}", f"Say why, for whoever finds {API} in prod closed."),
        ('lock prod ""', "Say why"),
        ("lock prod for 2h", "Say why"),
        ('lock prod "x" for 2 hours', "I cannot read 2 hours as a time: write `2h`."),
        ('lock prod "x" for 2x', "I cannot read 2x as a time: write `2h` or `1h30m`."),
        (f'lock prod "x" for 1{"0" * 400}d', "as a time: write `2h`"),
        ("lock prod x --force", "I do not know --force."),
        ("lock prod —force x", "I do not know --force."),
        (
            "lock prod credlink-apis",
            "There is no service credlink-apis (did you mean credlink-api?)",
        ),
        ("lock prod credlink-apis db migration", "If it is the reason, quote it."),
        ("unlock", HOW),
        ("unlock a b c", "I read at most two words."),
        ("freeze", HOW),
        ('freeze prod "sale"', "Say until when: `for 4h`, or `until 2026-11-30T08:00`."),
        ('freeze prod "sale" from 2026-11-27T16:00', "Say until when"),
        ("freeze prod for 4h", "Say why"),
        ('freeze prod "x" for 4h until 2026-11-30', "Say `for` or `until`, not both."),
        ('freeze prod "x" until 25:00', "I cannot read 25:00 as a moment"),
        ('freeze prod "x" until 2026-13-01T00:00', "I cannot read 2026-13-01T00:00 as a moment"),
        ('freeze prod "x" until 0001-01-01T00:00 zone Asia/Tokyo', "as a moment"),
        ('freeze prod "x" for 4h zone Mars/Olympus', "I do not know the time zone Mars/Olympus"),
        ('freeze prod "x" for 4h zone ../../etc', "I do not know the time zone ../../etc"),
        ('freeze prod "x" for 4h zone Europe', "I do not know the time zone Europe"),
        ("freeze a b c lift", "I read at most two words."),
        ("can-i-deploy", HOW),
        ("can-i-deploy a b c", "I read at most two words."),
        ("approve", HOW),
        ("approve a --force", "I do not know --force."),
    ],
)
async def test_wrong_words_are_answered_with_what_is_wrong_and_how_to_write_them(typed, advice):
    with pytest.raises(UsageError) as said:
        await says(typed)

    assert advice in str(said.value)
    assert HOW in str(said.value)


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ('lock prdo "x"', "There is no environment prdo (did you mean prod?)."),
        ('lock prod web "db migration"', "There is no service web in prod"),
        ('lock <!channel> "x"', "There is no environment <!channel>."),
        ('freeze prdo "x" for 4h', "did you mean prod?"),
        ('freeze prod web "black friday" for 4h', "There is no service web in prod"),
    ],
)
async def test_a_place_nobody_knows_is_said_with_what_there_is(typed, advice):
    with pytest.raises(NotKnown) as said:
        await says(typed)

    assert advice in str(said.value)


@pytest.mark.parametrize("module", [lock, unlock, freeze, can_i_deploy, approve])
def test_every_verb_says_how_it_is_written_and_what_it_does(module):
    assert module.USAGE.split()[0] == module.NAME
    assert module.SUMMARY.endswith(".")
