"""Lays the simulator over moto, at the one method through which moto answers every call.

What this leans on in moto, held by tests/sandbox/aws/test_overlay.py:
`BaseResponse.call_action()` returns (status, headers, body) and has `body`, `headers`, `region`,
`current_account`, `querystring` and `boto3_service_name` set; `serialized(ActionResult(x))` writes
a result in the protocol of the service.
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol
from xml.sax.saxutils import escape

from botocore.exceptions import ConnectionClosedError
from flask import has_request_context, request
from moto.cloudfront.models import cloudfront_backends
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from sandbox.aws.api import BESIDE, OPERATIONS, cloudfront
from sandbox.aws.calls import AwsCall, Fault
from sandbox.aws.clients import INTERNAL_HEADER
from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.invalidations import Invalidations
from sandbox.aws.model import Json

Answer = tuple[int, dict[str, Any], Any]
"""HTTP status, headers and body, as moto's handlers return them."""

IAM_PREFIXES = {"elbv2": "elasticloadbalancing"}
"""Where IAM calls a service otherwise than boto3 does."""
JSON = {"Content-Type": "application/x-amz-json-1.1"}
ALREADY_LAID = "another AwsWorld is running in this process; moto's state is shared by all of it"


class World(Protocol):
    """What the overlay asks of the world it answers for."""

    def fault(self, service: str, operation: str) -> Fault | None: ...
    def record(self, call: AwsCall) -> None: ...
    def at(self) -> float: ...
    def ecs(self, account: str, region: str) -> Ecs: ...
    def invalidations(self, account: str) -> Invalidations: ...
    def beside(self, service: str, account: str, region: str) -> Any:
        """What the world keeps for a service of `api.BESIDE`."""

    def settle(self) -> None:
        """Run what is due; called with the lock held."""

    def answered(self) -> None:
        """Called without the lock after each answer."""

    @property
    def lock(self) -> threading.RLock: ...
    def target_health(self, account: str, region: str, group_arn: str) -> list[Json] | None: ...


