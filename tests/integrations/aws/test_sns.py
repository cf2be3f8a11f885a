"""SNS's messages: believed only with SNS's own signature, and nothing elsewhere is ever called."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.aws.sns import CLOCKS_DIFFER, NOT_ASKED_AGAIN, WINDOW, Sns, parse
from integrations.errors import Forbidden, InvalidSignature, Rejected, Unavailable
from sandbox.aws import sns as sandbox
from sandbox.standin import Fault

TOPIC = "arn:aws:sns:us-east-1:222222222222:credlink-oncall"
PEM = "/SimpleNotificationService-0123456789abcdef.pem"


def now() -> datetime:
    return datetime.now(UTC)


def body(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


@pytest.fixture
async def amazon() -> AsyncIterator[sandbox.Sns]:
    server = sandbox.Sns()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def sns(amazon: sandbox.Sns) -> AsyncIterator[Sns]:
    made = Sns({TOPIC}, amazon.url)
    yield made
    await made.aclose()


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "ALARM"])
async def test_a_signed_message_is_believed_and_its_certificate_fetched_once(
    amazon: sandbox.Sns, sns: Sns, version: str, subject: str | None
):
    amazon.signature_version = version

    for text in ("grüße\nund mehr", '{"AlarmName": "a"}'):
        message = await sns.verify(body(amazon.notification(TOPIC, text, subject)), now=now())

        assert (message.type, message.message) == ("Notification", text)
    assert len(amazon.calls_of("certificate")) == 1


@pytest.mark.parametrize("member", ["Message", "MessageId", "Subject", "Timestamp", "Type"])
async def test_whoever_changes_a_signed_member_is_not_believed(
    amazon: sandbox.Sns, sns: Sns, member: str
):
    signed = amazon.notification(TOPIC, "fires", "ALARM")
    changed = {"Type": "UnsubscribeConfirmation", "Timestamp": "2026-11-25T17:00:00.000Z"}

    with pytest.raises(InvalidSignature):
        await sns.verify(body({**signed, member: changed.get(member, "other")}), now=now())


@pytest.mark.parametrize("signature", ["", "!", "c2hvcnQ="])
async def test_a_signature_that_is_none_is_refused(amazon: sandbox.Sns, sns: Sns, signature: str):
    forged = {**amazon.notification(TOPIC, "fires"), "Signature": signature}

    with pytest.raises(InvalidSignature):
        await sns.verify(body(forged), now=now())


async def test_another_version_of_the_hash_than_was_signed_proves_nothing(
    amazon: sandbox.Sns, sns: Sns
):
    signed = {**amazon.notification(TOPIC, "fires"), "SignatureVersion": "1"}

    with pytest.raises(InvalidSignature):
        await sns.verify(body(signed), now=now())


@pytest.mark.parametrize(
    "address",
    [
        f"https://evil.example{PEM}",
        f"https://sns.us-east-1.amazonaws.com.evil.example{PEM}",
        f"https://evil.example/sns.us-east-1.amazonaws.com{PEM}",
        f"https://sns.us-east-1.amazonaws.com@evil.example{PEM}",
        f"https://user@sns.us-east-1.amazonaws.com{PEM}",
        f"https://sns.us-east-1.amazonaws.com:8443{PEM}",
        f"http://sns.us-east-1.amazonaws.com{PEM}",
        f"https://sns.eu-west-1.amazonaws.com{PEM}",
        f"https://sns.us-east-1.amazonaws.com.cn{PEM}",
        "https://sns.us-east-1.amazonaws.com/?Action=Publish",
        f"https://sns.us-east-1.amazonaws.com{PEM}?a=b",
        "https://sns.us-east-1.amazonaws.com/x.pem",
        f"https://sns.us-east-1.amazonaws.com/../a{PEM}",
        "https://169.254.169.254/latest/meta-data/",
        "https://[",
        "file:///etc/passwd",
    ],
)
async def test_a_certificate_from_anywhere_but_sns_of_the_region_is_not_even_asked_for(
    amazon: sandbox.Sns, address: str
):
    aws = Sns({TOPIC})
    signed = {**amazon.notification(TOPIC, "fires"), "SigningCertURL": address}

    with pytest.raises(InvalidSignature):
        await aws.verify(body(signed), now=now())

    assert amazon.calls == []
    await aws.aclose()


@pytest.mark.parametrize(
    "made",
    [
        pytest.param({"name": "evil.example"}, id="of another name"),
        pytest.param({"name": "sns.amazonaws.com.evil.example"}, id="of a longer name"),
        pytest.param({"begins": datetime(2020, 1, 1, tzinfo=UTC)}, id="that has expired"),
        pytest.param({"begins": datetime(2090, 1, 1, tzinfo=UTC)}, id="of the future"),
    ],
)
async def test_a_certificate_that_is_not_sns_own_proves_nothing(
    amazon: sandbox.Sns, sns: Sns, made: dict[str, Any]
):
    amazon.certificate = sandbox.certificate(**made)

    with pytest.raises(InvalidSignature):
        await sns.verify(body(amazon.notification(TOPIC, "fires")), now=now())


@pytest.mark.parametrize("given", [b"no certificate", b"", b"x" * 70_000])
async def test_what_is_no_certificate_is_not_asked_for_again_for_a_while(
    amazon: sandbox.Sns, sns: Sns, given: bytes
):
    good, amazon.certificate = amazon.certificate, given
    signed = body(amazon.notification(TOPIC, "fires"))
    for _ in range(3):
        with pytest.raises(InvalidSignature):
            await sns.verify(signed, now=now())
    assert len(amazon.calls_of("certificate")) == 1

    amazon.certificate = good
    assert (await sns.verify(signed, now=now() + NOT_ASKED_AGAIN)).message == "fires"


async def test_a_certificate_behind_a_redirect_is_not_followed(amazon: sandbox.Sns, sns: Sns):
    location = {"Location": "http://127.0.0.1:9/elsewhere.pem"}
    amazon.faults.append(Fault("certificate", status=302, headers=location))

    with pytest.raises(InvalidSignature):
        await sns.verify(body(amazon.notification(TOPIC, "fires")), now=now())


async def test_a_certificate_that_cannot_be_had_now_is_worth_another_try(
    amazon: sandbox.Sns, sns: Sns
):
    amazon.faults.append(Fault("certificate", status=503))
    signed = body(amazon.notification(TOPIC, "fires"))

    with pytest.raises(Unavailable):
        await sns.verify(signed, now=now())

    assert (await sns.verify(signed, now=now())).message == "fires"


async def test_a_topic_nobody_allowed_is_refused_before_anything_is_fetched(
    amazon: sandbox.Sns, sns: Sns
):
    other = TOPIC.replace("oncall", "other")

    with pytest.raises(Forbidden, match="credlink-other"):
        await sns.verify(body(amazon.notification(other, "fires")), now=now())

    assert amazon.calls == []


@pytest.mark.parametrize("late", [WINDOW + timedelta(minutes=1), -CLOCKS_DIFFER * 2])
async def test_a_replayed_message_is_refused(amazon: sandbox.Sns, sns: Sns, late: timedelta):
    with pytest.raises(Rejected, match="too long ago"):
        await sns.verify(body(amazon.notification(TOPIC, "fires")), now=now() + late)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "delivered raw"),
        (b'{"AlarmName": "a", "NewStateValue": "ALARM"}', "delivered raw"),
        (b'{"SigningCertURL": "https://a"}', "TopicArn"),
        (b'{"SigningCertURL": 1, "Type": "Notification", "TopicArn": 7}', "SigningCertURL"),
    ],
)
def test_what_is_no_message_is_refused_in_words(given: bytes, says: str):
    with pytest.raises(Rejected, match=says):
        parse(given)


async def test_a_version_of_signatures_that_nobody_knows_is_refused(amazon: sandbox.Sns):
    with pytest.raises(Rejected, match="SignatureVersion"):
        parse(body({**amazon.notification(TOPIC, "fires"), "SignatureVersion": "3"}))


async def test_a_subscription_is_confirmed_where_sns_says(amazon: sandbox.Sns, sns: Sns):
    asked = sandbox.Subscription(TOPIC, "http://127.0.0.1:9/")
    amazon.subscriptions.append(asked)
    message = await sns.verify(body(amazon.confirmation(asked, sandbox.SUBSCRIPTION)), now=now())

    await sns.confirm(message)

    assert asked.is_confirmed
    await sns.confirm(message)  # may be repeated


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/?Action=ConfirmSubscription&TopicArn={topic}&Token=t",
        "{url}/?Action=DeleteTopic&TopicArn={topic}",
        "{url}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:222222222222:other",
        "{url}/?Action=ConfirmSubscription&Action=DeleteTopic&TopicArn={topic}",
        "{url}/elsewhere?Action=ConfirmSubscription&TopicArn={topic}",
        "",
    ],
)
async def test_nothing_but_the_confirmation_of_that_topic_is_ever_called(
    amazon: sandbox.Sns, sns: Sns, address: str
):
    asked = sandbox.Subscription(TOPIC, "http://127.0.0.1:9/")
    elsewhere = {
        **amazon.confirmation(asked, sandbox.SUBSCRIPTION),
        "SubscribeURL": address.format(url=amazon.url, topic=TOPIC),
    }
    message = await sns.verify(body(amazon.signed(elsewhere)), now=now())

    with pytest.raises((InvalidSignature, Rejected)):
        await sns.confirm(message)

    assert amazon.calls_of("ConfirmSubscription") == []
