"""The words after `audit`, in whichever order people put them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.answer import Answer
from bot.changes.audit.review import AuditRequest
from bot.domain.asked import Actor, Asked
from bot.errors import UsageError
from commands import audit

HOW = "Write `/ops audit [env] [person] [since 24h] [forced]`."
ASKED = Asked(Actor("U0ALICE01"), "C1", "key", "c-1", datetime(2026, 11, 23, tzinfo=UTC))
DAY = timedelta(hours=24)


def read(typed: str) -> AuditRequest:
    return audit.read(typed.split(), by="U0ALICE01", how=HOW)


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("", AuditRequest()),
        ("prod", AuditRequest(environment="prod")),
        ("<@U0BOB0001>", AuditRequest(person="U0BOB0001")),
        ("<@U0BOB0001|bob>", AuditRequest(person="U0BOB0001")),
        ("U0BOB0001", AuditRequest(person="U0BOB0001")),
        ("@U0BOB0001", AuditRequest(person="U0BOB0001")),
        ("me", AuditRequest(person="U0ALICE01")),
        ("since 24h", AuditRequest(since=DAY)),
        ("forced", AuditRequest(is_forced=True)),
        ("prod me", AuditRequest(environment="prod", person="U0ALICE01")),
        (
            "forced since 1d12h <@U0BOB0001> prod",
            AuditRequest(environment="prod", person="U0BOB0001", since=1.5 * DAY, is_forced=True),
        ),
    ],
)
def test_the_words_are_read_in_any_order(typed: str, request_: AuditRequest):
    assert read(typed) == request_


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("prod staging", f"I read one environment and one person. {HOW}"),
        ("me <@U0BOB0001>", f"I read one environment and one person. {HOW}"),
        ("since", f"Since when? Write for example since 24h or since 7d. {HOW}"),
        ("since yesterday", f"Since when? Write for example since 24h or since 7d. {HOW}"),
        ("since 99999999999999d", f"Since when? Write for example since 24h or since 7d. {HOW}"),
        ("prod since 24h since 7d", "I read one environment and one person."),
    ],
)
def test_words_that_cannot_be_read_are_answered_with_how_to_write_them(typed: str, advice: str):
    with pytest.raises(UsageError) as said:
        read(typed)

    assert str(said.value).startswith(advice)


def test_a_name_alone_is_answered_with_where_to_find_the_id():
    with pytest.raises(UsageError, match=r"does not tell me who @alice is.*Copy member ID"):
        read("@alice")


async def test_what_was_read_is_told():
    async def tell(request: AuditRequest, *, asked: Asked) -> Answer:
        return Answer(f"{request.environment} for {asked.by.id}")

    answer = await audit.run(["prod"], ASKED, tell=tell, how=HOW)

    assert answer.text == "prod for U0ALICE01"
