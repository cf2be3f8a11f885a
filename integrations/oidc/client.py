"""Proves identity tokens (JWT) by the keys their issuer publishes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt

from integrations.errors import IntegrationError, Rejected, told
from integrations.http import HttpApi
from integrations.oidc.models import Claims

SYSTEM = "oidc"
ALGORITHMS = ("RS256",)
"""GitHub's. Naming them keeps out `none`, and keys taken for shared secrets."""
REQUIRED = ("exp", "iat", "iss", "aud", "sub")
LEEWAY_S = 30.0
"""Clocks differ."""
LONGEST_TOKEN = 16 * 1024
KEYS_KEPT_S = 3600.0
ASK_AGAIN_AFTER_S = 60.0
"""Tokens with keys nobody knows must not make us ask the issuer each time."""
DISCOVERY = "/.well-known/openid-configuration"


class OidcClient:
    """One issuer, and the audience its tokens must be made for.

    Keys are asked for at the first token and kept for an hour; a token with a key that is not
    among them has them asked for again, once a minute at most.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        connect_timeout_s: float = 3.0,
        deadline_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._audience = audience
        self._clock = clock
        parts = urlsplit(self._issuer)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path
        self._http = HttpApi(
            SYSTEM, self._origin, connect_timeout_s=connect_timeout_s, deadline_s=deadline_s
        )
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._asked_at = -KEYS_KEPT_S
        self._asking = asyncio.Lock()
        self._tries = 0
        self._silence: IntegrationError | None = None

    async def verify(self, token: str) -> Claims:
        """Return what the token says, once it is proved.

        Costs nothing but the keys, two calls an hour.

        Raises:
            Rejected: it proves nothing, and why; no part of the token is repeated.
            Unavailable, RateLimited: the issuer did not give its keys: worth another try.
        """
        if len(token) > LONGEST_TOKEN:
            raise Rejected(SYSTEM, "verify", "the token is too long")
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
            key = await self._key(key_id)
            said = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": list(REQUIRED)},
            )
        except jwt.PyJWTError as exc:
            raise Rejected(SYSTEM, "verify", told(f"the token is not valid: {exc}")) from None
        return _claims(said)

    async def count_keys(self) -> int:
        """Ask the issuer how many keys it has that a token can be proved by; two calls.

        Raises:
            Rejected: it has none, or they are elsewhere.
            Unavailable, RateLimited: it did not give them.
        """
        keys = await self._published()
        if not keys:
            raise Rejected(SYSTEM, "get_keys", f"there is no key for {', '.join(ALGORITHMS)}")
        return len(keys)

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if self._is_due(key_id):
            tries = self._tries
            async with self._asking:
                if self._is_due(key_id):
                    await self._ask_anew(has_been_asked=self._tries > tries)
        if key_id not in self._keys:
            raise Rejected(SYSTEM, "verify", "the token is signed with a key its issuer has not")
        return self._keys[key_id]

    def _is_due(self, key_id: str) -> bool:
        """A token with a key that is known waits for nobody who asks after another's."""
        age_s = self._clock() - self._asked_at
        is_unknown = key_id not in self._keys and age_s >= ASK_AGAIN_AFTER_S
        return age_s >= KEYS_KEPT_S or is_unknown

    async def _ask_anew(self, *, has_been_asked: bool) -> None:
        """Ask for the keys; who waited while another asked in vain is told what that one was, or a
        silent issuer would have all of them wait one after the other."""
        if has_been_asked and self._silence is not None:
            raise self._silence
        try:
            self._keys, self._silence = await self._published(), None
            self._asked_at = self._clock()
        except IntegrationError as exc:
            self._silence = exc
            raise
        finally:
            self._tries += 1

    async def _published(self) -> Mapping[str, jwt.PyJWK]:
        """Ask where the keys are, then for the keys; both from the issuer's own host."""
        said = await self._http.send_for_json("discover", "GET", self._path + DISCOVERY)
        try:
            where = urlsplit(said["jwks_uri"])
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise self._http.misread("discover", exc) from None
        if f"{where.scheme}://{where.netloc}" != self._origin:
            raise Rejected(SYSTEM, "discover", "the issuer's keys are on another host")
        raw = await self._http.send_for_json("get_keys", "GET", where.path)
        try:
            found = jwt.PyJWKSet.from_dict(raw).keys
        except (AttributeError, KeyError, TypeError, jwt.PyJWTError) as exc:
            raise self._http.misread("get_keys", exc) from None
        return {
            key.key_id: key
            for key in found
            # PyJWT proves by the key's own algorithm: another than ours is no key for us.
            if key.key_id and key.public_key_use != "enc" and key.algorithm_name in ALGORITHMS
        }

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _claims(said: Mapping[str, Any]) -> Claims:
    names = ("sub", "repository", "ref", "event_name", "run_id")
    values = [said.get(name) for name in names]
    if not all(isinstance(value, str) and value for value in values):
        missing = [n for n, v in zip(names, values, strict=True) if not (isinstance(v, str) and v)]
        raise Rejected(SYSTEM, "verify", f"the token does not say its {', '.join(missing)}")
    subject, repository, ref, event, run_id = map(str, values)
    return Claims(subject=subject, repository=repository, ref=ref, event=event, run_id=run_id)
