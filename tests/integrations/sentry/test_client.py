import json
import traceback
from datetime import UTC, datetime

import pytest

from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from integrations.sentry.client import SentryClient
from tests.integrations.vendor import Says

TOKEN = "a-token-nobody-may-see"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ISSUE = {
    "id": "4812",
    "shortId": "CRED-812",
    "title": "ZeroDivisionError: division by zero",
    "culprit": "credlink.scores in rate",
    "level": "error",
    "status": "unresolved",
    "permalink": "https://credlink.sentry.io/issues/4812/",
    "count": "137",
    "userCount": 42,
    "firstSeen": "2026-11-23T11:58:00.000000Z",
    "lastSeen": "2026-11-23T12:00:00Z",
}


@pytest.fixture
async def sentry(vendor):
    opened = SentryClient(vendor.url, TOKEN)
    yield opened
    await opened.aclose()


async def test_issues_are_searched_by_project_release_and_environment(sentry, vendor):
    vendor.says(Says(json=[ISSUE]))
    (issue,) = await sentry.list_issues(
        "credlink",
        project="credlink-api",
        query="first-release:v1.3.0-errors",
        environment="prod",
        between=(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), NOON),
        sort="new",
        limit=500,
    )
    assert (issue.short_id, issue.events, issue.users) == ("CRED-812", 137, 42)
    assert issue.first_seen_at == datetime(2026, 11, 23, 11, 58, tzinfo=UTC)
    (received,) = vendor.received
    assert received.path == "/api/0/organizations/credlink/issues/"
    assert dict(received.query) == {
        "query": "project:credlink-api first-release:v1.3.0-errors",
        "sort": "new",
        "limit": "100",
        "environment": "prod",
        "start": "2026-11-23T11:00:00Z",
        "end": "2026-11-23T12:00:00Z",
    }
    assert received.headers["Authorization"] == f"Bearer {TOKEN}"


async def test_an_empty_search_is_sent_as_such_and_not_left_to_sentrys_default(sentry, vendor):
    vendor.says(Says(json=[]))
    assert await sentry.list_issues("credlink") == ()
    assert ("query", "") in vendor.received[0].query


async def test_a_release_is_made_known_to_its_projects(sentry, vendor):
    vendor.says(Says(status=201, json={"version": "v1.2.0"}))
    await sentry.create_release("credlink", "v1.2.0", projects=["credlink-api"])
    (received,) = vendor.received
    assert received.path == "/api/0/organizations/credlink/releases/"
    assert json.loads(received.body) == {"version": "v1.2.0", "projects": ["credlink-api"]}


async def test_a_deploy_of_a_version_with_slashes_finds_its_release(sentry, vendor):
    vendor.says(Says(status=201, json={"id": "99"}))
    deploy = await sentry.create_deploy(
        "credlink", "api@feature/x+1", environment="prod", started_at=NOON
    )
    assert deploy == "99"
    (received,) = vendor.received
    assert received.path == (
        "/api/0/organizations/credlink/releases/api%40feature%2Fx%2B1/deploys/"
    )
    assert json.loads(received.body) == {
        "environment": "prod",
        "dateStarted": "2026-11-23T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("says", "means"),
    [
        (Says(status=400, json={"detail": "Error parsing search query"}), Rejected),
        (Says(status=401, json={"detail": "Invalid token"}), Forbidden),
        (Says(status=404, json={"detail": "The requested resource does not exist"}), NotFound),
        (Says(json={"detail": "no list"}), Unavailable),
        (Says(json=[{"id": "1"}]), Unavailable),
        (Says(json=[ISSUE | {"count": "many"}]), Unavailable),
    ],
)
async def test_trouble_has_its_place_in_the_family(sentry, vendor, says, means):
    vendor.says(says)
    with pytest.raises(means):
        await sentry.list_issues("credlink")


async def test_a_token_never_reaches_an_error_or_its_traceback(sentry, vendor):
    vendor.says(Says(status=401, json={"detail": f"Invalid token {TOKEN}"}))
    with pytest.raises(Forbidden) as caught:
        await sentry.create_deploy("credlink", "v1", environment="prod")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
