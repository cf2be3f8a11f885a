"""Write anew which arguments, blocks and attributes the AWS provider knows: `aws_names.json`.

The provider's schema can be had without Terraform's registry only as it was compiled into
`@cdktf/provider-aws`, whose 392 MB nobody should need for a check. So what it says of the resources
and data sources that infra/terraform uses is kept in a small file, and this script writes it:

    npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-*.tgz
    python -m infra.checks.provider_names package

Each resource has a declaration there in TypeScript: an interface for itself and one for each block,
in which the documentation's link carries the name that Terraform has for what follows.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from infra.checks.hcl import TERRAFORM

NAMES = Path(__file__).with_name("aws_names.json")
INTERFACE = re.compile(r"^export interface (\w+)([^{]*)\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"/\*\*(.*?)\*/\s*readonly \w+(\??): ?([^;{]*)", re.DOTALL)
LINK = re.compile(r"#(\w+) \w+#\1\}")
GETTER = re.compile(r"this\.get\w+Attribute\('(\w+)'\)|\(this, \"(\w+)\"")
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
    # Lists of names on one line each: a new resource is then a few lines of a diff.
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    NAMES.write_text(text + "\n", encoding="utf-8")


def _of(package: Path, kind: str, name: str) -> tuple[str, str]:
    """The declaration and the code of one resource."""
    folder = name.removeprefix("aws_").replace("_", "-")
    where = package / "lib" / (f"data-aws-{folder}" if kind == "data" else folder)
    return (where / "index.d.ts").read_text("utf-8"), (where / "index.js").read_text("utf-8")


def _names(declaration: str, code: str) -> dict[str, Any]:
    interfaces = {name: (base, body) for name, base, body in INTERFACE.findall(declaration)}
    own = next(n for n, (base, _) in interfaces.items() if "TerraformMetaArguments" in base)
    bodies = {name: body for name, (_, body) in interfaces.items()}
    itself = re.split(
        r"^class \w+ extends cdktf\.Terraform(?:Resource|DataSource)", code, flags=re.MULTILINE
    )
    read = {first or second for first, second in GETTER.findall(itself[-1])}
    return {**_block(bodies[own], bodies), "attributes": sorted(read)}


def _block(body: str, bodies: dict[str, str]) -> dict[str, Any]:
    required: list[str] = []
    optional: list[str] = []
    blocks: dict[str, Any] = {}
    for comment, question, kind in MEMBER.findall(body):
        name = LINK.search(comment)
        if name is None:
            continue
        struct = re.match(r"\w+", kind)
        if struct and struct[0] in bodies and f"{name[1]} block" in comment:
            blocks[name[1]] = _block(bodies[struct[0]], bodies)
            if not question:
                blocks[name[1]]["must"] = True
        else:
            (optional if question else required).append(name[1])
    said = {"required": sorted(required), "optional": sorted(optional), "blocks": blocks}
    return {key: value for key, value in said.items() if value}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
