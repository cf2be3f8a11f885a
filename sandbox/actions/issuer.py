"""A stand-in for the issuer of GitHub Actions' identity tokens.

Source: https://docs.github.com/en/actions/reference/security/oidc
"""

import uuid
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.standin import StandIn

LIVES_S = 300
ALGORITHM = "RS256"


class Issuer(StandIn):
    """Publishes the keys it signs with, and gives a job's token to whoever asks `token`."""

    name = "actions"

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self.renew()

    def renew(self) -> None:
        """Sign with another key from now on; tokens of the one before are known no more."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._keys = {uuid.uuid4().hex[:16]: key}

    def token(
        self,
        *,
        repository: str = seeds.REPOSITORY,
        ref: str | None = "refs/heads/main",
        audience: str = seeds.PIPELINE_AUDIENCE,
        **claims: Any,
    ) -> str:
        """What a job of that repository is given; `claims` replace or add, None takes away."""
        [(key_id, key)] = self._keys.items()
        now = int(self.clock.now())
        said: dict[str, Any] = {
            "jti": str(uuid.uuid4()),
            "iss": self.url,
            "aud": audience,
            "sub": f"repo:{repository}:ref:{ref}",
            "iat": now,
            "nbf": now - 5,
            "exp": now + LIVES_S,
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "ref": ref,
            "ref_type": "tag" if str(ref).startswith("refs/tags/") else "branch",
            "event_name": "push",
            "run_id": "9001",
            "run_attempt": "1",
            "actor": "alice",
            **claims,
        }
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key, algorithm=ALGORITHM, headers={"kid": key_id})

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._discover),
                web.get("/.well-known/jwks", self._get_keys),
            ]
        )
        return app

    async def _discover(self, request: web.Request) -> web.StreamResponse:
        async def effect(_: web.Request) -> web.StreamResponse:
            self.record("discover", {}, 200)
            return web.json_response(
                {
                    "issuer": self.url,
                    "jwks_uri": f"{self.url}/.well-known/jwks",
                    "id_token_signing_alg_values_supported": [ALGORITHM],
                }
            )

        return await self.with_faults("discover", request, effect)

    async def _get_keys(self, request: web.Request) -> web.StreamResponse:
        async def effect(_: web.Request) -> web.StreamResponse:
            self.record("get_keys", {}, 200)
            keys = [
                jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
                | {"kid": key_id, "use": "sig", "alg": ALGORITHM}
                for key_id, key in self._keys.items()
            ]
            return web.json_response({"keys": keys})

        return await self.with_faults("get_keys", request, effect)
