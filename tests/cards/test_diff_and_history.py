"""What somebody is told of the past and of what a version would change."""

from datetime import timedelta

import pytest

from bot.cards.blocks import Message
from bot.cards.diff import DiffView, Earlier, diff
from bot.cards.history import history
from bot.domain.change import ChangeKind, ChangeState, Origin
from bot.domain.difference import Difference, How, Part
from bot.domain.plan import GoodRevision
from bot.domain.rollout import Verdict
from tests.cards.golden import assert_golden
from tests.changes.builders import NEW_DIGEST, NOW, REPOSITORY, a_change, a_plan, a_rollout, an_arn

S = ChangeState
IMAGE = Difference(part=Part.FIELD, name="image", how=How.CHANGED)


def ended(state=S.SUCCEEDED, verdict=Verdict.SUCCEEDED, **said):
    return a_change(
        **{
            "state": state,
            "verdict": verdict,
            "plan": a_plan(),
            "rollout": a_rollout(),
            "started_at": NOW - timedelta(hours=2),
            "finished_at": NOW - timedelta(hours=2) + timedelta(seconds=125),
            **said,
        }
    )


def a_view(*differences, **said):
    return DiffView(
        **{
            "service": "credlink-api",
            "environment": "prod",
            "plan": a_plan(),
            "differences": differences or (IMAGE,),
            "now": NOW,
            "cpu": "512",
            "memory": "1024",
            **said,
        }
    )


def test_the_history_golden():
    answer = history(
        "prod",
        [
            ended(
                S.ROLLING_OUT,
                None,
                started_at=NOW - timedelta(seconds=70),
                finished_at=None,
            ),
            ended(S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS, origin=Origin.OUTSIDE, asked_by=""),
            ended(kind=ChangeKind.ROLLBACK, version="v1.1.9", reason="logins <fail>"),
            ended(forced="the site is down", overridden=("prod is frozen.", "prod is locked.")),
        ],
        21,
        now=NOW,
    )

    assert_golden(Message(answer.text, answer.blocks), "history")


def test_a_place_without_history_says_so():
    assert history("eu", [], 0, now=NOW).text == "Nothing was deployed in eu that I know of."


def test_the_longest_lines_are_not_cut():
    long = ended(version="v" * 128, forced="<" * 300, overridden=("x",))

    *blocks, _ = history("prod", [long] * 10, 12, now=NOW).blocks

    assert sum(block["text"]["text"].count("Deployed") for block in blocks) == 10
    assert all(block["text"]["text"].endswith("of the gate") for block in blocks)


def test_the_diff_golden():
    earlier = Earlier(
        revision=GoodRevision(
            task_definition=an_arn(38),
            image=REPOSITORY,
            version="v1.2.0",
            digest=NEW_DIGEST,
            change_id="c",
            good_at=NOW - timedelta(days=9),
        ),
        differences=(
            Difference(
                part=Part.ENV, name="LOG_LEVEL", how=How.CHANGED, before="info", after="<warn>"
            ),
            Difference(part=Part.SECRET, name="DATABASE_URL", how=How.CHANGED),
            Difference(
                part=Part.FIELD, name="memory", how=How.CHANGED, before="1024", after="2048"
            ),
        ),
    )

    answer = diff(a_view(earlier=earlier))

    assert_golden(Message(answer.text, answer.blocks), "diff")


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ((IMAGE,), "*A deploy would change*  image only"),
        (
            tuple(
                Difference(part=Part.ENV, name=f"V{n}", how=How.ADDED, after="1") for n in range(23)
            ),
            "• env V19=1 added\nand 3 more",
        ),
    ],
)
def test_what_a_deploy_would_change_is_listed(differences, said):
    assert said in str(diff(a_view(*differences)).blocks).replace("\\n", "\n")


def test_a_version_that_never_ran_there_is_named_as_such():
    assert "not known to have run there" in str(diff(a_view()).blocks)
