// Small dialogs: the question a dangerous element asks first, and the picture seen large.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textNodes } from "./mrkdwn.js";

function show(dialog) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  dialog.showModal();
}

/** Asks what a `confirm` object asks; true when the person goes on. */
export function confirmed(confirm) {
  return new Promise((resolve) => {
    const title = plainText(confirm.title);
    const answer = (yes) => () => dialog.close(yes ? "yes" : "");
    const dialog = h(
      "dialog",
      { class: "dialog", dataset: { testid: "confirm" }, "aria-label": title },
      h("h2", {}, textNodes(confirm.title)),
      h("div", { class: "dialog-text" }, textNodes(confirm.text)),
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { type: "button", class: "button", onclick: answer(false) }, plainText(confirm.deny) || "Cancel"),
        h(
          "button",
          { type: "button", class: `button button-${confirm.style === "danger" ? "danger" : "primary"}`, dataset: { testid: "confirm-yes" }, onclick: answer(true) },
          plainText(confirm.confirm) || "Yes",
        ),
      ),
    );
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    show(dialog);
    dialog.querySelector(".dialog-buttons button:last-child").focus();
  });
}

/** Shows a picture as large as the window allows. */
export function enlarge(source, alt, title) {
  const dialog = h(
    "dialog",
    { class: "viewer", dataset: { testid: "viewer" }, "aria-label": title || alt || "Image" },
    h("header", {}, h("strong", {}, title || alt || "Image"), h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    h("img", { src: source, alt: alt ?? "" }),
    title && alt && alt !== title ? h("p", {}, alt) : null,
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  show(dialog);
}
