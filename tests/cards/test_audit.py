"""The audit's answers and the notices: what Slack is sent, and what cannot break out of it."""

from datetime import timedelta

import pytest

from bot.cards import audit
from bot.cards.answer import Answer
from bot.cards.audit import Forced
from bot.cards.blocks import Message
from bot.cards.notice import notice, who
from bot.domain.audit import Entry, Head, Link, link_after
from bot.domain.notice import Notice, code, person, pieces_of, strong
from tests.cards.golden import assert_golden
from tests.domain.audit_builders import ALICE, BOB, NOW, an_entry

NARROWER = "/credlink audit [env] [person] [since 24h] shows fewer"


def link(number: int, entry: Entry) -> Link:
    return link_after(Head(number - 1, "0" * 64), entry)


def as_message(answer: Answer) -> Message:
    return Message(answer.text, answer.blocks)


def entries(*shown: Entry, count: int | None = None) -> Answer:
    links = [link(n, entry) for n, entry in enumerate(shown, start=1)]
    return audit.entries(links, count or len(links), now=NOW, narrower=NARROWER)


A_FORCE = an_entry(
    "forced:change-1",
    act="force",
    detail={
        "verb": "deploy",
        "version": "v1.2.0",
        "reason": "checkout is down",
        "overridden 1": "prod is frozen until Monday.",
        "overridden 2": "Nobody has approved it.",
    },
)


def test_the_list_of_entries():
    answer = entries(
        an_entry(outcome="rolled_back", detail={"version": "v1.2.0", "why": "Errors tripled."}),
        an_entry(actor=BOB, act="confirm", outcome="done"),
        A_FORCE,
        an_entry(
            actor="U0MALLORY",
            outcome="denied",
            detail={"why": "Only `deployers` may deploy <https://x|x>.\nAsk one of them."},
        ),
        an_entry(
            at=NOW - timedelta(days=2), act="lock", service="*", detail={"reason": "migration"}
        ),
        an_entry(actor="terraform", environment=None, service=None, detail={}),
        count=48,
    )

    assert_golden(as_message(answer), "audit_entries")


def test_the_list_of_what_was_forced():
    reviewed = Forced(
        link=link(9, an_entry("forced:2", act="force", actor=BOB, detail={"reason": "as before"})),
        outcome=an_entry(outcome="succeeded"),
        review=an_entry(act="review", at=NOW + timedelta(minutes=5)),
    )
    answer = audit.forced(
        [Forced(link=link(12, A_FORCE)), reviewed], 2, now=NOW, reader=BOB, narrower=NARROWER
    )

    assert_golden(as_message(answer), "audit_forced")


def test_who_forced_something_has_no_button_to_review_it():
    answer = audit.forced(
        [Forced(link=link(12, A_FORCE))], 1, now=NOW, reader=ALICE, narrower=NARROWER
    )

    assert "accessory" not in answer.blocks[0]


def test_nothing_found_is_said():
    assert entries().text == "Nothing of that kind is in the audit."
    nothing = audit.forced([], 0, now=NOW, reader=BOB, narrower=NARROWER)
    assert nothing.text == "Nothing was forced."


def test_words_of_an_entry_are_harmless():
    nasty = "<!channel> & <@U0BOB0001>"
    answer = entries(
        an_entry(
            act=nasty,
            outcome=nasty,
            environment=nasty,
            service=nasty,
            actor=nasty,
            detail={"version": nasty, "reason": nasty},
        )
    )

    shown = str(answer)
    assert "<!channel>" not in shown
    assert "<@U0BOB0001>" not in shown


def test_a_notice_of_the_audits_head():
    head = Head(160, "4b" * 32)
    said = Notice(
        id="audit-head:2026-11-23",
        headline="The audit has 160 entries today",
        lines=(
            pieces_of(["its head: ", code(str(head))]),
            pieces_of([strong("Next:"), " nothing"]),
        ),
        at=NOW,
    )

    assert_golden(notice(said), "notice_audit_head")


def test_a_notice_keeps_every_word_from_outside_harmless_and_mentions_only_people():
    said = Notice(
        id="forced:1",
        headline="<!here> forced",
        lines=(
            pieces_of("<!channel> & all"),
            pieces_of(["by ", person(ALICE), " and ", person("<!here>"), " ", code("a`b <c>")]),
        ),
        at=NOW,
    )

    shown = notice(said)

    assert shown.text == "&lt;!here&gt; forced"
    assert shown.blocks[1]["text"]["text"] == (
        f"&lt;!channel&gt; &amp; all\nby <@{ALICE}> and &lt;!here&gt; `aˋb &lt;c&gt;`"
    )


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        (ALICE, f"<@{ALICE}>"),
        ("W012ABC", "<@W012ABC>"),
        ("credlink", "credlink"),
        ("<@U1>", "&lt;@U1&gt;"),
    ],
)
def test_somebody_outside_slack_is_called_by_name(actor: str, shown: str):
    assert who(actor) == shown
