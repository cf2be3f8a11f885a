"""A storm that is over: who gets a card, where the rest can be seen, and that it happens once."""

import asyncio
from datetime import timedelta

from bot.domain.incident import IncidentStatus
from bot.storage import storm_acts
from tests.alerts.builders import an_incident
from tests.alerts.storms.weather import PAST, Weather, names

MANY = names(20)
LONG_PAST = timedelta(minutes=16)


async def test_only_what_still_fires_gets_a_card_as_soon_as_nothing_joins(anywhere: Weather):
    await anywhere.fires(*MANY)
    await anywhere.resolves(*MANY[3:])
    await anywhere.shows_all()
    assert await anywhere.ends() == 0

    anywhere.later = PAST
    assert await anywhere.ends() == 1

    assert await anywhere.owed() == {*MANY[:3], "storm"}
    assert await anywhere.folded() == set(MANY[3:])
    text = await anywhere.text()
    assert text.startswith("🟠 Storm over: 3 of 20 alert groups still fire")
    assert "3 on cards of their own below" in text
    assert "17 resolved" in text


async def test_ten_get_cards_and_the_rest_stays_on_the_storms(weather: Weather):
    await weather.fires(*MANY)
    await weather.fires(*names(6, of="Bad"), severity="critical")
    await weather.shows_all()

    weather.later = PAST
    assert await weather.ends() == 0  # too many to be looked at one by one yet
    weather.later = LONG_PAST
    await weather.ends()

    given = await weather.owed() - {"storm"}
    assert len(given) == 10
    assert len(given & set(names(6, of="Bad"))) == 1  # the sixth: five had theirs
    text = await weather.text()
    assert "15 on cards of their own below · 11 on this card only: *Show* lists them" in text
    assert len(await weather.listed()) == 26
    assert "[Show all 26] [Acknowledge all] [Silence all…]" in text


async def test_what_gets_a_card_is_looked_after_then(weather: Weather):
    await weather.fires(*MANY[:7])
    weather.looks.clear()

    weather.later = PAST
    await weather.ends()

    assert len(weather.looks) == 7
    assert all(identity.endswith(":onset:anew") for identity in weather.looks)


async def test_what_somebody_is_on_gets_no_card(weather: Weather):
    await weather.fires(*MANY[:8])
    group = await weather.group("Alert003")
    async with weather.database.write() as connection:
        await storm_acts.note(connection, group.id, "U0ALICE01", at=weather.world.now())
    await weather.board.hears_of(
        an_incident(
            IncidentStatus.ACKNOWLEDGED, incident_key=(await weather.group("Alert004")).dedup_key
        )
    )
    await weather.shows_all()

    weather.later = PAST
    await weather.ends()

    assert await weather.owed() == {*MANY[:3], *MANY[5:8], "storm"}
    assert await weather.folded() == {"Alert003", "Alert004"}


async def test_while_groups_join_it_goes_on(weather: Weather):
    await weather.fires(*MANY)
    weather.later = PAST
    await weather.fires("Late")

    assert await weather.ends() == 0
    assert "Late" in await weather.folded()


async def test_where_one_more_joins_every_minute_it_is_over_after_an_hour(weather: Weather):
    await weather.fires(*MANY)
    for minute, name in enumerate(names(61, of="Late")):
        weather.later = timedelta(minutes=minute)
        await weather.fires(name)
        assert await weather.ends() == (minute == 60)

    assert len(await weather.owed() - {"storm"}) == 10
    weather.later += timedelta(minutes=1)
    await weather.fires("New")
    assert "New" in await weather.owed()


async def test_while_slack_takes_no_card_it_goes_on(weather: Weather):
    await weather.fires(*MANY[:6])
    weather.later = PAST

    assert await weather.ends(is_seen=False) == 0
    await weather.fires(*names(6, of="More"))

    assert len(await weather.storms()) == 1
    assert await weather.owed() == {"storm"}
    weather.later += PAST
    assert await weather.ends(is_seen=True) == 0  # twelve are left: more than get cards
    await weather.resolves(*MANY[:6])
    assert await weather.ends() == 1


async def test_two_replicas_end_it_once(anywhere: Weather):
    await anywhere.fires(*MANY[:8])
    anywhere.later = PAST
    other = Weather(anywhere.database, later=PAST)

    await asyncio.gather(anywhere.ends(), other.ends())

    (storm,) = await anywhere.storms()
    assert storm.state_revision == 5  # three groups joined one by one after the first six, an end
    assert len(anywhere.looks) + len(other.looks) == 5 + 8


async def test_what_begins_afterwards_has_cards_again_or_is_another_storm(weather: Weather):
    await weather.fires(*MANY)
    weather.later = LONG_PAST
    await weather.ends()

    await weather.fires("Alone")
    assert "Alone" in await weather.owed()
    await weather.fires(*names(8, of="Again"))

    assert len(await weather.storms()) == 2
    assert "Storm: 9 alert groups" in await weather.text()


async def test_a_storm_of_which_nothing_fires_says_so(weather: Weather):
    await weather.fires(*MANY)
    await weather.resolves(*MANY)

    assert (await weather.text()).startswith("🟢 Storm resolved: all 20 alert groups have ended")
    weather.later = PAST
    await weather.ends()
    text = await weather.text()
    assert text.startswith("🟢 Storm resolved: all 20 alert groups have ended")
    assert text.endswith("[Show all 20]")


async def test_a_group_that_ends_long_after_is_counted_on_its_card(weather: Weather):
    await weather.fires(*MANY)
    weather.later = LONG_PAST
    await weather.ends()
    await weather.shows_all()

    folded = sorted(await weather.folded())
    await weather.resolves(folded[0])

    assert await weather.owed() == {"storm"}
    assert "19 of 20 alert groups still fire" in await weather.text()


async def test_what_becomes_critical_after_the_storm_gets_a_card_while_few_do(weather: Weather):
    await weather.fires(*MANY, *names(10, of="More"))
    weather.later = LONG_PAST
    await weather.ends()
    await weather.shows_all()
    left = sorted(await weather.folded())

    await weather.fires(*left[:16], severity="critical", alerts=2)

    assert await weather.owed() == {*left[:15], "storm"}
    assert await weather.folded() == set(left[15:])
    text = await weather.text()
    assert "25 on cards of their own below · 5 on this card only: *Show* lists them" in text
