"""One blob of a registry, fetched from the address ECR signs for it."""

import hashlib

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

TIMEOUT_S = 5
"""To connect, and again from one byte to the next."""
DEADLINE_S = 10.0
LARGEST_BYTES = 1 << 20
"""A config of an image is some kilobytes; whatever is larger is not worth its download."""


def fetch(url: str, *, digest: str) -> bytes | None:
    """Return the blob at `url` if it is the one of that digest, and None for any other end.

    Blocks: call it in a thread. boto3's own HTTP is used for its proxies and certificates; the
    address is as good as a password for an hour, so no error carries it away.

    Costs one GET outside AWS's rate limits, tried once.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
    """
    http = URLLib3Session(proxies=get_environ_proxies(url), timeout=TIMEOUT_S)
    try:
        reply = http.send(AWSRequest("GET", url, stream_output=True).prepare())
        content: bytes = reply.raw.read(LARGEST_BYTES + 1)
    except (HTTPClientError, BotoCoreError, HTTPError, OSError, ValueError):
        return None
    finally:
        http.close()
    is_it = f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
    return content if is_it and reply.status_code == 200 else None
