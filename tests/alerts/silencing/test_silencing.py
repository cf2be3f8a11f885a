"""Silences from the words to Alertmanager and back to the card, with a real Alertmanager."""

import asyncio
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.answers import silence
from bot.domain.asked import Submission
from bot.errors import Conflict, FormError, NotAllowed, NotKnown, UsageError
from bot.storage import silences
from bot.storage.schema.silences import silences as rows
from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Matcher, Silence
from integrations.errors import Unavailable
from tests.alerts.silencing.scene import pressed_on
from tests.answers.looking import ALICE, MALLORY, told

pytestmark = pytest.mark.prometheus
LATENCY = "alertname=HighLatency,env=prod"


def elsewhere(lasts=timedelta(hours=1), **said):
    """A silence somebody makes on Alertmanager's own page."""
    now = datetime.now(UTC)
    made = Silence(
        matchers=(Matcher("alertname", "HighLatency"),),
        starts_at=now,
        ends_at=now + lasts,
        created_by="bob",
        comment="tests <run>",
    )
    return replace(made, **said)


async def test_what_it_would_hide_is_shown_first_and_nothing_is_silenced(scene):
    await scene.fires("HighLatency", instance="1")
    await scene.fires("HighLatency", instance="2")
    await scene.fires("LowTraffic")

    await scene.desk.types(f'silence {LATENCY} 2h "deploying v2"')

    card = await scene.desk.card()
    assert "Silence proposed: HighLatency, prod · 2 h" in card
    assert "deploying v2" in card
    assert "Would hide now: 2 of the 3 alerts firing" in card.replace("*", "")
    assert "Would have hidden in the last 7 days: 2 alerts" in card.replace("*", "")
    assert await scene.silences() == []


async def test_a_look_at_the_past_that_takes_long_holds_nobody_up(scene, monkeypatch):
    others_go_on = threading.Event()

    def slow(*_):
        assert others_go_on.wait(5)
        return ()

    monkeypatch.setattr(silence, "hidden_in_the_past", slow)
    asyncio.get_running_loop().call_later(0.2, others_go_on.set)

    await scene.desk.types(f"silence {LATENCY} 2h deploying")

    assert "nothing that this bot has seen" in await scene.desk.card()


async def test_once_confirmed_alertmanager_has_it_and_every_card_says_so(scene):
    await scene.fires("HighLatency")

    card = await scene.silenced(f'{LATENCY} 2h "deploying v2"')

    (made,) = await scene.silences()
    assert made.created_by == "Alice Amber"
    assert made.comment.startswith("deploying v2 · by Alice Amber in Slack")
    assert timedelta(hours=1, minutes=59) < made.ends_at - made.starts_at <= timedelta(hours=2)
    assert "🟡 Silenced: HighLatency, prod" in card
    group = await scene.card()
    assert "🟡 Silenced: HighLatency, credlink-api in prod" in group
    assert "by <@U0ALICE01>: deploying v2" in group
    (row,) = await scene.board.groups()
    assert await scene.board.buttons(row) == ["End silence"]
    assert any("silenced until" in line for line in await scene.board.thread(row))
    outcomes = [(entry.act, entry.outcome) for entry in await scene.desk.audited()]
    assert outcomes == [("silence", "accepted"), ("silence", "done")]


async def test_two_presses_are_one_silence(scene):
    await scene.fires("HighLatency")
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    presses = [await scene.press("Silence for 2 h") for _ in range(2)]

    first, second = [await scene.make.confirm(press) for press in presses]
    said = await asyncio.gather(told(first), told(second), scene.make.sweep())

    assert "confirmed already" in said[1]
    assert len(await scene.silences()) == 1


