// A list of messages that stays where the reader is: rows are kept and moved, never redrawn whole.

import { arrange } from "./blocks/index.js";
import { dayLabel, dayOf } from "./dates.js";
import { h } from "./dom.js";
import { MessageRow } from "./message.js";
import { authorOf } from "./state.js";

const GROUPED_WITHIN_S = 300; // Slack folds an author's messages of the same five minutes
const BOTTOM_PX = 40;

/** Draws messages into a scrolling box; `show` may be called as often as anything changes. */
export class MessageList {
  constructor(label, options = {}) {
    this.options = options;
    this.rows = new Map();
    this.list = h("div", { class: "message-list", role: "list", "aria-label": label });
    this.intro = h("div", { class: "list-intro" });
    this.box = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label }, this.intro, this.list);
    this.atBottom = true;
    this.anchor = null;
    this.scrolledTo = 0;
    this.box.addEventListener("scroll", () => this.remember(), { passive: true });
    // Pictures that arrive and cards that grow move what is below them; the reader should not notice.
    const watch = new ResizeObserver(() => this.settle());
    watch.observe(this.list);
    watch.observe(this.box);
  }

  /** Starts over for another channel or thread. */
  reset(label) {
    this.rows.clear();
    this.atBottom = true;
    this.anchor = null;
    for (const node of [this.list, this.box]) node.setAttribute("aria-label", label);
  }

  show(messages, { unreadFrom = null } = {}) {
    // The event of a scroll comes with the next frame; on a busy machine a message comes before it.
    if (this.box.scrollTop !== this.scrolledTo) this.remember();
    const nodes = [];
    const kept = new Map();
    let before = null;
    for (const message of messages) {
      const newDay = !before || dayOf(before.ts) !== dayOf(message.ts);
      if (newDay && !this.options.inThread) nodes.push(this.divider(`day-${dayOf(message.ts)}`, "day-divider", dayLabel(message.ts)));
      const startsNew = unreadFrom !== null && message.ts > unreadFrom && !(before && before.ts > unreadFrom);
      if (startsNew) nodes.push(this.divider("new", "new-divider", "New"));
      const row = this.rows.get(message.ts) ?? new MessageRow(this.options);
      row.update(message, !newDay && !startsNew && follows(before, message));
      kept.set(message.ts, row);
      nodes.push(row.node);
      before = message;
    }
    this.rows = kept;
    arrange(this.list, nodes);
    this.settle();
  }

  divider(key, look, label) {
    const found = this.list.querySelector(`:scope > [data-divider="${key}"]`);
    if (found?.textContent === label) return found;
    return h("div", { class: look, role: "separator", "aria-label": label, dataset: { divider: key } }, h("span", {}, label));
  }

  remember() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    this.scrolledTo = scrollTop;
    this.atBottom = scrollHeight - scrollTop - clientHeight <= BOTTOM_PX;
    const top = this.box.getBoundingClientRect().top;
    this.anchor = null;
    for (const { node } of this.rows.values()) {
      const at = node.getBoundingClientRect();
      if (at.bottom > top) {
        this.anchor = { node, offset: at.top - top };
        break;
      }
    }
  }

  /** Puts the view back: at the newest message if it was there, else on the message it showed. */
  settle() {
    if (this.atBottom) this.box.scrollTop = this.box.scrollHeight;
    else if (this.anchor?.node.isConnected) {
      const moved = this.anchor.node.getBoundingClientRect().top - this.box.getBoundingClientRect().top - this.anchor.offset;
      if (Math.abs(moved) > 0.5) this.box.scrollTop += moved;
    }
    this.scrolledTo = this.box.scrollTop;
  }

  toBottom() {
    this.atBottom = true;
    this.settle();
  }

  /** Brings a message into view and lights it up for a moment. */
  flash(ts) {
    const node = this.rows.get(ts)?.node;
    if (!node) return false;
    this.atBottom = false;
    node.scrollIntoView({ block: "center" });
    node.classList.add("flash");
    node.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
    this.remember();
    return true;
  }
}

function follows(before, message) {
  if (!before || message.ts - before.ts > GROUPED_WITHIN_S) return false;
  const [one, other] = [authorOf(before), authorOf(message)];
  return one.id === other.id && one.name === other.name && Boolean(before.ephemeral) === Boolean(message.ephemeral) && !before.reply_count;
}
