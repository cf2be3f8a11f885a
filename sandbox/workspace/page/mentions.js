// Mentions of people, channels, groups and everybody, wherever they stand.

import { h } from "./dom.js";
import { channelName, emit, store } from "./state.js";

export function personMention(id, label) {
  const person = store.people.get(id);
  const mine = id === store.me;
  return h("span", { class: mine ? "mention mention-me" : "mention", dataset: { user: id } }, `@${person?.real_name ?? person?.name ?? label ?? id}`);
}

export function channelMention(id, label) {
  const channel = store.channels.get(id);
  const text = `#${channel ? channelName(channel) : label ?? id}`;
  if (!channel) return h("span", { class: "mention" }, text);
  return h("button", { type: "button", class: "mention", dataset: { mentionChannel: id }, onclick: () => emit("go", { channel: id }) }, text);
}

export function groupMention(id, label) {
  const group = store.groups.get(id);
  const mine = group?.members.includes(store.me);
  return h("span", { class: mine ? "mention mention-me" : "mention" }, `@${group?.handle ?? label?.replace(/^@/, "") ?? id}`);
}

export const broadcastMention = (range) => h("span", { class: "mention mention-me" }, `@${range}`);