async def test_a_silence_made_before_the_power_was_cut_is_found_and_not_made_twice(scene):
    class Dies(AlertmanagerClient):
        async def post_silence(self, silence):
            await super().post_silence(silence)
            raise Unavailable("alertmanager", "post_silence", "connection reset")

    await scene.fires("HighLatency")
    dying = scene.through(Dies(scene.url))
    await dying.silenced(f"{LATENCY} 2h deploying")
    assert "🔵 Silencing" in await dying.desk.card()
    await dying.alertmanager.aclose()
    async with scene.database.write() as connection:  # the one that died holds no claim
        await connection.execute(
            rows.update().values(claimed_until=datetime(2020, 1, 1, tzinfo=UTC))
        )

    assert await scene.make.sweep() == 1

    assert len(await scene.silences()) == 1
    assert "🟡 Silenced" in await dying.desk.card()
    assert [e.outcome for e in await scene.desk.audited()] == ["accepted", "done"]


async def test_what_nobody_wrote_down_is_also_found_when_silences_are_read(scene):
    await scene.fires("HighLatency")
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    await scene.make.confirm(await scene.press("Silence for 2 h"))  # and dies before it asks
    question = await scene.desk.question()
    comment = f"deploying · credlink:{question.id}"
    await scene.alertmanager.post_silence(elsewhere(comment=comment))

    await scene.sync()

    assert await scene.make.sweep() == 0
    assert len(await scene.silences()) == 1
    assert "🟡 Silenced" in await scene.desk.card()
    assert [e.outcome for e in await scene.desk.audited()] == ["accepted", "done"]


async def test_while_alertmanager_is_away_the_card_says_so_and_offers_it_again(scene):
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    press = await scene.press("Silence for 2 h")
    nobody = AlertmanagerClient("http://127.0.0.1:9")
    away = scene.through(nobody)
    later = await away.make.confirm(press)
    away.later = timedelta(minutes=3)

    await told(later)

    card = await scene.desk.card()
    assert "🔴 Not silenced" in card
    assert "Alertmanager did not answer" in card
    assert [e.outcome for e in await scene.desk.audited()] == ["accepted", "failed"]
    await scene.confirms()
    assert len(await scene.silences()) == 1
    await nobody.aclose()


async def test_what_was_given_up_and_is_there_after_all_is_found_when_silences_are_read(scene):
    await scene.fires("HighLatency")
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    question = await scene.desk.question()
    await scene.make.confirm(await scene.press("Silence for 2 h"))
    async with scene.database.write() as connection:
        await silences.failed(connection, question.id, "Alertmanager did not answer.")
    comment = f"deploying · credlink:{question.id}"
    await scene.alertmanager.post_silence(elsewhere(comment=comment))

    await scene.sync()

    assert "🟡 Silenced" in await scene.desk.card()
    assert "by <@U0ALICE01>" in await scene.card()


async def test_without_a_preview_there_is_nothing_to_confirm(scene):
    nobody = AlertmanagerClient("http://127.0.0.1:9")
    away = scene.through(nobody)

    await away.desk.types(f"silence {LATENCY} 2h deploying")

    assert "unknown, Alertmanager says nothing" in await away.desk.card()
    with pytest.raises(AssertionError, match="no button"):
        await away.press("Silence for 2 h")
    await away.desk.ask.stop()
    await nobody.aclose()


async def test_an_old_preview_is_looked_up_again_before_it_is_confirmed(scene):
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    await scene.desk.question()
    scene.later = timedelta(minutes=31)

    with pytest.raises(Conflict, match="too long ago"):
        await scene.confirms()


async def test_who_may_not_silence_is_refused_at_every_step_and_the_audit_keeps_it(scene):
    with pytest.raises(NotAllowed, match="Only `deployers` may silence"):
        await scene.desk.types(f"silence {LATENCY} 2h deploying", by=MALLORY)
    with pytest.raises(NotAllowed):
        await scene.desk.types("silence alertname=X 2h everywhere", by=MALLORY)
    await scene.fires("HighLatency")
    await scene.desk.types(f"silence {LATENCY} 2h deploying")
    with pytest.raises(NotAllowed):
        await scene.confirms(by=MALLORY)
    with pytest.raises(NotAllowed):
        await scene.form.open(await scene.pressed("Silence…", by=MALLORY))
    await scene.confirms()
    (made,) = await scene.silences()
    with pytest.raises(NotAllowed):
        await scene.desk.types(f"silence expire {made.id[:8]}", by=MALLORY)

    assert len(await scene.silences()) == 1
    denied = [entry.act for entry in await scene.desk.audited() if entry.outcome == "denied"]
    assert denied == ["silence", "silence", "silence", "end silence"]


