"""Alertmanager's API, version 2.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from integrations.alertmanager.models import Alert, Matcher, Silence, Status
from integrations.errors import NotFound, Unavailable
from integrations.http import HttpApi

SYSTEM = "alertmanager"
# 0.25 answers 500 with these words to deleting an unknown silence, and 404 to changing one.
UNKNOWN_SILENCE = "silence not found"

_MATCHER_OPERATORS = {
    (False, True): "=",
    (False, False): "!=",
    (True, True): "=~",
    (True, False): "!~",
}
"""By (is_regex, is_equal)."""


class AlertmanagerClient:
    """One Alertmanager, or one of a cluster that share silences.

    Without a `token` the address may hold a user and password, or a proxy decides.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        connect_timeout_s: float = 3.0,
        deadline_s: float = 10.0,
    ) -> None:
        self._http = HttpApi(
            SYSTEM,
            base_url,
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            secrets=() if token is None else (token,),
            connect_timeout_s=connect_timeout_s,
            deadline_s=deadline_s,
        )

    async def get_alerts(
        self,
        *,
        matchers: Iterable[Matcher] = (),
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
    ) -> tuple[Alert, ...]:
        """Return the alerts that match all of `matchers`; resolved ones are gone at once.

        Costs one call.

        Raises:
            Rejected: a matcher is wrong; the detail is Alertmanager's own words.
            Forbidden: a proxy before Alertmanager does not let us in.
            RateLimited, Unavailable: worth another try.
        """
        params = [
            *(("filter", written(matcher)) for matcher in matchers),
            ("active", _boolean(active)),
            ("silenced", _boolean(silenced)),
            ("inhibited", _boolean(inhibited)),
        ]
        raws = await self._http.send_for_list("get_alerts", "GET", "/api/v2/alerts", params=params)
        try:
            return tuple(_alert(raw) for raw in raws)
        except (KeyError, TypeError, ValueError) as exc:
            raise self._http.misread("get_alerts", exc) from None

    async def get_silences(self, *, matchers: Iterable[Matcher] = ()) -> tuple[Silence, ...]:
        """Return the silences that would match, pending, active and lately expired ones.

        Costs one call. Errors as `get_alerts`.
        """
        params = [("filter", written(matcher)) for matcher in matchers]
        raws = await self._http.send_for_list(
            "get_silences", "GET", "/api/v2/silences", params=params
        )
        try:
            return tuple(_silence(raw) for raw in raws)
        except (KeyError, TypeError, ValueError) as exc:
            raise self._http.misread("get_silences", exc) from None

    async def post_silence(self, silence: Silence) -> str:
        """Create a silence, or change the one with its id, and return its id from now on.

        Changing matchers or the start of a running one ends it and makes another. Not idempotent
        without an id: every call is a silence more.

        Costs one call.

        Raises:
            NotFound: there is no silence with this id.
            Rejected: Alertmanager does not accept it, and says why.
            RateLimited, Unavailable: worth another try; a time-out may have created it.
        """
        body: dict[str, Any] = {
            "matchers": [
                {
                    "name": m.name,
                    "value": m.value,
                    "isRegex": m.is_regex,
                    "isEqual": m.is_equal,
                }
                for m in silence.matchers
            ],
            "startsAt": silence.starts_at.astimezone(UTC).isoformat(),
            "endsAt": silence.ends_at.astimezone(UTC).isoformat(),
            "createdBy": silence.created_by,
            "comment": silence.comment,
        }
        if silence.id is not None:
            body["id"] = silence.id
        answer = await self._http.send_for_json(
            "post_silence", "POST", "/api/v2/silences", body=body
        )
        try:
            return str(answer["silenceID"])
        except (KeyError, TypeError) as exc:
            raise self._http.misread("post_silence", exc) from None

    async def delete_silence(self, silence_id: str) -> None:
        """End a silence now; it stays in the list as expired. May be repeated.

        Costs one call.

        Raises:
            NotFound: there is no such silence.
            Rejected: it is no silence's id.
            RateLimited, Unavailable: worth another try.
        """
        try:
            await self._http.send(
                "delete_silence", "DELETE", f"/api/v2/silence/{quote(silence_id, safe='')}"
            )
        except Unavailable as exc:
            if UNKNOWN_SILENCE not in exc.detail:
                raise
            raise NotFound(SYSTEM, exc.operation, exc.detail) from None

    async def get_status(self) -> Status:
        """Return the version, since when it runs, and how its cluster is.

        Costs one call. Errors as `get_alerts`.
        """
        raw = await self._http.send_for_json("get_status", "GET", "/api/v2/status")
        try:
            return Status(
                version=raw["versionInfo"]["version"],
                uptime_since=_moment(raw["uptime"]),
                cluster_status=raw["cluster"]["status"],
            )
        except (KeyError, TypeError, ValueError) as exc:
            raise self._http.misread("get_status", exc) from None

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def written(matcher: Matcher) -> str:
    """Write a matcher as Alertmanager's filters take it: `severity="critical"`."""
    value = matcher.value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'{matcher.name}{_MATCHER_OPERATORS[matcher.is_regex, matcher.is_equal]}"{value}"'


def _boolean(switch: bool) -> str:
    return "true" if switch else "false"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _alert(raw: Mapping[str, Any]) -> Alert:
    status = raw["status"]
    return Alert(
        fingerprint=raw["fingerprint"],
        labels=dict(raw["labels"]),
        annotations=dict(raw.get("annotations", {})),
        state=status["state"],
        starts_at=_moment(raw["startsAt"]),
        ends_at=_moment(raw["endsAt"]),
        updated_at=_moment(raw["updatedAt"]),
        generator_url=raw.get("generatorURL", ""),
        receivers=tuple(receiver["name"] for receiver in raw.get("receivers", ())),
        silenced_by=tuple(status.get("silencedBy", ())),
        inhibited_by=tuple(status.get("inhibitedBy", ())),
    )


def _silence(raw: Mapping[str, Any]) -> Silence:
    return Silence(
        id=raw["id"],
        matchers=tuple(
            # Alertmanagers before 0.22 know no negative matchers and leave `isEqual` out.
            Matcher(m["name"], m["value"], m.get("isRegex", False), m.get("isEqual", True))
            for m in raw["matchers"]
        ),
        starts_at=_moment(raw["startsAt"]),
        ends_at=_moment(raw["endsAt"]),
        created_by=raw["createdBy"],
        comment=raw["comment"],
        state=raw["status"]["state"],
    )
