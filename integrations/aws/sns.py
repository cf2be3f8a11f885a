"""Amazon SNS over HTTPS: each message proved by SNS's own certificate, subscriptions confirmed.

A message names the address of the certificate it is signed with and, when it asks for a
confirmation, the address to call. Both come from whoever sent it: they are followed to SNS of the
topic's own region and nowhere else, without redirects, and only for topics somebody allowed.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from integrations.errors import (
    Forbidden,
    IntegrationError,
    InvalidSignature,
    Rejected,
    Unavailable,
)
from integrations.http import HttpApi
from integrations.webhooks import Moment, read_json, read_model

SYSTEM = "sns"
RAW_HEADER = "x-amz-sns-rawdelivery"
NOTIFICATION = "Notification"
SUBSCRIBED, UNSUBSCRIBED = "SubscriptionConfirmation", "UnsubscribeConfirmation"

# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: at most an hour.
WINDOW = timedelta(minutes=70)
"""How old a message may be: SNS repeats one with its first time-stamp."""
CLOCKS_DIFFER = timedelta(minutes=5)
CONNECT_S, DEADLINE_S, LONGEST_WAIT_S = 2.0, 4.0, 8.0
"""SNS waits 15 s for our answer."""
NOT_ASKED_AGAIN = timedelta(minutes=1)
"""For a certificate that could not be had: whoever sends rubbish must not make us ask for ever."""
MOST_CERTIFICATES = 16
LARGEST_CERTIFICATE = 64 * 1024

_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_ITS_NAME = re.compile(r"sns(-[a-z0-9-]+)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
"""`sns.amazonaws.com`; `sns-signing.ap-east-1.amazonaws.com` and the like in some regions."""
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_OF_SUBSCRIPTIONS = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
_HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  version 1 is SNS's default

T = TypeVar("T")
Text = Annotated[str, BeforeValidator(lambda given: given or "")]


class SnsMessage(BaseModel):
    """One message as SNS posts it; `type` says which of the three kinds it is."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal)

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str = Field(min_length=1, max_length=100)
    topic_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[\w-]+$", max_length=400
    )
    message: str
    timestamp: str
    """As it came: it is signed so."""
    signature_version: Literal["1", "2"]
    signature: str
    signing_cert_url: str = Field(alias="SigningCertURL")
    subject: str | None = None
    token: Text = ""
    subscribe_url: Text = Field(default="", alias="SubscribeURL")

    @property
    def region(self) -> str:
        return self.topic_arn.split(":")[3]

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self.topic_arn.rpartition(":")[2]

    @property
    def signed(self) -> bytes:
        """What the signature is of: names and values, one a line."""
        written = {
            name: value
            for name, value in self.model_dump(by_alias=True).items()
            if value is not None
        }
        members = _SIGNED if self.type == NOTIFICATION else _SIGNED_OF_SUBSCRIPTIONS
        return "".join(f"{name}\n{written[name]}\n" for name in members if name in written).encode()


class _When(BaseModel):
    moment: Moment


@dataclass(frozen=True, slots=True)
class _Certificate:
    """A certificate's key, and when it is no longer good."""

    key: rsa.RSAPublicKey
    until: datetime


