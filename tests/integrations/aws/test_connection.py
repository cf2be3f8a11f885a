"""What goes wrong between us and AWS; botocore's Stubber stands behind all of this."""

import asyncio
import json
import traceback
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.errors import Forbidden, NotFound, RateLimited, Unavailable
from tests.integrations.aws.answers import CLUSTER, SERVICE
from tests.integrations.vendor import BAD_GATEWAY, Says

ROLE = "arn:aws:iam::222222222222:role/credlink-bot"
JSON = "application/x-amz-json-1.1"
NO_SERVICES = Says(body=b'{"services": [], "failures": []}', content_type=JSON)
WHOAMI = Says(
    body=b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/bot</Arn>"
    b"<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    content_type="text/xml",
)


def refuses(code: str, message: str = "", *, status: int = 400, **headers: str) -> Says:
    return Says(
        status=status,
        body=json.dumps({"__type": code, "message": message}).encode(),
        content_type=JSON,
        headers=headers,
    )


def a_role_until(expiry: datetime, number: int) -> Says:
    return Says(
        body=f"""<AssumeRoleResponse><AssumeRoleResult><Credentials>
        <AccessKeyId>AKIDROLE{number}</AccessKeyId>
        <SecretAccessKey>role-secret-{number}</SecretAccessKey>
        <SessionToken>role-token-{number}</SessionToken>
        <Expiration>{expiry.isoformat()}</Expiration>
        </Credentials></AssumeRoleResult></AssumeRoleResponse>""".encode(),
        content_type="text/xml",
    )


