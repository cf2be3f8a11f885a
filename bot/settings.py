"""What differs from machine to machine: addresses, secrets, listeners. The environment wins.

Policy stands in the catalogue; what stands here is where things are and how to prove who we are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from bot.catalog import Catalog
from bot.errors import ConfigurationError

LISTED = ("PAGERDUTY_WEBHOOK_SECRETS", "GRAFANA_WEBHOOK_SECRETS", "SENTRY_CLIENT_SECRETS")
"""Several values each, separated by commas."""


class Settings(BaseModel):
    """Every setting, each read from the environment variable named in its `alias`."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    config: Path = Field(default=Path("credlink.yml"), alias="CREDLINK_CONFIG")
    """Where the catalogue is."""
    pace: float = Field(default=1.0, gt=0, alias="CREDLINK_PACE")
    """Every wait is divided by it; 1 outside the sandbox and tests."""

    database_url: str = Field(default="sqlite:///var/bot.sqlite", alias="DATABASE_URL")
    """The bot's tables: `sqlite:///file` for one process, `postgresql://…` for several."""
    engine_database_url: str = Field(
        default="sqlite:///var/engine.sqlite", alias="ENGINE_DATABASE_URL"
    )
    """The durable engine's journal; a file or database of its own."""
    listen: str = Field(default="127.0.0.1:8080", alias="CREDLINK_LISTEN")
    """Where webhooks (and Slack, in HTTP mode) are taken, as host:port."""
    operations_listen: str = Field(default="127.0.0.1:9090", alias="CREDLINK_OPERATIONS_LISTEN")
    """Where /healthz, /readyz and /metrics are; a listener of its own, never public."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="CREDLINK_LOG_LEVEL"
    )

    slack_mode: Literal["socket", "http"] = Field(default="socket", alias="SLACK_MODE")
    """`socket` needs SLACK_APP_TOKEN, `http` needs SLACK_SIGNING_SECRET."""
    slack_api_url: str = Field(default="https://slack.com/api/", alias="SLACK_API_URL")
    slack_bot_token: SecretStr = Field(alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(default=None, alias="SLACK_SIGNING_SECRET")

    aws_endpoint_url: str | None = Field(default=None, alias="AWS_ENDPOINT_URL")
    """Unset means AWS itself."""
    sns_endpoint_url: str | None = Field(default=None, alias="AWS_ENDPOINT_URL_SNS")
    """Where SNS's certificates are fetched and its subscriptions confirmed in place of AWS: a
    stand-in's, so it is taken only beside AWS_ENDPOINT_URL."""
    prometheus_url: str | None = Field(default=None, alias="PROMETHEUS_URL")
    alertmanager_url: str | None = Field(default=None, alias="ALERTMANAGER_URL")
    alertmanager_webhook_token: SecretStr | None = Field(
        default=None, alias="ALERTMANAGER_WEBHOOK_TOKEN"
    )
    """The bearer token Alertmanager's webhook must carry; without it the webhook is closed."""
    grafana_url: str | None = Field(default=None, alias="GRAFANA_URL")
    grafana_public_url: str | None = Field(default=None, alias="GRAFANA_PUBLIC_URL")
    """Where people's browsers find Grafana, where that is not GRAFANA_URL."""
    grafana_token: SecretStr | None = Field(default=None, alias="GRAFANA_TOKEN")
    grafana_webhook_token: SecretStr | None = Field(default=None, alias="GRAFANA_WEBHOOK_TOKEN")
    """The bearer token, or basic password, of Grafana's contact point."""
    grafana_webhook_secrets: tuple[SecretStr, ...] = Field(
        default=(), alias="GRAFANA_WEBHOOK_SECRETS"
    )
    """Every HMAC secret of the contact point still in force, separated by commas. Without a token
    and a secret Grafana's webhook is closed."""
    pagerduty_api_url: str | None = Field(default=None, alias="PAGERDUTY_API_URL")
    pagerduty_token: SecretStr | None = Field(default=None, alias="PAGERDUTY_TOKEN")
    pagerduty_webhook_secrets: tuple[SecretStr, ...] = Field(
        default=(), alias="PAGERDUTY_WEBHOOK_SECRETS"
    )
    """Every webhook secret still in force, separated by commas, so that they can be rotated."""
    pagerduty_events_url: str = Field(
        default="https://events.pagerduty.com", alias="PAGERDUTY_EVENTS_URL"
    )
    """Where change events are sent; nothing is sent without routing keys."""
    pagerduty_routing_keys: Mapping[str, SecretStr] = Field(
        default_factory=dict, alias="PAGERDUTY_ROUTING_KEYS"
    )
    """Service of the catalogue → the routing key of its integration, as `service=key,service=key`.
    """
    sentry_url: str | None = Field(default=None, alias="SENTRY_URL")
    sentry_token: SecretStr | None = Field(default=None, alias="SENTRY_TOKEN")
    sentry_client_secrets: tuple[SecretStr, ...] = Field(default=(), alias="SENTRY_CLIENT_SECRETS")
    """Every client secret of the integration still in force, separated by commas: its webhooks are
    signed with one."""
    pipeline_issuer_url: str = Field(
        default="https://token.actions.githubusercontent.com", alias="PIPELINE_ISSUER_URL"
    )
    """Who issues the identity tokens of pipelines."""
    sentry_dsn: SecretStr | None = Field(default=None, alias="SENTRY_DSN")
    """Where our own errors go; without it nothing is sent anywhere."""

    @model_validator(mode="before")
    @classmethod
    def _split_secrets(cls, values: dict[str, object]) -> dict[str, object]:
        for name in LISTED:
            listed = values.get(name)
            if isinstance(listed, str):
                secrets = [part.strip() for part in listed.split(",") if part.strip()]
                values = {**values, name: secrets}
        keys = values.get("PAGERDUTY_ROUTING_KEYS")
        if isinstance(keys, str):
            values = {**values, "PAGERDUTY_ROUTING_KEYS": _routing_keys(keys)}
        return values

    @model_validator(mode="after")
    def _mode_has_its_secret(self) -> Self:
        if self.slack_mode == "socket" and self.slack_app_token is None:
            raise ValueError("SLACK_MODE=socket needs SLACK_APP_TOKEN (xapp-…)")
        if self.slack_mode == "http" and self.slack_signing_secret is None:
            raise ValueError("SLACK_MODE=http needs SLACK_SIGNING_SECRET")
        return self

    @model_validator(mode="after")
    def _sns_is_aws_or_all_is_a_stand_in(self) -> Self:
        """Whoever is at that address is believed whatever it signs."""
        if self.sns_endpoint_url is not None and self.aws_endpoint_url is None:
            raise ValueError("AWS_ENDPOINT_URL_SNS is for a stand-in, beside AWS_ENDPOINT_URL")
        return self

    @model_validator(mode="after")
    def _issuers_keys_cannot_be_exchanged_on_the_way(self) -> Self:
        """Whoever exchanges them is every pipeline."""
        is_safe = self.pipeline_issuer_url.startswith("https://")
        if not is_safe and self.aws_endpoint_url is None:
            raise ValueError(
                "PIPELINE_ISSUER_URL begins with https://, but for a stand-in's, beside "
                "AWS_ENDPOINT_URL"
            )
        return self