@dataclass(slots=True)
class Sns:
    """Proves messages of these topics and confirms their subscriptions.

    Keeps each certificate for as long as it is valid. `endpoint_url` stands in SNS's place, for a
    stand-in on this machine; without one only AWS's own hosts are asked, over https.
    """

    topics: Collection[str]
    endpoint_url: str | None = None
    _good: dict[str, _Certificate] = field(default_factory=dict, init=False)
    _bad: dict[str, datetime] = field(default_factory=dict, init=False)
    """Addresses that gave none, and until when nobody asks there again."""
    _apis: dict[str, HttpApi] = field(default_factory=dict, init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def verify(self, body: bytes, *, now: datetime) -> SnsMessage:
        """Return the message of a body that one of the topics sent, not too long ago.

        Costs one call for each certificate SNS has: about one a year.

        Raises:
            Rejected: it is no message of SNS's, or too old.
            Forbidden: its topic is none of those.
            InvalidSignature: it is not signed by SNS.
            Unavailable: the certificate could not be fetched.
        """
        message = parse(body)
        if message.topic_arn not in self.topics:
            raise Forbidden(
                SYSTEM,
                "webhook",
                f"the topic {message.topic_arn} is not one of the catalogue's "
                "(`alerts.cloudwatch.topics`)",
            )
        key = await self._key(message, now)
        try:
            signature = base64.b64decode(message.signature, validate=True)
            algorithm = _HASHES[message.signature_version]
            key.verify(signature, message.signed, padding.PKCS1v15(), algorithm)
        except (WrongSignature, binascii.Error):
            raise InvalidSignature(SYSTEM) from None
        sent_at = read_model(SYSTEM, _When, {"moment": message.timestamp}).moment
        if not now - WINDOW <= sent_at <= now + CLOCKS_DIFFER:
            raise Rejected(SYSTEM, "webhook", f"it was sent at {message.timestamp}: too long ago")
        return message

    async def confirm(self, message: SnsMessage) -> None:
        """Confirm the subscription a verified message asks for. May be repeated.

        Costs one call.

        Raises:
            Rejected: the address is not SNS's, or SNS does not take it.
            Unavailable: worth another try; SNS asks again by itself.
        """
        parts = self._pinned(message, message.subscribe_url)
        asked = parse_qs(parts.query)
        wanted = {"Action": ["ConfirmSubscription"], "TopicArn": [message.topic_arn]}
        if parts.path not in {"", "/"} or any(asked.get(k) != v for k, v in wanted.items()):
            raise Rejected(SYSTEM, "webhook", "the address to confirm at does not confirm it")
        await self._api(parts).send("ConfirmSubscription", "GET", f"/?{parts.query}")

    async def aclose(self) -> None:
        """Close every connection."""
        for api in self._apis.values():
            await api.aclose()

    async def _key(self, message: SnsMessage, now: datetime) -> rsa.RSAPublicKey:
        parts = self._pinned(message, message.signing_cert_url)
        if parts.query or not _CERTIFICATE.fullmatch(parts.path):
            raise InvalidSignature(SYSTEM)
        if (known := self._known(message.signing_cert_url, now)) is not None:
            return known
        try:
            # One question at a time, whoever sends rubbish; what is known needs none.
            async with asyncio.timeout(LONGEST_WAIT_S), self._asking:
                known = self._known(message.signing_cert_url, now)
                return known or await self._fetched(message.signing_cert_url, parts, now)
        except TimeoutError:
            raise Unavailable(SYSTEM, "certificate", "too many are asked for") from None

    def _known(self, address: str, now: datetime) -> rsa.RSAPublicKey | None:
        """The key of a certificate that was fetched; None where it must be.

        Raises:
            InvalidSignature: there was none a moment ago.
        """
        if self._bad.get(address, now) > now:
            raise InvalidSignature(SYSTEM)
        known = self._good.get(address)
        return known.key if known is not None and now < known.until else None

    async def _fetched(self, address: str, parts: SplitResult, now: datetime) -> rsa.RSAPublicKey:
        try:
            answer = await self._api(parts).send("certificate", "GET", parts.path)
        except IntegrationError as exc:
            if exc.retryable:
                raise
            found = None
        else:
            found = _read(answer.body, now)
        if found is None:
            _remember(self._bad, address, now + NOT_ASKED_AGAIN)
            raise InvalidSignature(SYSTEM)
        _remember(self._good, address, found)
        return found.key

    def _pinned(self, message: SnsMessage, address: str) -> SplitResult:
        """The address, which must be SNS's of the topic's region.

        Raises:
            InvalidSignature: it leads elsewhere.
        """
        try:
            parts = urlsplit(address)
        except ValueError:
            raise InvalidSignature(SYSTEM) from None
        if self.endpoint_url is not None:
            hosts = {urlsplit(self.endpoint_url)[:2]}
        else:
            domain = "amazonaws.com.cn" if message.region.startswith("cn-") else "amazonaws.com"
            hosts = {("https", f"sns.{message.region}.{domain}")}
        if parts[:2] not in hosts or parts.fragment:
            raise InvalidSignature(SYSTEM)
        return parts

    def _api(self, parts: SplitResult) -> HttpApi:
        """SNS at a pinned address."""
        base = f"{parts.scheme}://{parts.netloc}"
        if base not in self._apis:
            self._apis[base] = HttpApi(
                SYSTEM, base, connect_timeout_s=CONNECT_S, deadline_s=DEADLINE_S
            )
        return self._apis[base]


def parse(body: bytes) -> SnsMessage:
    """Read a body that is not proved yet, or was.

    Raises:
        Rejected: it is no message of SNS's; one that SNS delivers raw is told apart.
    """
    payload = read_json(SYSTEM, body)
    if not isinstance(payload, dict) or "SigningCertURL" not in payload:
        raise Rejected(
            SYSTEM,
            "webhook",
            "the body is not SNS's, or was delivered raw, without a signature: switch raw message "
            "delivery off for this subscription",
        )
    return read_model(SYSTEM, SnsMessage, payload)


def _remember(kept: dict[str, T], address: str, what: T) -> None:
    """Keep it, and of too many the oldest no longer."""
    if len(kept) >= MOST_CERTIFICATES:
        kept.pop(next(iter(kept)))
    kept[address] = what


def _read(pem: bytes, now: datetime) -> _Certificate | None:
    """The key of a certificate that is SNS's and valid now; it was fetched over TLS from SNS."""
    if len(pem) > LARGEST_CERTIFICATE:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    is_its = any(_ITS_NAME.fullmatch(str(name.value)) for name in names)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    key = certificate.public_key()
    if not is_its or not begins <= now < ends or not isinstance(key, rsa.RSAPublicKey):
        return None
    return _Certificate(key, ends)
