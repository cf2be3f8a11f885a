// A surface is a place with blocks: a message, a modal or the Home tab. It holds what people have
// chosen there, outlives every redraw, and is where presses start from.

import * as api from "./api.js";
import { confirmed } from "./dialog.js";
import { plainText } from "./mrkdwn.js";
import { store, takeMessage } from "./state.js";
import { toast } from "./toasts.js";

const REASONS = {
  operation_timeout: "did not respond",
  dispatch_failed: "could not be reached",
  not_found: "no longer offers this",
  message_not_found: "no longer offers this",
};
/** For these the workspace shows a notice of its own, through the stream. */
const NOTICED = new Set(["operation_timeout", "dispatch_failed", "not_declared"]);

const surfaces = new Map();

/** Says in words why the app did not take something. */
export function reasonOf(error, detail) {
  return `${store.app?.name ?? "The app"} ${REASONS[error] ?? `answered with an error: ${detail || error}`}`;
}

/** What was chosen on one surface, and the presses made from it. */
export class Surface {
  constructor(kind, where) {
    this.kind = kind; // "message", "view" or "home"
    this.where = where; // what the control API needs to find it
    this.state = {}; // block_id -> action_id -> Slack's state object
    this.errors = {};
  }

  /** The chosen state of an element; `initial` counts until a person changes it. */
  value(blockId, actionId, initial) {
    const block = (this.state[blockId] ??= {});
    return (block[actionId] ??= initial);
  }

  set(blockId, actionId, state) {
    (this.state[blockId] ??= {})[actionId] = state;
  }

  /** Forgets elements that are no longer shown, as Slack does when a view is replaced. */
  keepOnly(shown) {
    for (const blockId of Object.keys(this.state)) {
      for (const actionId of Object.keys(this.state[blockId])) {
        if (!shown.has(`${blockId}/${actionId}`)) delete this.state[blockId][actionId];
      }
      if (!Object.keys(this.state[blockId]).length) delete this.state[blockId];
    }
  }

  /** Asks first where the element says so, then presses; `node` shows that it is under way. */
  async press(node, blockId, element, { value, selected } = {}) {
    if (element.confirm && !(await confirmed(element.confirm))) return false;
    const done = waiting(node);
    try {
      const answer = await api.press({
        as: store.me, ...this.where, block_id: blockId, action_id: element.action_id, value, selected, state: this.state,
      });
      if (answer.ephemeral) takeMessage(answer.ephemeral, { isNew: true });
      if (answer.ok) return true;
      const reason = reasonOf(answer.error, answer.detail);
      done(reason);
      if (!NOTICED.has(answer.error)) toast("error", `${plainText(element.text) || "That"}: ${reason}`);
    } catch (failure) {
      toast("error", failure.message);
    } finally {
      done();
    }
    return false;
  }

  options(blockId, actionId, value) {
    return api.fetchOptions({ as: store.me, ...this.where, block_id: blockId, action_id: actionId, value });
  }
}

/** The one surface of a message, view or Home tab, the same at every redraw. */
export function surfaceOf(kind, key, where) {
  const id = `${store.me}/${kind}/${key}`;
  if (!surfaces.has(id)) surfaces.set(id, new Surface(kind, where));
  return surfaces.get(id);
}

export const forgetSurface = (kind, key) => surfaces.delete(`${store.me}/${kind}/${key}`);

const FAILED_FOR_MS = 8000;

/** Shows a spinner on `node` until the returned function is called, once, with or without a reason. */
function waiting(node) {
  node.setAttribute("aria-busy", "true");
  let over = false;
  return (reason) => {
    if (over) return;
    over = true;
    node.removeAttribute("aria-busy");
    if (!reason) return;
    const row = node.closest(".block-actions, .accessory, .block");
    node.dataset.failed = reason;
    if (row) row.dataset.problem = `⚠ ${reason}`;
    setTimeout(() => {
      delete node.dataset.failed;
      delete row?.dataset.problem;
    }, FAILED_FOR_MS);
  };
}