class _MotoRefused(Exception):
    """moto's own error answer to a call that was let through."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[2])
        self.answer = answer


_laid: list["Overlay"] = []


class Overlay:
    """The patch, while it is installed; one at a time, since moto's state is the process's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._original: Callable[[Any], Answer]

    def install(self) -> None:
        """Take over from moto.

        Raises:
            RuntimeError: another world of this process has.
        """
        if _laid:
            raise RuntimeError(ALREADY_LAID)
        _laid.append(self)
        self._original = BaseResponse.call_action
        overlay = self

        def call_action(response: Any) -> Answer:
            return overlay.answer(response)

        BaseResponse.call_action = call_action  # type: ignore[method-assign,assignment]

    def uninstall(self) -> None:
        """Give moto back its own; nothing if it has it."""
        if self not in _laid:
            return
        BaseResponse.call_action = self._original  # type: ignore[method-assign,assignment]
        _laid.remove(self)

    def answer(self, response: Any) -> Answer:
        """Answer one call: record it, apply a fault if one waits, simulate or let moto do it."""
        if INTERNAL_HEADER in response.headers:
            return self._effect(response, _operation(response))
        world, operation = self._world, _operation(response)
        at, status = world.at(), None
        fault = world.fault(response.boto3_service_name, operation)
        try:
            answer = (
                self._effect(response, operation)
                if fault is None
                else self._faulty(response, operation, fault)
            )
            status = answer[0]
        finally:
            world.record(
                AwsCall(
                    at=at,
                    account=response.current_account,
                    region=response.region,
                    service=response.boto3_service_name,
                    operation=operation,
                    parameters=_parameters(response),
                    status=None if fault is not None and fault.drop else status,
                )
            )
        world.answered()
        return answer

    def _faulty(self, response: Any, operation: str, fault: Fault) -> Answer:
        if fault.delay_s:
            time.sleep(fault.delay_s)
        if fault.drop == "before":
            return _cut()
        if fault.drop == "after":
            self._effect(response, operation)
            return _cut()
        if fault.code is not None:
            service = response.boto3_service_name
            action = f"{IAM_PREFIXES.get(service, service)}:{operation}"
            message = fault.message.format(action=action, account=response.current_account)
            return _error(response, fault.code, message, fault.status)
        return self._effect(response, operation)

    def _effect(self, response: Any, operation: str) -> Answer:
        service = response.boto3_service_name
        if service == "ecs" and operation in OPERATIONS:
            return self._simulated(response, operation)
        if service == "elbv2" and operation == "DescribeTargetHealth":
            return self._target_health(response)
        if service == "cloudfront" and operation in cloudfront.OPERATIONS:
            return self._invalidation(response, operation)
        if operation in BESIDE.get(service, ()):
            return self._beside(response, service, operation)
        return self._original(response)

    def _beside(self, response: Any, service: str, operation: str) -> Answer:
        with self._world.lock:
            self._world.settle()
            kept = self._world.beside(service, response.current_account, response.region)
            try:
                answer = BESIDE[service][operation](kept, _parameters(response))
            except Refused as refused:
                return _error(response, refused.code, refused.message, refused.status)
        return _serialized(response, ActionResult(answer))

    def _simulated(self, response: Any, operation: str) -> Answer:
        def moto() -> Json:
            answer = self._original(response)
            if answer[0] >= 400:
                raise _MotoRefused(answer)
            return dict(json.loads(answer[2]))

        with self._world.lock:
            self._world.settle()
            ecs = self._world.ecs(response.current_account, response.region)
            try:
                answer = OPERATIONS[operation](ecs, json.loads(response.body or "{}"), moto)
            except Refused as refused:
                return _error(response, refused.code, refused.message, refused.status)
            except _MotoRefused as refused:
                return refused.answer
            return 200, dict(JSON), json.dumps(answer)

    def _invalidation(self, response: Any, operation: str) -> Answer:
        """Answer for distributions that moto has; what is not there it refuses itself."""
        parameters, account = _parameters(response), response.current_account
        if parameters["DistributionId"] not in cloudfront_backends[account]["aws"].distributions:
            return self._original(response)
        with self._world.lock:
            self._world.settle()
            try:
                answer = cloudfront.OPERATIONS[operation](
                    self._world.invalidations(account), parameters
                )
            except Refused as refused:
                return _error(response, refused.code, refused.message, refused.status)
        return _serialized(response, ActionResult(answer))

    def _target_health(self, response: Any) -> Answer:
        """Answer for target groups of simulated services; moto answers for others, and for ours
        that do not exist."""
        answer = self._original(response)
        parameters = _parameters(response)
        with self._world.lock:
            self._world.settle()
            shown = self._world.target_health(
                response.current_account, response.region, parameters.get("TargetGroupArn", "")
            )
        if answer[0] >= 400 or shown is None:
            return answer
        wanted = parameters.get("Targets") or [each["Target"] for each in shown]
        by_address = {each["Target"]["Id"]: each for each in shown}
        listed = [by_address.get(target["Id"]) or _not_registered(target) for target in wanted]
        return _serialized(response, ActionResult({"TargetHealthDescriptions": listed}))


def _not_registered(target: Json) -> Json:
    description = "Target is not registered to the target group"
    health = {"State": "unused", "Reason": "Target.NotRegistered", "Description": description}
    return {"Target": target, "TargetHealth": health}


def _operation(response: Any) -> str:
    return str(response._get_action())  # noqa: SLF001  the dispatcher's own way to name it


def _parameters(response: Any) -> Json:
    """The request's parameters, as nearly in the shape of the API as its protocol keeps them."""
    if "x-amz-target" in response.headers:
        return dict(json.loads(response.body or "{}"))
    if getattr(response, "params", None):
        return dict(response.params)
    return {key: values[0] for key, values in response.querystring.items()}


def _error(response: Any, code: str, message: str, status: int) -> Answer:
    """An error in the protocol of the request: CBOR where it is asked for, JSON for those with a
    target, XML for the rest."""
    if "smithy-protocol" in response.headers:
        said = _serialized(response, ActionResult(ServiceException(code, message)))
        return status, said[1], said[2]
    if "x-amz-target" in response.headers:
        return status, dict(JSON), json.dumps({"__type": code, "message": message})
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    body = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, body


def _serialized(response: Any, result: ActionResult) -> Answer:
    status, headers, body = response.serialized(result)
    return int(status), dict(headers), body


def _cut() -> Answer:
    """Cut the connection: the caller gets no answer, whatever is returned here."""
    if not has_request_context():
        raise ConnectionClosedError(endpoint_url="in process")
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return 500, {}, ""
