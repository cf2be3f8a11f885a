import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from integrations.errors import InvalidSignature, Rejected
from integrations.pagerduty.webhook import parse, verify

BODY = b'{"event": {"id": "01"}}'


def signed(secret, body=BODY):
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def an_event(**fields):
    """A webhook as PagerDuty's manual shows it."""
    event = {
        "id": "01BJBXWBYEKXEKI4WHYBI9EPRK",
        "event_type": "incident.acknowledged",
        "resource_type": "incident",
        "occurred_at": "2026-11-23T11:00:00.123Z",
        "agent": {
            "html_url": "https://credlink.pagerduty.com/users/PUCAROL",
            "id": "PUCAROL",
            "self": "https://api.pagerduty.com/users/PUCAROL",
            "summary": "Carol Méndez",
            "type": "user_reference",
        },
        "client": {"name": "PagerDuty"},
        "data": {
            "id": "Q2I3WMF8PXU5DR",
            "type": "incident",
            "self": "https://api.pagerduty.com/incidents/Q2I3WMF8PXU5DR",
            "html_url": "https://credlink.pagerduty.com/incidents/Q2I3WMF8PXU5DR",
            "number": 812,
            "status": "acknowledged",
            "incident_key": "c0ffee",
            "created_at": "2026-11-23T10:59:00Z",
            "title": "HighErrorRatio in prod",
            "service": {"id": "PCREDLNK", "summary": "CredLink", "type": "service_reference"},
            "assignees": [{"id": "PUCAROL", "summary": "Carol Méndez", "type": "user_reference"}],
            "escalation_policy": {"id": "PESC001", "summary": "Default"},
            "teams": [],
            "priority": {"id": "PPRIO01", "summary": "P1", "type": "priority_reference"},
            "urgency": "high",
            "conference_bridge": None,
            "resolve_reason": None,
        },
        **fields,
    }
    return json.dumps({"event": event}).encode()


@pytest.mark.parametrize(
    ("header", "secrets"),
    [
        (signed("now"), ["now"]),
        (signed("now"), ["next", "now"]),  # we rotate
        (f"{signed('old')},{signed('now')}", ["now"]),  # PagerDuty rotates
        (f" {signed('now')} , v1=other ", ["now"]),
    ],
)
def test_a_signature_of_any_secret_in_force_is_proof(header, secrets):
    verify(BODY, header, secrets)


@pytest.mark.parametrize(
    ("header", "secrets"),
    [
        ("", ["now"]),
        ("v1=", ["now"]),
        (signed("other"), ["now"]),
        (signed("now", BODY + b" "), ["now"]),
        (signed("now").removeprefix("v1="), ["now"]),
        (signed("now").replace("v1", "v0"), ["now"]),
        (signed("now").upper(), ["now"]),
        (signed("now")[:-1], ["now"]),
        ("v1=\udce9é", ["now"]),  # bytes that are no text, as aiohttp passes them on
        (signed("now"), []),
        (signed(""), [""]),
    ],
)
def test_anything_else_is_none(header, secrets):
    with pytest.raises(InvalidSignature):
        verify(BODY, header, secrets)


def test_an_acknowledgement_is_read_with_who_did_it():
    event = parse(an_event())
    assert event.type == "incident.acknowledged"
    assert event.occurred_at == datetime(2026, 11, 23, 11, 0, 0, 123000, tzinfo=UTC)
    assert (event.agent.id, event.agent.summary) == ("PUCAROL", "Carol Méndez")
    assert event.client == "PagerDuty"
    incident = event.incident
    assert (incident.id, incident.number, incident.status) == (
        "Q2I3WMF8PXU5DR",
        812,
        "acknowledged",
    )
    assert (incident.incident_key, incident.priority) == ("c0ffee", "P1")
    assert incident.service.id == "PCREDLNK"
    assert [person.id for person in incident.assignees] == ["PUCAROL"]


def test_what_nobody_did_has_no_agent():
    assert parse(an_event(agent=None, client=None)).agent is None


def test_a_note_is_about_its_incident():
    note = {
        "id": "PNOTE01",
        "type": "incident_note",
        "incident": {"id": "Q2I3WMF8PXU5DR", "type": "incident_reference"},
        "content": "looking",
    }
    event = parse(an_event(event_type="incident.annotated", data=note))
    assert event.incident is None
    assert event.incident_id == "Q2I3WMF8PXU5DR"
    assert event.data["content"] == "looking"


def test_a_type_nobody_knows_is_kept_as_it_came():
    data = {"type": "quantum_state", "spin": "up"}
    event = parse(an_event(event_type="incident.entangled", data=data))
    assert (event.type, event.data, event.incident_id) == ("incident.entangled", data, None)


def test_pagerdutys_ping_is_an_event():
    event = parse(
        an_event(
            event_type="pagey.ping",
            resource_type="pagey",
            agent=None,
            client=None,
            data={"message": "Hello from your friend Pagey!", "type": "ping"},
        )
    )
    assert (event.type, event.incident) == ("pagey.ping", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"event"',
        b"\xff",
        b'{"messages": []}',  # version 2
        b'{"event": null}',
        b'{"event": {"id": "01"}}',
        an_event(occurred_at="yesterday"),
        an_event(occurred_at=None),
        an_event(occurred_at="0001-01-01T00:00:00+14:00"),
        b"[" * 100_000,
        an_event(data=["a", "list"]),
        an_event(data={"type": "incident"}),
    ],
)
def test_what_is_no_event_is_refused_in_words(body):
    with pytest.raises(Rejected, match="not an event of version 3"):
        parse(body)
