"""boto3's exceptions, translated into the family all integrations share."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from integrations.errors import (
    Forbidden,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
    told,
)

SYSTEM = "aws"

# https://docs.aws.amazon.com/boto3/latest/guide/retries.html, "standard" mode
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
LACKS_PERMISSION = frozenset(
    {"AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation", "403"}
)
MISSING = frozenset(
    {
        "ClusterNotFoundException",
        "ImageNotFoundException",
        "LayersNotFoundException",
        "ObjectNotFoundException",
        "RepositoryNotFoundException",
        "ResourceNotFoundException",
        "ScanNotFoundException",
        "ServiceDeploymentNotFoundException",
        "ServiceNotFoundException",
        "TargetGroupNotFound",
        "TargetGroupNotFoundException",
    }
)
DOWN = frozenset(
    {"InternalFailure", "InternalServerError", "RequestTimeout", "ServerException"}
    | {"ServiceUnavailable", "ServiceUnavailableException"}
)
# ECS says this with ClientException, its code for mistakes of the caller.
CONCURRENT_REGISTRATION = "Too many concurrent attempts"

IAM_PREFIXES = {"elbv2": "elasticloadbalancing"}
"""Where IAM calls a service otherwise than boto3 does."""
_PERMISSION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
# A refused signature is explained with the request as AWS read it, session token and all.
_CANONICAL = re.compile(r"\s*The Canonical String for this request.*", re.DOTALL)
# A wrong argument is quoted, and arguments hold environment variables of containers.
_VALUE = re.compile(r", value: .*?, (?=type: |valid )", re.DOTALL)


def translated(
    exc: ClientError | BotoCoreError | ResponseParserError, *, service: str, operation: str
) -> IntegrationError:
    """Say what went wrong in the family's words.

    Forbidden names the permission that is missing. Times out, cannot connect, 5xx and answers
    that are no AWS answer (a proxy's page) are Unavailable; throttling is RateLimited, after
    boto3 has already tried again.
    """
    if isinstance(exc, ClientError):
        return _answered(exc, service, operation)
    if isinstance(exc, NoCredentialsError | PartialCredentialsError):
        return Forbidden(SYSTEM, operation, "no AWS credentials were found")
    if isinstance(exc, ResponseParserError):
        return Unavailable(SYSTEM, operation, "the answer is not AWS's")
    if isinstance(exc, HTTPClientError | BotoConnectionError | CredentialRetrievalError):
        return Unavailable(SYSTEM, operation, told(str(exc)))
    if isinstance(exc, ParamValidationError):
        return Rejected(SYSTEM, operation, told(_VALUE.sub(", ", str(exc))))
    return Rejected(SYSTEM, operation, told(str(exc)))


def _answered(exc: ClientError, service: str, operation: str) -> IntegrationError:
    error = exc.response.get("Error", {})
    code = str(error.get("Code", ""))
    message = _CANONICAL.sub("", str(error.get("Message", "")))
    metadata = exc.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 400))
    words = told(f"{code}: {message}" if message else code)

    if code in THROTTLED or status == 429 or CONCURRENT_REGISTRATION in message:
        after = str(metadata.get("HTTPHeaders", {}).get("retry-after", ""))
        return RateLimited(
            SYSTEM, operation, retry_after_s=float(after) if after.isdigit() else None
        )
    if code in DENIED or status in {401, 403}:
        if code in LACKS_PERMISSION:
            # Assuming the role may be what failed, on the way to what was asked for.
            permission = _permission(message, service, exc.operation_name)
            return Forbidden(SYSTEM, operation, told(f"lacks {permission} ({message})"))
        return Forbidden(SYSTEM, operation, words)
    if code in DOWN or status >= 500:
        return Unavailable(SYSTEM, operation, words)
    if code in MISSING:
        return NotFound(SYSTEM, operation, words)
    return Rejected(SYSTEM, operation, words)


def _permission(message: str, service: str, operation_name: str) -> str:
    """The permission AWS named, or the one that goes with the operation."""
    named = _PERMISSION.search(message)
    if named:
        return named[1]
    if operation_name == "AssumeRole":
        return "sts:AssumeRole"
    return f"{IAM_PREFIXES.get(service, service)}:{operation_name}"
