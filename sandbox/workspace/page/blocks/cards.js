// alert, card, carousel, container: blocks that frame others.

import { h } from "../dom.js";
import { element } from "../elements/index.js";
import { emojiText } from "../emoji.js";
import { icon } from "../icons.js";
import { plainText, textNodes } from "../mrkdwn.js";
import { picture } from "./media.js";
import { richTextNodes } from "./rich_text.js";

const SIGNS = { info: "ℹ️", warning: "⚠️", error: "🛑", success: "✅" };

export function alert(block) {
  const level = SIGNS[block.level] ? block.level : "default";
  return h("div", { class: `alert alert-${level}`, role: level === "error" ? "alert" : "note" }, SIGNS[level] ? emojiText(SIGNS[level]) : null, h("div", { class: "text" }, textNodes(block.text)));
}

export function card(block, surface) {
  return h(
    "article",
    { class: "card" },
    block.hero_image ? h("div", { class: "card-hero" }, picture(block.hero_image)) : null,
    h(
      "div",
      { class: "card-head" },
      block.icon ? picture(block.icon, { thumb: true }) : null,
      h("div", {}, block.title ? h("strong", {}, textNodes(block.title)) : null, block.subtitle ? h("small", {}, textNodes(block.subtitle)) : null),
    ),
    block.body ? h("div", { class: "text" }, textNodes(block.body)) : null,
    block.subtext ? h("div", { class: "card-subtext" }, textNodes(block.subtext)) : null,
    block.actions?.length ? h("div", { class: "block-actions" }, block.actions.map((part) => element(part, block.block_id, surface))) : null,
  );
}

export function carousel(block, surface, drawBlock) {
  const track = h("div", { class: "carousel-track", tabindex: "0", role: "group", "aria-label": `${block.elements.length} cards` }, block.elements.map((one) => drawBlock(one, surface)));
  const go = (by) => () => track.scrollBy({ left: by * track.clientWidth * 0.8, behavior: "smooth" });
  return h(
    "div",
    { class: "carousel" },
    track,
    block.elements.length > 1
      ? h("div", { class: "carousel-turn" }, h("button", { type: "button", class: "icon-button", "aria-label": "Earlier cards", onclick: go(-1) }, icon("left", 16)), h("button", { type: "button", class: "icon-button", "aria-label": "Later cards", onclick: go(1) }, icon("right", 16)))
      : null,
  );
}

export function container(block, surface, drawBlock) {
  const title = h("div", { class: "container-title" }, block.icon ? picture(block.icon, { thumb: true }) : null, h("div", {}, block.rich_text_title ? richTextNodes(block.rich_text_title) : h("strong", {}, textNodes(block.title)), block.subtitle ? h("small", {}, textNodes(block.subtitle)) : null));
  const children = h("div", { class: "container-body blocks" }, (block.child_blocks ?? []).map((child) => drawBlock(child, surface)));
  const look = `container container-${block.width ?? "standard"}${block.has_header_divider ? " container-divided" : ""}`;
  if (!block.is_collapsible) return h("section", { class: look, "aria-label": plainText(block.title) || null }, title, children);
  return h("details", { class: look, open: !block.default_collapsed }, h("summary", {}, title, icon("down", 16)), children);
}
