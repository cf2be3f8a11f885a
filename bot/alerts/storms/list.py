"""*Show*: the pages of a storm's groups, each with its own buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from bot.alerts.show import named_beside
from bot.cards.alert import AlertView
from bot.cards.answer import Answer
from bot.cards.links import permalink
from bot.cards.modal import Loading, Modal
from bot.cards.storm_list import CHANNEL, NUMBER, STORM, Line, PageView, page
from bot.domain.alert import AlertGroup
from bot.domain.asked import Press, Submission
from bot.domain.card import Kind, Place
from bot.domain.storm import pages
from bot.domain.storm_act import Noted
from bot.storage import alerts, incidents, overview, responses, silences, stormed, storms
from bot.storage.database import Connection
from bot.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStorm:
    """Opens the list and turns its pages. Everybody may look: it says what the card counts."""

    world: World
    workspace_url: str

    async def open(self, press: Press) -> Loading:
        """The first page; it costs some two hundred small queries, so it is read after it opened.

        Raises:
            NotKnown: there is no such storm any more.
        """
        async with self.world.database.read() as connection:
            storm = await storms.get(connection, press.subject_id)
        read = partial(self._page, storm.id, press.asked.channel_id, 1)
        return Loading(title="Storm", text="Reading the list…", ask=read)

    async def turn(self, submission: Submission) -> Modal:
        """The next page, and after the last one the first."""
        carried = submission.carried
        return await self._page(carried[STORM], carried[CHANNEL], int(carried[NUMBER]) + 1)

    async def anew(self, carried: Mapping[str, str], about: str, said: Answer | None) -> Modal:
        """The same page after a button was pressed in it."""
        where = (carried[STORM], carried[CHANNEL], int(carried[NUMBER]))
        return await self._page(*where, about=about, said=said)

    async def _page(
        self,
        storm_id: str,
        channel_id: str,
        number: int,
        *,
        about: str = "",
        said: Answer | None = None,
    ) -> Modal:
        """Read a page in one snapshot; one after the last is the first."""
        async with self.world.database.read() as connection:
            many = await stormed.count(connection, storm_id)
            number = number if number <= pages(many) else 1
            found = await stormed.page(connection, storm_id, number)
            noted = await stormed.noted(connection, [group.id for group, _ in found])
            subjects = [(Kind.ALERT_GROUP, group.id) for group, is_folded in found if not is_folded]
            places = await overview.places_of(connection, subjects)
            lines = [
                await self._line(
                    connection,
                    group,
                    noted.get(group.id),
                    places.get((Kind.ALERT_GROUP, group.id)),
                )
                for group, _ in found
            ]
        return page(
            PageView(
                storm_id=storm_id,
                channel_id=channel_id,
                number=number,
                groups=many,
                lines=lines,
                about=about,
                said=said,
            )
        )

    async def _line(
        self, connection: Connection, group: AlertGroup, noted: Noted | None, place: Place | None
    ) -> Line:
        """What its buttons depend on, and no evidence: that is on the storm's card."""
        found = await incidents.of_group(connection, group.id)
        view = AlertView(
            group=group,
            alerts=await alerts.alerts_of(connection, group.id),
            incidents=found,
            response=await responses.latest(connection, group.id) if found else None,
            shared_with=await named_beside(connection, group, found),
            silences=() if group.is_final else await silences.of_group(connection, group.id),
            now=self.world.now(),
        )
        url = permalink(self.workspace_url, place) if place is not None else None
        return Line(view=view, card_url=url, noted=noted)
