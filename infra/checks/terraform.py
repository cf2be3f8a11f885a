"""Are the Terraform files right: do they parse, and is every name one that there is?

`terraform validate` needs the provider, which only Terraform's registry has. So the files are read
by HashiCorp's own parser, and resources, arguments, blocks and attributes are compared with the
provider's schema (`aws_names.json`, see provider_names.py); references, modules and functions with
what the files themselves declare.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.checks import expressions, hcl
from infra.checks.hcl import Module
from infra.checks.problem import Problem
from infra.checks.provider_names import NAMES

OF_ALL = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle"})
"""Arguments that are Terraform's own, of any resource."""
OF_MODULES = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
BUILT_IN = frozenset({"each", "count", "path", "terraform", "self"})
NEW = "of one that is new, infra/checks/provider_names.py writes the names"
ATTRIBUTES_OF_ALL = frozenset({"id"})


def check(root: Path) -> Iterator[Problem]:
    """Needs node, and HashiCorp's parser from npm. Costs 0.6 s."""
    names = json.loads(NAMES.read_text(encoding="utf-8"))
    modules = hcl.read(root, hcl.folders(root / hcl.TERRAFORM))
    for module in modules.values():
        yield from module.errors
        if not module.errors:  # what cannot be read would make everything else look unknown
            yield from {*_of_module(module, modules, names)}


def _of_module(
    module: Module, modules: Mapping[Path, Module], names: Mapping[str, Any]
) -> Iterator[Problem]:
    for address, body in module.blocks.items():
        place = module.places[address]
        for said in _of_block(address, body, modules, module, names):
            yield Problem(place, f"{address}: {said}")
        for said in _of_expressions(address, body, module, modules, names):
            yield Problem(place, f"{address}: {said}")
    yield from _unused(module)


def _of_block(
    address: str,
    body: Mapping[str, Any],
    modules: Mapping[Path, Module],
    module: Module,
    names: Mapping[str, Any],
) -> Iterator[str]:
    kind, _, rest = address.partition(".")
    if kind == "var":
        yield from (f"has no {key}" for key in ("description", "type") if key not in body)
    elif kind == "output":
        yield from (f"has no {key}" for key in ("description", "value") if key not in body)
    elif kind == "module":
        yield from _call(body, module, modules)
    elif kind != "local":
        of, label = ("data", rest.split(".")[0]) if kind == "data" else ("resource", kind)
        known = names[of].get(label)
        if known is None:
            yield f"{names['provider']} of the provider has no {of} {label}; {NEW}"
        else:
            yield from _arguments(body, known, top=True)


def _arguments(
    body: Mapping[str, Any], known: Mapping[str, Any], *, top: bool = False
) -> Iterator[str]:
    required, optional = set(known.get("required", ())), set(known.get("optional", ()))
    blocks: Mapping[str, Any] = known.get("blocks", {})
    dynamic: Mapping[str, Any] = body.get("dynamic", {})
    given = {*body, *dynamic} - {"dynamic"}
    for name in sorted(given - required - optional - blocks.keys() - (OF_ALL if top else set())):
        yield f"there is no argument {name}"
    for name in sorted(required - given):
        yield f"the argument {name} is missing"
    for name in sorted(n for n, inner in blocks.items() if inner.get("must") and n not in given):
        yield f"the block {name} is missing"
    for name in sorted(blocks.keys() & given):
        insides = [one.get("content", [{}])[0] for one in dynamic.get(name, ())]
        written = body.get(name, [])
        if not isinstance(written, list):
            yield f"{name} is a block, and not an argument: write it without ="
            continue
        for inner in [*written, *insides]:
            yield from (f"{name}: {said}" for said in _arguments(inner, blocks[name]))
    if top:
        yield from _ignored(body, {*required, *optional, *blocks})


