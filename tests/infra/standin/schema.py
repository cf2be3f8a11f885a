"""The provider's schema, told to Terraform as `aws_names.json` has it."""

import json
from collections.abc import Mapping
from typing import Any

from infra.checks.provider_names import NAMES
from tests.infra.standin.messages import MESSAGES

KNOWN = json.loads(NAMES.read_text(encoding="utf-8"))
SINGLE, LIST, SET = 1, 2, 3
NESTING = {"list": LIST, "set": SET, "struct": LIST}
OF_PROVIDER = {"region": "string", "allowed_account_ids": "set(string)"}


def schemas() -> Any:
    """What GetProviderSchema answers."""
    answer = MESSAGES["Schemas"]()
    for name, kind in OF_PROVIDER.items():
        _attribute(answer.provider.block, name, kind).optional = True
    tags = answer.provider.block.block_types.add(type_name="default_tags", nesting=LIST)
    _attribute(tags.block, "tags", "map(string)").optional = True
    for kind in ("resource", "data"):
        for name, known in KNOWN[kind].items():
            named = getattr(answer, kind).add(key=name)
            _fill(named.value.block, known)
            _computed(named.value.block, known)
    return answer


def _fill(block: Any, known: Mapping[str, Any]) -> None:
    for name, kind in known.get("required", {}).items():
        _attribute(block, name, kind).required = True
    for name, kind in known.get("optional", {}).items():
        attribute = _attribute(block, name, kind)
        attribute.optional, attribute.write_only = True, name.endswith("_wo")
    for name, inner in known.get("blocks", {}).items():
        nested = block.block_types.add(type_name=name, nesting=NESTING[inner["nesting"]])
        nested.min_items = int(inner.get("must", False))
        if name == "timeouts":
            nested.nesting = SINGLE
        elif inner["nesting"] == "struct":
            nested.max_items = 1
        _fill(nested.block, inner)


def _computed(block: Any, known: Mapping[str, Any]) -> None:
    """What is not said AWS fills in, and more besides."""
    for attribute in block.attributes:
        attribute.computed = attribute.optional and not attribute.write_only
    there = {attribute.name for attribute in block.attributes} | {*known.get("blocks", {})}
    for name, kind in {"id": "string", **known["attributes"]}.items():
        if name not in there:
            _attribute(block, name, kind).computed = True


def _attribute(block: Any, name: str, kind: str) -> Any:
    outer, _, inner = kind.rstrip(")").partition("(")
    written = [outer, inner] if inner else {"any": "dynamic"}.get(outer, outer)
    return block.attributes.add(name=name, type=json.dumps(written).encode())
