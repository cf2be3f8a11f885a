import asyncio

import pytest

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
