"""The drill itself, of a few alerts: real Prometheus and Alertmanager with the shipped files."""

import pytest

from sandbox.drill.__main__ import chosen, run
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from tests.programs import require


@pytest.mark.slow
@pytest.mark.prometheus
@pytest.mark.timeout(120)
async def test_shipped_alerts_fire_into_cards_that_lead_to_their_runbooks_and_resolve():
    if not Monitoring.available():
        require("prometheus", HOW_TO_GET_THEM)

    waves = chosen(["RedisDown", "BotDown", "DiskCritical"])

    outcomes = await run([[scene for wave in waves for scene in wave]])

    assert [each.alert for each in outcomes if not each.is_complete] == []
    assert len(outcomes) == 3