def _routing_keys(written: str) -> dict[str, str]:
    """Read `service=key,service=key`.

    Raises:
        ValueError: it is not written so, or a service is there twice. No part of it is repeated:
            with both sides exchanged, what looks like a name is a secret.
    """
    keys: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        service, equals, key = (side.strip() for side in part.partition("="))
        if not (service and equals and key) or service in keys:
            raise ValueError(
                "PAGERDUTY_ROUTING_KEYS: expected service=key,service=key, each service once"
            )
        keys[service] = key
    return keys


CONNECTIONS = {
    "slack_api_url": "SLACK_API_URL",
    "aws_endpoint_url": "AWS_ENDPOINT_URL",
    "prometheus_url": "PROMETHEUS_URL",
    "alertmanager_url": "ALERTMANAGER_URL",
    "grafana_url": "GRAFANA_URL",
    "pagerduty_api_url": "PAGERDUTY_API_URL",
    "sentry_url": "SENTRY_URL",
    "pipeline_issuer_url": "PIPELINE_ISSUER_URL",
}
"""Keys of the catalogue's `connections` and the variables that win over them."""


def config_file(environment: Mapping[str, str]) -> Path:
    """Where the catalogue is, before anything else is known."""
    return Path(environment.get("CREDLINK_CONFIG") or "credlink.yml")


def read_settings(environment: Mapping[str, str], catalog: Catalog) -> Settings:
    """Join the catalogue's addresses with the environment, which wins; an empty value is unset.

    Raises:
        ConfigurationError: naming every variable that is missing or wrong. Values are not
            repeated: they may be secrets.
    """
    values: dict[str, object] = {"CREDLINK_PACE": catalog.pace}
    for key, variable in CONNECTIONS.items():
        written = getattr(catalog.connections, key)
        if written is not None:
            values[variable] = written
    values.update({name: value for name, value in environment.items() if value})
    try:
        return Settings.model_validate(values)
    except ValidationError as exc:
        problems = [_problem(error["loc"], error["type"], error["msg"]) for error in exc.errors()]
        raise ConfigurationError("\n".join(problems)) from None


def _problem(location: tuple[str | int, ...], kind: str, message: str) -> str:
    name = str(location[0]) if location else ""
    if kind == "missing":
        return f"{name} is not set. See docs/configuration.md for where to find it."
    return f"{name}: {message}" if name else message.removeprefix("Value error, ")
