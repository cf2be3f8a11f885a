// rich_text: sections, lists, preformatted, quotes, and every inline element of them.

import { h, link } from "../dom.js";
import { slackDateNode } from "../dates.js";
import { emojiNamed, withEmoji } from "../emoji.js";
import { broadcastMention, channelMention, groupMention, personMention } from "../mentions.js";

const INLINE = {
  text: (part) => lines(part.text),
  link: (part) => link(part.url, part.text ?? part.url),
  emoji: (part) => emojiNamed(part.name),
  user: (part) => personMention(part.user_id),
  usergroup: (part) => groupMention(part.usergroup_id),
  channel: (part) => channelMention(part.channel_id),
  team: (part) => h("span", { class: "mention" }, part.team_id),
  broadcast: (part) => broadcastMention(part.range),
  date: (part) => {
    const time = slackDateNode(part.timestamp, part.format, part.fallback);
    return part.url ? link(part.url, time) : time;
  },
  color: (part) => h("span", { class: "colour" }, h("i", { style: { background: part.value } }), part.value),
};
const STYLES = [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["code", "code"]];

const lines = (text) => text.split("\n").flatMap((line, index) => [index ? h("br") : null, ...withEmoji(line)]);

function inline(part) {
  const drawn = (INLINE[part.type] ?? ((unknown) => unknown.text ?? ""))(part);
  return STYLES.reduce((node, [style, tag]) => (part.style?.[style] ? h(tag, {}, node) : node), drawn);
}

const inlines = (part) => part.elements.map(inline);

/** Preformatted text keeps its line ends as characters. */
const preformatted = (part) => h("pre", {}, part.elements.map((one) => (one.type === "text" ? one.text : inline(one))));

function list(part) {
  const ordered = part.style === "ordered";
  return h(
    ordered ? "ol" : "ul",
    { start: ordered && part.offset ? part.offset + 1 : null, class: `indent-${Math.min(part.indent ?? 0, 6)}${part.border ? " bordered" : ""}` },
    part.elements.map((item) => h("li", {}, inlines(item))),
  );
}

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rich-section" }, inlines(part)),
  rich_text_list: list,
  rich_text_preformatted: preformatted,
  rich_text_quote: (part) => h("blockquote", {}, inlines(part)),
};

/** The parts of a rich_text object, for blocks that hold one. */
export const richTextNodes = (block) => (block?.elements ?? []).map((part) => (PARTS[part.type] ?? PARTS.rich_text_section)(part));

export const richText = (block) => h("div", { class: "text", dir: "auto" }, richTextNodes(block));
