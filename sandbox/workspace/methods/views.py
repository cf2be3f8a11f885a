"""views.*"""

from typing import Any

from sandbox.workspace.content import read_view
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.views import View
from sandbox.workspace.wire import ApiError, Arguments, invalid


@method("views.open")
def opened(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    content = _modal(platform, arguments)
    trigger = platform.triggers.exchange(arguments.need("trigger_id"))
    view = platform.views.open(trigger.user, content)
    return _told(platform, "view_opened", view)


@method("views.push")
def push(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    content = _modal(platform, arguments)
    trigger = platform.triggers.exchange(arguments.need("trigger_id"))
    view = platform.views.push(trigger.user, content)
    return _told(platform, "view_opened", view)


@method("views.update")
def update(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if (view_id is None) == (external_id is None):
        raise invalid("exactly one of view_id and external_id is required")
    if view_id is not None:
        view = platform.views.find(view_id)
    else:
        view = platform.views.find_external(external_id or "")
    if view is None:
        raise ApiError("not_found")
    content = read_view(platform, arguments.decoded("view", "invalid_arguments"))
    if content["type"] != view.content["type"]:
        raise invalid("a view keeps its type [json-pointer:/view/type]")
    platform.views.update(view, content, arguments.text("hash"))
    return _told(platform, "home_updated" if content["type"] == "home" else "view_updated", view)


@method("views.publish")
def publish(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    user = arguments.need("user_id")
    if user not in platform.store.users:
        raise ApiError("user_not_found")
    if not platform.app.manifest.home_tab:
        raise ApiError("not_enabled")
    content = read_view(platform, arguments.decoded("view", "invalid_arguments"))
    if content["type"] != "home":
        raise invalid("must be a home view [json-pointer:/view/type]")
    view = platform.views.publish(user, content, arguments.text("hash"))
    return _told(platform, "home_updated", view)


def _modal(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    content = read_view(platform, arguments.decoded("view", "invalid_arguments"))
    if content["type"] != "modal":
        raise invalid("must be a modal view [json-pointer:/view/type]")
    return content


def _told(platform: Platform, kind: str, view: View) -> dict[str, Any]:
    platform.stream.tell({view.user}, kind, view=view.json())
    return {"view": view.json()}
