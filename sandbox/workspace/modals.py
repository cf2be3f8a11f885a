"""Submitting and closing views, and opening the Home tab.

Sources: https://docs.slack.dev/surfaces/modals,
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from typing import Any

from sandbox.workspace import elements
from sandbox.workspace.attempts import Attempt, Refused, attempt, signed_by, toast
from sandbox.workspace.content import read_view
from sandbox.workspace.parcel import INTERACTIVE
from sandbox.workspace.platform import Platform
from sandbox.workspace.views import View
from sandbox.workspace.wire import ApiError

Json = dict[str, Any]
REQUIRED = "Please complete this required field."
CANNOT = "We had some trouble connecting. Try again?"


async def submit(platform: Platform, view: View, state: dict[str, Json]) -> Json:
    """Submit a modal and do what the app's answer says.

    Slack's client does not send a form with an empty required input; neither does this.

    Raises:
        Refused: operation_timeout, dispatch_failed; the modal stays open.
    """
    view.state = elements.merged_state(view.blocks, view.state, state)
    empty = _unanswered(view)
    if empty:
        errors = dict.fromkeys(empty, REQUIRED)
        return {"ok": True, "response_action": "errors", "errors": errors}
    payload = {
        "type": "view_submission",
        **signed_by(platform, view.user),
        "trigger_id": platform.triggers.give(view.user, view.id),
        "view": view.json(),
        "response_urls": [],
    }
    trying = Attempt(view.user, "view", "This form", INTERACTIVE, payload)
    acknowledged = await attempt(platform, trying)
    try:
        return {**acknowledged.answer(), **_respond(platform, view, acknowledged.payload)}
    except ApiError as exc:
        toast(platform, view.user, CANNOT)
        raise Refused("dispatch_failed", "; ".join((exc.code, *exc.messages))) from None


async def close(platform: Platform, view: View) -> Json:
    """Close a modal, or with `clear_on_close` all of them.

    The app hears of it if it asked to (`notify_on_close`).
    """
    cleared = bool(view.content.get("clear_on_close"))
    closed = platform.views.clear(view.user) if cleared else platform.views.close(view)
    for each in closed:
        platform.stream.tell({view.user}, "view_closed", view_id=each.id)
    if view.content.get("notify_on_close"):
        payload = {
            "type": "view_closed",
            **signed_by(platform, view.user),
            "view": view.json(),
            "is_cleared": cleared,
        }
        trying = Attempt(view.user, "view", "This form", INTERACTIVE, payload)
        return (await attempt(platform, trying)).answer()
    return {"ok": True}


def open_home(platform: Platform, person: str) -> Json:
    """Somebody looks at the app's Home tab."""
    if not platform.app.manifest.home_tab:
        raise Refused("not_enabled", "the manifest does not enable the Home tab")
    channel = platform.store.direct_message(person)
    event: Json = {
        "type": "app_home_opened",
        "user": person,
        "channel": channel.id,
        "tab": "home",
        "event_ts": platform.store.next_ts(),
    }
    home = platform.views.homes.get(person)
    if home is not None:
        event["view"] = home.json()
    platform.events.announce(event, channel)
    return {"ok": True}


def _unanswered(view: View) -> list[str]:
    """Block ids of required inputs without an answer."""
    return [
        block["block_id"]
        for block in view.blocks
        if block["type"] == "input"
        and not block.get("optional", False)
        and not elements.is_filled(view.state[block["block_id"]][block["element"]["action_id"]])
    ]


def _respond(platform: Platform, view: View, answered: Json) -> Json:
    """Do what a view_submission was answered with; nothing closes the modal."""
    what = answered.get("response_action")
    if what is None:
        for each in platform.views.close(view):
            platform.stream.tell({view.user}, "view_closed", view_id=each.id)
        return {}
    if what == "errors":
        return {"response_action": what, "errors": _errors(view, answered.get("errors"))}
    if what == "clear":
        for open_view in platform.views.clear(view.user):
            platform.stream.tell({view.user}, "view_closed", view_id=open_view.id)
        return {"response_action": what}
    if what == "update":
        platform.views.update(view, read_view(platform, answered.get("view")), None)
        platform.stream.tell({view.user}, "view_updated", view=view.json())
        return {"response_action": what}
    if what == "push":
        pushed = platform.views.push(view.user, read_view(platform, answered.get("view")))
        platform.stream.tell({view.user}, "view_opened", view=pushed.json())
        return {"response_action": what}
    raise ApiError("invalid_response_action", messages=[f"unknown response_action {what!r}"])


def _errors(view: View, errors: Any) -> dict[str, str]:
    """The errors to show, each of which must name an input block of the view."""
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_errors", messages=["errors must name at least one block"])
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    unknown = sorted(set(errors) - inputs)
    if unknown:
        raise ApiError("invalid_errors", messages=[f"no input block {', '.join(unknown)}"])
    return {block_id: str(text) for block_id, text in errors.items()}
