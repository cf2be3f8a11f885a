"""Write anew which arguments, blocks and attributes the AWS provider knows, with their types.

The provider's schema can be had without Terraform's registry only as it was compiled into
`@cdktf/provider-aws`, whose 392 MB nobody should need for a check. So what it says of the resources
and data sources that infra/terraform uses is kept in a small file, aws_names.json, written by this:

    npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-*.tgz
    python -m infra.checks.provider_names package

Each resource has a declaration there in TypeScript: an interface for itself and one for each block,
in which the documentation's link carries the name that Terraform has for what follows. The types
stand in the code beside it, in a function for each block.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.checks.hcl import TERRAFORM

NAMES = Path(__file__).with_name("aws_names.json")
INTERFACE = re.compile(r"^export interface (\w+)([^{]*)\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"/\*\*(.*?)\*/\s*readonly \w+(\??): ?([^;{]*)", re.DOTALL)
LINK = re.compile(r"#(\w+) \w+#\1\}")
GETTER = re.compile(r"this\.get(\w+)Attribute\('(\w+)'\)|\(this, \"(\w+)\"")
WRITTEN = re.compile(
    r'^\s+(\w+): \{\s*value: [^\n]*\s*isBlock: \w+,\s*type: "(\w+)",\s*storageClassType: "(\w+)",',
    re.MULTILINE,
)
WRITES = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
TYPES = {"string": "string", "number": "number", "boolean": "bool"}
OF_GETTERS = {"String": "string", "Number": "number", "Boolean": "bool", "List": "list(string)"}
CLASS = re.compile(r"^class \w+ extends cdktf\.Terraform(?:Resource|DataSource)", re.MULTILINE)
USED = re.compile(r'^(resource|data) "(aws_\w+)"', re.MULTILINE)


def main(package: Path) -> None:
    used = {
        found
        for file in TERRAFORM.rglob("*.tf")
        for found in USED.findall(file.read_text(encoding="utf-8"))
    }
    version = re.search(r"providerVersion: '([\d.]+)'", _of(package, "resource", "aws_lb")[1])
    names: dict[str, Any] = {
        "provider": version[1] if version else "",
        "resource": {},
        "data": {},
    }
    for kind, name in sorted(used):
        names[kind][name] = _names(*_of(package, kind, name))
    text = json.dumps(names, indent=1, sort_keys=True)
    # Objects without objects within on one line each: a new resource is a few lines of a diff.
    text = re.sub(r"\{\s+([^\[\]{}]*?)\s+\}", lambda m: f"{{{' '.join(m[1].split())}}}", text)
    NAMES.write_text(text + "\n", encoding="utf-8")


def _of(package: Path, kind: str, name: str) -> tuple[str, str]:
    """The declaration and the code of one resource."""
    folder = name.removeprefix("aws_").replace("_", "-")
    where = package / "lib" / (f"data-aws-{folder}" if kind == "data" else folder)
    return (where / "index.d.ts").read_text("utf-8"), (where / "index.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class _Resource:
    """What one resource's declaration and code say."""

    bodies: dict[str, str]
    """Interface → its members."""
    writers: dict[str, str]
    """Interface → the code that writes it as HCL."""

    def block(self, interface: str) -> dict[str, Any]:
        """The arguments of a block, each with its type, and the blocks within."""
        types = {
            name: (kind, of) for name, kind, of in WRITTEN.findall(self.writers.get(interface, ""))
        }
        said: dict[str, dict[str, Any]] = {"required": {}, "optional": {}, "blocks": {}}
        for comment, question, written in MEMBER.findall(self.bodies[interface]):
            link = LINK.search(comment)
            if link is None:
                continue
            name = link[1]
            kind, of = types.get(name, ("simple", "string"))
            struct = re.match(r"\w+", written)
            if struct and struct[0] in self.bodies and f"{name} block" in comment:
                said["blocks"][name] = {**self.block(struct[0]), "nesting": kind}
                if not question:
                    said["blocks"][name]["must"] = True
            else:
                said["optional" if question else "required"][name] = _type(kind, of)
        return {key: value for key, value in said.items() if value}


def _type(kind: str, of: str) -> str:
    """As Terraform writes it: `set(string)`; `any` for what has attributes of its own."""
    for ending, collection in (("List", "set" if kind == "set" else "list"), ("Map", "map")):
        if of.removesuffix(ending) in TYPES and of.endswith(ending):
            return f"{collection}({TYPES[of.removesuffix(ending)]})"
    return TYPES.get(of, "any")


def _names(declaration: str, code: str) -> dict[str, Any]:
    interfaces = {name: (base, body) for name, base, body in INTERFACE.findall(declaration)}
    own = next(n for n, (base, _) in interfaces.items() if "TerraformMetaArguments" in base)
    writers = {name[0].upper() + name[1:]: body for name, body in WRITES.findall(code)}
    itself = CLASS.split(code)[-1]
    writers[own] = itself.partition("synthesizeHclAttributes()")[2]
    resource = _Resource({name: body for name, (_, body) in interfaces.items()}, writers)
    read = {a or b: OF_GETTERS.get(kind, "any") for kind, a, b in GETTER.findall(itself)}
    return {**resource.block(own), "attributes": read}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
