// Modals: the topmost view of the stack in a dialog, with what was typed kept through updates.

import * as api from "./api.js";
import { BlockList } from "./blocks/index.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textNodes } from "./mrkdwn.js";
import { dropView, on, store } from "./state.js";
import { forgetSurface, reasonOf, surfaceOf } from "./surface.js";
import { toast } from "./toasts.js";
import { problemsOf, shownElements } from "./validation.js";

/** Shows views as they are opened, replaced and closed. */
export function mountModal() {
  const blocks = new BlockList();
  const dialog = h("dialog", { class: "modal", dataset: { testid: "modal" } });
  let shown = null;
  let framed = "";
  let opener = null;
  document.body.append(dialog);

  const close = async () => {
    const view = shown;
    if (!view) return;
    dropView(view.id);
    forgetSurface("view", view.id);
    await api.closeView(store.me, view.id).catch((failure) => toast("error", failure.message));
  };

  const submit = async (view) => {
    const surface = surfaceOf("view", view.id, { view_id: view.id });
    surface.errors = problemsOf(view.blocks, surface);
    if (Object.keys(surface.errors).length) return draw({ toProblem: true });
    const button = dialog.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", "true");
    note("");
    try {
      const answer = await api.submitView(store.me, view.id, surface.state);
      if (answer.errors && Object.keys(answer.errors).length) {
        surface.errors = answer.errors;
        return draw({ toProblem: true });
      }
      if (answer.ok === false) note(`We had some trouble connecting: ${reasonOf(answer.error, answer.detail)}. Try again?`);
      else if (!["update", "push", "errors"].includes(answer.response_action)) {
        if (answer.response_action === "clear") store.views.length = 0;
        dropView(view.id);
        forgetSurface("view", view.id);
      }
    } catch (failure) {
      note(failure.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
    return undefined;
  };

  const trouble = h("p", { class: "modal-trouble", role: "alert", hidden: true });
  const note = (text) => {
    trouble.textContent = text;
    trouble.hidden = !text;
  };

  const draw = ({ toProblem = false } = {}) => {
    const view = store.views.at(-1);
    if (!view) {
      shown = null;
      if (dialog.open) dialog.close();
      return;
    }
    const surface = surfaceOf("view", view.id, { view_id: view.id });
    if (shown?.id !== view.id) {
      note("");
      blocks.update([], null);
    }
    surface.keepOnly(shownElements(view.blocks));
    blocks.update(view.blocks, surface);
    shown = view;
    // A new frame takes the focus and a click that has begun: only where something in it differs.
    if (framed !== frameOf(view)) frame(view);
    if (!dialog.open) {
      opener = document.activeElement;
      dialog.showModal();
      (dialog.querySelector(".modal-body input, .modal-body textarea, .modal-body select") ?? dialog.querySelector("footer button:last-child"))?.focus();
    }
    if (toProblem) {
      const problem = dialog.querySelector("[aria-invalid]");
      problem?.scrollIntoView({ block: "center" });
      (problem?.matches("input, textarea, button") ? problem : problem?.querySelector("input"))?.focus();
    }
  };

  const frame = (view) => {
    framed = frameOf(view);
    const title = plainText(view.title);
    dialog.setAttribute("aria-label", title);
    dialog.dataset.viewId = view.id;
    dialog.dataset.callbackId = view.callback_id ?? "";
    const form = h(
      "form",
      { novalidate: true },
      h("header", {}, h("h2", {}, textNodes(view.title)), h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, icon("close"))),
      h("div", { class: "modal-body" }, blocks.node),
      trouble,
      h("footer", {}, h("button", { type: "button", class: "button", dataset: { testid: "modal-close" }, onclick: close }, plainText(view.close) || (view.submit ? "Cancel" : "Close")), view.submit ? h("button", { type: "submit", class: "button button-primary", dataset: { testid: "modal-submit" } }, plainText(view.submit)) : null),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(shown);
    });
    fill(dialog, form);
  };

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("close", () => {
    if (opener?.isConnected) opener.focus();
  });
  on("views", () => draw());
}

/** What a view says outside its blocks. */
function frameOf({ id, callback_id, title, submit, close }) {
  return JSON.stringify([id, callback_id, title, submit, close]);
}
