// task_card and plan: the steps of a piece of work and how far they are.

import { h, link } from "../dom.js";
import { icon } from "../icons.js";
import { plainText } from "../mrkdwn.js";
import { richTextNodes } from "./rich_text.js";

const STATUS = { pending: "to do", in_progress: "under way", complete: "done", error: "failed" };

export function taskCard(block) {
  const status = STATUS[block.status] ? block.status : "pending";
  const inside = [
    block.details ? h("div", { class: "text" }, richTextNodes(block.details)) : null,
    block.output ? h("div", { class: "text task-output" }, richTextNodes(block.output)) : null,
    block.sources?.length ? h("div", { class: "task-sources" }, block.sources.map((source) => link(source.url, source.text ?? source.url))) : null,
  ];
  const title = [mark(status), h("span", { class: "task-title" }, plainText(block.title)), h("span", { class: "visually-hidden" }, ` (${STATUS[status]})`)];
  if (!inside.some(Boolean)) return h("div", { class: `task task-${status}` }, h("div", { class: "task-head" }, title));
  return h("details", { class: `task task-${status}`, open: status === "in_progress" || status === "error" }, h("summary", { class: "task-head" }, title, icon("down", 14)), h("div", { class: "task-body" }, inside));
}

const mark = (status) => h("span", { class: `task-mark task-mark-${status}`, "aria-hidden": "true" }, status === "complete" ? icon("check", 12) : status === "error" ? icon("close", 12) : null);

export function plan(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter(({ status }) => status === "complete").length;
  return h("div", { class: "plan" }, h("div", { class: "plan-head" }, h("strong", {}, plainText(block.title)), h("small", {}, `${done} of ${tasks.length}`)), tasks.map((task) => {
    const node = taskCard(task);
    if (task.block_id) node.dataset.blockId = task.block_id;
    return node;
  }));
}
