// Radio buttons and checkboxes.

import { h } from "../dom.js";
import { textNodes } from "../mrkdwn.js";

let numbers = 0;

export function radioButtons(element, place) {
  const state = place.initial({ type: "radio_buttons", selected_option: element.initial_option ?? null });
  return choices(element, place, "radio", [state.selected_option], (option, _, node) =>
    place.chose(node, { type: "radio_buttons", selected_option: option }, { value: option.value, selected: [option.value] }),
  );
}

export function checkboxes(element, place) {
  const state = place.initial({ type: "checkboxes", selected_options: element.initial_options ?? [] });
  return choices(element, place, "checkbox", state.selected_options, (_, ticked, node) =>
    place.chose(node, { type: "checkboxes", selected_options: ticked }, { selected: ticked.map(({ value }) => value) }),
  );
}

function choices(element, place, type, chosen, changed) {
  numbers += 1;
  const name = `choice-${numbers}`;
  const group = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group", "aria-label": place.label });
  const ticked = () => element.options.filter((_, index) => group.querySelectorAll("input")[index].checked);
  for (const option of element.options) {
    const input = h("input", { type, name, value: option.value, checked: chosen.some((one) => one?.value === option.value) });
    input.addEventListener("change", () => changed(option, ticked(), group));
    group.append(h("label", {}, input, h("span", {}, textNodes(option.text), option.description ? h("small", {}, textNodes(option.description)) : null)));
  }
  return group;
}
