"""Killed at any moment, or in whatever order things happen: nothing temporary is left forgotten."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.scaling.scaling import ScalingState
from tests.changes.scaling.pretended import FIRST, Died, Pretended
from tests.domain.scalings import bounds

S = ScalingState


@asynccontextmanager
async def a_place(empty: Path, folder: Path) -> AsyncIterator[Pretended]:
    shutil.copytree(empty.parent, folder)
    pretended = Pretended(folder)
    yield pretended
    await pretended.database.close()


async def moments(place: Pretended) -> int:
    """How many things a promise does outside itself from its confirmation to its end."""
    proposed = await place.asks(bounds(5, 10), for_a_while=True)
    before = place.life.acts
    await place.is_due(await place.confirms(proposed))
    return place.life.acts - before


async def surely(life, doing):
    """Do it, and again after every death."""
    while True:
        try:
            return await doing()
        except Died:
            life.ends_at = 0


async def test_killed_before_or_after_anything_it_does_it_is_set_and_goes_back_once(
    place, empty, tmp_path
):
    count = await moments(place)
    assert count > 8

    for is_after in (False, True):
        for number in range(1, count + 1):
            async with a_place(empty, tmp_path / f"{number}-{is_after}") as place:
                proposed = await place.asks(bounds(5, 10), for_a_while=True)
                place.life.ends_at = place.life.acts + number
                place.life.is_after = is_after

                standing = await surely(place.life, lambda p=proposed: confirmed(place, p))
                assert place.aws.capacity == bounds(5, 10)
                assert standing.state is S.STANDING
                ended = await surely(place.life, lambda s=standing: place.is_due(s))

                assert ended.state is S.REVERTED, (number, is_after)
                assert place.aws.capacity == FIRST
                assert place.life.ends_at == 0, "it did not die"


async def confirmed(place: Pretended, proposed):
    """Confirm it, by the same press after a crash, and go on with what is unfinished."""
    now = await place.goes_on(proposed)
    return await place.confirms(now) if now.state is S.PROPOSED else now


acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["for a while", "for a while", "for good", "keep", "due", "due", "outside"]
        ),
        st.integers(3, 6),
        st.integers(0, 5),
    ),
    min_size=2,
    max_size=8,
)


async def lived(empty: Path, folder: Path, happened, order) -> None:
    async with a_place(empty, folder) as place:
        stays = {FIRST}
        for what, low, which in happened:
            standing = await place.standing()
            chosen = standing[which % len(standing)] if standing else None
            if what in {"for a while", "for good"}:
                proposed = await place.asks(bounds(low, 10), for_a_while=what == "for a while")
                if proposed.state is S.PROPOSED:
                    ended = await place.confirms(proposed)
                    assert ended.state in {S.STANDING, S.SCALED}
                    stays |= {bounds(low, 10)} if what == "for good" else set()
            elif what == "outside":
                place.aws.capacity = bounds(low, 9)
                stays.add(bounds(low, 9))
            elif what == "keep" and chosen is not None:
                await place.keeps(chosen)
                stays.add(chosen.wanted)
            elif what == "due" and chosen is not None:
                assert (await place.is_due(chosen)).is_final
        while standing := await place.standing():
            await place.is_due(standing[order.pop() % len(standing)])
        assert place.aws.capacity in stays


def test_whatever_happens_in_whatever_order_what_stays_is_what_somebody_meant(empty):
    @settings(max_examples=12, deadline=None)
    @given(acts, st.lists(st.integers(0, 5), min_size=10, max_size=10))
    def whatever(happened, order):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(lived(empty, Path(folder) / "place", happened, order))

    whatever()


async def test_somebody_elses_change_while_the_outcome_is_not_known_stays(place):
    proposed = await place.asks(bounds(5, 10), for_a_while=True)
    place.life.is_after = True
    while not place.aws.asked_for:  # it dies once more after everything it does, until AWS has it
        place.life.ends_at = place.life.acts + 1
        with pytest.raises(Died):
            await confirmed(place, proposed)
    place.life.ends_at = 0
    place.aws.capacity = bounds(4, 4)

    ended = await place.goes_on(proposed)

    assert ended.state is S.GAVE_WAY
    assert "somebody outside the bot set 4–4" in ended.why
    assert place.aws.capacity == bounds(4, 4)
