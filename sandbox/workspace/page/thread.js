// The thread pane: one message, its replies, and a composer of its own.

import { Composer } from "./composer.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { MessageList } from "./message_list.js";
import { channelName, emit, loadThread, on, store, threadKey } from "./state.js";
import { toast } from "./toasts.js";

/** Draws the pane into `root` and keeps it true. */
export function mountThread(root) {
  const list = new MessageList("Thread", { inThread: true });
  const composer = new Composer({ testid: "thread-composer", placeOf: () => ({ channel: store.at.channel, thread_ts: store.at.thread }), onSent: () => list.toBottom() });
  const place = h("small");
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close thread", title: "Close (Esc)", onclick: () => emit("thread", null) }, icon("close"));
  fill(root, h("header", { class: "pane-head" }, h("div", {}, h("h2", {}, "Thread"), place), close), list.box, composer.node);
  let shown = null;

  const draw = () => {
    const { channel, thread } = store.at;
    root.hidden = !thread;
    document.body.classList.toggle("has-thread", Boolean(thread));
    if (!thread) {
      shown = null;
      return;
    }
    const key = threadKey(channel, thread);
    if (shown !== `${store.me}/${key}`) {
      shown = `${store.me}/${key}`;
      list.reset("Thread");
      composer.moveTo("Reply…");
      fill(place, `${store.channels.get(channel)?.is_im ? "" : "#"}${channelName(store.channels.get(channel) ?? { name: channel, members: [] })}`);
      loadThread(channel, thread).catch((failure) => toast("error", failure.message));
    }
    const messages = store.threads.get(key) ?? new Map([[thread, store.messages.get(channel)?.get(thread)]].filter(([, parent]) => parent));
    const sorted = [...messages.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
    list.show(sorted);
  };

  on("place", draw);
  on("directory", draw);
  on("messages", ({ channel, thread }) => {
    if (channel === store.at.channel && store.at.thread && (!thread || thread === store.at.thread)) draw();
  });
  on("thread-opened", () => composer.field.focus());
  return { flash: (ts) => list.flash(ts) };
}
