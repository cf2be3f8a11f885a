"""Serve Terraform: plan what is wanted, and make up what AWS would."""

import itertools
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import msgpack

from tests.infra.standin.messages import MESSAGES
from tests.infra.standin.schema import schemas

UNKNOWN = msgpack.ExtType(0, b"\0")
"""How the protocol writes what is known only after an apply."""
REGION = "us-east-1"
ARNS = {
    "aws_iam_role": "arn:aws:iam::{account}:role/{name}",
    "aws_sqs_queue": "arn:aws:sqs:{region}:{account}:{name}",
    "aws_secretsmanager_secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "aws_cloudwatch_log_group": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws_ecr_repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "aws_cloudfront_distribution": "arn:aws:cloudfront::{account}:distribution/E2CREDLINK",
}
SAID = {
    "region": REGION,
    "partition": "aws",
    "json": '{"Version": "2012-10-17", "Statement": []}',
    "cidr_block": "10.20.0.0/16",
    "endpoint": "credlink-bot.example.us-east-1.rds.amazonaws.com:5432",
    "repository_url": "{account}.dkr.ecr.{region}.amazonaws.com/{name}",
    "url": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    "account_id": "{account}",
}
EMPTY = {"number": 1, "bool": False, "set": [], "list": [], "map": {}}

_numbers = itertools.count(1)
_schemas = schemas()
_attributes = {
    kind: {named.key: named.value.block.attributes for named in getattr(_schemas, kind)}
    for kind in ("resource", "data")
}
_account = ["111111111111"]


def _made_up(resource: str, attribute: Any, state: dict[str, Any], *, of_data: bool) -> Any:
    kind = json.loads(attribute.type)
    if kind != "string":
        return EMPTY.get(kind[0] if isinstance(kind, list) else kind)
    given = state.get("name")
    name = given if isinstance(given, str) else resource
    if resource == "aws_cloudfront_distribution" and attribute.name == "id":
        return "E2CREDLINK"
    said = SAID.get(attribute.name)
    if attribute.name == "arn":
        said = ARNS.get(resource, "arn:aws:made-up:{region}:{account}:{name}")
    if said is not None and attribute.name != "json":
        return said.format(region=REGION, account=_account[0], name=name)
    if said is None:  # what is looked up again must be the same again
        said = f"{attribute.name} of {name}" + ("" if of_data else f" {next(_numbers)}")
    return said


def _read(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, strict_map_key=False) if value.msgpack else None


def _answer(state: Any) -> Any:
    return MESSAGES["Answered"](value={"msgpack": msgpack.packb(state)})


def _configure(asked: Any) -> Any:
    _account[0] = (_read(asked.config).get("allowed_account_ids") or _account)[0]
    return MESSAGES["Nothing"]()


def _plan(asked: Any) -> Any:
    wanted = _read(asked.wanted)
    for attribute in _attributes["resource"][asked.type_name] if wanted else ():
        if attribute.write_only:
            wanted[attribute.name] = None
        elif attribute.computed and wanted[attribute.name] is None:
            is_any = attribute.type == b'"dynamic"'
            wanted[attribute.name] = None if is_any else UNKNOWN
    return _answer(wanted)


def _apply(asked: Any) -> Any:
    planned = _read(asked.wanted)
    for attribute in _attributes["resource"][asked.type_name] if planned else ():
        if isinstance(planned[attribute.name], msgpack.ExtType):
            made_up = _made_up(asked.type_name, attribute, planned, of_data=False)
            planned[attribute.name] = made_up
    return _answer(planned)


def _look_up(asked: Any) -> Any:
    state = _read(asked.now)
    for attribute in _attributes["data"][asked.type_name]:
        if attribute.computed and state[attribute.name] is None:
            state[attribute.name] = _made_up(asked.type_name, attribute, state, of_data=True)
    return _answer(state)


def _stored(asked: Any) -> Any:
    return MESSAGES["Answered"](value={"json": asked.raw.json})


def _nothing(_: Any) -> Any:
    return MESSAGES["Nothing"]()


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "GetProviderSchema": ("Nothing", lambda _: _schemas),
    "ValidateProviderConfig": ("Nothing", _nothing),
    "ConfigureProvider": ("Configured", _configure),
    "ValidateResourceConfig": ("Nothing", _nothing),
    "ValidateDataResourceConfig": ("Nothing", _nothing),
    "UpgradeResourceState": ("Stored", _stored),
    "ReadResource": ("Asked", lambda asked: MESSAGES["Answered"](value=asked.now)),
    "PlanResourceChange": ("Asked", _plan),
    "ApplyResourceChange": ("Asked", _apply),
    "ReadDataSource": ("Asked", _look_up),
    "StopProvider": ("Nothing", _nothing),
}


def _handler(asked: str, answer: Callable[[Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _: answer(request),
        request_deserializer=MESSAGES[asked].FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(8))
    handlers = {name: _handler(*call) for name, call in CALLS.items()}
    service = grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()  # until whoever started it closes it, or is gone
    server.stop(None)


if __name__ == "__main__":
    main()
