// The left side: the workspace, who is acting, channels and direct messages with what is unread.

import * as api from "./api.js";
import { personAvatar } from "./avatar.js";
import { arrange } from "./blocks/index.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { channelName, emit, isAppDm, on, store, unreadOf } from "./state.js";
import { toast } from "./toasts.js";

/** Draws the sidebar into `root`. */
export function mountSidebar(root) {
  const team = h("div", { class: "team" });
  const jump = h("button", { type: "button", class: "jump", onclick: () => emit("switcher") }, icon("search", 15), h("span", {}, "Jump to…"), h("kbd", {}, navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"));
  const channels = h("ul", { class: "places" });
  const direct = h("ul", { class: "places" });
  const apps = h("ul", { class: "places" });
  const acting = h("button", { type: "button", class: "acting", "aria-haspopup": "listbox", "aria-expanded": "false", dataset: { testid: "person-switcher" } });
  acting.addEventListener("click", () => choosePerson(acting));
  const group = (label, list) => h("section", { "aria-label": label }, h("h2", {}, label), list);
  const directGroup = group("Direct messages", direct);
  fill(root, team, jump, h("div", { class: "sidebar-lists" }, group("Channels", channels), directGroup, group("Apps", apps)), h("div", { class: "acting-box" }, acting));

  const draw = () => {
    if (!store.me) return;
    const all = [...store.channels.values()];
    fill(team, h("span", { class: "team-mark", "aria-hidden": "true" }, store.team.name[0]), h("strong", {}, store.team.name), h("span", { class: store.connected ? "link-state" : "link-state lost", title: store.connected ? "Connected" : "Connecting…" }));
    arrange(channels, rows(channels, all.filter((channel) => !channel.is_im && channel.members.includes(store.me) && !channel.is_archived).sort((a, b) => a.name.localeCompare(b.name))));
    const mine = all.filter((channel) => channel.is_im && channel.members.includes(store.me));
    const people = mine.filter((channel) => !isAppDm(channel));
    arrange(direct, rows(direct, people));
    directGroup.hidden = !people.length;
    const dm = mine.find(isAppDm);
    if (dm) arrange(apps, rows(apps, [dm]));
    else fill(apps, h("li", {}, h("button", { type: "button", class: "place", dataset: { app: store.app.id }, onclick: openAppDm }, personAvatar(store.app.bot_user_id, 20), h("span", { class: "place-name" }, store.people.get(store.app.bot_user_id)?.name ?? store.app.name))));
    const me = store.people.get(store.me);
    fill(acting, personAvatar(store.me, 36), h("span", { class: "acting-words" }, h("small", {}, "Acting as"), h("strong", {}, me?.real_name ?? store.me)), icon("sort", 16));
    acting.setAttribute("aria-label", `Acting as ${me?.real_name ?? store.me}. Change person`);
  };
  for (const topic of ["directory", "unread", "place", "connection"]) on(topic, draw);
}

/** One row a channel; rows that exist are changed where they stand. */
function rows(list, channels) {
  return channels.map((channel) => {
    const row = list.querySelector(`[data-channel="${CSS.escape(channel.id)}"]`)?.parentNode ?? placeRow(channel);
    const button = row.firstChild;
    const { unread, called } = unreadOf(channel);
    const here = channel.id === store.at.channel;
    const look = `place${unread && !here ? " place-unread" : ""}${here ? " place-here" : ""}`;
    if (button.className !== look) button.className = look;
    here ? button.setAttribute("aria-current", "page") : button.removeAttribute("aria-current");
    const badge = unread && !here ? h("span", { class: called ? "badge badge-called" : "badge", "aria-label": `${unread} unread` }, String(Math.min(unread, 99))) : null;
    const name = h("span", { class: "place-name" }, channelName(channel));
    const other = channel.members.find((id) => id !== store.me);
    fill(button, channel.is_im ? personAvatar(other ?? store.me, 20) : icon("hash", 16), name, badge);
    return row;
  });
}

const placeRow = (channel) => h("li", {}, h("button", { type: "button", class: "place", dataset: { channel: channel.id }, onclick: () => emit("go", { channel: channel.id }) }));

async function openAppDm() {
  try {
    const { channel } = await api.openDm(store.me);
    emit("go", { channel: channel?.id ?? channel, refresh: true });
  } catch (failure) {
    toast("error", failure.message);
  }
}

function choosePerson(anchor) {
  const groupsOf = (id) => [...store.groups.values()].filter(({ members }) => members.includes(id)).map(({ handle }) => handle);
  openMenu({
    anchor,
    label: "Act as",
    place: "above",
    groups: [{ label: "Act as", items: [...store.people.values()].filter(({ is_bot }) => !is_bot).map((person) => ({ value: person.id, text: person.real_name ?? person.name, label: person.real_name ?? person.name, detail: groupsOf(person.id).join(", ") || "no user group", lead: () => personAvatar(person.id, 24), selected: person.id === store.me })) }],
    choose: ({ value }) => emit("act-as", value),
  });
}
