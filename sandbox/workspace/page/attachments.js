// Secondary attachments: the older frame with a coloured edge, which may hold blocks.

import { drawBlock } from "./blocks/index.js";
import { timeOf } from "./dates.js";
import { h, link, safeUrl } from "./dom.js";
import { emojiText } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

const NAMED = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
const HEX = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i;

function colourOf(colour) {
  if (NAMED[colour]) return NAMED[colour];
  const hex = colour?.match(HEX)?.[1];
  return hex ? `#${hex}` : null;
}

function picture(address, alt, look) {
  const source = safeUrl(address ?? "");
  return source?.startsWith("http") ? h("img", { class: look, src: source, alt: alt ?? "", loading: "lazy" }) : null;
}

export function attachment(part, surface) {
  const colour = colourOf(part.color);
  const inside = part.blocks?.length
    ? part.blocks.map((block) => drawBlock(block, surface))
    : [
        part.author_name ? h("div", { class: "attachment-author" }, picture(part.author_icon, "", "tiny"), part.author_link ? link(part.author_link, part.author_name) : part.author_name) : null,
        part.title ? h("div", { class: "attachment-title" }, part.title_link ? link(part.title_link, h("span", {}, emojiText(part.title))) : emojiText(part.title)) : null,
        part.text ? h("div", { class: "text" }, mrkdwn(part.text)) : null,
        part.fields?.length ? h("div", { class: "fields" }, part.fields.map((field) => h("div", { class: field.short ? "text" : "text wide" }, h("strong", {}, field.title), h("div", {}, mrkdwn(String(field.value ?? "")))))) : null,
        picture(part.image_url, part.fallback, "picture"),
      ];
  const foot = [part.footer, part.ts && timeOf(part.ts)].filter(Boolean).join(" · ");
  return h(
    "div",
    {},
    part.pretext ? h("div", { class: "text" }, mrkdwn(part.pretext)) : null,
    h("div", { class: "attachment", style: colour ? { "--bar": colour } : {} }, h("div", { class: "blocks" }, inside.length ? inside : mrkdwn(part.fallback ?? ""), foot && !part.blocks ? h("small", { class: "attachment-foot" }, foot) : null), picture(part.thumb_url, "", "thumb")),
  );
}