async def test_a_dry_run_shows_and_changes_nothing(scene):
    await scene.desk.types(f"silence {LATENCY} 2h deploying —dry-run")

    assert "⚪ Dry run: HighLatency, prod" in await scene.desk.card()
    with pytest.raises(AssertionError, match="no button"):
        await scene.press("Silence for 2 h")
    known_as = await scene.alertmanager.post_silence(elsewhere(matchers=env_too()))
    said = await scene.desk.types(f"silence expire {known_as} --dry-run")
    assert said.startswith("Dry run, nothing was changed.")
    assert len(await scene.silences()) == 1
    assert await scene.desk.audited() == []


def env_too():
    return (Matcher("alertname", "HighLatency"), Matcher("env", "prod"))


@pytest.mark.parametrize("typed", ["x=~.* 2h why", "env!=prod 2h why", "{} 2h why"])
async def test_what_would_silence_everything_is_refused(scene, typed):
    with pytest.raises(UsageError):
        await scene.desk.types(f"silence {typed}")


async def test_a_silence_made_elsewhere_is_on_the_card_until_it_is_ended_there(scene):
    await scene.fires("HighLatency")
    (group,) = await scene.board.groups()
    known_as = await scene.alertmanager.post_silence(elsewhere())

    await scene.sync()
    card = await scene.card()
    await scene.sync()
    wanted = await scene.board.wanted(group)
    await scene.sync()

    assert "🟡 Silenced: HighLatency" in card
    assert "by bob: tests &lt;run&gt;" in card
    assert await scene.board.wanted(group) == wanted
    await scene.alertmanager.delete_silence(known_as)
    await scene.sync()
    assert "Silenced" not in await scene.card()
    assert await scene.board.buttons(group) == ["Silence…"]
    thread = await scene.board.thread(group)
    assert [line for line in thread if "is over" in line]


async def test_a_silence_of_some_of_a_groups_alerts_says_of_how_many(scene):
    one = await scene.fires("HighLatency", hears=False, instance="1")
    two = await scene.fires("HighLatency", hears=False, instance="2")
    await scene.hears(*one, *two)
    await scene.alertmanager.post_silence(elsewhere(matchers=(Matcher("instance", "1"),)))

    await scene.sync()

    card = await scene.card()
    assert "🔴 HighLatency" in card
    assert "Silenced 1 of 2 alerts until" in card


async def test_the_thread_is_warned_once_before_the_end_and_extend_puts_it_off(scene):
    await scene.fires("HighLatency")
    await scene.alertmanager.post_silence(
        elsewhere(matchers=env_too(), lasts=timedelta(minutes=40))
    )
    await scene.sync()
    (group,) = await scene.board.groups()
    assert not [line for line in await scene.board.thread(group) if "ends in" in line]
    scene.later = timedelta(minutes=32)

    await scene.sync()
    await scene.sync()

    warnings = [line for line in await scene.board.thread(group) if "ends in" in line]
    assert len(warnings) == 1
    (before,) = await scene.silences()
    (message,) = [m for m in await scene.entries() if "ends in" in m["text"]]
    press = pressed_on(message["blocks"], "Extend by 1 h", scene)
    assert "is silenced until" in await told(await scene.keep.press_extend(press))
    (after,) = await scene.silences()
    assert after.ends_at - before.ends_at == timedelta(hours=1)
    assert (after.id, after.comment) == (before.id, before.comment)
    with pytest.raises(Conflict, match="has changed"):
        await scene.keep.press_extend(press)
    outcomes = [(entry.act, entry.outcome) for entry in await scene.desk.audited()]
    assert outcomes == [("extend silence", "accepted"), ("extend silence", "done")]


