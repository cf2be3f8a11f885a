"""Identity tokens are proved by the issuer's keys, and nothing else is let in."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from integrations.errors import Rejected, Unavailable
from integrations.oidc.client import OidcClient
from integrations.oidc.models import Claims
from sandbox.actions import Issuer
from sandbox.seeds import PIPELINE_AUDIENCE, REPOSITORY
from sandbox.standin import Fault
from tests.integrations.vendor import Says


class Hours:
    """A clock that goes on when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    started = Issuer()
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
async def oidc(issuer: Issuer, hours: Hours) -> AsyncIterator[OidcClient]:
    opened = OidcClient(issuer.url, PIPELINE_AUDIENCE, clock=hours)
    yield opened
    await opened.aclose()


async def test_a_jobs_token_says_who_it_is_and_keys_are_asked_for_once(oidc, issuer):
    said = await oidc.verify(issuer.token())
    await oidc.verify(issuer.token(ref="refs/tags/v1.2.0"))

    assert said == Claims(
        subject="repo:example/credlink:ref:refs/heads/main",
        repository=REPOSITORY,
        ref="refs/heads/main",
        event="push",
        run_id="9001",
    )
    assert [call.operation for call in issuer.calls] == ["discover", "get_keys"]


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"audience": "somebody-else"}, "[Aa]udience"),
        ({"iss": "https://token.actions.githubusercontent.com"}, "[Ii]ssuer"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, '"exp"'),
        ({"iat": int(time.time()) + 86_400}, "not yet valid"),
        ({"aud": None}, '"aud"'),
        ({"repository": ""}, "does not say its repository"),
        ({"ref": None}, "does not say its ref"),
        ({"event_name": ""}, "does not say its event_name"),
    ],
)
async def test_what_is_not_made_for_us_now_is_refused_with_the_reason(
    oidc, issuer, claims: dict[str, Any], why: str
):
    with pytest.raises(Rejected, match=why):
        await oidc.verify(issuer.token(**claims))


async def test_a_token_without_a_signature_or_signed_with_the_published_key_is_refused(
    oidc, issuer
):
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    [(key_id, key)] = issuer._keys.items()
    published = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for forged in (
        jwt.encode(claims, None, algorithm="none", headers={"kid": key_id}),
        signed_with_a_shared_secret(claims, published, key_id),
    ):
        with pytest.raises(Rejected, match="not valid"):
            await oidc.verify(forged)


def signed_with_a_shared_secret(
    claims: dict[str, Any], secret: bytes, key_id: str, *, says: str = "HS256"
) -> str:
    """By hand: PyJWT itself signs with no public key."""
    parts = [{"alg": says, "typ": "JWT", "kid": key_id}, claims]
    signed = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + encoded(digest)).decode()


def encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "€.€.€", "x" * 20_000])
async def test_what_is_no_token_is_refused_and_asks_nobody(oidc, issuer, token: str):
    with pytest.raises(Rejected):
        await oidc.verify(token)

    assert issuer.calls == []


async def test_a_new_key_is_found_and_unknown_ones_do_not_make_us_ask_each_time(
    oidc, issuer, hours
):
    await oidc.verify(issuer.token())
    issuer.renew()
    renewed = issuer.token()

    for _ in range(5):
        with pytest.raises(Rejected, match="a key its issuer has not"):
            await oidc.verify(renewed)
    asked = len(issuer.calls)
    hours.now_s += 61

    assert (await oidc.verify(renewed)).repository == REPOSITORY
    assert (asked, len(issuer.calls)) == (2, 4)


async def test_an_issuer_that_is_away_is_no_refusal(oidc, issuer):
    issuer.faults.append(Fault("discover", status=503))

    with pytest.raises(Unavailable):
        await oidc.verify(issuer.token())

    assert (await oidc.verify(issuer.token())).repository == REPOSITORY


async def test_keys_on_another_host_are_not_asked_for(vendor, issuer):
    vendor.says(Says(json={"jwks_uri": f"{issuer.url}/.well-known/jwks"}))
    opened = OidcClient(vendor.url, PIPELINE_AUDIENCE)
    try:
        with pytest.raises(Rejected, match="another host"):
            await opened.verify(issuer.token())
    finally:
        await opened.aclose()

    assert issuer.calls == []


async def test_a_shared_secret_among_the_published_keys_proves_nothing(vendor):
    """A key that everybody can read, taken for a secret, would let everybody sign."""
    secret = b"published, so not a secret at all"
    key = {"kty": "oct", "kid": "k1", "alg": "HS256", "k": encoded(secret).decode()}
    vendor.says(
        Says(json={"jwks_uri": f"{vendor.url}/jwks"}),
        Says(json={"keys": [key]}),
        Says(json={"jwks_uri": f"{vendor.url}/jwks"}),
        Says(json={"keys": [key]}),
    )
    opened = OidcClient(vendor.url, PIPELINE_AUDIENCE)
    try:
        with pytest.raises(Rejected, match="a key its issuer has not"):
            await opened.verify(signed_with_a_shared_secret({}, secret, "k1", says="RS256"))
        with pytest.raises(Rejected, match="no key for RS256"):
            await opened.count_keys()
    finally:
        await opened.aclose()


async def test_many_at_once_ask_a_silent_issuer_once_and_all_are_told(oidc, issuer):
    issuer.faults.extend(Fault("discover", status=503) for _ in range(9))

    said = await asyncio.gather(
        *(oidc.verify(issuer.token()) for _ in range(9)), return_exceptions=True
    )

    assert [type(one) for one in said] == [Unavailable] * 9
    assert len(issuer.faults) == 8


async def test_a_known_key_waits_for_nobody_who_asks_after_an_unknown_one(
    oidc, issuer, hours, monkeypatch
):
    await oidc.verify(issuer.token())
    known = issuer.token()
    issuer.renew()
    hours.now_s += 61
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slowly() -> dict[str, Any]:
        asked.set()
        await answered.wait()
        return {}

    monkeypatch.setattr(oidc, "_published", slowly)
    stranger = asyncio.create_task(oidc.verify(issuer.token()))
    await asked.wait()

    assert (await oidc.verify(known)).repository == REPOSITORY
    answered.set()
    with pytest.raises(Rejected):
        await stranger
