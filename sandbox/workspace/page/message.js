// One message as a node, redrawn in place: who, when, what, and what people can do with it.

import * as api from "./api.js";
import { avatar, personAvatar } from "./avatar.js";
import { arrange, BlockList } from "./blocks/index.js";
import { attachment } from "./attachments.js";
import { sharedFile } from "./blocks/media.js";
import { fullTimeOf, slackDate, timeOf } from "./dates.js";
import { fill, h } from "./dom.js";
import { emojiNamed } from "./emoji.js";
import { QUICK } from "./emoji_names.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { authorOf, emit, isReply, store } from "./state.js";
import { surfaceOf } from "./surface.js";
import { toast } from "./toasts.js";

/** A message on the page; `update` brings it to what the workspace holds now. */
export class MessageRow {
  /** `inThread` rows offer no thread of their own. */
  constructor({ inThread = false } = {}) {
    this.inThread = inThread;
    this.blocks = new BlockList();
    this.node = h("article", { class: "message", role: "listitem", tabindex: "-1" });
    this.gutter = h("div", { class: "message-gutter" });
    this.body = h("div", { class: "message-body" });
    this.node.append(this.gutter, this.body);
    this.reacting = h("div", { class: "reactions" });
  }

  update(message, compact) {
    if (message === this.message && compact === this.compact) return;
    Object.assign(this, { message, compact });
    const author = authorOf(message);
    Object.assign(this.node.dataset, { ts: message.ts, author: author.id });
    this.node.setAttribute("aria-label", `${author.name}, ${timeOf(message.ts)}`);
    for (const [name, yes] of [["compact", compact], ["ephemeral", message.ephemeral], ["pinned", message.pinned]]) this.node.classList.toggle(name, Boolean(yes));
    fill(this.gutter, compact ? h("time", { class: "gutter-time", title: fullTimeOf(message.ts) }, timeOf(message.ts)) : avatar(author));
    arrange(this.body, [
      ...[
        message.ephemeral ? h("div", { class: "message-note" }, icon("eye", 14), "Only visible to you") : null,
        message.pinned ? h("div", { class: "message-note" }, icon("pin", 14), "Pinned") : null,
        compact ? null : this.head(author),
        isReply(message) && !this.inThread ? h("button", { type: "button", class: "message-note text-button", onclick: () => this.openThread() }, icon("thread", 14), "replied in a thread") : null,
        this.content(),
        message.attachments?.length ? h("div", { class: "attachments" }, message.attachments.map((one) => attachment(one, this.surface()))) : null,
        message.files?.length ? h("div", { class: "files" }, message.files.map(sharedFile)) : null,
        this.reactions(),
        this.threadLink(),
      ].filter(Boolean),
    ]);
    this.node.querySelector(":scope > .message-tools")?.remove();
    if (!message.local) this.node.append(this.tools());
  }

  surface() {
    const { channel, ts, ephemeral } = this.message;
    const where = ephemeral ? { channel, ephemeral_ts: ts } : { channel, ts };
    return surfaceOf("message", `${channel}/${ts}`, where);
  }

  head(author) {
    return h(
      "div",
      { class: "message-head" },
      h("span", { class: "message-author" }, author.name),
      author.is_bot ? h("span", { class: "app-badge" }, "App") : null,
      h("time", { title: fullTimeOf(this.message.ts), datetime: new Date(this.message.ts * 1000).toISOString() }, timeOf(this.message.ts)),
    );
  }

  /** The blocks, or the text where there are none; an edit of blocks is not marked, as in Slack. */
  content() {
    const { blocks, text, edited, files, attachments } = this.message;
    if (blocks?.length) {
      this.blocks.update(blocks, this.surface());
      return this.blocks.node;
    }
    if (!text && (files?.length || attachments?.length)) return null;
    return h("div", { class: "text", dir: "auto" }, mrkdwn(text ?? ""), edited ? h("span", { class: "edited", title: edited.ts && fullTimeOf(edited.ts) }, " (edited)") : null);
  }

  reactions() {
    const { reactions, channel, ts } = this.message;
    if (!reactions?.length) return null;
    fill(
      this.reacting,
      reactions.map(({ name, users, count }) => {
        const mine = users.includes(store.me);
        const who = users.map((id) => store.people.get(id)?.real_name ?? id).join(", ");
        return h("button", { type: "button", class: "reaction", "aria-pressed": String(mine), title: `${who} · :${name}:`, dataset: { reaction: name }, onclick: () => reactTo(channel, ts, name, mine) }, emojiNamed(name), h("span", {}, count ?? users.length));
      }),
    );
    return this.reacting;
  }

  threadLink() {
    const { reply_count: count, reply_users: users = [], latest_reply: latest } = this.message;
    if (this.inThread || !count) return null;
    return h(
      "button",
      { type: "button", class: "thread-link", dataset: { testid: "thread-link" }, onclick: () => this.openThread() },
      h("span", { class: "thread-faces" }, users.slice(0, 4).map((id) => personAvatar(id, 24))),
      h("strong", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
      latest ? h("small", {}, `Last reply ${inSentence(slackDate(latest, "{date_short_pretty} at {time}"))}`) : null,
    );
  }

  openThread() {
    const { channel, ts, thread_ts } = this.message;
    emit("thread", { channel, ts: thread_ts ?? ts });
  }

  tools() {
    const { channel, ts } = this.message;
    if (this.message.ephemeral) return h("div", { class: "message-tools" }, this.tool("close", "Dismiss", () => emit("dismiss", { channel, ts })));
    return h(
      "div",
      { class: "message-tools", role: "toolbar", "aria-label": "Message actions" },
      this.tool("smile", "Add a reaction", (event) => chooseReaction(event.currentTarget, channel, ts)),
      this.inThread || isReply(this.message) ? null : this.tool("thread", "Reply in thread", () => this.openThread()),
    );
  }

  tool(name, label, onclick) {
    return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
  }
}

/** "Today at 2:31 PM" inside a sentence; names of months keep their capital. */
const inSentence = (moment) => moment.replace(/^(?:Today|Yesterday|Tomorrow)/, (day) => day.toLowerCase());

async function reactTo(channel, ts, name, remove) {
  try {
    const answer = await api.react(store.me, channel, ts, name, remove);
    if (answer.ok === false) toast("error", `:${name}: ${answer.error}`);
  } catch (failure) {
    toast("error", failure.message);
  }
}

function chooseReaction(anchor, channel, ts) {
  openMenu({
    anchor,
    label: "Reactions",
    groups: [{ items: QUICK.map((name) => ({ value: name, text: name, label: `:${name}:`, lead: () => emojiNamed(name) })) }],
    choose: ({ value }) => reactTo(channel, ts, value, false),
  });
}
