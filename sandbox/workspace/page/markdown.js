// The markdown block: the part of CommonMark and GFM that Slack draws, as nodes.

import { h, link } from "./dom.js";
import { emojiText } from "./emoji.js";

const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const RULE = /^\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE = /(`+)(.+?)\1|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|~~(?=\S)(.+?)~~|\*(?=\S)([^*]+?)\*|(?<![\p{L}\p{N}])_(?=\S)([^_]+?)_(?![\p{L}\p{N}])|!?\[([^\]]*)\]\(([^\s)]+)[^)]*\)|<(https?:[^>\s]+)>|(https?:\/\/[^\s<>)]+[^\s<>).,;:!?])|\\([\\`*_{}[\]()#+\-.!~>|])/gu;

/** Markdown as a list of block nodes. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const nodes = [];
  while (lines.length) nodes.push(next(lines));
  return nodes.filter(Boolean);
}

/** Takes the lines of one block off the front and draws it. */
function next(lines) {
  const line = lines[0];
  if (!line.trim()) return lines.shift() && null;
  const fence = line.match(/^\s*(```+|~~~+)/);
  if (fence) return fenced(lines, fence[1]);
  const heading = line.match(/^(#{1,6})\s+(.*?)\s*#*$/);
  if (heading) return lines.shift() && h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]));
  if (RULE.test(line)) return lines.shift() && h("hr");
  if (/^\s*>/.test(line)) return h("blockquote", {}, markdown(take(lines, (one) => /^\s*>/.test(one)).map((one) => one.replace(/^\s*>\s?/, "")).join("\n")));
  if (ITEM.test(line)) return list(lines);
  if (line.includes("|") && TABLE_RULE.test(lines[1] ?? "")) return tableOf(lines);
  const words = [lines.shift(), ...take(lines, (one) => one.trim() && !startsBlock(one))];
  return h("p", {}, words.flatMap((one, index) => [index ? h("br") : null, ...inline(one.trim())]));
}

const startsBlock = (line) => /^\s*(```|~~~|#{1,6}\s|>)/.test(line) || ITEM.test(line) || RULE.test(line);

function take(lines, wanted) {
  const taken = [];
  while (lines.length && wanted(lines[0])) taken.push(lines.shift());
  return taken;
}

function fenced(lines, fence) {
  lines.shift();
  const code = take(lines, (line) => !line.trim().startsWith(fence));
  lines.shift();
  return h("pre", {}, code.join("\n"));
}

/** A list; deeper items make a list inside the item before them. */
function list(lines) {
  const [, indent, digits] = lines[0].match(ITEM);
  const node = h(digits ? "ol" : "ul", { start: digits && digits !== "1" ? digits : null });
  while (lines.length) {
    const item = lines[0].match(ITEM);
    if (!item || item[1].length < indent.length) break;
    if (item[1].length > indent.length + 1) (node.lastElementChild ?? node).append(list(lines));
    else {
      lines.shift();
      const task = item[3].match(/^\[([ xX])\]\s+(.*)/);
      node.append(h("li", { class: task ? "task-item" : null }, task ? h("input", { type: "checkbox", disabled: true, checked: task[1] !== " " }) : null, inline(task ? task[2] : item[3])));
    }
  }
  return node;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function tableOf(lines) {
  const head = cells(lines.shift());
  const aligned = cells(lines.shift()).map((rule) => (/^:-+:$/.test(rule) ? "align-center" : rule.endsWith(":") ? "align-right" : null));
  const rows = take(lines, (line) => line.includes("|")).map(cells);
  const row = (tag) => (line) => h("tr", {}, line.map((cell, index) => h(tag, { class: aligned[index] }, inline(cell))));
  return h("div", { class: "table-box" }, h("table", {}, h("thead", {}, row("th")(head)), h("tbody", {}, rows.map(row("td")))));
}

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(...emojiText(text.slice(from, found.index)), drawn(found));
    from = found.index + found[0].length;
  }
  return [...nodes, ...emojiText(text.slice(from))];
}

function drawn([, , code, strong, strong2, strike, em, em2, label, address, angled, bare, escaped]) {
  if (code) return h("code", {}, code);
  if (strong ?? strong2) return h("strong", {}, inline(strong ?? strong2));
  if (strike) return h("s", {}, inline(strike));
  if (em ?? em2) return h("em", {}, inline(em ?? em2));
  if (address) return link(address, h("span", {}, inline(label || address)));
  return angled ?? bare ? link(angled ?? bare) : escaped;
}
