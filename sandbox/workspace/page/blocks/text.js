// Blocks made of words: header, section, context, divider, markdown.

import { h } from "../dom.js";
import { markdown } from "../markdown.js";
import { plainText, textNodes } from "../mrkdwn.js";
import { element } from "../elements/index.js";
import { picture } from "./media.js";

const LONG_LINES = 30; // Slack folds long sections behind "See more" unless `expand` says otherwise
const LONG_CHARACTERS = 1800;

export const header = (block) => h("h3", { dir: "auto" }, textNodes(block.text));

export const divider = () => h("hr");

export function section(block, surface) {
  const body = h(
    "div",
    { class: "section-body" },
    block.text ? folded(h("div", { class: "text", dir: "auto" }, textNodes(block.text)), block) : null,
    block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, textNodes(field)))) : null,
  );
  const accessory = block.accessory && h("div", { class: "accessory" }, accessoryNode(block, surface));
  return h("div", { class: accessory ? `with-accessory accessory-is-${block.accessory.type.replaceAll("_", "-")}` : null }, body, accessory);
}

function accessoryNode(block, surface) {
  return block.accessory.type === "image" ? picture(block.accessory, { thumb: true }) : element(block.accessory, block.block_id, surface);
}

/** A long text shows its beginning and a way to the rest. */
function folded(node, block) {
  const text = plainText(block.text);
  if (block.expand || (text.length < LONG_CHARACTERS && text.split("\n").length < LONG_LINES)) return node;
  node.classList.add("folded");
  const more = h("button", { type: "button", class: "text-button", "aria-expanded": "false" }, "See more");
  more.addEventListener("click", () => {
    const isFolded = node.classList.toggle("folded");
    more.textContent = isFolded ? "See more" : "See less";
    more.setAttribute("aria-expanded", String(!isFolded));
  });
  return [node, more];
}

export function context(block) {
  return h(
    "div",
    {},
    block.elements.map((part) => (part.type === "image" ? picture(part, { tiny: true }) : h("span", { class: "text" }, textNodes(part)))),
  );
}

export const markdownBlock = (block) => h("div", { class: "markdown" }, markdown(block.text));
