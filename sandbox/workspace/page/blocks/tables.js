// table and data_table. The second sorts by a click on a column's head and turns pages.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { emojiText } from "../emoji.js";
import { richTextNodes } from "./rich_text.js";

const PAGE_ROWS = 5; // Slack's default page_size

const wordsOf = (part) => part.text ?? (part.elements ?? []).map(wordsOf).join("");

/** What a cell is sorted and shown by. */
const valueOf = (cell) => (cell.type === "raw_number" ? Number(cell.value ?? cell.text) : wordsOf(cell));

function cellNodes(cell) {
  if (cell.type === "rich_text") return richTextNodes(cell);
  if (cell.type === "raw_number") return cell.text ?? new Intl.NumberFormat().format(cell.value);
  return emojiText(cell.text ?? "");
}

function cellNode(tag, cell, setting = {}) {
  const align = setting.align ?? (cell.type === "raw_number" ? "right" : null);
  return h(tag, { class: [align && `align-${align}`, setting.is_wrapped === false ? "nowrap" : null].filter(Boolean).join(" ") || null, scope: tag === "th" ? "col" : null }, cellNodes(cell));
}

export function table(block) {
  const [head, ...rows] = block.rows;
  const settings = block.column_settings ?? [];
  const cells = (row, tag) => row.map((cell, index) => cellNode(tag, cell, settings[index] ?? {}));
  return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {}, h("thead", {}, h("tr", {}, cells(head, "th"))), h("tbody", {}, rows.map((row) => h("tr", {}, cells(row, "td"))))));
}

export function dataTable(block) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? PAGE_ROWS;
  const pages = Math.ceil(rows.length / size);
  const sorted = { column: null, down: false };
  let page = 0;
  const body = h("tbody");
  const foot = h("div", { class: "table-foot" });
  const heads = head.map((cell, index) => {
    const sort = h("button", { type: "button", class: "text-button" }, cellNodes(cell), icon("sort", 12));
    sort.addEventListener("click", () => {
      sorted.down = sorted.column === index ? !sorted.down : false;
      sorted.column = index;
      page = 0;
      draw();
    });
    return h("th", { scope: "col", class: rows.length && rows.every((row) => row[index]?.type === "raw_number") ? "align-right" : null }, sort);
  });
  const turn = (by, name, label) => h("button", { type: "button", class: "icon-button", "aria-label": label, disabled: page + by < 0 || page + by >= pages, onclick: () => { page += by; draw(); } }, icon(name, 16));
  const draw = () => {
    const order = sorted.column === null ? rows : [...rows].sort((a, b) => compared(valueOf(a[sorted.column]), valueOf(b[sorted.column])) * (sorted.down ? -1 : 1));
    const rowHead = block.row_header_column_index ?? 0;
    fill(body, order.slice(page * size, (page + 1) * size).map((row) => h("tr", {}, row.map((cell, index) => {
      const node = cellNode(index === rowHead ? "th" : "td", cell);
      if (index === rowHead) node.scope = "row";
      return node;
    }))));
    heads.forEach((node, index) => node.setAttribute("aria-sort", sorted.column === index ? (sorted.down ? "descending" : "ascending") : "none"));
    fill(foot, h("span", {}, `${rows.length} row${rows.length === 1 ? "" : "s"}`), pages > 1 ? h("span", { class: "pager" }, turn(-1, "left", "Previous page"), `${page + 1} of ${pages}`, turn(1, "right", "Next page")) : null);
  };
  draw();
  return h("div", {}, h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": block.caption }, h("table", {}, h("caption", {}, block.caption), h("thead", {}, h("tr", {}, heads)), body)), foot);
}

const compared = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));
