// Interactive elements to nodes. Each is drawn by one function of (element, place); a place knows the
// block, the surface, and whether a choice is sent at once or waits for the form's button.

import { h } from "../dom.js";
import { button, feedbackButtons, iconButton, overflow } from "./buttons.js";
import { checkboxes, radioButtons } from "./choices.js";
import { datePicker, dateTimePicker, timePicker } from "./dates.js";
import { fileInput, numberInput, richTextInput, textInput } from "./inputs.js";
import { multiSelect, select } from "./selects.js";

const DRAW = {
  button,
  channels_select: select,
  checkboxes,
  conversations_select: select,
  datepicker: datePicker,
  datetimepicker: dateTimePicker,
  email_text_input: textInput,
  external_select: select,
  feedback_buttons: feedbackButtons,
  file_input: fileInput,
  icon_button: iconButton,
  multi_channels_select: multiSelect,
  multi_conversations_select: multiSelect,
  multi_external_select: multiSelect,
  multi_static_select: multiSelect,
  multi_users_select: multiSelect,
  number_input: numberInput,
  overflow,
  plain_text_input: textInput,
  radio_buttons: radioButtons,
  rich_text_input: richTextInput,
  static_select: select,
  timepicker: timePicker,
  url_text_input: textInput,
  users_select: select,
  workflow_button: button,
};

/** Where an element stands: its state there, and what happens when it is used. */
export class Place {
  constructor(element, blockId, surface, { sends = true, label } = {}) {
    Object.assign(this, { element, blockId, surface, sends, label });
  }

  initial(state) {
    return this.surface.value(this.blockId, this.element.action_id, state);
  }

  /** Keeps a choice, and sends it where choices are sent at once. */
  async chose(node, state, details) {
    const before = this.surface.state[this.blockId]?.[this.element.action_id];
    this.surface.set(this.blockId, this.element.action_id, state);
    if (!this.sends) return true;
    const sent = await this.surface.press(node, this.blockId, this.element, details);
    if (!sent && before) this.surface.set(this.blockId, this.element.action_id, before);
    return sent;
  }

  press(node, details) {
    return this.surface.press(node, this.blockId, details?.element ?? this.element, details);
  }
}

/** One element as a node that carries its type and action id. */
export function element(part, blockId, surface, options) {
  const draw = DRAW[part.type];
  if (!draw) return h("span", { class: "block-unknown" }, `This page cannot draw an element of type ${part.type}`);
  const node = draw(part, new Place(part, blockId, surface, options));
  node.classList.add("element", `element-${part.type.replaceAll("_", "-")}`);
  if (part.action_id) node.dataset.actionId = part.action_id;
  return node;
}
