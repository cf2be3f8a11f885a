"""The programs that check the infrastructure, in environments of their own below var/tools.

checkov wants another boto3 than the bot, HashiCorp's parser wants node: neither may be a part of the
project's own environment. `make check-infra` installs them; what cannot be had is said.
"""

import os
import shutil
from pathlib import Path

HOME = Path("var/tools")
NODE_MODULES = HOME / "node_modules"
VENV_BIN = HOME / "venv" / "bin"


class Missing(Exception):
    """A tool is not there, so its check was not made."""


def node() -> str:
    """The path of node, with the parser installed.

    Raises:
        Missing: one of both is not there.
    """
    found = shutil.which("node")
    if found is None:
        raise Missing("node is missing (apt-get install nodejs npm)")
    if not (NODE_MODULES / "@cdktf" / "hcl2json").exists():
        raise Missing("HashiCorp's parser is missing (make check-infra installs it)")
    return found


def installed(program: str) -> str:
    """The path of a program of the tools' own Python environment.

    Raises:
        Missing: it is not there.
    """
    path = VENV_BIN / program
    if not path.exists():
        raise Missing(f"{program} is missing (make check-infra installs it)")
    return str(path.absolute())


def is_ci() -> bool:
    """Whether a missing tool is a failure rather than a warning."""
    return bool(os.environ.get("CI"))
