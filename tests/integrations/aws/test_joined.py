import asyncio
import math
import random

import pytest

from integrations.aws.ecs import SERVICES_A_CALL
from integrations.aws.ecs_calls import PACING
from integrations.aws.joined import Joined
from integrations.errors import Unavailable


class Asked:
    """Answers with the name in capitals; remembers what it was asked; fails when told to."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.questions: list[tuple[str, list[str]]] = []
        self.fails = fails
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, group, names):
        self.questions.append((group, names))
        await self.may_answer.wait()
        if self.fails:
            raise self.fails
        return {name: name.upper() for name in names if name != "nobody"}


@pytest.mark.looptime
async def test_those_who_ask_at_once_are_one_question():
    asked = Asked()
    joined = Joined(asked, window_s=0.02)
    answers = await asyncio.gather(*(joined.get("prod", n) for n in ("a", "b", "a", "nobody")))
    assert answers == ["A", "B", "A", None]
    assert asked.questions == [("prod", ["a", "b", "nobody"])]


@pytest.mark.looptime
async def test_clusters_are_asked_separately():
    asked = Asked()
    joined = Joined(asked, window_s=0.02)
    await asyncio.gather(joined.get("prod", "a"), joined.get("staging", "a"))
    assert asked.questions == [("prod", ["a"]), ("staging", ["a"])]


@pytest.mark.looptime
async def test_whoever_comes_while_a_question_is_out_begins_the_next(looptime):
    asked = Asked()
    joined = Joined(asked, window_s=0.02)
    asked.may_answer.clear()
    early = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.03)
    late = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.03)
    asked.may_answer.set()
    assert await asyncio.gather(early, late) == ["A", "A"]
    assert len(asked.questions) == 2


@pytest.mark.looptime
async def test_nobody_waits_longer_than_the_window(looptime):
    joined = Joined(Asked(), window_s=0.02)
    await joined.get("prod", "a")
    assert looptime == pytest.approx(0.02)


@pytest.mark.looptime
async def test_a_group_asked_about_just_now_waits_and_collects_meanwhile(looptime):
    asked = Asked()
    joined = Joined(asked, window_s=0.02, apart_s=0.3)
    await joined.get("prod", "a")
    early = asyncio.create_task(joined.get("prod", "b"))
    await asyncio.sleep(0.25)
    assert await joined.get("prod", "c") == "C"
    assert looptime == pytest.approx(0.02 + 0.3)
    assert await early == "B"
    assert asked.questions == [("prod", ["a"]), ("prod", ["b", "c"])]


@pytest.mark.looptime
async def test_the_wait_counts_from_when_the_last_question_began_not_from_its_answer(looptime):
    asked = Asked()
    joined = Joined(asked, window_s=0.02, apart_s=0.3)
    asked.may_answer.clear()
    slow = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.25)
    late = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.08)
    assert len(asked.questions) == 2
    asked.may_answer.set()
    assert await asyncio.gather(slow, late) == ["A", "A"]


@pytest.mark.looptime
async def test_a_group_left_alone_for_a_while_waits_for_the_window_only(looptime):
    joined = Joined(Asked(), window_s=0.02, apart_s=0.3)
    await joined.get("prod", "a")
    await asyncio.sleep(1)
    await joined.get("prod", "a")
    assert looptime == pytest.approx(0.02 + 1 + 0.02)


@pytest.mark.looptime
async def test_groups_take_turns_and_none_waits_for_one_that_may_not_ask_yet(looptime):
    asked = Asked()
    joined = Joined(asked, window_s=0.02, apart_s=1.0, turn_s=0.1)
    await joined.get("prod", "a")
    again = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.gather(joined.get("staging", "a"), joined.get("test", "a"))
    assert looptime == pytest.approx(0.02 + 2 * 0.1)
    await again
    assert looptime == pytest.approx(0.02 + 1.0)
    assert [group for group, _ in asked.questions] == ["prod", "staging", "test", "prod"]


async def watched(clusters: int, *, rollouts: int = 50, for_s: float = 60.0):
    """Look at `rollouts` every 2.2 s with the pacing we ship; return calls a second."""
    asked = Asked()
    joined = Joined(asked, window_s=PACING.window_s, apart_s=PACING.apart_s, turn_s=PACING.turn_s)
    begins = random.Random(3)

    async def watch(number):
        await asyncio.sleep(begins.uniform(0, 2.2))
        while True:
            await joined.get(f"cluster-{number % clusters}", f"service-{number}")
            await asyncio.sleep(2.2)

    watches = [asyncio.create_task(watch(number)) for number in range(rollouts)]
    await asyncio.sleep(for_s)
    for one in watches:
        one.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
    await joined.aclose()
    return sum(math.ceil(len(names) / SERVICES_A_CALL) for _, names in asked.questions) / for_s


@pytest.mark.looptime
@pytest.mark.parametrize(("clusters", "calls_a_second"), [(1, 4.5), (2, 7), (5, 10), (50, 10)])
async def test_fifty_rollouts_watched_at_once_stay_within_ten_calls_a_second(
    clusters, calls_a_second
):
    assert await watched(clusters) <= calls_a_second


@pytest.mark.looptime
async def test_one_who_leaves_takes_nothing_from_the_others():
    asked = Asked()
    joined = Joined(asked, window_s=0.02)
    leaving = asyncio.create_task(joined.get("prod", "a"))
    staying = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert await staying == "A"
    assert leaving.cancelled()


@pytest.mark.looptime
async def test_a_question_that_fails_fails_for_everybody_and_not_for_the_next():
    asked = Asked(fails=Unavailable("aws", "describe_services", "down"))
    joined = Joined(asked, window_s=0.02)
    failures = await asyncio.gather(
        joined.get("prod", "a"), joined.get("prod", "b"), return_exceptions=True
    )
    assert [type(failure) for failure in failures] == [Unavailable, Unavailable]
    asked.fails = None
    assert await joined.get("prod", "a") == "A"


@pytest.mark.looptime
async def test_closing_leaves_nobody_waiting():
    asked = Asked()
    asked.may_answer.clear()
    joined = Joined(asked, window_s=0.02)
    out = asyncio.create_task(joined.get("prod", "a"))
    await asyncio.sleep(0.03)
    collected = asyncio.create_task(joined.get("prod", "b"))
    await asyncio.sleep(0)
    await joined.aclose()
    await asyncio.gather(out, collected, return_exceptions=True)
    assert out.cancelled()
    assert collected.cancelled()
