"""What people do with a storm's card: its buttons and forms, by the ids Slack knows them by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.silencing.make import MakeSilence
from bot.alerts.storms.acknowledge import AcknowledgeAll
from bot.alerts.storms.list import ShowStorm
from bot.alerts.storms.silence import SilenceStorm
from bot.cards import storm, storm_list, storm_silence
from bot.engine import Engine
from bot.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class PressStorm:
    """*Show all*, *Acknowledge all* and *Silence all…*."""

    show: ShowStorm
    acknowledge: AcknowledgeAll
    silence: SilenceStorm

    @classmethod
    def of(cls, world: World, engine: Engine, who: WhoInPagerDuty, make: MakeSilence) -> Self:
        """Made of what single alert groups are acknowledged and silenced with."""
        return cls(
            show=ShowStorm(world=world, workspace_url=make.workspace_url),
            acknowledge=AcknowledgeAll(
                database=world.database,
                catalog=world.catalog,
                engine=engine,
                who=who,
                now=world.now,
                tell=world.wake,
                pace=world.pace,
            ),
            silence=SilenceStorm(world=world, make=make),
        )

    def actions(self) -> Mapping[str, Any]:
        """What each button does."""
        return {
            storm.SHOW: self.show.open,
            storm.ACKNOWLEDGE_ALL: self.acknowledge.press,
            storm.SILENCE_ALL: self.silence.open,
        }

    def forms(self) -> Mapping[str, Any]:
        """What takes each form."""
        return {storm_list.LIST: self.show.turn, storm_silence.SUBMIT: self.silence.submit}

    def drawn(self) -> Mapping[str, Any]:
        """What draws a form anew that has buttons."""
        return {storm_list.LIST: self.show.anew}
