// Short notices in a corner: what did not work, and that the connection is gone or back.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 7000;
const SAME_WITHIN_MS = 3000;
const latest = new Map();

/** Shows `text` for a while; the same text at once again is one notice. */
export function toast(level, text) {
  const now = Date.now();
  if (now - (latest.get(text) ?? 0) < SAME_WITHIN_MS) return;
  latest.set(text, now);
  const corner = document.getElementById("toasts");
  const notice = h(
    "div",
    { class: `toast toast-${level}`, role: level === "error" ? "alert" : "status", dataset: { testid: "toast" } },
    h("span", {}, text),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => notice.remove() }, icon("close", 16)),
  );
  corner.append(notice);
  // Above an open dialog, which lives in the browser's top layer.
  if (corner.matches(":popover-open")) corner.hidePopover();
  corner.showPopover();
  setTimeout(() => notice.remove(), SHOWN_MS);
}
