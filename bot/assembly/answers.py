"""What asks the sources of each kind of question, and draws the answer."""

from collections.abc import Callable, Mapping

from bot.answers.alarms import GatherAlarms
from bot.answers.ask import AskQuestion, Gather
from bot.answers.firing import GatherFiring
from bot.answers.health.addresses import Addresses
from bot.answers.health.gather import GatherHealth
from bot.answers.logs import GatherLogs
from bot.answers.oncall import GatherOnCall
from bot.answers.query import GatherQuery
from bot.answers.silence import GatherSilence
from bot.cards.alarms import alarms as alarms_card
from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Message
from bot.cards.firing import firing as firing_card
from bot.cards.health import card as health_card
from bot.cards.logs import LogsCard
from bot.cards.oncall import oncall as oncall_card
from bot.cards.query import QueryCard
from bot.cards.query_links import Pages
from bot.cards.silence import silence as silence_card
from bot.catalog import Catalog
from bot.changes.show import ShowChange
from bot.domain.question import QuestionKind
from bot.home.look import LookAtHomes
from bot.settings import Settings
from bot.slack.edge import SlackEdge
from bot.slack.home import Homes
from bot.slack.rhythm import Rhythm
from bot.world import World

ANSWER_CARDS: Mapping[QuestionKind, Callable[[AnswerView], Message]] = {
    QuestionKind.ALARMS: alarms_card,
    QuestionKind.ALERTS: firing_card,
    QuestionKind.ONCALL: oncall_card,
    QuestionKind.HEALTH: health_card,
    QuestionKind.SILENCE: silence_card,
}
"""How the answer to each kind of question is shown."""


def answer_cards(
    catalog: Catalog, settings: Settings
) -> Mapping[QuestionKind, Callable[[AnswerView], Message]]:
    """The renderers of every kind of answer; some link to where other systems are."""
    pages = Pages.at(
        prometheus=settings.prometheus_url,
        grafana=settings.grafana_public_url or settings.grafana_url,
    )
    return {
        **ANSWER_CARDS,
        QuestionKind.QUERY: QueryCard(pages=pages),
        QuestionKind.LOGS: LogsCard(catalog),
    }


def addresses_of(settings: Settings, slack: SlackEdge) -> Addresses:
    """Where people look at what a health card says."""
    return Addresses.of(
        prometheus=settings.prometheus_url,
        alertmanager=settings.alertmanager_url,
        grafana=settings.grafana_public_url or settings.grafana_url,
        sentry=settings.sentry_url,
        slack=slack.identity.url,
    )


def _gathers(world: World, addresses: Addresses) -> Mapping[QuestionKind, Gather]:
    """What asks the sources of each kind of question."""
    return {
        QuestionKind.HEALTH: GatherHealth(world=world, addresses=addresses),
        QuestionKind.ONCALL: GatherOnCall(world),
        QuestionKind.QUERY: GatherQuery(world),
        QuestionKind.LOGS: GatherLogs(world),
        QuestionKind.ALARMS: GatherAlarms(world),
        QuestionKind.SILENCE: GatherSilence(world),
        QuestionKind.ALERTS: GatherFiring(world, addresses),
    }


def homes_of(world: World, slack: SlackEdge, replica: str) -> Homes:
    look = LookAtHomes(
        catalog=world.catalog,
        show_change=ShowChange(world.catalog, slack.people.groups_of),
        groups_of=slack.people.groups_of,
        workspace_url=slack.identity.url,
        now=world.now,
    )
    return Homes(
        database=world.database,
        api=slack.api,
        look=look,
        owner=replica,
        rhythm=Rhythm(pace=world.pace),
    )


def asking_desk(world: World, slack: SlackEdge, addresses: Addresses) -> AskQuestion:
    return AskQuestion(
        database=world.database,
        catalog=world.catalog,
        gathers=_gathers(world, addresses),
        stand=slack.stand,
        now=world.now,
        wake=world.wake,
    )
