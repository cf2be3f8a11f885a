"""Settings: the environment wins, what is missing is named, secrets are never repeated."""

from pathlib import Path

import pytest

from bot.catalog_file import load
from bot.errors import ConfigurationError
from bot.settings import CONNECTIONS, Settings, read_settings

CATALOG = load(Path("credlink.example.yml"))
ENOUGH = {"SLACK_BOT_TOKEN": "xoxb-1-hush", "SLACK_APP_TOKEN": "xapp-1-hush"}


def test_the_environment_wins_over_the_catalogue():
    settings = read_settings({**ENOUGH, "PROMETHEUS_URL": "http://127.0.0.1:9999"}, CATALOG)

    assert settings.prometheus_url == "http://127.0.0.1:9999"
    assert settings.alertmanager_url == "http://alertmanager.internal:9093"


def test_every_outside_address_is_a_setting():
    elsewhere = {variable: f"http://127.0.0.1:1/{variable}" for variable in CONNECTIONS.values()}

    settings = read_settings({**ENOUGH, **elsewhere}, CATALOG)

    for key, variable in CONNECTIONS.items():
        assert getattr(settings, key) == elsewhere[variable]


def test_an_empty_variable_is_an_unset_one():
    settings = read_settings({**ENOUGH, "PROMETHEUS_URL": "", "SENTRY_DSN": ""}, CATALOG)

    assert settings.prometheus_url == "http://prometheus.internal:9090"
    assert settings.sentry_dsn is None


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "x"}, "SLACK_MODE=socket needs SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "x", "SLACK_MODE": "http"}, "needs SLACK_SIGNING_SECRET"),
        ({**ENOUGH, "SLACK_MODE": "carrier pigeon"}, "SLACK_MODE"),
        ({**ENOUGH, "CREDLINK_PACE": "0"}, "CREDLINK_PACE"),
    ],
)
def test_what_is_missing_or_wrong_is_named(environment: dict[str, str], says: str):
    with pytest.raises(ConfigurationError, match=says):
        read_settings(environment, CATALOG)


def test_a_secret_shows_in_neither_an_error_nor_the_settings_printed():
    with pytest.raises(ConfigurationError) as caught:
        read_settings({**ENOUGH, "SLACK_MODE": "http", "CREDLINK_PACE": "xoxb-1-hush"}, CATALOG)

    assert "hush" not in str(caught.value)
    assert "hush" not in repr(read_settings(ENOUGH, CATALOG))


@pytest.mark.parametrize("sender", ["pagerduty", "grafana"])
def test_webhook_secrets_can_be_rotated(sender: str):
    name = f"{sender}_webhook_secrets"

    settings = read_settings({**ENOUGH, name.upper(): "old, new,"}, CATALOG)

    kept = [secret.get_secret_value() for secret in getattr(settings, name)]
    assert kept == ["old", "new"]


def test_another_sns_than_awss_is_believed_only_beside_another_aws():
    stand_in = {"AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:9"}

    with pytest.raises(ConfigurationError, match="beside AWS_ENDPOINT_URL"):
        read_settings({**ENOUGH, **stand_in}, CATALOG)

    settings = read_settings(
        {**ENOUGH, **stand_in, "AWS_ENDPOINT_URL": "http://127.0.0.1:8"}, CATALOG
    )
    assert settings.sns_endpoint_url == "http://127.0.0.1:9"


def test_an_issuer_of_pipelines_is_asked_by_https_but_for_a_stand_in():
    stand_in = {"PIPELINE_ISSUER_URL": "http://127.0.0.1:9"}

    with pytest.raises(ConfigurationError, match="begins with https://"):
        read_settings({**ENOUGH, **stand_in}, CATALOG)

    beside = {**ENOUGH, **stand_in, "AWS_ENDPOINT_URL": "http://127.0.0.1:8"}
    assert read_settings(beside, CATALOG).pipeline_issuer_url == "http://127.0.0.1:9"


def test_each_service_has_its_own_routing_key():
    keys = {"PAGERDUTY_ROUTING_KEYS": " api = key-1,web=key=2, "}

    settings = read_settings({**ENOUGH, **keys}, CATALOG)

    kept = {name: key.get_secret_value() for name, key in settings.pagerduty_routing_keys.items()}
    assert kept == {"api": "key-1", "web": "key=2"}
    assert settings.pagerduty_events_url == "https://events.pagerduty.com"
    assert "key-1" not in repr(settings)


@pytest.mark.parametrize("written", ["hush", "api=", "=hush", "api=hush,api=hush2", "a=b,hush"])
def test_routing_keys_written_otherwise_are_refused_without_repeating_any(written: str):
    with pytest.raises(ConfigurationError) as caught:
        read_settings({**ENOUGH, "PAGERDUTY_ROUTING_KEYS": written}, CATALOG)

    said = "PAGERDUTY_ROUTING_KEYS: expected service=key,service=key, each service once"
    assert str(caught.value) == said


def test_the_configuration_page_names_every_setting():
    page = Path("docs/configuration.md").read_text()

    missing = [
        field.alias for field in Settings.model_fields.values() if f"`{field.alias}`" not in page
    ]
    assert missing == []
