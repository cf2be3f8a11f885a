"""A stand-in for SNS over HTTP: signed messages, subscriptions that wait to be confirmed.

Messages are signed by a certificate of the sandbox's own, made when it starts; whoever is to
believe them must be told where it is. Sources:
https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.clock import Clock
from sandbox.standin import StandIn

TIMEOUT_S = 15.0
RETRIES, RETRY_EVERY_S = 3, 20.0
ASKED_AGAIN_S = 1.0
"""AWS asks for a confirmation three times; here until the bot is up, which starts last."""
ASKED_AT_MOST = 300
CERTIFICATE_PATH = "/SimpleNotificationService-5a4db0c0de5a4db0c0de5a4db0c0de00.pem"
NAME = "sns.amazonaws.com"
VALID_FOR = timedelta(days=400)
NOTIFICATION = "Notification"
SUBSCRIPTION, UNSUBSCRIPTION = "SubscriptionConfirmation", "UnsubscribeConfirmation"
SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SIGNED_OF_SUBSCRIPTIONS = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
_HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  as topics do that say nothing


@dataclass(slots=True)
class Subscription:
    """An endpoint of a topic; nothing is delivered before its token came back."""

    topic: str
    endpoint: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver a message; `status` is None where nobody answered."""

    type: str
    message_id: str
    status: int | None


