"""The Sentry stand-in: issues that grow with a bad version, releases and deploys."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.credlink_api import CredlinkApi
from sandbox.sentry import Sentry
from sandbox.sentry.hooks import signature
from sandbox.sentry.issues import moment
from sandbox.standin import Fault

API = "/api/0/organizations/credlink"
BAD = "v1.3.0-errors"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server(clock: ManualClock) -> AsyncIterator[Sentry]:
    server = Sentry(clock=clock)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def api(server: Sentry) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {seeds.SENTRY_TOKEN}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


async def issues(api: aiohttp.ClientSession, **query: str) -> list[tuple[str, str]]:
    """Short id and count of what a search finds."""
    answer = await api.get(f"{API}/issues/", params=query)
    assert answer.status == 200, await answer.text()
    return [(issue["shortId"], issue["count"]) for issue in await answer.json()]


async def test_a_bad_version_makes_a_new_issue_that_grows(api, server: Sentry):
    server.saw("prod", "v1.1.9", 2)
    server.saw("prod", BAD, 5)
    server.saw("prod", BAD, 7)
    assert await issues(api, query=f'firstRelease:"{BAD}" environment:prod') == [("CRED-812", "12")]
    assert await issues(api, query=f"first-release:{BAD} project:api-gw") == [("CRED-812", "12")]
    assert await issues(api, query="") == [("CRED-640", "2"), ("CRED-812", "12")]
    assert await issues(api, query="", sort="freq") == [("CRED-812", "12"), ("CRED-640", "2")]


async def test_a_leak_is_a_new_issue_once_it_has_grown(api, server: Sentry):
    leak = "v1.4.0-leak"
    server.saw("prod", leak, 20)
    assert await issues(api, query=f"firstRelease:{leak}") == []
    server.saw("prod", leak, 3)
    assert await issues(api, query=f"firstRelease:{leak}") == [("CRED-812", "3")]


async def test_a_good_version_can_be_given_a_new_error(api, server: Sentry):
    server.new_error("prod", "v1.2.0", 4)
    server.new_error("prod", "v1.2.0", 1)
    query = "firstRelease:v1.2.0 environment:prod"
    assert await issues(api, query=query) == [("CRED-812", "4"), ("CRED-813", "1")]


async def test_an_issue_is_counted_where_and_when_it_was_asked_about(api, server, clock):
    server.saw("staging", BAD, 3)
    clock.advance(3600)
    server.saw("prod", BAD, 4)
    assert await issues(api, query="", environment="staging") == [("CRED-812", "3")]
    assert await issues(api, query="", statsPeriod="10m") == [("CRED-812", "4")]
    start, end = moment(clock.now() - 7200), moment(clock.now() - 1800)
    assert await issues(api, query="", start=start, end=end) == [("CRED-812", "3")]
    clock.advance(15 * 86400)
    assert await issues(api, query="") == []


async def test_words_and_other_projects_narrow_the_search(api, server: Sentry):
    server.saw("prod", BAD, 1)
    assert await issues(api, query="gateway is:unresolved") == [("CRED-812", "1")]
    assert await issues(api, query="payments") == []
    assert await issues(api, query="project:web") == []
    assert await issues(api, query="is:resolved") == []


async def test_it_is_fed_by_the_services_own_errors(api, server: Sentry, clock: ManualClock):
    class Task:
        tag = BAD
        traffic_weight = 1.0

    service = CredlinkApi(running=lambda _: [Task()], clock=clock, on_errors=server.saw)
    clock.advance(30)
    service.advance()

    [(short_id, count)] = await issues(api, query=f"firstRelease:{BAD}", environment="prod")
    failed = sum(n for key, n in service.traffic["prod"].requests.items() if key[0] == "500")
    assert (short_id, int(count)) == ("CRED-812", failed)
    assert failed > 30


async def test_pages_follow_the_link_header(api, server: Sentry):
    for number in range(3):
        server.saw("prod", f"v1.3.{number}-errors", 1)
    first = await api.get(f"{API}/issues/", params={"query": "", "limit": "2"})
    assert len(await first.json()) == 2
    assert 'rel="next"; results="true"' in first.headers["Link"]
    rest = await api.get(f"{API}/issues/", params={"query": "", "limit": "2", "cursor": "0:2:0"})
    assert [issue["shortId"] for issue in await rest.json()] == ["CRED-814"]
    assert 'results="false"' in rest.headers["Link"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"query": "mood:sad"}, "Invalid key for this search: mood"),
        ({"querry": ""}, "Unknown parameters: querry"),
        ({"sort": "mood"}, "Invalid sort"),
        ({"statsPeriod": "long"}, "Invalid statsPeriod"),
        ({"start": "2026-11-23T00:00:00Z"}, "start and end"),
        ({"start": "yesterday", "end": "today"}, "not a valid ISO8601"),
        ({"limit": "101"}, "Invalid limit"),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(api, query, words):
    answer = await api.get(f"{API}/issues/", params=query)
    assert answer.status == 400
    assert words in (await answer.json())["detail"]


async def test_without_the_token_or_elsewhere_there_is_nothing(api, server: Sentry):
    async with aiohttp.ClientSession(server.url) as nobody:
        refused = await nobody.get(f"{API}/issues/")
    assert (refused.status, await refused.json()) == (401, {"detail": "Invalid token"})
    for path in ("/api/0/organizations/other/issues/", f"{API}/issue/"):
        answer = await api.get(path)
        assert answer.status == 404
        assert (await answer.json())["detail"] == "The requested resource does not exist"


async def test_a_release_is_made_once_and_its_deploys_are_kept(api, server: Sentry):
    body = {"version": "credlink@v1.2.0+5", "projects": ["api-gw"]}
    assert (await api.post(f"{API}/releases/", json=body)).status == 201
    assert (await api.post(f"{API}/releases/", json=body)).status == 208

    deploys = f"{API}/releases/credlink%40v1.2.0%2B5/deploys/"
    deploy = await api.post(deploys, json={"environment": "prod"})

    assert deploy.status == 201
    assert (await deploy.json())["environment"] == "prod"
    assert len(await (await api.get(deploys)).json()) == 1
    [release] = await (await api.get(f"{API}/releases/")).json()
    assert (release["version"], release["deployCount"]) == ("credlink@v1.2.0+5", 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": "a/b", "projects": ["api-gw"]}, "version"),
        ({"version": "v1"}, "projects"),
        ({"version": "v1", "projects": ["web"]}, "projects"),
        ({"version": "v1", "projects": ["api-gw"], "environment": "prod"}, "environment"),
        ({"version": "v1", "projects": ["api-gw"], "dateReleased": "now"}, "dateReleased"),
        ({"version": "v1", "projects": ["api-gw"], "url": "here"}, "url"),
    ],
)
async def test_a_release_that_makes_no_sense_is_refused(api, server: Sentry, body, field):
    answer = await api.post(f"{API}/releases/", json=body)
    assert answer.status == 400
    assert field in await answer.json()
    assert not server.releases


async def test_a_deploy_needs_its_release_and_an_environment(api):
    assert (await api.post(f"{API}/releases/v9/deploys/", json={})).status == 404
    await api.post(f"{API}/releases/", json={"version": "v9", "projects": ["api-gw"]})
    refused = await api.post(f"{API}/releases/v9/deploys/", json={})
    assert await refused.json() == {"environment": ["This field is required."]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"environment": "x" * 65}, "environment"),
        ({"started": "2026-11-25T10:00:00Z"}, "started"),
        ({"dateStarted": "ten"}, "dateStarted"),
        ({"url": "here"}, "url"),
        ({"projects": ["web"]}, "projects"),
    ],
)
async def test_a_deploy_that_makes_no_sense_is_refused(api, server: Sentry, changes, field):
    await api.post(f"{API}/releases/", json={"version": "v9", "projects": ["api-gw"]})
    body = {"environment": "prod", "dateFinished": "2026-11-25T10:00:00Z"} | changes
    refused = await api.post(f"{API}/releases/v9/deploys/", json=body)
    assert refused.status == 400
    assert field in await refused.json()
    assert server.releases["v9"].deploys == []


async def test_faults_strike_by_operation_and_every_call_is_recorded(api, server: Sentry):
    server.faults.append(Fault("list_issues", status=503))
    assert (await api.get(f"{API}/issues/")).status == 503
    assert (await api.get(f"{API}/")).status == 200
    assert [(call.operation, call.status) for call in server.calls] == [
        ("list_issues", 503),
        ("get_organization", 200),
    ]


async def test_a_permalink_leads_a_person_to_a_page(api, server: Sentry):
    server.saw("prod", BAD, 3)
    [issue] = await (await api.get(f"{API}/issues/")).json()
    async with aiohttp.ClientSession() as browser:
        page = await (await browser.get(issue["permalink"])).text()
        assert "CRED-812" in page
        assert "3 events" in page
        assert (await browser.get(issue["permalink"].replace(issue["id"], "0"))).status == 404


async def test_an_issue_is_resolved_assigned_and_commented_on(api, server: Sentry):
    server.saw("prod", BAD, 1)
    path = f"{API}/issues/CRED-812/"
    answer = await api.put(path, json={"status": "resolved", "assignedTo": "user:3002"})
    issue = await answer.json()
    assert (issue["status"], issue["assignedTo"]["name"]) == ("resolved", "Bob Lindqvist")
    assert await issues(api, query="is:unresolved") == []
    assert await issues(api, query="is:resolved") == [("CRED-812", "1")]

    said = {"text": "by hand"}
    assert (await api.post(f"{path}comments/", json=said)).status == 201
    assert (await api.post(f"{path}comments/", json=said)).status == 400
    assert [c["data"]["text"] for c in await (await api.get(f"{path}comments/")).json()] == [
        "by hand"
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "closed"},
        {"status": "resolved", "substatus": "archived_forever"},
        {"status": "ignored", "substatus": "later"},
        {"assignedTo": "user:1"},
        {"state": "resolved"},
    ],
)
async def test_what_sentry_would_not_take_is_refused(api, server: Sentry, body):
    server.saw("prod", BAD, 1)
    assert (await api.put(f"{API}/issues/CRED-812/", json=body)).status == 400


async def test_members_are_found_by_e_mail_and_the_invited_have_no_user(api):
    async def found(query: str) -> list[object]:
        answer = await api.get(f"{API}/members/", params={"query": query})
        return [member["user"] and member["user"]["name"] for member in await answer.json()]

    assert await found("email:CAROL@credlink.example") == ["Carol Méndez"]
    assert await found("email:dave@credlink.example") == []
    assert await found("email:mallory@credlink.example") == [None]
    assert (await api.get(f"{API}/members/", params={"query": "role:owner"})).status == 400


async def test_a_commit_is_suspected_of_what_a_version_began(api, server: Sentry):
    server.saw("prod", BAD, 1)
    server.saw("prod", "v1.1.9", 1)

    async def committers(issue: str) -> int:
        event = await (await api.get(f"{API}/issues/{issue}/events/latest/")).json()
        path = f"/api/0/projects/credlink/api-gw/events/{event['eventID']}/committers/"
        return (await api.get(path)).status

    assert await committers("CRED-812") == 200
    assert await committers("CRED-640") == 404


async def test_what_a_person_does_on_the_page_is_sent_signed_and_in_order(api, clock):
    received: list[tuple[str, str, str]] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers["Sentry-Hook-Signature"] == signature(body)
        assert request.headers["Sentry-Hook-Timestamp"] == f"{int(clock.now())}"
        told = json.loads(body)
        resource = request.headers["Sentry-Hook-Resource"]
        received.append((resource, told["action"], told["actor"]["name"]))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/hook", take)
    listener = TestServer(app)
    await listener.start_server()
    server = Sentry(clock=clock, webhook_url=str(listener.make_url("/hook")))
    await server.start()
    try:
        server.saw("prod", BAD, 1)
        issue = server.issues.all()[-1]
        async with aiohttp.ClientSession(server.url) as page:
            for act in ("assign", "ignored", "resolved", "resolved", "alert"):
                await page.post(
                    f"/organizations/credlink/issues/{issue.id}/act",
                    data={"act": act, "user": "3002"},
                )
            shown = await (await page.get(f"/organizations/credlink/issues/{issue.id}/")).text()
        server.acts.metric("critical")
        await server.hooks.drained()
    finally:
        await server.stop()
        await listener.close()

    assert "Bob Lindqvist" in shown
    assert received == [
        ("issue", "created", "Sentry"),
        ("issue", "assigned", "Bob Lindqvist"),
        ("issue", "archived", "Bob Lindqvist"),
        ("issue", "resolved", "Bob Lindqvist"),
        ("event_alert", "triggered", "Sentry"),
        ("metric_alert", "critical", "Sentry"),
    ]
    assert [attempt.status for attempt in server.hooks.attempts] == [202] * 6
