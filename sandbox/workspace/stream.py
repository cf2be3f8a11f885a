"""What open pages are told as it happens, each person only what they may see."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BACKLOG = 2000
"""Messages a page may lag behind before it is cut off and has to read the state anew."""


class Stream:
    """Fan-out of happenings to the people watching."""

    def __init__(self) -> None:
        self._watchers: dict[asyncio.Queue[dict[str, Any] | None], str] = {}

    @contextmanager
    def watch(self, user_id: str) -> Iterator["asyncio.Queue[dict[str, Any] | None]"]:
        """A queue of what `user_id` may see from now on; None means the watcher was too slow."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(BACKLOG)
        self._watchers[queue] = user_id
        try:
            yield queue
        finally:
            self._watchers.pop(queue, None)

    def tell(self, user_ids: "set[str] | None", kind: str, **content: Any) -> None:
        """Tell the people named, or everybody."""
        for queue, user_id in list(self._watchers.items()):
            if user_ids is not None and user_id not in user_ids:
                continue
            if queue.qsize() >= BACKLOG - 1:
                del self._watchers[queue]
                queue.put_nowait(None)
            else:
                queue.put_nowait({"type": kind, **content})

    def close(self) -> None:
        """End every watch."""
        for queue in list(self._watchers):
            queue.put_nowait(None)
        self._watchers.clear()
