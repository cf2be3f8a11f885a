// What the composer offers while somebody types: commands, people, channels, emoji.

import { personAvatar } from "./avatar.js";
import { h } from "./dom.js";
import { emojiNamed } from "./emoji.js";
import { EMOJI } from "./emoji_names.js";
import { channelName, store } from "./state.js";

const MOST = 8;
const WORD_AT_END = /(^|\s)([@#:])([\p{L}\p{N}_.+-]*)$/u;

/**
 * Suggestions for the text left of `caret`: {insert, from, label, hint, detail, lead, completes}.
 * `completes` is false for a hint that only reminds how a command goes on.
 */
export function suggestionsFor(text, caret) {
  const before = text.slice(0, caret);
  if (before.startsWith("/") && !before.includes("\n")) return commands(before);
  const word = before.match(WORD_AT_END);
  if (!word || (word[2] === ":" && word[3].length < 2)) return [];
  const from = caret - word[3].length - 1;
  return SOURCES[word[2]](word[3].toLowerCase()).slice(0, MOST).map((one) => ({ ...one, from, completes: true }));
}

function commands(typed) {
  const [name] = typed.split(" ");
  const typingName = typed === name;
  return store.commands
    .filter(({ command }) => (typingName ? command.startsWith(name) : command === name))
    .map(({ command, description, usage_hint: hint }) => ({
      insert: command, from: 0, label: command, hint, detail: description, lead: slash(), completes: typingName,
    }));
}

const slash = () => h("span", { class: "suggest-sign", "aria-hidden": "true" }, "/");
const sign = (text) => h("span", { class: "suggest-sign", "aria-hidden": "true" }, text);

const SOURCES = {
  "@": (typed) => [
    ...[...store.people.values()]
      .filter((person) => `${person.name} ${person.real_name}`.toLowerCase().split(/\s+/).some((part) => part.startsWith(typed)))
      .map((person) => ({ insert: `@${person.name}`, label: person.real_name ?? person.name, detail: `@${person.name}`, lead: personAvatar(person.id, 20) })),
    ...[...store.groups.values()]
      .filter(({ handle }) => handle.startsWith(typed))
      .map((group) => ({ insert: `@${group.handle}`, label: `@${group.handle}`, detail: `${group.members.length} people`, lead: sign("@") })),
  ],
  "#": (typed) =>
    [...store.channels.values()]
      .filter((channel) => !channel.is_im && channel.name.includes(typed))
      .map((channel) => ({ insert: `#${channelName(channel)}`, label: `#${channel.name}`, detail: channel.purpose, lead: sign("#") })),
  ":": (typed) =>
    [...EMOJI.keys()]
      .filter((name) => name.includes(typed))
      .sort((one, other) => one.indexOf(typed) - other.indexOf(typed))
      .map((name) => ({ insert: `:${name}:`, label: `:${name}:`, lead: emojiNamed(name) })),
};
