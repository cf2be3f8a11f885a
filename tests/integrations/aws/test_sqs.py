from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from integrations.aws.sqs import SqsClient
from integrations.errors import Forbidden, NotFound, Rejected

QUEUE = "https://sqs.us-east-1.amazonaws.com/222222222222/ecs-events"


@pytest.fixture
def stub(session):
    with Stubber(session.client("sqs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def sqs(session):
    return SqsClient(session)


async def test_messages_come_with_what_is_needed_to_delete_them(sqs, stub):
    stub.add_response(
        "receive_message",
        {
            "Messages": [
                {
                    "MessageId": "m1",
                    "ReceiptHandle": "r1",
                    "Body": '{"source": "aws.ecs"}',
                    "Attributes": {
                        "SentTimestamp": "1795435200500",
                        "ApproximateReceiveCount": "2",
                    },
                }
            ]
        },
        {
            "QueueUrl": QUEUE,
            "WaitTimeSeconds": 10,
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["SentTimestamp", "ApproximateReceiveCount"],
        },
    )
    [message] = await sqs.receive_messages(QUEUE)
    assert (message.id, message.receipt) == ("m1", "r1")
    assert message.body == '{"source": "aws.ecs"}'
    assert message.sent_at == datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)
    assert message.deliveries == 2


async def test_an_empty_queue_gives_nothing(sqs, stub):
    stub.add_response("receive_message", {})
    assert await sqs.receive_messages(QUEUE, wait_s=0) == ()


async def test_a_message_can_be_looked_at_without_hiding_it(sqs, stub):
    stub.add_response(
        "receive_message",
        {"Messages": [{"MessageId": "m1", "ReceiptHandle": "r1", "Body": "{}"}]},
        {
            "QueueUrl": QUEUE,
            "WaitTimeSeconds": 0,
            "MaxNumberOfMessages": 1,
            "MessageSystemAttributeNames": ["SentTimestamp", "ApproximateReceiveCount"],
            "VisibilityTimeout": 0,
        },
    )
    [message] = await sqs.receive_messages(QUEUE, wait_s=0, at_most=1, visibility_timeout_s=0)
    assert message.id == "m1"


async def test_nobody_waits_until_the_connection_gives_up(sqs):
    with pytest.raises(ValueError, match="waits 0 to 15 s, not 20"):
        await sqs.receive_messages(QUEUE, wait_s=20)


async def test_a_message_is_deleted_by_its_receipt(sqs, stub):
    stub.add_response("delete_message", {}, {"QueueUrl": QUEUE, "ReceiptHandle": "r1"})
    await sqs.delete_message(QUEUE, "r1")


async def test_a_receipt_that_is_none_is_rejected(sqs, stub):
    stub.add_client_error("delete_message", "ReceiptHandleIsInvalid", "not a receipt", 404)
    with pytest.raises(Rejected, match="ReceiptHandleIsInvalid"):
        await sqs.delete_message(QUEUE, "r1")


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
async def test_a_queue_nobody_made_is_not_found(sqs, stub, code):
    stub.add_client_error("receive_message", code, "The specified queue does not exist.", 400)
    with pytest.raises(NotFound, match="does not exist"):
        await sqs.receive_messages(QUEUE)


async def test_a_missing_permission_is_named(sqs, stub):
    stub.add_client_error("receive_message", "AccessDenied", "", 403)
    with pytest.raises(Forbidden, match="lacks sqs:ReceiveMessage"):
        await sqs.receive_messages(QUEUE)


async def test_a_message_does_not_show_its_body_in_a_log(sqs, stub):
    stub.add_response(
        "receive_message",
        {"Messages": [{"MessageId": "m1", "ReceiptHandle": "r1", "Body": "confidential"}]},
    )
    [message] = await sqs.receive_messages(QUEUE)
    assert "confidential" not in repr(message)
