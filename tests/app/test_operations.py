"""docs/operations.md says what the code does: its metrics, its times, its exit statuses."""

from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from bot import app, failover, metrics
from bot.__main__ import MISCONFIGURED
from bot.assembly import chores
from bot.engine import GIVEN_UP, MAX_RECOVERY_ATTEMPTS

PAGE = Path("docs/operations.md").read_text()


def row(metric: MetricWrapperBase) -> str:
    """A metric's row in the page's table."""
    name = metric._name + ("_total" if isinstance(metric, Counter) else "")
    labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "–"
    return f"| `{name}` | {labels} | {metric._documentation} |"


def test_the_table_of_metrics_is_that_of_the_code():
    meant = [row(each) for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]

    table = PAGE.partition("| metric | labels | what it counts |")[2].partition("\n\n")[0]
    assert table.splitlines()[2:] == meant


def test_the_times_and_statuses_are_those_of_the_code():
    assert f"gives running steps\n{app.DRAIN_S} s, and leaves" in PAGE
    lease = f"a lease of {failover.LEASE_S:g} s each {failover.BEAT_S:g} s"
    assert lease in PAGE
    assert f"deleted from the journal after {chores.FORGET_AFTER.days} days" in PAGE
    assert f"| {MISCONFIGURED} | the configuration is wrong" in PAGE
    assert f"--status {GIVEN_UP}" in PAGE
    assert MAX_RECOVERY_ATTEMPTS + 1 == 6
    assert "in six crashes" in PAGE
