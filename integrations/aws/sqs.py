"""Amazon SQS: the queue into which EventBridge puts ECS's events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.refusals import has_code
from integrations.aws.side_models import QueuedMessage
from integrations.errors import NotFound, Rejected

LONGEST_WAIT_S = 15
"""SQS would wait up to 20 s, which is where the connection gives up on an answer."""
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
MESSAGES_A_CALL = 10


class SqsClient:
    """Queues of one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def receive_messages(
        self,
        queue_url: str,
        *,
        wait_s: int = 10,
        at_most: int = MESSAGES_A_CALL,
        visibility_timeout_s: int | None = None,
    ) -> tuple[QueuedMessage, ...]:
        """Return messages as soon as there are any, none after `wait_s` (0 to 15) without.

        Each comes again after the queue's visibility time-out until it is deleted, and now and
        then twice or out of order all the same. Waiting holds one of AWS's threads, also for the
        rest of the wait after the caller was cancelled. With a `visibility_timeout_s` of 0 whoever
        asks next has them at once; each counts as delivered all the same, and a redrive policy may
        limit that.

        Costs one sqs:ReceiveMessage, whether or not something came: waiting longer costs less.

        Raises:
            NotFound: there is no such queue.
            Forbidden: sqs:ReceiveMessage is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        if not 0 <= wait_s <= LONGEST_WAIT_S:
            raise ValueError(f"waits 0 to {LONGEST_WAIT_S} s, not {wait_s}")
        hidden = {} if visibility_timeout_s is None else {"VisibilityTimeout": visibility_timeout_s}
        reply = await self._call(
            "receive_message",
            QueueUrl=queue_url,
            WaitTimeSeconds=wait_s,
            MaxNumberOfMessages=at_most,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            **hidden,
        )
        return tuple(_message(raw) for raw in reply.get("Messages", ()))

    async def delete_message(self, queue_url: str, receipt: str) -> None:
        """Delete a message that was received; until then it comes again.

        May be repeated: deleting what is deleted is fine.

        Costs one sqs:DeleteMessage.

        Raises:
            NotFound: there is no such queue.
            Rejected: it is no receipt. An expired one may be taken, and nothing deleted.
            Forbidden: sqs:DeleteMessage is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        await self._call("delete_message", QueueUrl=queue_url, ReceiptHandle=receipt)

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        try:
            return await self._session.call("sqs", operation, **arguments)
        except Rejected as exc:
            # The first is what botocore makes of it for programs written before 2023.
            if has_code(exc, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
                raise NotFound(SYSTEM, operation, exc.detail) from exc
            raise


def _message(raw: Mapping[str, Any]) -> QueuedMessage:
    attributes = raw.get("Attributes", {})
    sent_ms = attributes.get("SentTimestamp")
    return QueuedMessage(
        id=raw["MessageId"],
        receipt=raw["ReceiptHandle"],
        body=raw.get("Body", ""),
        sent_at=datetime.fromtimestamp(int(sent_ms) / 1000, UTC) if sent_ms else None,
        deliveries=int(attributes.get("ApproximateReceiveCount", 1)),
    )
