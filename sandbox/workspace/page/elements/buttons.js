// Elements that are pressed: buttons, icon and feedback buttons, the overflow menu.

import { h, safeUrl } from "../dom.js";
import { emojiText } from "../emoji.js";
import { icon } from "../icons.js";
import { openMenu } from "../menu.js";
import { plainText, textNodes } from "../mrkdwn.js";

export function button(element, place) {
  const node = h(
    "button",
    { type: "button", class: `button ${element.style ? `button-${element.style}` : ""}`, "aria-label": element.accessibility_label, title: element.url },
    h("span", {}, textNodes(element.text)),
    element.url ? icon("open", 14) : null,
  );
  node.addEventListener("click", () => {
    if (node.getAttribute("aria-busy")) return;
    const url = element.url && safeUrl(element.url);
    if (url) window.open(url, "_blank", "noopener");
    place.press(node, { value: element.value });
  });
  return node;
}

const GLYPHS = { trash: "trash", edit: "pencil", pencil: "pencil" };

export function iconButton(element, place) {
  const node = h("button", { type: "button", class: "button button-quiet", "aria-label": element.accessibility_label ?? plainText(element.text) }, icon(GLYPHS[element.icon] ?? "dots", 16), h("span", {}, textNodes(element.text)));
  node.addEventListener("click", () => node.getAttribute("aria-busy") || place.press(node, { value: element.value }));
  return node;
}

export function feedbackButtons(element, place) {
  const one = (part, sign, which) => {
    if (!part) return null;
    const node = h("button", { type: "button", class: "button button-quiet", "aria-label": part.accessibility_label ?? plainText(part.text), dataset: { feedback: which } }, emojiText(sign), h("span", {}, textNodes(part.text)));
    node.addEventListener("click", () => node.getAttribute("aria-busy") || place.press(node, { value: which }));
    return node;
  };
  return h("span", { class: "button-pair", role: "group" }, one(element.positive_button, "👍", "positive"), one(element.negative_button, "👎", "negative"));
}

export function overflow(element, place) {
  const node = h("button", { type: "button", class: "button button-icon", "aria-label": "More actions", "aria-haspopup": "listbox", "aria-expanded": "false" }, icon("dots"));
  node.addEventListener("click", () =>
    openMenu({
      anchor: node,
      label: "More actions",
      groups: [{ items: element.options.map((option) => ({ value: option.value, text: plainText(option.text), label: () => textNodes(option.text), detail: option.description && plainText(option.description), option })) }],
      choose: ({ option }) => {
        const url = option.url && safeUrl(option.url);
        if (url) window.open(url, "_blank", "noopener");
        place.press(node, { value: option.value, selected: [option.value] });
      },
    }),
  );
  return node;
}
