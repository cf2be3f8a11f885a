"""Settings that only name their secret, read from AWS Secrets Manager."""

import json
from collections.abc import Iterator
from contextlib import closing

import boto3
import pytest
from moto import mock_aws

from bot import secret_references
from bot.errors import ConfigurationError

TOKEN = "xoxb-1-hush"
SLACK = "aws-secretsmanager:credlink/slack"
KEYS = {"webhook": "hush-webhook", "attempts": 3}
ELSEWHERE = "eu-west-1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS that keeps three secrets, one of them in another region.

    Within this process: moto's server calls every answer of this service a web page, which our
    client rightly does not take for AWS.
    """
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        for region, name, secret in (
            ("us-east-1", "credlink/slack", TOKEN),
            ("us-east-1", "credlink/keys", json.dumps(KEYS)),
            (ELSEWHERE, "credlink/far", "hush-far"),
        ):
            with closing(boto3.client("secretsmanager", region_name=region)) as kept:
                kept.create_secret(Name=name, SecretString=secret)
        yield


def arn(name: str, region: str) -> str:
    with closing(boto3.client("secretsmanager", region_name=region)) as kept:
        return str(kept.describe_secret(SecretId=name)["ARN"])


def referring(*, region: str = "us-east-1", **variables: str) -> dict[str, str]:
    return {"AWS_REGION": region, **variables}


async def test_a_reference_becomes_its_secret_and_everything_else_stays():
    written = referring(
        SLACK_BOT_TOKEN=SLACK,
        ALERTMANAGER_WEBHOOK_TOKEN="aws-secretsmanager:credlink/keys#webhook",
        GRAFANA_TOKEN="plain",
    )

    resolved = await secret_references.resolved(written)

    assert resolved == {
        **written,
        "SLACK_BOT_TOKEN": TOKEN,
        "ALERTMANAGER_WEBHOOK_TOKEN": "hush-webhook",
    }


async def test_a_key_that_is_no_text_is_written_as_text():
    resolved = await secret_references.resolved(
        referring(ATTEMPTS="aws-secretsmanager:credlink/keys#attempts")
    )

    assert resolved["ATTEMPTS"] == "3"


async def test_an_arn_is_read_in_its_own_region_whatever_ours_is():
    far = arn("credlink/far", ELSEWHERE)

    resolved = await secret_references.resolved(referring(SENTRY_TOKEN=f"aws-secretsmanager:{far}"))
    without_region = await secret_references.resolved({"SENTRY_TOKEN": f"aws-secretsmanager:{far}"})

    assert resolved["SENTRY_TOKEN"] == without_region["SENTRY_TOKEN"] == "hush-far"


async def test_a_key_may_be_picked_from_an_arn():
    named = f"aws-secretsmanager:{arn('credlink/keys', 'us-east-1')}#webhook"

    resolved = await secret_references.resolved(referring(SENTRY_TOKEN=named))

    assert resolved["SENTRY_TOKEN"] == "hush-webhook"


async def test_the_other_variable_for_a_region_counts_too_and_an_empty_one_does_not():
    resolved = await secret_references.resolved(
        referring(
            region="",
            AWS_DEFAULT_REGION="us-east-1",
            SLACK_BOT_TOKEN=SLACK,
        )
    )

    assert resolved["SLACK_BOT_TOKEN"] == TOKEN


async def test_without_a_reference_nobody_is_asked():
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "SLACK_BOT_TOKEN": "xoxb-plain"}

    assert await secret_references.resolved(nowhere) == nowhere


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("credlink/lost", "get_secret_value"),
        ("credlink/keys#lost", "credlink/keys has no key lost"),
        ("credlink/slack#key", "credlink/slack is no JSON object"),
        ("", "get_secret_value"),
    ],
)
async def test_what_cannot_be_read_is_named_by_its_variable_and_no_value_is_said(
    reference: str, says: str
):
    written = referring(
        GRAFANA_TOKEN=SLACK,
        SLACK_BOT_TOKEN=f"aws-secretsmanager:{reference}",
    )

    with pytest.raises(ConfigurationError, match=r"^SLACK_BOT_TOKEN: ") as caught:
        await secret_references.resolved(written)

    assert says in str(caught.value)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any("hush" in str(problem) for problem in chain)


async def test_everything_that_cannot_be_read_is_said_at_once():
    written = referring(
        SLACK_BOT_TOKEN="aws-secretsmanager:credlink/lost",
        GRAFANA_TOKEN="aws-secretsmanager:credlink/keys#lost",
        SENTRY_TOKEN=SLACK,
    )

    with pytest.raises(ConfigurationError) as caught:
        await secret_references.resolved(written)

    first, second = str(caught.value).splitlines()
    assert first.startswith("SLACK_BOT_TOKEN: ")
    assert second.startswith("GRAFANA_TOKEN: ")


async def test_without_a_region_the_variable_is_named_with_the_two_ways_out():
    with pytest.raises(ConfigurationError, match=r"^SLACK_BOT_TOKEN: which region") as caught:
        await secret_references.resolved({"SLACK_BOT_TOKEN": SLACK})

    assert "Set AWS_REGION, or write the secret's ARN." in str(caught.value)


async def test_an_aws_that_is_away_is_said_with_the_variable():
    nowhere = referring(AWS_ENDPOINT_URL="http://127.0.0.1:9", SLACK_BOT_TOKEN=SLACK)

    with pytest.raises(ConfigurationError, match=r"^SLACK_BOT_TOKEN: aws get_secret_value"):
        await secret_references.resolved(nowhere)
