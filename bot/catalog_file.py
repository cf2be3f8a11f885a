"""Reading credlink.yml: a mistake is reported with its line, what was expected, what to write."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.catalog import Catalog
from bot.errors import ConfigurationError

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the file; `line` counts from 1."""

    line: int
    where: str
    what: str


class CatalogError(ConfigurationError):
    """The catalogue cannot be used. `mistakes` holds every one found."""

    def __init__(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        lines = [
            f"{file}:{mistake.line}: {mistake.where}: {mistake.what}"
            if mistake.where
            else f"{file}:{mistake.line}: {mistake.what}"
            for mistake in mistakes
        ]
        super().__init__("\n".join(lines))


def load(file: Path) -> Catalog:
    """Read and check the catalogue.

    Raises:
        CatalogError: with every mistake found, each with its line.
        ConfigurationError: the file cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(
            f"{file}: {exc.strerror}. Write one (credlink.example.yml shows how), "
            "or say where it is with CREDLINK_CONFIG."
        ) from exc
    return read(text, file)


def read(text: str, file: Path) -> Catalog:
    """Check the catalogue in `text`; `file` is named in what is reported."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        problem = f"not valid YAML: {exc.problem or exc}"
        raise CatalogError(file, [Mistake(line, "", problem)]) from exc
    if not isinstance(content, dict):
        expected = "expected a mapping with `services:` and `people:`"
        raise CatalogError(file, [Mistake(1, "", expected)])
    repeated = [
        Mistake(line, key, "written twice; the second would silently win. Keep one.")
        for key, line in _repeated_keys(tree)
    ]
    if repeated:
        raise CatalogError(file, repeated)
    try:
        return Catalog.model_validate(content)
    except ValidationError as exc:
        mistakes = [
            Mistake(_line(tree, error["loc"]), _dotted(error["loc"]), _explained(error))
            for error in exc.errors(include_url=False)
        ]
        raise CatalogError(file, sorted(mistakes, key=lambda mistake: mistake.line)) from exc


def _line(tree: yaml.Node | None, path: Path_) -> int:
    """Return the line of the deepest part of `path` that is there."""
    node = tree
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)


def _dotted(path: Path_) -> str:
    return ".".join(str(part) for part in path)


def _explained(error: ErrorDetails) -> str:
    """Say what was expected and what to write instead."""
    kind, last = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    given = error["input"]
    match kind:
        case "extra_forbidden":
            return f"unknown key.{_did_you_mean(last, error['loc'])}"
        case "missing":
            return f"missing. Write `{last}: …` here."
        case "string_type":
            return f'expected text. Write it in quotes: "{given}"'
        case "string_pattern_mismatch":
            return f"{given!r} does not look right: expected to match {error['ctx']['pattern']}"
        case "enum" | "literal_error":
            options = str(error["ctx"]["expected"])
            names = [name.strip(" '") for name in options.replace(" or ", ", ").split(",")]
            close = difflib.get_close_matches(str(given), names, n=1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            return f"{given!r} is not one of {options}.{hint}"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return f"{error['msg']} (found {given!r})"


def _did_you_mean(key: str, path: Path_) -> str:
    names = _fields_at(path[:-1])
    close = difflib.get_close_matches(key, names, n=1)
    if close:
        return f" Did you mean `{close[0]}`?"
    return f" There is {', '.join(f'`{name}`' for name in names)}." if names else ""


def _fields_at(path: Path_) -> list[str]:
    """Return the keys the model at `path` takes, stepping over mappings' keys and list indexes."""
    model: type[BaseModel] = Catalog
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        if inner is not None:
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside `X`, `X | None`, `Mapping[str, X]` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
