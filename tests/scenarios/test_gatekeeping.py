"""Who may do what when: locks, freezes, force and its review, dry runs, and what others deploy.

Nothing is judged here, so nothing bakes.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from sandbox import seeds
from sandbox.scenarios import scenarios
from sandbox.transcript import as_text, buttons
from tests.scenarios.rows import all_rows, alter, changes_of, database_of
from tests.scenarios.scene import EU, NAMES, OPS, PROD, STAGING, Card, Scene
from tests.storage import tampering

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
REHEARSED = {
    "deploy": (seeds.ALICE, STAGING, "/credlink deploy staging v1.2.1 --dry-run"),
    "a strategy": (seeds.ALICE, PROD, "/credlink deploy prod v1.2.0 --strategy canary --dry-run"),
    "rollback": (seeds.ALICE, STAGING, "/credlink rollback staging --dry-run"),
}
ANSWERED = {
    "lock": (seeds.ALICE, PROD, '/credlink lock prod "a look" --dry-run'),
    "unlock": (seeds.ALICE, STAGING, "/credlink unlock staging --dry-run"),
    "freeze": (seeds.ALICE, PROD, '/credlink freeze prod "Friday" for 2h --dry-run'),
    "lift": (seeds.ALICE, STAGING, "/credlink freeze staging lift --dry-run"),
    "approve": (seeds.BOB, EU, "/credlink approve eu --dry-run"),
}


@pytest.fixture(scope="module")
def database(play: Scene) -> Path:
    return database_of(play.world.folder)


async def test_a_lock_a_freeze_and_a_proposal_stand_for_what_follows(play: Scene):
    await play.deploys("v1.2.0", channel=STAGING, environment="staging", says="Deployed")

    await play.types(seeds.ALICE, STAGING, '/credlink lock staging "tests of the API"')
    await play.types(seeds.ALICE, STAGING, '/credlink freeze staging "inventory" for 2h')
    await play.types(seeds.ALICE, EU, "/credlink deploy eu v1.2.0")

    await play.card(STAGING, "Locked: staging", "tests of the API", button="Unlock")
    await play.card(STAGING, "Frozen: staging", "inventory", button="Lift")
    await play.card(EU, "v1.2.0", "waits for approval · 0 of 1", button="Approve")


@pytest.mark.parametrize("verb", REHEARSED)
async def test_a_change_rehearsed_shows_its_plan_and_writes_nothing(
    play: Scene, database: Path, verb: str
):
    person, channel, said = REHEARSED[verb]
    writes, before, others = len(play.world.aws.writes), all_rows(database), changes_of(database)
    shown = await everybody_sees(play, channel)

    await play.types(person, channel, said)

    async def rehearsed() -> str | None:
        seen = await everybody_sees(play, channel)
        new = (ts for ts, text in seen.items() if ts not in shown and "Dry run, plan" in text)
        return next(new, None)

    card = await play.card(channel, "changes", ts=await play.until(rehearsed, "a plan"))
    assert buttons(card) == []
    assert "Confirm" not in as_text(card, NAMES)
    assert len(play.world.aws.writes) == writes
    assert all_rows(database) == before
    assert changes_of(database) == others


@pytest.mark.parametrize("verb", ANSWERED)
async def test_a_guard_rehearsed_is_told_to_the_person_and_writes_nothing(
    play: Scene, database: Path, verb: str
):
    person, channel, said = ANSWERED[verb]
    writes, before, others = len(play.world.aws.writes), all_rows(database), changes_of(database)
    shown = await everybody_sees(play, channel)

    answer = await play.types(person, channel, said)

    assert answer.startswith("Dry run")
    assert await everybody_sees(play, channel) == shown
    assert len(play.world.aws.writes) == writes
    assert all_rows(database) == before
    assert changes_of(database) == others


async def test_what_may_not_be_done_may_not_be_rehearsed_either(play: Scene):
    said = await play.types(seeds.DAVE, PROD, "/credlink deploy prod v1.2.0 --dry-run")

    assert "Only `deployers`" in said


async def test_of_two_who_lock_at_once_one_wins_and_the_other_is_told_who(play: Scene):
    answers = await asyncio.gather(
        play.types(seeds.ALICE, PROD, '/credlink lock prod "an index is built"'),
        play.types(seeds.BOB, PROD, '/credlink lock prod "a backup runs"'),
    )

    won = [answer.startswith("Locked") for answer in answers]
    assert sorted(won) == [False, True], answers
    winner, reason = ("alice", "an index is built") if won[0] else ("bob", "a backup runs")
    lost = answers[won.index(False)]
    assert f"@{winner} was faster" in lost
    assert reason in lost
    await play.card(PROD, "Locked: prod", reason, button="Unlock")


async def test_a_lock_refuses_a_deploy_with_its_reason_until_it_is_cleared(play: Scene):
    card = await play.card(PROD, "Locked: prod", button="Unlock")

    refused = await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0")
    assert "locked" in refused
    assert "an index is built" in refused or "a backup runs" in refused
    await play.presses(seeds.CAROL, card, "Unlock")

    await play.card(PROD, "Unlocked: prod", ts=card["ts"])
    assert "You may deploy" in await play.types(seeds.ALICE, PROD, "/credlink can-i-deploy prod")


async def test_a_frozen_friday_refuses_a_deploy_and_says_when_it_ends(play: Scene):
    await play.types(seeds.CAROL, PROD, '/credlink freeze prod "Friday" for 2h')
    await play.card(PROD, "Frozen: prod", "Friday", button="Lift")

    refused = await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0")

    assert "Friday" in refused
    assert "until" in refused
    assert "--force" in refused
    forced = '/credlink deploy prod v1.2.0 --force "customers cannot pay"'
    assert "Only `approvers` may force" in await play.types(seeds.ALICE, PROD, forced)


async def test_it_is_overridden_with_a_reason_and_announced(play: Scene):
    said = '/credlink deploy prod v1.2.0 --force "customers cannot pay"'
    await play.types(seeds.CAROL, PROD, said)
    plan = await play.card(PROD, "Proposed by force", "v1.2.0", button="Confirm")
    assert "Friday" in as_text(plan, NAMES)

    await play.presses(seeds.CAROL, plan, "Confirm")

    await play.card(PROD, "Deployed by force", "customers cannot pay", ts=plan["ts"])
    notice = await play.card(OPS, "Forced: credlink-api v1.2.0 → prod", "customers cannot pay")
    assert "@carol" in as_text(notice, NAMES)
    assert "Friday" in as_text(notice, NAMES)


async def test_it_is_found_in_the_audit_and_reviewed_by_somebody_else(play: Scene):
    assert "waits for the review" in await forced_list(play, seeds.CAROL)
    listed = await forced_list(play, seeds.BOB)
    assert "customers cannot pay" in listed
    assert "overridden" in listed
    assert "Friday" in listed

    await play.presses(seeds.BOB, await play.told(seeds.BOB, PROD, "overridden"), "Reviewed")

    await play.told(seeds.BOB, PROD, "you have reviewed this")
    assert "reviewed by @bob" in await forced_list(play, seeds.CAROL)
    notice = await play.card(OPS, "Forced: credlink-api v1.2.0 → prod")
    await play.until(lambda: thread_says(play, notice, "Reviewed by @bob"), "the review's line")


async def test_the_freeze_is_lifted_by_button(play: Scene):
    card = await play.card(PROD, "Frozen: prod", button="Lift")

    await play.presses(seeds.ALICE, card, "Lift")

    await play.card(PROD, "Freeze lifted: prod", "@alice", ts=card["ts"])


async def test_a_pipeline_that_asks_no_bot_is_seen_while_it_deploys_and_told_afterwards(
    play: Scene,
):
    pipeline = next(one for one in scenarios(play.world, None) if one.id == "pipeline")

    await pipeline.run()

    card = await play.card(PROD, "Rolling out by others", "v1.2.1", "made outside the bot")
    await play.card(PROD, "Deployed by others", "v1.2.1", "was v1.2.0", ts=card["ts"])
    history = await play.types(seeds.DAVE, PROD, "/credlink history prod")
    assert "v1.2.1" in history.splitlines()[0]
    assert "outside the bot" in history
    assert "v1.2.1" in await play.types(seeds.DAVE, PROD, "/credlink status prod")


async def test_a_pipeline_that_breaks_is_shown_and_left_to_whoever_began_it(play: Scene):
    before = play.updates()

    await play.pipeline_deploys("v1.3.0-crash", "eu")

    await play.card(EU, "v1.3.0-crash", "made outside the bot", "exit code 1", without="🔵")
    assert play.updates() == before + 1


async def test_the_audit_proves_itself_until_somebody_alters_a_row(play: Scene, database: Path):
    assert await verify(play) == 0

    alter(database, tampering.GUARDS["sqlite"][0])
    altered = alter(
        database, "UPDATE audit_entries SET actor = ? WHERE act = 'force'", seeds.ALICE.id
    )

    assert altered == 1
    assert await verify(play) == 1


async def test_slack_refused_and_lost_nothing(play: Scene):
    await play.slack.settled()

    assert await play.slack.verdict() == []
    assert "Traceback" not in play.bot.log.read_text()


async def forced_list(play: Scene, person: seeds.Person) -> str:
    return await play.types(person, PROD, "/credlink audit forced")


async def thread_says(play: Scene, card: Card, words: str) -> bool:
    return words in await play.thread(card)


async def everybody_sees(play: Scene, channel: str) -> dict[str, str]:
    """What the messages of a channel say, but for those to one person."""
    return {
        message["ts"]: as_text(message, NAMES)
        for message in await play.slack.messages(seeds.ALICE.id, channel)
        if not message.get("ephemeral")
    }


async def verify(play: Scene) -> int:
    """Run `credlink audit verify` as a timer would; returns its exit status."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "audit", "verify", cwd=ROOT, env=play.environment()
    )
    return await process.wait()
