"""Times no alert can have: the card is drawn all the same, and the alert stays one alert."""

import pytest

from bot.alerts.chart import window_of
from tests.alerts.board import Board
from tests.alerts.builders import NOW, an_alert, an_update


@pytest.mark.parametrize("starts_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_an_alert_that_began_at_no_time_is_shown_and_resolved(board: Board, starts_at: str):
    alert = {**an_alert(), "startsAt": starts_at}

    await board.hears(an_update(alert))
    [group] = await board.groups()
    assert "HighErrorRatio" in (await board.card(group)).text
    assert window_of(group, NOW).start < window_of(group, NOW).end

    await board.hears(an_update({**alert, "status": "resolved", "endsAt": NOW.isoformat()}))
    [group] = await board.groups()
    assert group.is_final
    assert "Resolved" in (await board.card(group)).text
