// The middle of the page: a channel's head, its messages, and the composer below them.

import * as api from "./api.js";
import { personAvatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { announce, fill, h, safeUrl } from "./dom.js";
import { mountHome } from "./home.js";
import { icon } from "./icons.js";
import { lastRead } from "./memory.js";
import { openMenu } from "./menu.js";
import { MessageList } from "./message_list.js";
import { emojiText } from "./emoji.js";
import { authorOf, channelName, emit, isAppDm, isReply, on, readOpenChannel, store } from "./state.js";
import { toast } from "./toasts.js";

/** Draws the conversation into `root`; the place in the store says which one. */
export function mountConversation(root) {
  const list = new MessageList("Messages");
  const head = h("header", { class: "pane-head" });
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "App", hidden: true });
  const home = h("section", { class: "home", role: "tabpanel", "aria-label": "Home", dataset: { testid: "home" }, hidden: true });
  const composer = new Composer({ testid: "composer", placeOf: () => ({ channel: store.at.channel }), onSent: () => list.toBottom() });
  fill(root, head, tabs, home, list.box, composer.node);
  mountHome(home);
  let shown = null;
  let unreadFrom = null;

  const drawHead = () => {
    const channel = store.channels.get(store.at.channel);
    if (!channel) return;
    fill(head, menuButton(), channel.is_im ? directHead(channel) : channelHead(channel), channel.is_im ? null : membersButton(channel));
    const isApp = isAppDm(channel);
    tabs.hidden = !isApp;
    const onHome = isApp && store.at.tab === "home";
    fill(tabs, tab("home", "Home", onHome), tab("messages", "Messages", !onHome));
    home.hidden = !onHome;
    list.box.hidden = composer.node.hidden = onHome;
    document.title = `${channel.is_im ? "" : "#"}${channelName(channel)} · ${store.team.name}`;
  };

  const draw = () => {
    const channel = store.channels.get(store.at.channel);
    if (!channel) return;
    const key = `${store.me}/${channel.id}`;
    const label = `${channel.is_im ? "" : "#"}${channelName(channel)}`;
    if (shown !== key) {
      shown = key;
      unreadFrom = lastRead(store.me, channel.id);
      if (unreadFrom === "0") unreadFrom = null;
      list.reset(`Messages in ${label}`);
      composer.moveTo(`Message ${label}`);
    }
    drawHead();
    const messages = [...(store.messages.get(channel.id)?.values() ?? [])].filter((message) => !isReply(message) || message.broadcast).sort((a, b) => (a.ts < b.ts ? -1 : 1));
    fill(list.intro, intro(channel));
    const newest = messages.find((message) => unreadFrom !== null && message.ts > unreadFrom);
    list.show(messages, { unreadFrom: newest && newest.user !== store.me ? unreadFrom : null });
    composer.node.toggleAttribute("inert", channel.is_archived);
  };

  on("place", draw);
  on("directory", draw);
  on("messages", ({ channel }) => {
    if (channel !== store.at.channel) return;
    draw();
    if (!document.hidden) readOpenChannel();
  });
  on("arrived", (message) => {
    const text = message.text?.slice(0, 200) ?? "";
    if (message.channel === store.at.channel && message.user !== store.me) announce(`${authorOf(message).name}: ${text}`);
  });
  return { composer, list, flash: (ts) => list.flash(ts) };
}

const tab = (name, label, selected) => h("button", { type: "button", role: "tab", "aria-selected": String(selected), dataset: { tab: name }, onclick: () => emit("tab", name) }, label);

const menuButton = () => h("button", { type: "button", class: "icon-button only-narrow", "aria-label": "Channels", onclick: () => emit("sidebar", true) }, icon("menu"));

function channelHead(channel) {
  const links = (channel.bookmarks ?? []).filter((bookmark) => safeUrl(bookmark.link ?? ""));
  return h(
    "div",
    { class: "head-words" },
    h("h1", {}, icon("hash"), channel.name),
    channel.is_archived ? h("span", { class: "app-badge" }, "Archived") : null,
    h("p", {}, emojiText(channel.topic || channel.purpose || ""), links.map((bookmark) => [" · ", h("a", { href: safeUrl(bookmark.link), target: "_blank", rel: "noopener noreferrer" }, bookmark.title)])),
  );
}

function directHead(channel) {
  const other = channel.members.find((id) => id !== store.me) ?? store.me;
  return h("div", { class: "head-words" }, h("h1", {}, personAvatar(other, 24), channelName(channel)), h("p", {}, isAppDm(channel) ? "App" : ""));
}

/** Who is here; the app can be added and removed, which the bot has to survive. */
function membersButton(channel) {
  const faces = channel.members.slice(0, 3).map((id) => personAvatar(id, 24));
  const button = h("button", { type: "button", class: "members", "aria-label": `${channel.members.length} members`, "aria-haspopup": "listbox", "aria-expanded": "false" }, h("span", { class: "thread-faces" }, faces), h("span", {}, String(channel.members.length)));
  button.addEventListener("click", () => {
    const person = (id) => store.people.get(id);
    const here = channel.members.filter(person).map((id) => ({ value: id, text: person(id).real_name ?? id, label: person(id).real_name ?? person(id).name, detail: person(id).is_bot ? "App" : `@${person(id).name}`, lead: () => personAvatar(id, 24), disabled: true }));
    const app = store.app.bot_user_id;
    const act = (id, name) => (channel.members.includes(id) ? { value: `leave/${id}`, label: `Remove ${name}`, danger: true } : { value: `join/${id}`, label: `Add ${name}` });
    openMenu({
      anchor: button,
      label: `Members of #${channel.name}`,
      groups: [{ label: `${here.length} members`, items: here }, { label: "Change", items: [act(app, store.app.name), act(store.me, "yourself")] }],
      choose: async ({ value }) => {
        const [what, id] = value.split("/");
        const answer = await (what === "join" ? api.join : api.leave)(id, channel.id).catch((failure) => ({ ok: false, error: failure.message }));
        if (answer.ok === false) toast("error", answer.detail ?? answer.error);
      },
    });
  });
  return button;
}

function intro(channel) {
  if (channel.is_im) return h("p", {}, `This is the beginning of what you and ${channelName(channel)} wrote to each other.`);
  return [h("h2", {}, icon("hash", 26), channel.name), h("p", {}, channel.purpose ? `${channel.purpose}. ` : "", "This is the very beginning of the channel.")];
}