async def test_extend_never_shortens_what_somebody_prolonged_meanwhile(scene):
    await scene.fires("HighLatency")
    await scene.silenced(f"{LATENCY} 2h deploying")
    press = await scene.desk.press("Extend by 1 h")
    (made,) = await scene.silences()
    longer = replace(made, ends_at=made.ends_at + timedelta(hours=5))
    await scene.alertmanager.post_silence(longer)

    assert "already" in await told(await scene.keep.press_extend(press))

    (after,) = await scene.silences()
    assert after.ends_at == longer.ends_at
    assert [e.act for e in await scene.desk.audited()] == ["silence", "silence"]


async def test_silences_are_listed_and_ended_by_the_beginning_of_their_id(scene):
    assert await scene.desk.types("silence list") == "Nothing is silenced."
    await scene.fires("HighLatency")
    await scene.silenced(f"{LATENCY} 2h deploying")
    (made,) = await scene.silences()

    later = await scene.keep.tell(scene.desk.asked(ALICE))
    answer = await later.ask()

    assert answer.text == "1 silence in force"
    line = answer.blocks[1]["text"]["text"]
    assert line.startswith(f'`{made.id[:8]}` `alertname="HighLatency", env="prod"`')
    with pytest.raises(NotKnown, match="begins with nothing"):
        await scene.desk.types("silence expire nothing")
    assert "is told of again" in await scene.desk.types(f"silence expire {made.id[:8]}")
    assert await scene.silences() == []
    card = await scene.desk.card()
    assert "⚫ Silence ended" in card
    assert re.search(r"ended .* by @U0ALICE01 · silenced by @U0ALICE01", card)
    (group,) = await scene.board.groups()
    assert [line for line in await scene.board.thread(group) if "ended by Alice Amber" in line]


async def test_end_silence_on_the_card_ends_it_once(scene):
    await scene.fires("HighLatency")
    await scene.silenced(f"{LATENCY} 2h deploying")
    press = await scene.pressed("End silence")

    assert "is told of again" in await told(await scene.keep.press_end(press))
    with pytest.raises(NotKnown, match="may be over"):
        await told(await scene.keep.press_end(press))

    (group,) = await scene.board.groups()
    assert await scene.board.buttons(group) == ["Silence…"]


async def test_an_end_somebody_died_with_is_done_when_slack_repeats_the_press(scene, monkeypatch):
    await scene.fires("HighLatency")
    await scene.silenced(f"{LATENCY} 2h deploying")
    press = await scene.pressed("End silence")

    async def dies(*_):
        raise asyncio.CancelledError

    with monkeypatch.context() as power:
        power.setattr(AlertmanagerClient, "delete_silence", dies)
        with pytest.raises(asyncio.CancelledError):
            await told(await scene.keep.press_end(press))
    assert len(await scene.silences()) == 1

    assert "is told of again" in await told(await scene.keep.press_end(press))

    assert await scene.silences() == []
    ends = [e.outcome for e in await scene.desk.audited() if e.act == "end silence"]
    assert ends == ["accepted", "done"]


async def test_the_form_is_filled_in_with_what_the_alerts_have_in_common(scene):
    one = await scene.fires("HighLatency", hears=False, instance="1")
    two = await scene.fires("HighLatency", hears=False, instance="2")
    await scene.hears(*one, *two)

    form = await scene.form.open(await scene.pressed("Silence…"))

    matchers = form.blocks[0]["element"]["initial_value"].splitlines()
    assert 'alertname="HighLatency"' in matchers
    assert 'env="prod"' in matchers
    assert not any("instance" in matcher for matcher in matchers)
    sent = {"matchers": "\n".join(matchers), "length": "4h", "reason": "deploying"}
    submission = Submission(scene.desk.asked(ALICE), form.callback_id, form.carried, sent)
    await scene.form.submit(submission)
    card = await scene.desk.card()
    assert "Silence proposed: HighLatency" in card
    assert "· 4 h" in card
    assert await scene.silences() == []


async def test_what_cannot_be_read_in_the_form_is_said_beside_its_field(scene):
    wrong = {"matchers": "alertname=~.*", "length": "2h", "reason": " "}
    submission = Submission(scene.desk.asked(ALICE), "silence.submit", {}, wrong)

    with pytest.raises(FormError) as refused:
        await scene.form.submit(submission)

    assert refused.value.problems.keys() == {"matchers", "reason"}
