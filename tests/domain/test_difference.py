"""What differs between two task definitions: named, and shown only where it cannot be a secret."""

import pytest

from bot.domain.difference import How, Part, differences
from bot.domain.secrecy import looks_secret


def a_definition(environment=(), secrets=(), **said):
    container = {"name": "api", "image": "api:1", **said}
    container["environment"] = [{"name": n, "value": v} for n, v in dict(environment).items()]
    container["secrets"] = [{"name": n, "valueFrom": v} for n, v in dict(secrets).items()]
    return {"family": "api", "containerDefinitions": [container]}


def texts(before, after):
    return [one.text for one in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"LOG_LEVEL": "info"}, {"LOG_LEVEL": "warn"}, "env LOG_LEVEL info→warn"),
        ({}, {"WORKERS": "4"}, "env WORKERS=4 added"),
        ({"WORKERS": "4"}, {}, "env WORKERS=4 removed"),
        ({"PREFIX": ""}, {"PREFIX": "x"}, 'env PREFIX ""→x'),
        ({"NOTE": "a\n  b"}, {"NOTE": "c"}, "env NOTE a b→c"),
        ({"API_KEY": "a"}, {"API_KEY": "b"}, "env API_KEY changed"),
        ({}, {"SENTRY_DSN": "a"}, "env SENTRY_DSN added"),
        ({"DB": "postgres://u:hush@db/x"}, {"DB": "postgres://db/x"}, "env DB changed"),
        ({"WORDS": "a " * 40 + "b"}, {"WORDS": "a " * 40 + "c"}, "env WORDS changed"),
    ],
)
def test_a_variable_is_shown_unless_it_may_be_secret(before, after, said):
    assert texts(a_definition(before), a_definition(after)) == [said]


def test_a_secret_is_named_and_never_where_it_comes_from():
    (one,) = differences(
        a_definition(secrets={"DATABASE_URL": "arn:1"}),
        a_definition(secrets={"DATABASE_URL": "arn:2"}),
    )

    assert (one.part, one.how, one.text) == (
        Part.SECRET,
        How.CHANGED,
        "secret DATABASE_URL changed",
    )
    assert (one.before, one.after) == (None, None)


def test_a_variable_that_becomes_a_secret_is_said_twice():
    assert texts(a_definition({"TARIFF": "b"}), a_definition(secrets={"TARIFF": "arn:1"})) == [
        "env TARIFF=b removed",
        "secret TARIFF added",
    ]


def test_a_long_value_is_cut():
    (said,) = texts(a_definition({"WORDS": "no"}), a_definition({"WORDS": "word " * 50}))

    assert said.endswith("…")
    assert len(said) < 90


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "x"),
        ("stripeToken", "x"),
        ("DB_PASSWORD", "x"),
        ("DB_PW", "x"),
        ("SENTRY_DSN", "x"),
        ("AWS_CREDENTIALS", "x"),
        ("URL", "https://user:hush@example.com/x"),
        ("URL", "https://0123abc@sentry.example.com/1"),
        ("URL", "https://example.com/x?sig=abc"),
        ("DB", "host=db user=api password=hush"),
        ("OPTIONS", '{"apiKey": "hush"}'),
        ("PEM", "-----BEGIN RSA x"),
        ("X", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("X", "AKIAIOSFODNN7EXAMPLE"),
        ("X", "9f86d081884c7d659a2feaa0c55ad015"),
        ("X", "123e4567-e89b-12d3-a456-426614174000"),
        ("X", "eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIi.x"),
        ("X", "https://hooks.slack.com/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX"),
        ("X", "qwertzuiopasdfghjklyxcvbnm"),
        ("X", "aB3/dE5f-Gh7i_jK9l+mN1o2"),
    ],
)
def test_what_may_be_a_secret_is_kept_back(name, value):
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "info"),
        ("WORKERS", "4"),
        ("AWS_REGION", "eu-central-1"),
        ("CLUSTER", "credlink-prod-eu-west-1-cluster-2"),
        ("URL", "https://credlink-api.internal.example.com/health"),
        ("DB", "postgres://db.internal.example.com:5432/credlink"),
        ("QUEUE", "https://sqs.us-east-1.amazonaws.com/222222222222/ecs-events"),
        ("ROLE", "arn:aws:iam::222222222222:role/credlink-task"),
        ("FLAGS", "new-checkout,fast-search,dark-mode"),
        ("SINCE", "2026-11-23T14:02:00Z"),
        ("VERSION", "v1.2.0"),
        ("ORIGINS", "https://app.example.com https://admin.example.com"),
        ("EMPTY", ""),
    ],
)
def test_what_operators_look_for_is_shown(name, value):
    assert not looks_secret(name, value)
