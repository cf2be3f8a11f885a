// Blocks that hold elements: actions, context actions, input.

import { h } from "../dom.js";
import { element } from "../elements/index.js";
import { plainText, textNodes } from "../mrkdwn.js";

const row = (block, surface) => h("div", {}, block.elements.map((part) => element(part, block.block_id, surface)));

export const actions = (block, surface) => row(block, surface);
export const contextActions = (block, surface) => row(block, surface);

/** A labelled field. Its problem, if any, stands below it and is read with it. */
export function input(block, surface) {
  const label = plainText(block.label);
  const node = element(block.element, block.block_id, surface, { sends: Boolean(block.dispatch_action), label: label + (block.optional ? " (optional)" : "") });
  const problem = surface.errors[block.block_id];
  if (problem) {
    node.setAttribute("aria-invalid", "true");
    node.setAttribute("aria-describedby", `problem-${block.block_id}`);
  }
  return h(
    "div",
    {},
    h("div", { class: "input-label", "aria-hidden": "true" }, textNodes(block.label), block.optional ? h("span", {}, " (optional)") : null),
    node,
    problem ? h("p", { class: "input-problem", role: "alert", id: `problem-${block.block_id}` }, problem) : null,
    block.hint ? h("p", { class: "input-hint" }, textNodes(block.hint)) : null,
  );
}
