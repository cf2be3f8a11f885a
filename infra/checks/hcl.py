"""Terraform modules, read by HashiCorp's own parser."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.checks.problem import Problem
from infra.checks.tools import NODE_MODULES, node

TERRAFORM = Path("infra/terraform")
PARSER = Path(__file__).parent / "tools" / "hcl.js"
PARSE_ERROR = re.compile(r"(?:[^\s\[\]]+):(\d+),\d+-[\d,]+: (.*?)\]?$", re.DOTALL)


@dataclass(slots=True)
class Module:
    """A folder of Terraform files as Terraform sees it: one module."""

    folder: Path
    blocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Address (`aws_lb.this`, `data.aws_region.current`, `var.name`, `local.x`, `module.api`,
    `output.y`) → its body."""
    places: dict[str, str] = field(default_factory=dict)
    """Address → `file:line`, from where the files were looked for."""
    settings: list[Any] = field(default_factory=list)
    """Blocks without a name: `terraform`, `provider`."""
    errors: list[Problem] = field(default_factory=list)

    def has(self, address: str) -> bool:
        return address in self.blocks

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The bodies of `var`, `local`, `output` or `module`, by name."""
        prefix = f"{kind}."
        return {a.removeprefix(prefix): b for a, b in self.blocks.items() if a.startswith(prefix)}


def folders(root: Path) -> list[Path]:
    """Every folder below `root` that is a module."""
    return sorted({file.parent for file in root.rglob("*.tf")})


def read(root: Path, where: Iterable[Path]) -> dict[Path, Module]:
    """Read the modules in these folders; places are told from `root`.

    Costs one process of node, 0.2 s and 5 ms a file.

    Raises:
        NotHere: node or the parser cannot be had.
    """
    files = [file for folder in where for file in sorted(folder.glob("*.tf"))]
    done = subprocess.run(  # noqa: S603  our own script
        [node(), str(PARSER), str(NODE_MODULES), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    modules: dict[Path, Module] = {}
    for name, answer in json.loads(done.stdout).items():
        file = Path(name)
        module = modules.setdefault(file.parent, Module(file.parent))
        if "error" in answer:
            module.errors.append(_parse_error(str(file.relative_to(root)), answer["error"]))
        else:
            _add(module, file, str(file.relative_to(root)), answer["blocks"])
    return modules


def _parse_error(file: str, said: str) -> Problem:
    found = PARSE_ERROR.search(said)
    return Problem(f"{file}:{found[1]}", found[2]) if found else Problem(file, said)


def _add(module: Module, file: Path, called: str, blocks: Mapping[str, Any]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    for kind, named in blocks.items():
        if kind in {"resource", "data"}:
            for label, instances in named.items():
                prefix = "data." if kind == "data" else ""
                for name, bodies in instances.items():
                    header = f'{kind} "{label}" "{name}"'
                    _keep(module, called, lines, f"{prefix}{label}.{name}", header, bodies)
        elif kind in {"variable", "output", "module"}:
            for name, bodies in named.items():
                address = f"{'var' if kind == 'variable' else kind}.{name}"
                _keep(module, called, lines, address, f'{kind} "{name}"', bodies)
        elif kind == "locals":
            for one in named:
                for name, value in one.items():
                    _keep(module, called, lines, f"local.{name}", name, [{"value": value}])
        elif kind in {"terraform", "provider"}:
            module.settings.append(named)
        else:
            module.errors.append(Problem(called, f"there is no block {kind!r}"))


def _keep(
    module: Module, file: str, lines: list[str], address: str, header: str, bodies: list[Any]
) -> None:
    found = (n for n, line in enumerate(lines, 1) if line.strip().startswith(header))
    place = f"{file}:{next(found, 1)}"
    if module.has(address) or len(bodies) > 1:
        module.errors.append(Problem(place, f"{address} is there twice"))
    module.blocks[address] = bodies[0]
    module.places[address] = place
