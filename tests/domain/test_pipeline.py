"""Which pipeline is meant by the catalogue, and what it may."""

import pytest
from pydantic import ValidationError

from bot.catalog import People, PipelinePeople
from bot.domain.access import is_among
from bot.domain.asked import Actor
from bot.domain.pipeline import Pipeline, is_meant, read_pipeline
from bot.domain.words import named

MAIN = Pipeline("example/credlink", "refs/heads/main", "push")
NAMED = PipelinePeople(repository="example/credlink", refs=("refs/heads/main", "refs/tags/v*"))
EVERYBODY = People(may={"*": ("deploy",)})
THE_PIPELINE = People(pipeline=NAMED, may={"prod": ("deploy",)})


def test_a_pipeline_is_known_again_by_what_stands_in_the_row():
    odd = Pipeline("example/credlink", "refs/heads/a@b:c#1", "workflow_dispatch")

    assert read_pipeline(MAIN.id) == MAIN
    assert read_pipeline(odd.id) == odd
    assert read_pipeline("U0ALICE01") is None


@pytest.mark.parametrize(
    ("pipeline", "meant"),
    [
        (MAIN, True),
        (Pipeline("Example/CredLink", "refs/heads/main", "push"), True),
        (Pipeline("example/credlink", "refs/tags/v1.2.0", "release"), True),
        (Pipeline("example/credlink", "refs/tags/v1/of-somebody", "push"), False),
        (Pipeline("example/credlink-fork", "refs/heads/main", "push"), False),
        (Pipeline("stranger/credlink", "refs/heads/main", "push"), False),
        (Pipeline("example/credlink", "refs/heads/mainly", "push"), False),
        (Pipeline("example/credlink", "refs/heads/Main", "push"), False),
        (Pipeline("example/credlink", "refs/pull/7/merge", "pull_request"), False),
        (Pipeline("example/credlink", "refs/heads/main", "pull_request_target"), False),
    ],
)
def test_it_is_meant_by_its_repository_its_ref_and_what_triggered_it(
    pipeline: Pipeline, meant: bool
):
    assert is_meant(NAMED, pipeline) is meant


@pytest.mark.parametrize(
    ("refs", "ref", "meant"),
    [
        ("refs/heads/release/*", "refs/heads/release/1.2", True),
        ("refs/heads/release/*", "refs/heads/release/1.2/try", False),
        ("refs/heads/release/**", "refs/heads/release/1.2/try", True),
        ("refs/heads/*-hotfix", "refs/heads/a/b-hotfix", False),
        ("refs/heads/v1.2", "refs/heads/v1x2", False),
        ("*", "refs/heads/main", False),
        ("**", "refs/pull/7/merge", True),
    ],
)
def test_a_star_in_a_ref_stops_at_a_slash_and_two_do_not(refs: str, ref: str, meant: bool):
    named = PipelinePeople(repository="example/credlink", refs=(refs,))

    assert is_meant(named, Pipeline("example/credlink", ref, "push")) is meant


def test_a_pipeline_is_nobody_of_everybody_and_a_person_is_no_pipeline():
    assert not is_among(EVERYBODY, Actor(MAIN.id))
    assert is_among(THE_PIPELINE, Actor(MAIN.id))
    assert not is_among(THE_PIPELINE, Actor("U0ALICE01", frozenset({"S0DEPLOY"})))
    assert is_among(EVERYBODY, Actor("U0ALICE01"))


def test_sentences_call_it_by_its_name():
    assert named(MAIN.id) == "the pipeline of example/credlink at main"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"group": "S0DEPLOY", "may": {}}, "a group or a pipeline, not both"),
        ({"may": {"prod": ["deploy", "force"]}}, "may deploy and nothing else"),
    ],
)
def test_a_catalogue_that_gives_a_pipeline_more_than_deploys_is_refused(said, why: str):
    with pytest.raises(ValidationError, match=why):
        People.model_validate({"pipeline": NAMED.model_dump(), **said})
