// Avatars, drawn: a person is initials on a colour of their own, the app is its mark.

import { h, svg } from "./dom.js";
import { isBot, store } from "./state.js";

const COLOURS = ["#2f6f8f", "#7a4f9a", "#a8553a", "#3f7d57", "#9a3f62", "#4d5fa8", "#85702a"];

/** Neighbours in the list of people never share a colour. */
function colourOf(id) {
  const place = [...store.people.keys()].indexOf(id);
  return COLOURS[(place + COLOURS.length) % COLOURS.length];
}

function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : (words[0] ?? "?")[0]).toUpperCase();
}

/** The avatar of a message's author or a person; decorative, because the name stands beside it. */
export function avatar({ id, name, is_bot }, size = 36) {
  const box = { class: `avatar avatar-${size}`, "aria-hidden": "true" };
  if (is_bot || isBot(id)) return h("span", { ...box, class: `${box.class} avatar-app` }, appMark());
  if (id === "USLACKBOT") return h("span", { ...box, class: `${box.class} avatar-system` }, "S");
  return h("span", { ...box, style: { background: colourOf(id) } }, initialsOf(name));
}

export function personAvatar(id, size) {
  const person = store.people.get(id);
  return avatar({ id, name: person?.real_name ?? person?.name ?? id, is_bot: person?.is_bot }, size);
}

/** The app's mark: a chain link that is also a pulse. */
function appMark() {
  const stroke = { fill: "none", "stroke-width": 2.4, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return svg(
    "svg",
    { viewBox: "0 0 36 36" },
    svg("path", { ...stroke, d: "M14 23.5h-2.5a5.5 5.5 0 0 1 0-11H15", stroke: "#7ee0c3" }),
    svg("path", { ...stroke, d: "M22 12.5h2.5a5.5 5.5 0 0 1 0 11H21", stroke: "#7ee0c3" }),
    svg("path", { ...stroke, d: "M11.5 18h3.5l2-4 2.5 8 2-4h3", stroke: "#fff" }),
  );
}