def _ignored(body: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for lifecycle in body.get("lifecycle", ()):
        for written in lifecycle.get("ignore_changes", ()):
            name = (
                str(written)
                .removeprefix("${")
                .removesuffix("}")
                .partition(".")[0]
                .partition("[")[0]
            )
            if name not in known:
                yield f"ignore_changes names {name}, which it does not have"


def _call(body: Mapping[str, Any], module: Module, modules: Mapping[Path, Module]) -> Iterator[str]:
    called = _called(body, module, modules)
    if called is None:
        yield f"there is no module at {body.get('source')}"
        return
    variables = called.of_kind("var")
    given = body.keys() - OF_MODULES
    for name in sorted(given - variables.keys()):
        yield f"{body['source']} has no variable {name}"
    for name in sorted(n for n, v in variables.items() if "default" not in v and n not in given):
        yield f"{body['source']} needs the variable {name}"
    for name in sorted(given & variables.keys()):
        kind = expressions.members(str(variables[name].get("type", "")))
        if kind is not None and isinstance(body[name], dict):
            # Terraform takes an unknown attribute without a word, and drops it.
            yield from (
                f"{name} has no attribute {key}" for key in sorted(body[name].keys() - kind)
            )
            must = {key for key, needed in kind.items() if needed}
            yield from (f"{name} needs {key}" for key in sorted(must - body[name].keys()))


def _called(
    body: Mapping[str, Any], module: Module, modules: Mapping[Path, Module]
) -> Module | None:
    wanted = (module.folder / str(body.get("source", ""))).resolve()
    return next((one for folder, one in modules.items() if folder.resolve() == wanted), None)


def _of_expressions(
    address: str,
    body: Mapping[str, Any],
    module: Module,
    modules: Mapping[Path, Module],
    names: Mapping[str, Any],
) -> Iterator[str]:
    iterators = set(_dynamic_labels(body))
    # What it ignores are its own arguments, without a name before them.
    said = expressions.found(
        _without(body, "ignore_changes", "type" if address.startswith("var.") else "")
    )
    yield from (
        f"there is no function {name}()"
        for name in said.functions
        if name not in expressions.FUNCTIONS
    )
    for reference in said.references:
        if reference.partition(".")[0] not in iterators | BUILT_IN:
            yield from _reference(reference, module, modules, names)


def _without(value: Any, *keys: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, *keys) for key, one in value.items() if key not in keys}
    return [_without(one, *keys) for one in value] if isinstance(value, list) else value


def _dynamic_labels(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value.get("dynamic", {})
        for one in value.values():
            yield from _dynamic_labels(one)
    elif isinstance(value, list):
        for one in value:
            yield from _dynamic_labels(one)


def _reference(
    reference: str, module: Module, modules: Mapping[Path, Module], names: Mapping[str, Any]
) -> Iterator[str]:
    parts = reference.split(".")
    length = 3 if parts[0] == "data" else 2
    address, attribute = ".".join(parts[:length]), parts[length] if len(parts) > length else None
    if not module.has(address):
        yield f"{reference} is not declared"
    elif parts[0] == "var" and attribute is not None:
        kind = expressions.members(str(module.blocks[address].get("type", "")))
        if kind is not None and attribute not in kind:
            yield f"{reference}: {address} has no attribute {attribute}"
    elif parts[0] == "module" and attribute is not None:
        called = _called(module.blocks[address], module, modules)
        if called is not None and not called.has(f"output.{attribute}"):
            yield f"{reference}: the module has no output {attribute}"
    elif parts[0] not in {"local", "module"} and attribute is not None:
        of, label = ("data", parts[1]) if parts[0] == "data" else ("resource", parts[0])
        known = names[of].get(label, {})
        there = {*known.get("attributes", ()), *known.get("blocks", ()), *ATTRIBUTES_OF_ALL}
        if attribute not in there | {*known.get("required", ()), *known.get("optional", ())}:
            yield f"{reference}: {label} has no attribute {attribute}"


def _unused(module: Module) -> Iterator[Problem]:
    used = {
        ".".join(reference.split(".")[:2])
        for address, body in module.blocks.items()
        for reference in expressions.found(
            _without(body, "validation") if address.startswith("var.") else body
        ).references
    }
    used |= {".".join(r.split(".")[:2]) for r in expressions.found(module.settings).references}
    for address, place in module.places.items():
        if address.startswith(("var.", "local.")) and address not in used:
            yield Problem(place, f"{address} is never used")
