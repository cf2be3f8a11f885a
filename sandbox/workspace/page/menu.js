// One menu for every list to choose from: selects, overflow, people, scenarios, the switcher. It is
// a listbox with a filter, worked by mouse and by keys.

import { fill, h, present } from "./dom.js";

const TYPING_MS = 250;
let open = null;
let numbers = 0;

/** Closes the open menu, if any. */
export function closeMenu() {
  open?.close();
}

/**
 * Opens a menu at `anchor`.
 *
 * `groups` is a list of {label?, items: [{value, label, detail?, lead?, selected?, disabled?}]}, where label,
 * detail and lead may be nodes made by functions; `load(typed)` fetches groups instead, `minimum`
 * letters at least. `multiple` keeps it open and ticks. `choose(item)` is called for each choice.
 */
export function openMenu({ anchor, label, groups = [], load, minimum = 0, search = false, multiple = false, place = "below", choose, closed }) {
  closeMenu();
  numbers += 1;
  const id = `menu-${numbers}`;
  const list = h("ul", { role: "listbox", id, "aria-label": label, "aria-multiselectable": multiple ? "true" : null });
  const input = h("input", { type: "text", class: "menu-search", placeholder: load ? "Type to search" : "Filter", role: "combobox", "aria-expanded": "true", "aria-controls": id, "aria-label": `Search ${label}`, autocomplete: "off" });
  const box = h("div", { class: "menu", popover: "manual", tabindex: "-1", dataset: { testid: "menu" } }, search || load ? input : null, list);
  let items = [];
  let active = -1;
  let timer;

  const draw = (shown) => {
    items = [];
    const rows = shown.flatMap((group) => [group.label && group.items.length ? h("li", { class: "menu-group", role: "presentation" }, group.label) : null, ...group.items.map(row)]);
    fill(list, rows.length ? rows : h("li", { class: "menu-empty", role: "presentation" }, load && input.value.length < minimum ? `Type ${minimum} or more letters` : "Nothing found"));
    move(Math.max(0, items.findIndex(({ item }) => item.selected)));
  };
  const row = (item) => {
    const made = (part) => (typeof part === "function" ? part() : part);
    const node = h(
      "li",
      { role: "option", id: `${id}-${items.length}`, class: item.danger ? "menu-danger" : null, "aria-selected": item.selected ? "true" : "false", "aria-disabled": item.disabled ? "true" : null, dataset: { value: item.value } },
      present([made(item.lead)]),
      h("span", { class: "menu-label" }, present([made(item.label)]), item.detail ? h("small", {}, present([made(item.detail)])) : null),
    );
    const entry = { item, node };
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("mousemove", () => move(items.indexOf(entry), false));
    node.addEventListener("click", () => pick(entry));
    items.push(entry);
    return node;
  };
  const move = (to, scroll = true) => {
    items[active]?.node.classList.remove("active");
    active = items.length ? (to + items.length) % items.length : -1;
    const node = items[active]?.node;
    node?.classList.add("active");
    if (scroll) node?.scrollIntoView({ block: "nearest" });
    for (const owner of [input, box]) node ? owner.setAttribute("aria-activedescendant", node.id) : owner.removeAttribute("aria-activedescendant");
  };
  const pick = (entry) => {
    if (!entry || entry.item.disabled) return;
    if (!multiple) close();
    else {
      entry.item.selected = !entry.item.selected;
      entry.node.setAttribute("aria-selected", String(entry.item.selected));
    }
    choose(entry.item);
  };
  const matching = (typed) => {
    const words = typed.toLowerCase();
    return groups.map((group) => ({ ...group, items: group.items.filter((item) => (item.find ?? item.text ?? String(item.label)).toLowerCase().includes(words)) }));
  };
  const refresh = () => {
    if (!load) return draw(matching(input.value));
    clearTimeout(timer);
    if (input.value.length < minimum) return draw([]);
    fill(list, h("li", { class: "menu-empty", role: "presentation" }, "Looking…"));
    timer = setTimeout(async () => {
      const typed = input.value;
      const loaded = await load(typed);
      if (open === handle && typed === input.value) draw(loaded);
    }, TYPING_MS);
    return undefined;
  };
  const close = () => {
    if (open !== handle) return;
    open = null;
    clearTimeout(timer);
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("mousedown", outside, true);
    window.removeEventListener("resize", close);
    if (!box.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    closed?.();
  };
  const outside = (event) => {
    if (!box.contains(event.target)) close();
  };
  const handle = { close };

  box.addEventListener("keydown", (event) => {
    const keys = {
      ArrowDown: () => move(active + 1), ArrowUp: () => move(active - 1), Home: () => move(0), End: () => move(items.length - 1),
      Enter: () => pick(items[active]), Escape: close, Tab: close,
    };
    if (!keys[event.key] || ((event.key === "Home" || event.key === "End") && event.target === input)) return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  input.addEventListener("input", refresh);

  open = handle;
  // Inside a dialog's own subtree, or the dialog would make it inert.
  (anchor.closest("dialog") ?? document.body).append(box);
  anchor.setAttribute("aria-expanded", "true");
  load ? refresh() : draw(groups);
  box.showPopover();
  position(box, anchor, place);
  (search || load ? input : box).focus();
  document.addEventListener("mousedown", outside, true);
  window.addEventListener("resize", close);
  return handle;
}

const GAP = 4;

function position(box, anchor, place) {
  const at = anchor.getBoundingClientRect();
  const width = Math.max(box.offsetWidth, Math.min(at.width, 360));
  const below = innerHeight - at.bottom - GAP * 2;
  const above = at.top - GAP * 2;
  const up = place === "above" || (below < Math.min(box.offsetHeight, 260) && above > below);
  box.style.setProperty("min-width", `${Math.min(width, innerWidth - 16)}px`);
  box.style.setProperty("max-height", `${Math.max(120, Math.min(420, up ? above : below))}px`);
  box.style.setProperty("left", `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`);
  if (up) box.style.setProperty("bottom", `${innerHeight - at.top + GAP}px`);
  else box.style.setProperty("top", `${at.bottom + GAP}px`);
}