@pytest.fixture(autouse=True)
def no_waiting_between_attempts(monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


@pytest.fixture
async def accounts(vendor):
    connection = AwsConnection(
        endpoint_url=vendor.url, connect_timeout_s=1, read_timeout_s=0.2, attempts=3, threads=2
    )
    opened = Accounts(connection)
    yield opened
    await opened.aclose()


@pytest.fixture
def ecs(accounts):
    return accounts.account("us-east-1").ecs


async def look(ecs):
    return await ecs.describe_services(CLUSTER, [SERVICE])


async def test_a_throttled_call_is_tried_again_and_succeeds(ecs, vendor):
    vendor.says(refuses("ThrottlingException", "Rate exceeded"), NO_SERVICES)
    assert await look(ecs) == {}
    assert len(vendor.received) == 2


async def test_throttling_that_lasts_is_a_rate_limit_after_three_attempts(ecs, vendor):
    vendor.says(refuses("ThrottlingException", "Rate exceeded"))
    with pytest.raises(RateLimited):
        await look(ecs)
    assert len(vendor.received) == 3


async def test_a_gateway_that_limits_gives_its_advice(ecs, vendor):
    vendor.says(refuses("Whatever", status=429, **{"Retry-After": "4"}))
    with pytest.raises(RateLimited) as caught:
        await look(ecs)
    assert caught.value.retry_after_s == 4


@pytest.mark.parametrize(
    "says",
    [
        refuses("ServerException", "Service Unavailable. Please try again later.", status=500),
        Says(status=503, body=b"", content_type=JSON),
        BAD_GATEWAY,
        Says(cut=True),
        Says(never=True),
        Says(body=b"<html>not AWS</html>", content_type="text/html"),
    ],
    ids=["server error", "empty 503", "a proxy's page", "cut", "silence", "a page with 200"],
)
async def test_trouble_on_the_way_is_unavailable_and_worth_another_try(ecs, vendor, says):
    vendor.says(says)
    with pytest.raises(Unavailable) as caught:
        await look(ecs)
    assert caught.value.retryable
    assert "html" not in str(caught.value)


async def test_a_page_instead_of_xml_is_unavailable_too(accounts, vendor):
    vendor.says(Says(body=b"<html><p>not AWS</html>", content_type="text/html"))
    with pytest.raises(Unavailable):
        await accounts.account("us-east-1").sts.get_caller_identity()


async def test_nobody_listening_is_unavailable():
    accounts = Accounts(AwsConnection(endpoint_url="http://127.0.0.1:9", attempts=1))
    with pytest.raises(Unavailable, match="Could not connect"):
        await look(accounts.account("us-east-1").ecs)
    await accounts.aclose()


async def test_an_expired_token_needs_a_person(ecs, vendor):
    vendor.says(refuses("ExpiredTokenException", "The security token included is expired"))
    with pytest.raises(Forbidden, match="expired"):
        await look(ecs)


async def test_a_clock_that_is_wrong_needs_a_person(ecs, vendor):
    vendor.says(refuses("RequestTimeTooSkewed", "Signature not yet current"))
    with pytest.raises(Forbidden, match="RequestTimeTooSkewed"):
        await look(ecs)


async def test_a_refused_signature_is_told_without_the_request_it_quotes(ecs, vendor):
    vendor.says(
        refuses(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.\n\n"
            "The Canonical String for this request should have been\n'POST\n/\n\n"
            "x-amz-security-token:token-nobody-may-see\n'",
            status=403,
        )
    )
    with pytest.raises(Forbidden) as caught:
        await look(ecs)
    assert "does not match" in str(caught.value)
    assert "token-nobody-may-see" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("role", [None, ROLE])
async def test_without_credentials_a_person_is_told_so(monkeypatch, tmp_path, vendor, role):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    accounts = Accounts(AwsConnection(endpoint_url=vendor.url))
    with pytest.raises(Forbidden, match="no AWS credentials were found"):
        await accounts.account("us-east-1", role).sts.get_caller_identity()
    await accounts.aclose()
    assert vendor.received == []


async def test_our_own_secret_is_in_no_error(ecs, vendor, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key-nobody-may-see")
    for says in (refuses("AccessDeniedException", "no"), Says(cut=True), BAD_GATEWAY):
        vendor.says(says)
        with pytest.raises((Forbidden, Unavailable)) as caught:
            await look(ecs)
        assert "key-nobody-may-see" not in "".join(traceback.format_exception(caught.value))


async def test_the_same_region_and_role_are_the_same_clients(accounts):
    assert accounts.account("us-east-1", ROLE) is accounts.account("us-east-1", ROLE)
    assert accounts.account("us-east-1", ROLE) is not accounts.account("us-east-1")
    assert accounts.account("us-east-1") is not accounts.account("eu-west-1")


async def test_services_asked_for_at_once_are_one_call(ecs, vendor):
    vendor.says(NO_SERVICES)
    await asyncio.gather(
        *(ecs.describe_service(CLUSTER, f"s{n}") for n in range(3)), return_exceptions=True
    )
    (received,) = vendor.received
    assert json.loads(received.body)["services"] == ["s0", "s1", "s2"]


async def test_a_role_is_assumed_once_and_its_credentials_sign_what_follows(accounts, vendor):
    vendor.says(a_role_until(datetime.now(UTC) + timedelta(hours=1), 1), NO_SERVICES)
    ecs = accounts.account("us-east-1", ROLE).ecs
    await look(ecs)
    await look(ecs)

    assume, *looks = vendor.received
    assert parse_qs(assume.body.decode())["RoleArn"] == [ROLE]
    assert parse_qs(assume.body.decode())["RoleSessionName"] == ["credlink-bot"]
    assert [r.headers["X-Amz-Security-Token"] for r in looks] == ["role-token-1"] * 2
    assert all("AKIDROLE1/" in r.headers["Authorization"] for r in looks)


async def test_a_role_about_to_expire_is_assumed_again(accounts, vendor):
    vendor.says(
        a_role_until(datetime.now(UTC) + timedelta(minutes=5), 1),
        NO_SERVICES,
        a_role_until(datetime.now(UTC) + timedelta(hours=1), 2),
        NO_SERVICES,
    )
    ecs = accounts.account("us-east-1", ROLE).ecs
    await look(ecs)
    await look(ecs)
    tokens = [r.headers.get("X-Amz-Security-Token") for r in vendor.received]
    assert tokens == [None, "role-token-1", None, "role-token-2"]


async def test_a_role_that_may_not_be_assumed_is_named_with_the_permission(accounts, vendor):
    vendor.says(
        Says(
            status=403,
            body=f"""<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
            <Message>User: arn:aws:iam::123456789012:user/bot is not authorized to perform:
            sts:AssumeRole on resource: {ROLE}</Message></Error></ErrorResponse>""".encode(),
            content_type="text/xml",
        )
    )
    with pytest.raises(Forbidden, match=rf"lacks sts:AssumeRole .*{ROLE}"):
        await look(accounts.account("us-east-1", ROLE).ecs)


async def test_an_account_knows_who_it_is(accounts, vendor):
    vendor.says(WHOAMI)
    identity = await accounts.account("us-east-1").sts.get_caller_identity()
    assert (identity.account, identity.arn) == ("123456789012", "arn:aws:iam::1:user/bot")


async def test_a_target_of_a_call_that_is_missing_is_not_found(ecs, vendor):
    vendor.says(refuses("ClusterNotFoundException", "Cluster not found."))
    with pytest.raises(NotFound):
        await look(ecs)
    assert len(vendor.received) == 1


def test_building_everything_reaches_for_nothing(vendor):
    Accounts(AwsConnection(endpoint_url=vendor.url)).account("us-east-1", ROLE)
    assert vendor.received == []
