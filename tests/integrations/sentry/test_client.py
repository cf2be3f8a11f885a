import json
import traceback
from datetime import UTC, datetime

import pytest

from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from integrations.sentry.client import SentryClient
from integrations.sentry.models import Commit, Member
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


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"userCount": None}, ("CRED-812", 137, 0)),
        ({"userCount": "42", "shortId": None}, ("", 137, 42)),
        ({"count": "9" * 40}, ("CRED-812", 2**31 - 1, 42)),
    ],
)
async def test_what_sentry_leaves_out_or_counts_beyond_sense_is_read(sentry, vendor, said, found):
    vendor.says(Says(json=[ISSUE | said | {"title": "x" * 90_000}]))
    (issue,) = await sentry.list_issues("credlink")
    assert (issue.short_id, issue.events, issue.users) == found
    assert len(issue.title) == 1000


@pytest.mark.parametrize("count", ["1e999", "NaN", "[]"])
async def test_a_count_that_is_none_is_not_sentrys(sentry, vendor, count):
    said = json.dumps([ISSUE]).replace('"137"', count)
    vendor.says(Says(body=said.encode()))
    with pytest.raises(Unavailable, match="not sentry's"):
        await sentry.list_issues("credlink")


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


async def test_an_issue_is_read_and_changed_by_its_id(sentry, vendor):
    assigned = {**ISSUE, "status": "ignored", "assignedTo": {"name": "Carol Méndez"}}
    vendor.says(Says(json={**ISSUE, "project": {"slug": "api-gw"}}), Says(json=assigned))

    found = await sentry.get_issue("credlink", "4812")
    assert (found.status, found.project, found.assigned_to) == ("unresolved", "api-gw", None)
    assert (await sentry.resolve_issue("credlink", "4812")).assigned_to == "Carol Méndez"
    assert (await sentry.archive_issue("credlink", "4812")).status == "ignored"
    await sentry.assign_issue("credlink", "4812", user_id="3003")

    asked = [(one.method, one.path) for one in vendor.received]
    path = "/api/0/organizations/credlink/issues/4812/"
    assert asked == [("GET", path), ("PUT", path), ("PUT", path), ("PUT", path)]
    assert [json.loads(one.body) for one in vendor.received[1:]] == [
        {"status": "resolved"},
        {"status": "ignored", "substatus": "archived_until_escalating"},
        {"assignedTo": "user:3003"},
    ]


async def test_a_member_is_found_by_e_mail_and_somebody_invited_is_none(sentry, vendor):
    carol = {
        "email": "Carol@credlink.example",
        "name": "carol",
        "user": {"id": "3003", "name": "Carol Méndez", "email": "c@home.example"},
    }
    vendor.says(Says(json=[{"email": "carol@credlink.example", "user": None}, carol]))
    found = await sentry.find_member_by_email("credlink", "carol@credlink.example")
    assert found == Member(user_id="3003", name="Carol Méndez", email="Carol@credlink.example")
    assert vendor.received[0].query == [("query", "email:carol@credlink.example")]

    vendor.says(Says(json=[{"email": "dave@credlink.example", "user": None}]))
    with pytest.raises(NotFound, match="nobody has the e-mail dave@"):
        await sentry.find_member_by_email("credlink", "dave@credlink.example")


async def test_the_likeliest_suspect_commit_is_that_of_the_latest_event(sentry, vendor):
    commit = {"id": "4be19f0c", "message": "feat: x\n\nmore", "pullRequest": None}
    committer = {"author": {"name": "Bob", "email": "b@x"}, "commits": [commit]}
    vendor.says(Says(json={"eventID": "e1"}), Says(json={"committers": [committer]}))

    found = await sentry.find_suspect_commit("credlink", "api-gw", "4812")

    assert found == Commit(id="4be19f0c", message="feat: x", author="Bob")
    assert [one.path for one in vendor.received] == [
        "/api/0/organizations/credlink/issues/4812/events/latest/",
        "/api/0/projects/credlink/api-gw/events/e1/committers/",
    ]


async def test_without_commits_none_is_suspected(sentry, vendor):
    vendor.says(Says(json={"eventID": "e1"}), Says(status=404, json={"detail": "No committers"}))
    assert await sentry.find_suspect_commit("credlink", "api-gw", "4812") is None
    vendor.says(Says(json={"eventID": "e1"}), Says(json={"committers": []}))
    assert await sentry.find_suspect_commit("credlink", "api-gw", "4812") is None


async def test_comments_are_read_and_written(sentry, vendor):
    vendor.says(Says(json=[{"id": "1", "data": {"text": "hello"}}]), Says(status=201, json={}))

    assert await sentry.list_comments("credlink", "4812") == ("hello",)
    await sentry.create_comment("credlink", "4812", "done")

    assert json.loads(vendor.received[1].body) == {"text": "done"}
    assert vendor.received[1].path == "/api/0/organizations/credlink/issues/4812/comments/"


async def test_an_answer_of_another_shape_is_not_taken_for_sentrys(sentry, vendor):
    vendor.says(Says(json={"committers": "none"}))
    with pytest.raises(Unavailable, match="not sentry's"):
        await sentry.get_issue("credlink", "4812")
    with pytest.raises(Unavailable, match="not sentry's"):
        await sentry.find_suspect_commit("credlink", "api-gw", "4812")
