"""Words in, request or advice out; the table everything else is made from."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

import commands
from bot.cards.answer import Answer
from bot.catalog import Catalog
from bot.changes.accept import UnderWay
from bot.domain.asked import Actor, Asked
from bot.domain.change import ChangeKind, ChangeRequest, ChangeState
from bot.domain.shift import Strategy
from bot.errors import UsageError
from bot.slack.words import words_of
from tests.changes.builders import a_change, a_plan

DEPLOY, ROLLBACK, RESTART = ChangeKind.DEPLOY, ChangeKind.ROLLBACK, ChangeKind.RESTART
HOW_DEPLOY = commands.ENTRIES["deploy"].how("/ops")
HOW_ROLLBACK = commands.ENTRIES["rollback"].how("/ops")
ASKED = Asked(Actor("U1"), "C1", "key", "c-1", datetime(2026, 11, 23, tzinfo=UTC))
CATALOG = Catalog.model_validate(
    {
        "slack": {"command": "/ops"},
        "people": {},
        "services": {
            "api": {
                "environments": {
                    "prod": {
                        "account": "222222222222",
                        "region": "us-east-1",
                        "cluster": "prod",
                        "ecs_service": "api",
                    }
                }
            }
        },
    }
)


class Accepts:
    """Accepts whatever is asked, and remembers it."""

    def __init__(self, raises: Exception | None = None) -> None:
        self.requests: list[ChangeRequest] = []
        self.raises = raises

    async def __call__(self, request, *, asked):
        if self.raises:
            raise self.raises
        self.requests.append(request)
        return a_change(kind=request.kind, version=request.version)


async def told(*said, by) -> Answer:
    return Answer(f"{said} to {by.id}")


async def says(text: str, accept=None) -> Answer:
    """Type words, split as the listener splits them."""
    verb, *words = words_of(text)
    nobody = dict.fromkeys(field.name for field in fields(commands.UseCases))
    ask = commands.UseCases(**{**nobody, "accept": accept or Accepts(), "tell_status": told})
    return await commands.verbs(catalog=CATALOG, ask=ask)[verb](words, ASKED)


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("deploy prod v1", ChangeRequest(DEPLOY, "prod", "v1")),
        ("deploy prod v1 api", ChangeRequest(DEPLOY, "prod", "v1", "api")),
        (
            "deploy prod v1 --reason fix for #421",
            ChangeRequest(DEPLOY, "prod", "v1", None, "fix for #421"),
        ),
        ("rollback prod", ChangeRequest(ROLLBACK, "prod")),
        ("rollback prod v1", ChangeRequest(ROLLBACK, "prod", "v1")),
        ("rollback prod api", ChangeRequest(ROLLBACK, "prod", None, "api")),
        ("rollback prod v1 api", ChangeRequest(ROLLBACK, "prod", "v1", "api")),
        (
            'deploy prod v1 --force "the site is down" --strategy canary api --dry-run',
            ChangeRequest(
                DEPLOY,
                "prod",
                "v1",
                "api",
                forced="the site is down",
                strategy=Strategy.CANARY,
                is_dry_run=True,
            ),
        ),
        (
            "deploy —dry-run prod v1 --strategy=blue_green",
            ChangeRequest(DEPLOY, "prod", "v1", strategy=Strategy.BLUE_GREEN, is_dry_run=True),
        ),
        ("rollback --dry-run prod", ChangeRequest(ROLLBACK, "prod", is_dry_run=True)),
        (
            "rollback prod --reason errors",
            ChangeRequest(ROLLBACK, "prod", None, None, "errors"),
        ),
        ("restart prod", ChangeRequest(RESTART, "prod")),
        (
            "restart prod api --force site is down --dry-run --reason=leaks",
            ChangeRequest(
                RESTART,
                "prod",
                service="api",
                reason="leaks",
                forced="site is down",
                is_dry_run=True,
            ),
        ),
    ],
)
async def test_words_are_read_as_a_request(typed: str, request_: ChangeRequest):
    accept = Accepts()

    await says(typed, accept)

    assert accept.requests == [request_]


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("deploy", HOW_DEPLOY),
        ("deploy prod", f"Which version for prod? {HOW_DEPLOY}"),
        ("deploy a b c d", f"I read at most three words. {HOW_DEPLOY}"),
        ("deploy prod v1 --force", f'Say why after --force: `--force "why"`. {HOW_DEPLOY}'),
        ("deploy prod v1 --reason", f'Say why after --reason: `--reason "why"`. {HOW_DEPLOY}'),
        ("deploy prod v1 --now", f"I do not know --now. {HOW_DEPLOY}"),
        (
            "deploy prod v1 --stategy canary",
            f"I do not know --stategy (did you mean --strategy?). {HOW_DEPLOY}",
        ),
        (
            "deploy prod v1 --strategy cannary",
            "There is no strategy cannary (did you mean canary?). There are rolling, canary, "
            f"linear, blue-green. {HOW_DEPLOY}",
        ),
        (
            "deploy prod v1 --strategy",
            f"Which strategy? There are rolling, canary, linear, blue-green. {HOW_DEPLOY}",
        ),
        ("deploy prod v1 --dry-run --dry-run", f"--dry-run is there twice. {HOW_DEPLOY}"),
        ("rollback prod --force x", f"I do not know --force. {HOW_ROLLBACK}"),
        ("rollback", HOW_ROLLBACK),
        ("rollback a b c d", f"I read at most three words. {HOW_ROLLBACK}"),
        ("status a b c", "I read at most two words. Write `/ops status [env] [service]`."),
    ],
)
async def test_words_that_cannot_be_read_are_answered_with_how_to_write_them(typed, advice):
    accept = Accepts()

    with pytest.raises(UsageError) as said:
        await says(typed, accept)

    assert str(said.value) == advice
    assert accept.requests == []


async def test_a_long_reason_is_cut():
    accept = Accepts()

    await says("deploy prod v1 --reason " + "x" * 999, accept)

    assert len(accept.requests[0].reason) == 200


async def test_a_rollback_meanwhile_offers_the_abort_instead():
    rolling = a_change(state=ChangeState.ROLLING_OUT, plan=a_plan())

    answer = await says("rollback prod", Accepts(raises=UnderWay(rolling)))

    assert "is rolling out for credlink-api in prod" in answer.text
    assert answer.blocks


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("status", "(None, None) to U1"),
        ("status prod", "('prod', None) to U1"),
        ("status prod api", "('prod', 'api') to U1"),
    ],
)
async def test_the_status_may_be_narrowed(typed, text):
    assert (await says(typed)).text == text


async def test_help_lists_every_verb_under_the_command_the_team_chose():
    text = (await says("help")).text

    for name in commands.ENTRIES:
        assert f"`/ops {name} " in text
    assert "/credlink" not in text


async def test_help_for_one_verb_says_only_that():
    text = (await says("help deploy")).text

    assert "/ops deploy" in text
    assert "/ops status" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["delpoy", "prod"], "Did you mean *deploy*?"),
        (["ROLBACK"], "Did you mean *rollback*?"),
        (["xyzzy"], "`/ops help` lists what I know."),
        (["<!channel>"], "&lt;!channel&gt;"),
        ([], "/ops deploy"),
    ],
)
async def test_a_word_nobody_knows_is_answered_with_the_nearest(words, said):
    assert said in (await commands.otherwise(CATALOG)(words, ASKED)).text


def test_every_module_says_its_name_its_usage_and_what_it_does():
    for name, entry in commands.ENTRIES.items():
        assert entry.usage.split()[0] == name
        assert entry.summary.endswith(".")
