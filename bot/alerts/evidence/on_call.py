"""Who is on call for the service, while nobody has acknowledged."""

from bot.domain.alert import GroupState
from bot.domain.evidence.on_call import SOURCE
from bot.domain.finding import Finding, Phase
from bot.on_call import who_is_on_call
from bot.storage import alerts, findings
from bot.world import World


async def look_who_is_on_call(world: World, group_id: str, phase: Phase) -> bool:
    """Ask PagerDuty who would be paged for the group's service, and keep it with the group.

    Costs two requests, three where the catalogue names no escalation policy. Returns
    whether it was asked.

    Raises:
        IntegrationError: PagerDuty did not say.
    """
    if phase is not Phase.ONSET or world.pagerduty is None:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
    service = world.catalog.services.get(group.service or "")
    if service is None or service.pagerduty is None or group.state is not GroupState.FIRING:
        return False
    on_call, _ = await who_is_on_call(world, service.pagerduty)
    async with world.database.write() as connection:
        finding = Finding(source=SOURCE, phase=phase, said=on_call, found_at=world.now())
        await findings.write(connection, group_id, finding)
    return True