class Sns(StandIn):
    """Topics with endpoints over HTTP. `publish` may be called from any thread.

    `signature_version` is "1" (SHA-1) or "2" (SHA-256).
    """

    name = "sns"

    def __init__(self, *, clock: Clock | None = None, pace: float = 1.0) -> None:
        super().__init__(clock=clock)
        self.pace = pace
        self.signature_version = "2"
        self.subscriptions: list[Subscription] = []
        self.deliveries: list[Delivery] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self.certificate = b""
        """What is given for SNS's own, in PEM."""

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [web.get(CERTIFICATE_PATH, self._give_certificate), web.get("/", self._query)]
        )
        return app

    async def start(self, port: int = 0) -> None:
        self._loop = asyncio.get_running_loop()
        self.certificate = await asyncio.to_thread(certificate)
        await super().start(port)

    async def stop(self) -> None:
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await super().stop()

    def subscribe(self, topic: str, endpoint: str) -> Subscription:
        """Subscribe an endpoint: it is asked to confirm, again and again until it has."""
        made = Subscription(topic, endpoint)
        self.subscriptions.append(made)
        self._begin(self._ask(made))
        return made

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, which its endpoint is told of."""
        self.subscriptions.remove(subscription)
        self._begin(self._deliver(subscription, self.confirmation(subscription, UNSUBSCRIPTION)))

    def publish(self, topic: str, message: str, *, subject: str | None = None) -> None:
        """Publish to a topic: every endpoint that has confirmed gets it."""
        if self._loop is None or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._publish, topic, message, subject)

    async def settled(self) -> None:
        """Return once everything that was to be sent is, or was given up."""
        await asyncio.sleep(0)  # what another thread published is begun by the loop
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    def notification(self, topic: str, message: str, subject: str | None = None) -> dict[str, Any]:
        """A signed notification as it is posted."""
        told = {"Subject": subject} if subject is not None else {}
        return self.signed({**self._head(NOTIFICATION, topic), **told, "Message": message})

    def confirmation(self, subscription: Subscription, kind: str) -> dict[str, Any]:
        """A signed question whether an endpoint wants to be, or stay, subscribed."""
        topic, token = subscription.topic, subscription.token
        query = f"Action=ConfirmSubscription&TopicArn={topic}&Token={token}"
        return self.signed(
            {
                **self._head(kind, topic),
                "Token": token,
                "Message": f"You have chosen to subscribe to the topic {topic}.",
                "SubscribeURL": f"{self.url}/?{query}",
            }
        )

    def signed(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The message with the signature of its members."""
        members = SIGNED if message["Type"] == NOTIFICATION else SIGNED_OF_SUBSCRIPTIONS
        written = "".join(f"{name}\n{message[name]}\n" for name in members if name in message)
        algorithm = _HASHES[self.signature_version]
        signature = signing_key().sign(written.encode(), padding.PKCS1v15(), algorithm)
        return {
            **message,
            "SignatureVersion": self.signature_version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"{self.url}{CERTIFICATE_PATH}",
        }

    def _head(self, kind: str, topic: str) -> dict[str, Any]:
        at = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="milliseconds")
        return {
            "Type": kind,
            "MessageId": str(uuid.uuid4()),
            "TopicArn": topic,
            "Timestamp": at.replace("+00:00", "Z"),
        }

    def _publish(self, topic: str, message: str, subject: str | None) -> None:
        for subscription in self.subscriptions:
            if subscription.topic == topic and subscription.is_confirmed:
                body = self.notification(topic, message, subject)
                self._begin(self._deliver(subscription, body))

    def _begin(self, sending: Any) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _ask(self, subscription: Subscription) -> None:
        for _ in range(ASKED_AT_MOST):
            await self._post(subscription, self.confirmation(subscription, SUBSCRIPTION))
            if subscription.is_confirmed:
                return
            await asyncio.sleep(ASKED_AGAIN_S / self.pace)

    async def _deliver(self, subscription: Subscription, body: Mapping[str, Any]) -> None:
        """Post it until it is taken; a 4xx ends it, as with AWS."""
        for _ in range(1 + RETRIES):
            status = await self._post(subscription, body)
            if status is not None and status < 500:
                return
            await asyncio.sleep(RETRY_EVERY_S / self.pace)

    async def _post(self, subscription: Subscription, body: Mapping[str, Any]) -> int | None:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": body["Type"],
            "x-amz-sns-message-id": body["MessageId"],
            "x-amz-sns-topic-arn": subscription.topic,
        }
        status: int | None = None
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
                session.post(
                    subscription.endpoint, data=json.dumps(body), headers=headers
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        self.deliveries.append(Delivery(body["Type"], body["MessageId"], status))
        return status

    async def _give_certificate(self, request: web.Request) -> web.StreamResponse:
        async def give(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=self.certificate, content_type="binary/octet-stream")

        answer = await self.with_faults("certificate", request, give)
        self.record("certificate", {}, answer.status)
        return answer

    async def _query(self, request: web.Request) -> web.StreamResponse:
        async def confirm(request: web.Request) -> web.StreamResponse:
            asked = request.query
            if asked.get("Action") != "ConfirmSubscription":
                return _refused("InvalidAction", "The action is not valid for this endpoint.")
            for subscription in self.subscriptions:
                known = (subscription.topic, subscription.token)
                if known == (asked.get("TopicArn"), asked.get("Token")):
                    subscription.is_confirmed = True
                    return _confirmed(subscription)
            return _refused("InvalidParameter", "Invalid parameter: Token")

        answer = await self.with_faults("ConfirmSubscription", request, confirm)
        self.record("ConfirmSubscription", dict(request.query), answer.status)
        return answer


def _confirmed(subscription: Subscription) -> web.Response:
    arn = f"{subscription.topic}:{uuid.uuid4()}"
    return web.Response(
        text="<ConfirmSubscriptionResponse><ConfirmSubscriptionResult><SubscriptionArn>"
        f"{arn}</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>",
        content_type="text/xml",
    )


def _refused(code: str, words: str) -> web.Response:
    error = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    text = f"<ErrorResponse>{error}</ErrorResponse>"
    return web.Response(status=400, text=text, content_type="text/xml")


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key of every stand-in of this process: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(*, name: str = NAME, begins: datetime | None = None) -> bytes:
    """The key's certificate in the name of SNS, or of another; good from `begins`, or yesterday."""
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begins = begins or datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(names)
        .issuer_name(names)
        .public_key(signing_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + VALID_FOR)
        .sign(signing_key(), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
