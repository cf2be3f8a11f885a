"""Compose files and workflows by the schemas that are published for them (`schemas/`)."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from infra.checks.documents import read_yaml
from infra.checks.problem import Problem

SCHEMAS = Path(__file__).with_name("schemas")
WORKFLOWS = (".github/workflows", "infra/github")


def violations(document: Any, schema: str) -> Iterator[str]:
    """What of a document its schema refuses, each with its place in the document."""
    for error in _validator(schema).iter_errors(document):
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        yield f"{place}: {error.message[:300]}"


def check(root: Path) -> Iterator[Problem]:
    """Every workflow, those that are shown as examples too."""
    for folder in WORKFLOWS:
        for path in sorted(file for file in (root / folder).rglob("*.y*ml")):
            for what in violations(read_yaml(path), "workflow"):
                yield Problem(str(path.relative_to(root)), what)


@cache
def _validator(name: str) -> Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    return validator_for(schema)(schema)
