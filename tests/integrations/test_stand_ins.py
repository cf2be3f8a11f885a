"""Our clients and the sandbox's stand-ins, which were written apart, from the vendors' manuals."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Forbidden, NotFound, Rejected
from integrations.grafana.client import GrafanaClient
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.events import EventsClient
from integrations.sentry.client import SentryClient
from sandbox import seeds
from sandbox.grafana.server import Grafana, Renderer
from sandbox.pagerduty.server import PagerDuty
from sandbox.sentry.issues import ORGANIZATION, PROJECT
from sandbox.sentry.server import Sentry

NOW = datetime.now(UTC)


@pytest.fixture
async def pagerduty():
    stand_in = PagerDuty()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def grafana():
    stand_in = Grafana()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def sentry():
    stand_in = Sentry()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


async def test_an_incident_goes_from_its_event_to_its_resolution_as_people(pagerduty):
    events = EventsClient(pagerduty.url, seeds.PAGERDUTY_ROUTING_KEY)
    client = PagerDutyClient(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    await events.trigger(
        dedup_key="c0ffee", summary="High error ratio", source="prod", severity="critical"
    )
    (incident,) = await client.list_incidents(
        incident_key="c0ffee",
        statuses=["triggered", "acknowledged"],
        service_ids=[seeds.PAGERDUTY_SERVICE_ID],
        since=NOW - timedelta(hours=1),
    )
    assert (incident.status, incident.incident_key) == ("triggered", "c0ffee")
    (alert,) = await client.list_incident_alerts(incident.id)
    assert alert.alert_key == "c0ffee"

    user = await client.find_user_by_email(seeds.BOB.email)
    assert user.id == seeds.BOB.pagerduty_id
    acknowledged = await client.acknowledge_incident(incident.id, from_email=user.email)
    assert acknowledged.status == "acknowledged"
    seen = await client.get_incident(incident.id)
    assert [person.id for person in seen.acknowledgers] == [seeds.BOB.pagerduty_id]
    await client.create_note(incident.id, "looking", from_email=user.email)
    assert (await client.list_oncalls())[0].user.email == seeds.CAROL.email

    for _ in range(2):
        resolved = await client.resolve_incident(incident.id, from_email=seeds.CAROL.email)
        assert resolved.status == "resolved"
    with pytest.raises(Rejected, match="Already Resolved"):
        await client.acknowledge_incident(incident.id, from_email=user.email)
    with pytest.raises(NotFound):
        await client.find_user_by_email(seeds.DAVE.email)
    with pytest.raises(Rejected, match="Requester User Not Found"):
        await client.acknowledge_incident(incident.id, from_email=seeds.DAVE.email)
    with pytest.raises(NotFound):
        await client.get_incident("PNOTHING")
    await events.send_change(summary="v1.2.0 to prod", at=NOW)
    await events.aclose()
    await client.aclose()


async def test_a_wrong_key_is_told_apart_from_a_missing_incident(pagerduty):
    client = PagerDutyClient(pagerduty.url, "wrong")
    with pytest.raises(Forbidden):
        await client.get_incident("PNOTHING")
    await client.aclose()
    events = EventsClient(pagerduty.url, "wrong")
    with pytest.raises(Rejected):
        await events.resolve("c0ffee")
    await events.aclose()


async def test_a_panel_is_found_drawn_and_marked(grafana):
    client = GrafanaClient(grafana.url, seeds.GRAFANA_TOKEN)
    assert (await client.get_health()).database == "ok"
    dashboard = await client.get_dashboard("credlink-prod")
    assert "http_requests_total" in dashboard.panel(2).queries[0]
    assert dashboard.panel(7) is not None  # within a row

    window = {"start": NOW - timedelta(hours=1), "end": NOW}
    assert await client.render_panel(dashboard, 2, **window, width=640, height=320)
    marked = await client.create_annotation("v1.2.0", at=NOW, tags=["deploy"])
    await client.patch_annotation(marked, end=NOW + timedelta(minutes=1))
    await client.create_annotation("v1.2.1", at=NOW, tags=["deploy", "prod"])
    (found,) = await client.list_annotations(tags=["deploy", "prod"])
    assert found.text == "v1.2.1"
    newest = await client.list_annotations(tags=["deploy"])
    assert {one.id: one.end - one.at for one in newest} == {
        marked: timedelta(minutes=1),
        found.id: timedelta(),
    }
    with pytest.raises(NotFound):
        await client.patch_annotation(found.id + 1, text="nothing")

    for renderer in (Renderer.MISSING, Renderer.PLACEHOLDER):
        grafana.renderer = renderer
        with pytest.raises(Rejected, match="renderer"):
            await client.render_panel(dashboard, 2, **window, width=640, height=320)
    await client.aclose()


async def test_a_release_is_made_deployed_and_its_issues_found(sentry):
    client = SentryClient(sentry.url, seeds.SENTRY_TOKEN)
    for _ in range(2):
        await client.create_release(ORGANIZATION, "v1.3.0-errors", projects=[PROJECT])
    assert await client.create_deploy(ORGANIZATION, "v1.3.0-errors", environment="prod")
    with pytest.raises(NotFound):
        await client.create_deploy(ORGANIZATION, "v9/9", environment="prod")

    sentry.saw("prod", "v1.3.0-errors", 137)
    search = {"project": PROJECT, "query": "first-release:v1.3.0-errors"}
    (issue,) = await client.list_issues(ORGANIZATION, environment="prod", **search)
    assert issue.events == 137
    assert await client.list_issues(ORGANIZATION, environment="staging", **search) == ()
    await client.aclose()
