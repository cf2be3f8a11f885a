"""The line that says what other systems were told: what is done, what is not, and why."""

from typing import Any

import pytest

from bot.cards.marks import DETAIL_CHARACTERS, marks_line
from bot.domain.mark import Mark, MarkKind, MarkState
from tests.changes.builders import NOW

K = MarkKind
S = MarkState


def a_mark(kind: MarkKind, state: MarkState = S.DONE, **said: Any) -> Mark:
    return Mark(change_id="change-1", kind=kind, state=state, asked_at=NOW, **said)


@pytest.mark.parametrize(
    ("marks", "line"),
    [
        ([], ""),
        ([a_mark(kind) for kind in K], "CDN invalidated · marked in Sentry, Grafana, PagerDuty"),
        ([a_mark(K.GRAFANA_BEGIN)], "marked in Grafana"),
        ([a_mark(K.CLOUDFRONT, S.WANTED)], "CDN to be invalidated"),
        (
            [a_mark(K.CLOUDFRONT, S.WANTED, detail="rate limited")],
            "CDN to be invalidated (rate limited)",
        ),
        ([a_mark(K.CLOUDFRONT, S.WANTED, reference="I1")], "CDN invalidation in progress"),
        (
            [a_mark(K.CLOUDFRONT, S.FAILED, detail="lacks cloudfront:CreateInvalidation")],
            "⚠ CDN not invalidated: lacks cloudfront:CreateInvalidation",
        ),
        ([a_mark(K.SENTRY, S.WANTED), a_mark(K.PAGERDUTY, S.WANTED)], "telling Sentry, PagerDuty"),
        (
            [a_mark(K.SENTRY, S.WANTED, detail="HTTP 503: away")],
            "Sentry not told yet (HTTP 503: away)",
        ),
        (
            [a_mark(K.PAGERDUTY), a_mark(K.SENTRY, S.FAILED, detail="HTTP 403: no <scope> & all")],
            "marked in PagerDuty · ⚠ Sentry: HTTP 403: no &lt;scope&gt; &amp; all",
        ),
        (
            [a_mark(K.PAGERDUTY, S.UNKNOWN, detail="no answer within 15 s")],
            "⚠ unknown whether PagerDuty has it (no answer within 15 s)",
        ),
        ([a_mark(K.SENTRY, S.SKIPPED), a_mark(K.CLOUDFRONT, S.SKIPPED)], ""),
    ],
)
def test_the_line_says_what_each_system_was_told(marks: list[Mark], line: str):
    assert marks_line(marks) == line


def test_the_end_in_grafana_says_more_than_its_beginning():
    begun = a_mark(K.GRAFANA_BEGIN, S.FAILED, detail="HTTP 503: away")

    assert marks_line([begun]) == "⚠ Grafana: HTTP 503: away"
    assert marks_line([begun, a_mark(K.GRAFANA_END)]) == "marked in Grafana"
    assert marks_line([a_mark(K.GRAFANA_BEGIN), a_mark(K.GRAFANA_END, S.WANTED)]) == (
        "telling Grafana"
    )


def test_a_long_complaint_is_cut_so_that_the_others_are_read_too():
    complaint = a_mark(K.SENTRY, S.FAILED, detail="<" * 500)

    line = marks_line([complaint, a_mark(K.PAGERDUTY, S.FAILED, detail="HTTP 400")])

    assert len(line) < 2 * DETAIL_CHARACTERS
    assert line.endswith("… · ⚠ PagerDuty: HTTP 400")
    assert "<" not in line
