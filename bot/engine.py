"""Durable workflows: the only module that imports DBOS.

A workflow decides; a step touches the world. Workflows and steps are module functions, registered
once on import through the decorators here. What they need of the world is one object given to the
engine before it starts, and read with `world` inside steps only.

The rules for workflow code, and why each setting is what it is: docs/decisions/durable-engine.md.
"""

import asyncio
import fcntl
import logging
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID, error

from bot.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W")

APPLICATION_VERSION = "1"
"""Fixed by hand: DBOS's default is a hash that changes with a comment and strands what runs."""
MAX_RECOVERY_ATTEMPTS = 5
SQLITE = "sqlite:///"
UNFINISHED = ["PENDING", "ENQUEUED"]
ENDED = ["SUCCESS", "ERROR", "CANCELLED"]
GIVEN_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
FORGET_AT_ONCE = 1000
CONTROL = "control"
"""The topic on which a waiting workflow is woken."""
AGAIN_S = 30.0
AGAIN_TIMES = 240
"""How often and how many times `surely` does a failing step again: for two hours."""
SUBSECOND_SQLITE = (3, 42)
"""The first SQLite whose `unixepoch('subsec')` is not NULL; DBOS uses it from Python 3.12 on."""

log = logging.getLogger(__name__)
_world: Any = None


