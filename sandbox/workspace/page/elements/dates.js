// Date, time and moment pickers: the browser's own, which know the reader's calendar and keyboard.

import { h } from "../dom.js";
import { plainText } from "../mrkdwn.js";

export const datePicker = (element, place) => picker(element, place, "date", "selected_date", element.initial_date);

export const timePicker = (element, place) => picker(element, place, "time", "selected_time", element.initial_time);

export function dateTimePicker(element, place) {
  return picker(element, place, "datetime-local", "selected_date_time", element.initial_date_time, { shown: localMoment, kept: (text) => Math.floor(new Date(text) / 1000) });
}

const AS_IS = { shown: (value) => value, kept: (text) => text };

function picker(element, place, type, key, initial, { shown, kept } = AS_IS) {
  const state = place.initial({ type: element.type, [key]: initial ?? null });
  const value = state[key] ?? null;
  const node = h("input", { type, class: "field", value: value === null ? "" : shown(value), "aria-label": place.label ?? (plainText(element.placeholder) || "Choose"), title: plainText(element.placeholder) || null });
  node.addEventListener("change", () => {
    const chosen = node.value ? kept(node.value) : null;
    place.chose(node, { type: element.type, [key]: chosen }, { value: chosen, selected: [chosen] });
  });
  return node;
}

/** Seconds since the epoch as the value of a datetime-local field. */
function localMoment(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
