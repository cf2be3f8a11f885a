"""The catalogue: the example is right, and every mistake is reported where it was made."""

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.catalog import Catalog, read_duration
from bot.catalog_file import CatalogError, load, read
from bot.errors import ConfigurationError

EXAMPLE = Path("credlink.example.yml")


def refused(text: str) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        read(text, Path("credlink.yml"))
    return str(caught.value).splitlines()


def example_with(old: str, new: str) -> tuple[str, int]:
    """The example with one thing changed, and the line of the change."""
    text = EXAMPLE.read_text()
    assert text.count(old) >= 1, old
    changed = text.replace(old, new, 1)
    return changed, changed[: changed.index(new)].count("\n") + 1


def test_the_example_is_right():
    catalog = load(EXAMPLE)

    prod = catalog.services["credlink-api"].environments["prod"]
    assert prod.deploy.bake == timedelta(minutes=10)
    assert (prod.scale.min, prod.scale.max) == (3, 10)


def test_the_published_schema_takes_the_example_and_is_the_models():
    published = json.loads(Path("docs/credlink.schema.json").read_text())

    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text()), published)
    assert published == Catalog.model_json_schema(), "run: credlink schema"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cluster: credlink-prod", "clutser: credlink-prod", "Did you mean `cluster`?"),
        ("[deploy, rollback]", "[deploy, rolback]", "Did you mean `rollback`?"),
        ('account: "222222222222"', "account: 222222222222", 'Write it in quotes: "222222222222"'),
        ("bake: 10m", "bake: 10 minutes", "expected a duration such as 90s, 10m or 1h30m"),
        ("bake: 10m", "bake: 25h", "less than or equal to 1 day"),
        ("[deploy, rollback]", "[deploy, rollback, everything]", "is not one of"),
        (
            'by_version: sum(rate(http_requests_total{version="$version"}[1m]))',
            "by_version: sum(rate(http_requests_total[1m]))",
            "it has no $version, where the image tag is put in",
        ),
        ("hold_at_most: 30m", "hold_at_most: 15d", "less than or equal to 14 days"),
        ("min: 3, max: 10", "min: 30, max: 10", "min (30) is above max (10)"),
        ("strategy: rolling", "strategy: yolo", "is not one of 'rolling', 'canary'"),
        ("E2CREDLINK", "e2-lower-case", "does not look right"),
        ('"#credlink-ops"', '"credlink ops"', "does not look right"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_what_to_write(old: str, new: str, says: str):
    text, line = example_with(old, new)

    reported = [said for said in refused(text) if says in said]

    assert len(reported) == 1
    assert reported[0].startswith(f"credlink.yml:{line}:")


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file():
    text = EXAMPLE.read_text().replace("region: us-east-1", "region: nowhere")

    lines = [int(said.split(":")[1]) for said in refused(text)]

    assert len(lines) == 2
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("after: staging", "after: stagin", "'stagin', which is not another environment"),
        ("after: staging", "after: prod", "'prod', which is not another environment"),
        ("      staging: [deploy", "      stagging: [deploy", "names the environment 'stagging'"),
    ],
)
def test_names_that_lead_nowhere_are_refused(old: str, new: str, says: str):
    text, _ = example_with(old, new)

    assert any(says in said for said in refused(text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1\nb: 2", "credlink.yml:2: not valid YAML"),
        ("- just\n- a list", "expected a mapping"),
        ("", "expected a mapping"),
        ("people: {}\nservices: {}\npeople: {}", "credlink.yml:3: people: written twice"),
    ],
)
def test_what_is_no_catalogue_at_all_is_refused_in_words(text: str, says: str):
    assert any(says in said for said in refused(text))


def test_a_missing_file_says_what_to_do():
    with pytest.raises(ConfigurationError, match=r"No such file.*credlink\.example\.yml"):
        load(Path("nowhere.yml"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), (45, 45), ("500ms", 0.5)],
)
def test_durations_are_read_as_people_write_them(written: str | int, meant: float):
    assert read_duration(written) == timedelta(seconds=meant)


@pytest.mark.parametrize("written", ["", "10", "m", "10 m", "-5m", "10x", True, None, "5m3"])
def test_what_is_no_duration_is_refused(written: object):
    with pytest.raises(ValueError, match="expected a duration"):
        read_duration(written)
