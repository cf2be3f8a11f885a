"""auth.test, api.test, apps.connections.open, team.info."""

from typing import Any

from sandbox import seeds
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import Arguments


@method("api.test", caller="anyone")
def api_test(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    shown = {name: value for name, value in arguments.values.items() if name != "token"}
    return {"args": shown} if shown else {}


@method("auth.test")
def auth_test(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    return {
        "url": f"{platform.address()}/",
        "team": seeds.TEAM_NAME,
        "user": platform.store.users[seeds.BOT_USER_ID].name,
        "team_id": seeds.TEAM_ID,
        "user_id": seeds.BOT_USER_ID,
        "bot_id": seeds.BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", caller="app")
def open_connection(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    address = platform.address().replace("http://", "ws://", 1)
    return {"url": f"{address}/socket/{platform.sockets.ticket()}"}


@method("team.info", "team:read")
def team_info(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    return {
        "team": {
            "id": seeds.TEAM_ID,
            "name": seeds.TEAM_NAME,
            "domain": seeds.TEAM_DOMAIN,
            "email_domain": "credlink.example",
            "url": f"{platform.address()}/",
            "icon": {"image_default": True},
        }
    }
