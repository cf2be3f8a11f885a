"""Who and what the sandbox world holds at the start, made-up secrets included."""

from dataclasses import dataclass

TEAM_ID = "T0CREDLINK"
TEAM_NAME = "CredLink"
TEAM_DOMAIN = "credlink"
APP_ID = "A0CREDLINK"
BOT_ID = "B0CREDBOT"
BOT_USER_ID = "U0CREDBOT"
BOT_TOKEN = "xoxb-sandbox-bot"
APP_TOKEN = "xapp-sandbox-app"
SIGNING_SECRET = "sandbox-signing-secret"

MAIN_ACCOUNT = "123456789012"
PROD_ACCOUNT = "222222222222"
PROD_ROLE = f"arn:aws:iam::{PROD_ACCOUNT}:role/credlink-bot"
REGION = "us-east-1"
SERVICE = "credlink-api"
RUNNING_TAG = "v1.1.9"
TAGS = (
    "v1.1.9",
    "v1.2.0",
    "v1.2.1",
    "v1.2.2-cve",
    "v1.3.0-errors",
    "v1.3.0-slow",
    "v1.3.0-crash",
    "v1.3.0-nopull",
    "v1.3.0-oom",
    "v1.3.0-unhealthy",
    "v1.4.0-leak",
)

PAGERDUTY_SERVICE_ID = "PCREDLNK"
PAGERDUTY_ROUTING_KEY = "sandboxroutingkey000000000000001"
PAGERDUTY_TOKEN = "sandbox-pagerduty-token"
PAGERDUTY_WEBHOOK_SECRET = "sandbox-pagerduty-webhook-secret"
ALERTMANAGER_WEBHOOK_TOKEN = "sandbox-alertmanager-webhook-token"
GRAFANA_TOKEN = "sandbox-grafana-token"
GRAFANA_WEBHOOK_SECRET = "sandbox-grafana-webhook-secret"
SENTRY_TOKEN = "sandbox-sentry-token"
SENTRY_CLIENT_SECRET = "sandbox-sentry-client-secret"
REPOSITORY = "example/credlink"
PIPELINE_AUDIENCE = "credlink-bot-sandbox"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the workspace; `pagerduty_id` is None for people without a PagerDuty seat."""

    id: str
    name: str
    real_name: str
    pagerduty_id: str | None = None

    @property
    def email(self) -> str:
        return f"{self.name}@credlink.example"


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class UserGroup:
    id: str
    handle: str
    members: tuple[str, ...]


ALICE = Person("U0ALICE01", "alice", "Alice Okafor", "PUALICE")
BOB = Person("U0BOB0001", "bob", "Bob Lindqvist", "PUBOB00")
CAROL = Person("U0CAROL01", "carol", "Carol Méndez", "PUCAROL")
DAVE = Person("U0DAVE001", "dave", "Dave Ito")
MALLORY = Person("U0MALLORY", "mallory", "Mallory Quinn")
PEOPLE = (ALICE, BOB, CAROL, DAVE, MALLORY)

CHANNELS = (
    Channel("C0GENERAL", "general", "Everybody"),
    Channel("C0OPS0001", "credlink-ops", "The bot's own channel"),
    Channel("C0PROD001", "credlink-prod", "Changes in prod"),
    Channel("C0EU00001", "credlink-eu", "Changes in eu, where they need an approval"),
    Channel("C0STAGING", "credlink-staging", "Changes in staging"),
    Channel("C0ALERTS1", "credlink-alerts", "What is on fire"),
    Channel("C0BUSINES", "credlink-business", "Business alerts"),
)

USER_GROUPS = (
    UserGroup("S0DEPLOY", "deployers", (ALICE.id, BOB.id, CAROL.id)),
    UserGroup("S0APPROVE", "approvers", (BOB.id, CAROL.id)),
)
