// Fields that are typed into.

import { h } from "../dom.js";
import { plainText } from "../mrkdwn.js";

const KINDS = { email_text_input: "email", url_text_input: "url", plain_text_input: "text" };

export function textInput(element, place) {
  const state = place.initial({ type: element.type, value: element.initial_value ?? null });
  const common = { class: "field", placeholder: plainText(element.placeholder) || null, "aria-label": place.label, minlength: element.min_length, maxlength: element.max_length };
  const node = element.multiline ? h("textarea", { ...common, rows: 4 }) : h("input", { ...common, type: KINDS[element.type] });
  node.value = state.value ?? "";
  return typed(node, element, place, (value) => ({ type: element.type, value }));
}

export function numberInput(element, place) {
  const state = place.initial({ type: "number_input", value: element.initial_value ?? null });
  const node = h("input", { type: "number", class: "field", step: element.is_decimal_allowed ? "any" : "1", min: element.min_value, max: element.max_value, placeholder: plainText(element.placeholder) || null, "aria-label": place.label });
  node.value = state.value ?? "";
  return typed(node, element, place, (value) => ({ type: "number_input", value }));
}

/** Rich text is typed as plain lines here; what is sent has the shape Slack sends. */
export function richTextInput(element, place) {
  const state = place.initial({ type: "rich_text_input", rich_text_value: element.initial_value ?? null });
  const node = h("textarea", { class: "field", rows: 4, placeholder: plainText(element.placeholder) || null, "aria-label": place.label });
  node.value = wordsOf(state.rich_text_value);
  return typed(node, element, place, (value) => ({ type: "rich_text_input", rich_text_value: value && richTextOf(value) }));
}

const wordsOf = (richText) => (richText?.elements ?? []).flatMap((part) => part.elements ?? []).map((part) => part.text ?? "").join("");
const richTextOf = (text) => ({ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] });

/** Files cannot be handed over in the sandbox; the field says so and stays empty. */
export function fileInput(element, place) {
  place.initial({ type: "file_input", files: [] });
  return h("div", { class: "field file-field", "aria-disabled": "true" }, "The sandbox does not take files from people");
}

/** Keeps what is typed at once, and sends it when the element asks for that. */
function typed(node, element, place, stateOf) {
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const send = () => place.sends && place.press(node, { value: node.value });
  node.addEventListener("input", () => {
    place.surface.set(place.blockId, element.action_id, stateOf(node.value || null));
    if (triggers.includes("on_character_entered")) send();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !element.multiline && triggers.includes("on_enter_pressed")) send();
  });
  if (element.focus_on_load) queueMicrotask(() => node.focus());
  return node;
}
