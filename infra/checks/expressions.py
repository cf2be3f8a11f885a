"""What a Terraform expression refers to, and which functions it calls.

HashiCorp's parser hands an expression on as its source, `${…}`, once it has proved that it is one.
So nothing is parsed here: names are told apart from texts, keys of objects and the names that `for`
binds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"""
    (?P<text>")                                   # a text begins
  | (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
  | (?P<name>[A-Za-z_][\w-]*)
  | (?P<dot>\.(?=[A-Za-z_*\d]))
  | (?P<index>\[)
  | (?P<other>=>|==|!=|<=|>=|\d+(?:\.\d+)?|\S)
    """,
    re.VERBOSE | re.DOTALL,
)
STEP = re.compile(r"\.(\*|\d+|[A-Za-z_][\w-]*)")
KEY = re.compile(r"=(?![=>])|:(?!:)")
"""What follows a name that is an object's key."""
WORDS = frozenset({"for", "in", "if", "true", "false", "null", "else", "endif", "endfor"})
FUNCTIONS = frozenset(
    """
    abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512
    basename bcrypt can ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets
    coalesce coalescelist compact concat contains csvdecode dirname distinct element endswith
    ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5
    fileset filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent
    index issensitive join jsondecode jsonencode keys length log lookup lower matchkeys max
    md5 merge min nonsensitive one parseint pathexpand plantimestamp pow range regex regexall
    replace reverse rsadecrypt sensitive setintersection setproduct setsubtract setunion sha1
    sha256 sha512 signum slice sort split startswith strcontains strrev substr sum
    templatefile templatestring textdecodebase64 textencodebase64 timeadd timecmp timestamp
    title tobool tolist tomap tonumber toset tostring transpose trim trimprefix trimspace
    trimsuffix try type upper urlencode uuid uuidv5 values yamldecode yamlencode zipmap
    """.split()  # noqa: SIM905  a word a line would be a page
)
"""https://developer.hashicorp.com/terraform/language/functions"""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything one value names."""

    references: tuple[str, ...]
    """`var.name`, `aws_lb.this.arn`, `each.value.x`: an index between two names is left out."""
    functions: tuple[str, ...]


def found(value: Any) -> Found:
    """What a value, read from a file, refers to; also within lists and objects."""
    references: list[str] = []
    functions: list[str] = []
    for expression in _expressions(value):
        _scan(expression, references, functions, bound=set())
    return Found(tuple(references), tuple(functions))


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _interpolated(value)
    elif isinstance(value, list):
        for one in value:
            yield from _expressions(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _interpolated(key)
            yield from _expressions(one)


def _interpolated(text: str) -> Iterator[str]:
    """The insides of each `${…}` of a text; `$${` is a text of its own."""
    at = 0
    while (begin := text.find("${", at)) >= 0:
        if text[begin - 1 : begin] == "$":
            at = begin + 2
            continue
        end = _closing(text, begin + 2)
        yield text[begin + 2 : end]
        at = end + 1


def _closing(text: str, at: int, pair: str = "{}") -> int:
    """Where the brace that was open before `at` is closed."""
    depth = 1
    while at < len(text):
        char = text[at]
        if char == '"':
            at = _end_of_text(text, at + 1)
        elif char == pair[0]:
            depth += 1
        elif char == pair[1]:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(text)


def _end_of_text(source: str, at: int) -> int:
    """The index of the quotation mark that ends a text; one within `${…}` is another text's."""
    while at < len(source) and source[at] != '"':
        if source[at] == "\\":
            at += 1
        elif source.startswith("${", at) and source[at - 1] != "$":
            at = _closing(source, at + 2)
        at += 1
    return at


def _scan(source: str, references: list[str], functions: list[str], bound: set[str]) -> None:
    bound |= _bound(source)
    at = 0
    while token := TOKEN.search(source, at):
        at = token.end()
        if token["text"]:
            end = _end_of_text(source, at)
            for inner in _interpolated(source[at:end]):
                _scan(inner, references, functions, bound)
            at = end + 1
        elif token["name"]:
            at = _name(source, token, references, functions, bound)


def _name(
    source: str, token: re.Match[str], references: list[str], functions: list[str], bound: set[str]
) -> int:
    """Tell what a name is; returns where to go on."""
    name, at = token["name"], token.end()
    after = source[at:].lstrip()
    if after.startswith("("):
        functions.append(name)
        return at
    is_answer = source[: token.start()].rstrip().endswith("?")  # of a condition: `a ? b : c`
    if name in WORDS or (KEY.match(after) and not is_answer):
        return at
    chain, indices, at = _chain(source, name, at)
    for index in indices:
        _scan(index, references, functions, bound)
    if name not in bound:
        references.append(".".join(chain))
    return at


def _chain(source: str, name: str, at: int) -> tuple[list[str], list[str], int]:
    """Follow `.name` and `[index]`; returns the names, the indices, and where to go on."""
    chain, indices = [name], []
    while True:
        if step := STEP.match(source, at):
            if step[1].isidentifier():
                chain.append(step[1])
            at = step.end()
        elif source[at : at + 1] == "[":
            end = _closing(source, at + 1, "[]")
            indices.append(source[at + 1 : end])
            at = end + 1
        else:
            return chain, indices, at


def _bound(source: str) -> set[str]:
    """Names that `for` binds anywhere in the expression."""
    pairs = re.findall(r"\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b", source)
    return {name for pair in pairs for name in pair if name}


def members(kind: str) -> dict[str, bool] | None:
    """The attributes of a variable of type `object({…})`, and whether each must be given."""
    begin = kind.find("object({")
    if begin < 0 or kind.removeprefix("${").strip()[:6] != "object":
        return None
    inside = kind[begin + len("object({") : _closing(kind, begin + len("object({"))]
    while (
        deep := re.search(r"\([^()]*\)", inside)
    ) is not None:  # what an attribute's own type has
        inside = inside[: deep.start()] + inside[deep.end() :]
    pairs = re.findall(r"(\w+)\s*=\s*(\w+)", inside)
    return {name: of != "optional" for name, of in pairs}
