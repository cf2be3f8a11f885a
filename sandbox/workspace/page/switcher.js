// Ctrl/Cmd+K: jump to a channel, a conversation or another person by a few letters.

import { personAvatar } from "./avatar.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { channelName, emit, store } from "./state.js";

/** Opens the switcher above everything. */
export function openSwitcher() {
  if (document.querySelector("dialog[open]")) return;
  const input = h("input", { type: "text", placeholder: "Where to?", role: "combobox", "aria-expanded": "true", "aria-controls": "switcher-list", "aria-label": "Jump to a channel or person", autocomplete: "off" });
  const list = h("ul", { id: "switcher-list", role: "listbox", "aria-label": "Places" });
  const dialog = h("dialog", { class: "switcher", dataset: { testid: "switcher" }, "aria-label": "Jump to" }, h("div", { class: "switcher-field" }, icon("search"), input), list);
  const places = [
    ...[...store.channels.values()].filter((channel) => channel.members.includes(store.me) && !channel.is_archived).map((channel) => ({
      name: channelName(channel), detail: channel.is_im ? "" : channel.purpose, lead: () => (channel.is_im ? personAvatar(channel.members.find((id) => id !== store.me) ?? store.me, 20) : icon("hash", 16)), go: () => emit("go", { channel: channel.id }),
    })),
    ...[...store.people.values()].filter(({ is_bot, id }) => !is_bot && id !== store.me).map((person) => ({
      name: person.real_name ?? person.name, detail: "Act as this person", lead: () => personAvatar(person.id, 20), go: () => emit("act-as", person.id),
    })),
  ];
  let found = [];
  let active = 0;

  const choose = (to) => {
    active = found.length ? (to + found.length) % found.length : 0;
    [...list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === active)));
    list.children[active]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `switcher-${active}`);
  };
  const draw = () => {
    const words = input.value.trim().toLowerCase().replace(/^#/, "");
    found = places.filter(({ name }) => name.toLowerCase().includes(words)).sort((a, b) => a.name.toLowerCase().indexOf(words) - b.name.toLowerCase().indexOf(words));
    list.replaceChildren(...found.map((place, index) => h("li", { role: "option", id: `switcher-${index}`, onclick: () => pick(place), onmousemove: () => active !== index && choose(index) }, place.lead(), h("span", {}, place.name), place.detail ? h("small", {}, place.detail) : null)));
    choose(0);
  };
  const pick = (place) => {
    dialog.close();
    place?.go();
  };
  input.addEventListener("input", draw);
  dialog.addEventListener("keydown", (event) => {
    const keys = { ArrowDown: () => choose(active + 1), ArrowUp: () => choose(active - 1), Enter: () => pick(found[active]) };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  draw();
  dialog.showModal();
  input.focus();
}
