"""Questions asked at about the same time, asked of AWS once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Joined(Generic[T]):
    """Collects names and has `ask` answer them all together.

    Ten rollouts watched at once are one DescribeServices, not ten, and fifty that look when they
    please are a few a second: a question goes `window_s` after its first name, yet not before
    `apart_s` have passed since the last one of its group began, nor `turn_s` since that of any
    group. A group nobody asked about lately waits for the window alone.

    A caller that goes away leaves the others' question as it is; a question that fails, fails for
    everybody who asked it.
    """

    def __init__(
        self,
        ask: Callable[[str, list[str]], Awaitable[Mapping[str, T]]],
        *,
        window_s: float,
        apart_s: float = 0.0,
        turn_s: float = 0.0,
    ) -> None:
        self._ask = ask
        self._window_s = window_s
        self._apart_s = apart_s
        self._turn_s = turn_s
        self._next_at: dict[str, float] = {}
        self._next_turn_at = 0.0
        self._waiting: dict[str, dict[str, list[asyncio.Future[T | None]]]] = {}
        self._callers: set[asyncio.Future[T | None]] = set()
        self._questions: set[asyncio.Task[None]] = set()

    async def get(self, group: str, name: str) -> T | None:
        """Return the answer for `name` within `group`, None if there was none."""
        if group not in self._waiting:
            self._waiting[group] = defaultdict(list)
            question = asyncio.create_task(self._settle(group), name=f"joined {group}")
            self._questions.add(question)
            question.add_done_callback(self._questions.discard)
        caller: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._callers.add(caller)
        caller.add_done_callback(self._callers.discard)
        self._waiting[group][name].append(caller)
        return await caller

    async def _settle(self, group: str) -> None:
        await self._its_turn(group)
        waiting = self._waiting.pop(group)  # whoever comes now begins the next question
        try:
            answers = await self._ask(group, list(waiting))
        except Exception as exc:  # noqa: BLE001  whatever it is, it belongs to the callers
            for caller in (caller for named in waiting.values() for caller in named):
                if not caller.done():
                    caller.set_exception(exc)
            return
        for name, named in waiting.items():
            for caller in named:
                if not caller.done():
                    caller.set_result(answers.get(name))

    async def _its_turn(self, group: str) -> None:
        """Wait until the group may ask, and then for those of other groups that were before it."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(self._window_s, self._next_at.get(group, 0.0) - now()))
        turn_at = max(now(), self._next_turn_at)
        self._next_turn_at = turn_at + self._turn_s
        self._next_at[group] = turn_at + self._apart_s
        await asyncio.sleep(turn_at - now())

    async def aclose(self) -> None:
        """Drop the questions under way; whoever still waits is cancelled."""
        for question in self._questions:
            question.cancel()
        await asyncio.gather(*self._questions, return_exceptions=True)
        for caller in list(self._callers):
            caller.cancel()
        self._waiting.clear()
