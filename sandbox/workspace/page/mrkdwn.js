// Slack's mrkdwn to DOM nodes: *bold* _italic_ ~strike~ `code` ```pre```, quotes, <links>, mentions,
// dates, :emoji: and the three entities. https://docs.slack.dev/messaging/formatting-message-text

import { h, link, safeUrl } from "./dom.js";
import { slackDateNode } from "./dates.js";
import { emojiNamed, emojiText, withEmoji } from "./emoji.js";
import { EMOJI } from "./emoji_names.js";
import { channelMention, broadcastMention, groupMention, personMention } from "./mentions.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const MARKS = { "*": "strong", _: "em", "~": "s" };
const EMOJI_AT = /:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/y;
const URL_AT = /https?:\/\/[^\s<>|`]+/y;
const WORD = /[\p{L}\p{N}]/u;

/** Undoes Slack's escaping, which knows only these three. */
export const unescaped = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** A text object of either kind as nodes. */
export function textNodes(object, options) {
  if (typeof object === "string") return emojiText(object);
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, { verbatim: object.verbatim, ...options });
  return object.emoji === false ? withEmoji(object.text) : emojiText(object.text);
}

/** The words of a text object, for labels. */
export const plainText = (object) => (typeof object === "string" ? object : object?.text ?? "");

/** mrkdwn as nodes: blocks of code and quotes, and lines of inline marks between them. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const parts = text.split(/```([\s\S]+?)```/);
  return parts.flatMap((part, index) => {
    if (index % 2) return [h("pre", {}, codeNodes(part.replace(/^\n/, "")))];
    const trimmed = part.replace(index > 0 ? /^\n/ : /^(?!)/, "").replace(index < parts.length - 1 ? /\n$/ : /(?!)$/, "");
    return trimmed ? quotesAndLines(trimmed, verbatim) : [];
  });
}

function quotesAndLines(text, verbatim) {
  const nodes = [];
  let quoted = null;
  let plain = null;
  const lines = text.split("\n");
  const close = () => {
    if (plain !== null) nodes.push(...inline(plain, verbatim));
    if (quoted !== null) nodes.push(h("blockquote", {}, inline(quoted, verbatim)));
    quoted = plain = null;
  };
  for (const [index, line] of lines.entries()) {
    const rest = line.match(/^(?:&gt;|>){3}\s?(.*)/);
    if (rest) {
      close();
      quoted = [rest[1], ...lines.slice(index + 1)].join("\n");
      break;
    }
    const quote = line.match(/^(?:&gt;|>)\s?(.*)/);
    if (quote) {
      if (plain !== null) close();
      quoted = quoted === null ? quote[1] : `${quoted}\n${quote[1]}`;
    } else {
      if (quoted !== null) close();
      plain = plain === null ? line : `${plain}\n${line}`;
    }
  }
  close();
  return nodes;
}

/** One run of text with its inline marks. */
function inline(text, verbatim) {
  const nodes = [];
  let words = "";
  const flush = () => {
    if (words) nodes.push(...withEmoji(unescaped(words)));
    words = "";
  };
  const take = (node, next) => {
    flush();
    nodes.push(...[node].flat());
    return next;
  };
  let at = 0;
  while (at < text.length) {
    const found = special(text, at, verbatim);
    if (found) at = take(found.nodes, found.next);
    else words += text[at++];
  }
  flush();
  return nodes;
}

/** What starts at `at`, if it is more than a letter: its nodes and where the text goes on. */
function special(text, at, verbatim) {
  const character = text[at];
  if (character === "\n") return { nodes: h("br"), next: at + 1 };
  if (character === "<") return angle(text, at);
  if (character === "`") return code(text, at);
  if (character in MARKS) return marked(text, at, verbatim);
  if (character === ":") return named(text, at);
  if (character === "h" && !verbatim && !WORD.test(text[at - 1] ?? " ")) return bareUrl(text, at);
  return null;
}

function angle(text, at) {
  const end = text.indexOf(">", at);
  const inside = end < 0 ? "" : text.slice(at + 1, end);
  const nodes = inside && !inside.includes("\n") ? reference(inside) : null;
  return nodes && { nodes, next: end + 1 };
}

/** The node of what stands between < and >, or null where Slack shows it as it is. */
function reference(inside) {
  const [target, ...rest] = inside.split("|");
  const label = rest.length ? unescaped(rest.join("|")) : null;
  if (target.startsWith("@")) return personMention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label);
  if (target.startsWith("!date^")) {
    const [, seconds, pattern, address] = unescaped(target).split("^");
    const time = slackDateNode(seconds, pattern ?? "", label ?? "");
    return address ? link(address, time) : time;
  }
  if (/^!(here|channel|everyone)$/.test(target)) return broadcastMention(target.slice(1));
  if (target.startsWith("!")) return label === null ? null : document.createTextNode(label);
  const address = unescaped(target);
  if (!/^(https?:|mailto:|tel:)/i.test(address) || !safeUrl(address)) return null;
  return link(address, label === null ? address.replace(/^(mailto|tel):/i, "") : h("span", {}, emojiText(label)));
}

function code(text, at) {
  const end = text.indexOf("`", at + 1);
  const inside = end < 0 ? "" : text.slice(at + 1, end);
  if (!inside || inside.includes("\n")) return null;
  return { nodes: h("code", {}, codeNodes(inside)), next: end + 1 };
}

/** Inside code only links and entities mean anything. */
function codeNodes(text) {
  return text.split(/<((?:https?:|mailto:)[^<>\n]+)>/).map((part, index) => (index % 2 ? reference(part) : unescaped(part)));
}

function marked(text, at, verbatim) {
  const mark = text[at];
  if (WORD.test(text[at - 1] ?? " ") || /\s/.test(text[at + 1] ?? " ") || text[at + 1] === mark) return null;
  const end = closing(text, at + 1, mark);
  if (end < 0) return null;
  return { nodes: h(MARKS[mark], {}, inline(text.slice(at + 1, end), verbatim)), next: end + 1 };
}

/** Where the run opened by `mark` ends: the same line, after no space, before no letter, not in code or <…>. */
function closing(text, from, mark) {
  for (let at = from; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === "<" || text[at] === "`") {
      const skip = text.indexOf(text[at] === "<" ? ">" : "`", at + 1);
      if (skip > 0 && !text.slice(at, skip).includes("\n")) at = skip;
    } else if (text[at] === mark && at > from && !/\s/.test(text[at - 1]) && !WORD.test(text[at + 1] ?? " ")) return at;
  }
  return -1;
}

function named(text, at) {
  EMOJI_AT.lastIndex = at;
  const found = EMOJI_AT.exec(text);
  if (!found || !EMOJI.has(found[1].replace(/::skin-tone-[2-6]$/, ""))) return null;
  return { nodes: emojiNamed(found[1]), next: at + found[0].length };
}

function bareUrl(text, at) {
  URL_AT.lastIndex = at;
  const found = URL_AT.exec(text)?.[0].replace(/(?:[.,;:!?)\]'"*_~]|&gt;.*)+$/, "");
  if (!found) return null;
  const address = unescaped(found);
  return safeUrl(address) && { nodes: link(address), next: at + found.length };
}
