"""The programs that check the infrastructure, in environments of their own below var/tools.

checkov wants another boto3 than the bot, HashiCorp's parser wants node: neither may be a part of
the project's own environment. `make check-infra` installs them; what cannot be had is said.
"""

import shutil
from pathlib import Path

from infra.checks.problem import NotHere

HOME = Path(__file__).parents[3] / "var" / "tools"
NODE_MODULES = HOME / "node_modules"
VENV_BIN = HOME / "venv" / "bin"
HOW = "sh infra/checks/tools/install"


def node() -> str:
    """The path of node, with the parser installed.

    Raises:
        NotHere: one of both is not there.
    """
    found = shutil.which("node")
    if found is None:
        raise NotHere("node is not on the PATH: apt-get install nodejs npm")
    if not (NODE_MODULES / "@cdktf" / "hcl2json").exists():
        raise NotHere(f"HashiCorp's parser is not in var/tools: {HOW}")
    return found


def installed(program: str) -> str:
    """The path of a program of the tools' own Python environment.

    Raises:
        NotHere: it is not there.
    """
    path = VENV_BIN / program
    if not path.exists():
        raise NotHere(f"{program} is not in var/tools: {HOW}")
    return str(path)
