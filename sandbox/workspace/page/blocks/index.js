// Blocks to nodes. Each kind of block is drawn by one function of (block, surface, context); a kind
// we do not know says so instead of vanishing.

import { h } from "../dom.js";
import { alert, card, carousel, container } from "./cards.js";
import { chart } from "./chart.js";
import { actions, contextActions, input } from "./interactive.js";
import { file, image, video } from "./media.js";
import { plan, taskCard } from "./plan.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";
import { context, divider, header, markdownBlock, section } from "./text.js";

const DRAW = {
  actions, alert, card, carousel, container, context, context_actions: contextActions, data_table: dataTable,
  data_visualization: chart, divider, file, header, image, input, markdown: markdownBlock, plan,
  rich_text: richText, section, table, task_card: taskCard, video,
};

/** One block as a node that carries its type and id. */
export function drawBlock(block, surface) {
  const draw = DRAW[block.type] ?? unknown;
  const node = draw(block, surface, drawBlock);
  node.classList.add("block", `block-${block.type?.replaceAll("_", "-")}`);
  node.dataset.blockType = block.type;
  if (block.block_id) node.dataset.blockId = block.block_id;
  return node;
}

const unknown = (block) => h("p", { class: "block-unknown" }, `This page cannot draw a block of type ${block.type}`);

/** A list of blocks that keeps the nodes of blocks that did not change, with focus, menus and pictures. */
export class BlockList {
  constructor() {
    this.node = h("div", { class: "blocks" });
    this.drawn = new Map(); // what the block looked like -> its nodes
  }

  update(blocks, surface) {
    const spare = this.drawn;
    this.drawn = new Map();
    const nodes = blocks.map((block) => {
      const key = JSON.stringify([block, surface.errors[block.block_id]]);
      const node = spare.get(key)?.shift() ?? drawBlock(block, surface);
      this.drawn.set(key, [...(this.drawn.get(key) ?? []), node]);
      return node;
    });
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.actionId : null;
    arrange(this.node, nodes);
    if (focused && !this.node.contains(document.activeElement)) this.node.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

/** Makes `nodes` the children of `parent`, touching only what is out of place. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}