def workflow(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Register a module function as a durable workflow, under its own name."""
    return DBOS.workflow(
        name=f"{function.__module__}.{function.__qualname__}",
        max_recovery_attempts=MAX_RECOVERY_ATTEMPTS,
    )(function)


def step(
    *, attempts: int = 1, first_wait_s: float = 1.0, retry_when: Callable[[BaseException], bool]
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Register a module function as a step, done again while `retry_when` says it could help.

    A step's result is kept as JSON: return dicts, lists, strings, numbers, booleans and None only.
    An expected refusal is a returned value, never an exception.
    """

    def decorate(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        return DBOS.step(
            name=f"{function.__module__}.{function.__qualname__}",
            retries_allowed=attempts > 1,
            max_attempts=max(attempts, 1),
            interval_seconds=first_wait_s,
            should_retry=retry_when,
        )(function)

    return decorate


async def receive(topic: str, *, timeout_s: float) -> Any:
    """Wait durably for a message to the running workflow; None when the time is up.

    The deadline survives a restart, and a message wakes the wait at once.
    """
    return await DBOS.recv_async(topic, timeout_seconds=timeout_s)


async def surely(one_step: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do a step of the running workflow, and again while it fails past its own attempts.

    Our database may be away for longer than a step tries. A workflow that ended with that error
    would leave its row promised for ever: the sweeper sees that the engine knows it.
    """
    for _ in range(AGAIN_TIMES):
        try:
            return await one_step(*args, **kwargs)
        except Exception:  # noqa: BLE001  its type differs on replay
            log.warning("step_again", extra={"action": "step_again", "workflow": workflow_id()})
            await receive(CONTROL, timeout_s=AGAIN_S)
    return await one_step(*args, **kwargs)


async def patched(name: str) -> bool:
    """Whether the running workflow takes a path changed under this name.

    False for one that was past this point before the change: it must find its steps in the order
    it was recorded in. The old path can go once no such workflow is left.
    """
    return await DBOS.patch_async(name)


def workflow_id() -> str:
    """The id of the running workflow, which is the id of the row it belongs to."""
    identity = DBOS.workflow_id
    if identity is None:
        raise RuntimeError("workflow_id() was called outside a workflow")
    return identity


def world(kind: type[W]) -> W:
    """What steps may use. Only for steps: a workflow body must not touch the world."""
    if not isinstance(_world, kind):
        raise TypeError(f"the engine was given {type(_world).__name__}, not {kind.__name__}")
    return _world


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Where the engine keeps its journal, and as whom.

    `url` is a database of the engine's own; `executor_id` must differ per process on PostgreSQL.
    """

    url: str
    executor_id: str
    signal_poll_s: float = 0.2


class Engine:
    """Runs workflows until `stop`; what was running goes on after the next `start`."""

    def __init__(self, settings: EngineSettings, given: object) -> None:
        self._settings = settings
        self._given = given
        self._lock: Any = None

    async def start(self) -> None:
        """Take up what was interrupted and accept new work.

        Call it inside the running loop, although it blocks for a moment: launched from another
        thread, recovered workflows would run in a second loop.
        """
        global _world  # one engine a process, as DBOS has it
        url = self._settings.url
        if url.startswith(SQLITE):
            self._prepare_sqlite(Path(url.removeprefix(SQLITE)))
        _world = self._given
        logging.getLogger("dbos").addHandler(logging.NullHandler())
        DBOS(
            config={
                "name": "credlink-bot",
                "system_database_url": url,
                "executor_id": self._settings.executor_id,
                "application_version": APPLICATION_VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "max_executor_threads": 16,
                "sys_db_pool_size": 10,
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": self._settings.signal_poll_s,
            }
        )
        DBOS.launch()

    def _prepare_sqlite(self, path: Path) -> None:
        if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < SUBSECOND_SQLITE:
            raise ConfigurationError(
                f"SQLite {sqlite3.sqlite_version} is too old for the durable engine on Python "
                f"{sys.version_info.major}.{sys.version_info.minor}: use SQLite 3.42 or newer, "
                "Python 3.11, or a PostgreSQL database (ENGINE_DATABASE_URL)."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = path.with_suffix(path.suffix + ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise ConfigurationError(
                f"Another process uses {path}. Stop it, or give several replicas PostgreSQL."
            ) from None
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    async def stop(self, *, drain_s: int = 0) -> None:
        """Stop taking work and give running steps `drain_s` seconds; the rest goes on next time."""
        global _world
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=drain_s)
        # DBOS had made its threads the loop's own and ended them; names are looked up in threads.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        _world = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def begin(
        self, flow: Callable[..., Coroutine[Any, Any, Any]], identity: str, *arguments: Any
    ) -> None:
        """Start `flow` under `identity`, once: a second call with the same id starts nothing."""
        with SetWorkflowID(identity):
            await DBOS.start_workflow_async(flow, *arguments)

    async def tell(self, identity: str, topic: str, said: Any, *, key: str) -> bool:
        """Send a message to a workflow; the same `key` is delivered once.

        Returns False when the engine knows no such workflow: it has not been started yet.
        """
        try:
            await DBOS.send_async(identity, said, topic, idempotency_key=key)
        except error.DBOSNonExistentWorkflowError:
            return False
        return True

    async def known(self, identities: Iterable[str]) -> frozenset[str]:
        """Of these workflow ids, those the engine has ever started and still remembers."""
        wanted = list(identities)
        if not wanted:
            return frozenset()
        found = await DBOS.list_workflows_async(
            workflow_ids=wanted, load_input=False, load_output=False
        )
        return frozenset(status.workflow_id for status in found)

    async def owners_of_unfinished(self) -> frozenset[str]:
        """The executor ids that workflows which have not ended belong to."""
        found = await DBOS.list_workflows_async(
            status=UNFINISHED, load_input=False, load_output=False
        )
        return frozenset(status.executor_id for status in found if status.executor_id)

    async def recover(self, dead: Iterable[str]) -> None:
        """Go on here with what dead executors left. Private in DBOS: a contract test watches it."""
        await asyncio.to_thread(DBOS._recover_pending_workflows, sorted(dead))  # noqa: SLF001

    async def given_up(self) -> frozenset[str]:
        """The workflows no recovery takes up again: each was under way in too many crashes.

        A person must look, and resume them: docs/operations.md.
        """
        found = await DBOS.list_workflows_async(
            status=GIVEN_UP, load_input=False, load_output=False
        )
        return frozenset(status.workflow_id for status in found)

    async def forget(self, *, ended_before: datetime) -> int:
        """Delete the journal of workflows that ended before this moment; returns how many.

        A deleted workflow id may run again, so keep them longer than any row that names them can
        still be swept.
        """
        ended = await DBOS.list_workflows_async(
            status=ENDED,
            completed_before=ended_before.isoformat(),
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            await DBOS.delete_workflows_async([status.workflow_id for status in ended])
        return len(ended)
