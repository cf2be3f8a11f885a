// Where people write: Enter sends, Shift+Enter breaks the line, Up recalls, and / @ # : suggest.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { draftOf, keepDraft, rememberSaid, saidBy } from "./memory.js";
import { store, takeMessage } from "./state.js";
import { suggestionsFor } from "./suggest.js";
import { failedCommand } from "./system_messages.js";
import { toast } from "./toasts.js";

const TALLEST_PX = 220;

/** One composer; `placeOf` says which channel and thread it writes to now. */
export class Composer {
  constructor({ testid, placeOf, onSent }) {
    this.placeOf = placeOf;
    this.onSent = onSent;
    this.recalled = -1;
    this.suggestions = [];
    this.chosen = 0;
    this.hints = h("ul", { class: "suggestions", role: "listbox", id: `${testid}-suggestions`, "aria-label": "Suggestions", hidden: true });
    this.field = h("textarea", { rows: 1, dataset: { testid }, autocomplete: "off", spellcheck: "true", "aria-controls": `${testid}-suggestions`, "aria-autocomplete": "list" });
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)", disabled: true }, icon("send"));
    this.node = h("form", { class: "composer" }, this.hints, this.field, h("div", { class: "composer-foot" }, h("span", { class: "composer-keys", "aria-hidden": "true" }, h("kbd", {}, "/"), " commands  ", h("kbd", {}, "@"), " people  ", h("kbd", {}, "⇧↵"), " new line"), this.button));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.suggest([]));
    this.node.addEventListener("mousedown", (event) => {
      if (event.target === this.node) setTimeout(() => this.field.focus());
    });
  }

  get draftPlace() {
    const { channel, thread_ts } = this.placeOf();
    return `${store.me}/${channel}/${thread_ts ?? ""}`;
  }

  /** Shows the draft of the place this composer now belongs to. */
  moveTo(placeholder) {
    this.field.placeholder = placeholder;
    this.field.setAttribute("aria-label", placeholder);
    this.put(draftOf(this.draftPlace));
    this.recalled = -1;
    this.suggest([]);
  }

  put(text) {
    this.field.value = text;
    this.field.setSelectionRange(text.length, text.length);
    this.fit();
  }

  fit() {
    this.field.style.setProperty("height", "auto");
    this.field.style.setProperty("height", `${Math.min(this.field.scrollHeight, TALLEST_PX)}px`);
    this.button.disabled = !this.field.value.trim();
  }

  typed() {
    keepDraft(this.draftPlace, this.field.value);
    this.recalled = -1;
    this.fit();
    this.suggest(suggestionsFor(this.field.value, this.field.selectionStart));
  }

  suggest(suggestions) {
    this.suggestions = suggestions;
    this.chosen = 0;
    this.hints.hidden = !suggestions.length;
    this.field.setAttribute("aria-expanded", String(suggestions.length > 0));
    fill(
      this.hints,
      suggestions.map((one, index) => {
        const node = h("li", { role: "option", id: `${this.hints.id}-${index}`, "aria-selected": String(index === 0), dataset: { value: one.insert } }, one.lead, h("span", {}, h("strong", {}, one.label), one.hint ? h("code", {}, one.hint) : null, one.detail ? h("small", {}, one.detail) : null));
        node.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.accept(one);
        });
        return node;
      }),
    );
    this.choose(0);
  }

  choose(to) {
    const count = this.suggestions.length;
    if (!count) return this.field.removeAttribute("aria-activedescendant");
    this.chosen = (to + count) % count;
    [...this.hints.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === this.chosen)));
    this.hints.children[this.chosen].scrollIntoView({ block: "nearest" });
    return this.field.setAttribute("aria-activedescendant", this.hints.children[this.chosen].id);
  }

  accept({ insert, from }) {
    const { value, selectionStart } = this.field;
    this.field.value = `${value.slice(0, from)}${insert} ${value.slice(selectionStart).trimStart()}`;
    this.field.setSelectionRange(from + insert.length + 1, from + insert.length + 1);
    this.typed();
  }

  key(event) {
    if (event.isComposing) return;
    const listed = this.suggestions.length > 0;
    const complete = listed && this.suggestions[this.chosen].completes;
    const take = () => this.accept(this.suggestions[this.chosen]);
    const { insert, from } = this.suggestions[this.chosen] ?? {};
    const isWhole = listed && this.field.value.slice(from, this.field.selectionStart) === insert;
    const keys = {
      Enter: () => (event.shiftKey ? false : complete && !isWhole ? take() : this.send()),
      Tab: () => (complete && !event.shiftKey ? take() : false),
      Escape: () => (listed ? this.suggest([]) : false),
      ArrowDown: () => (listed ? this.choose(this.chosen + 1) : this.recall(-1)),
      ArrowUp: () => (listed ? this.choose(this.chosen - 1) : this.recall(1)),
    };
    if (!keys[event.key] || event.altKey || event.metaKey || event.ctrlKey) return;
    if (keys[event.key]() === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Walks through what this person said before; only from an empty field or while walking. */
  recall(by) {
    const said = saidBy(store.me);
    if ((this.field.value && this.recalled < 0) || (by < 0 && this.recalled < 0) || !said.length) return false;
    this.recalled = Math.min(this.recalled + by, said.length - 1);
    this.put(this.recalled < 0 ? "" : said[this.recalled]);
    keepDraft(this.draftPlace, this.field.value);
    return true;
  }

  async send() {
    const text = this.field.value.trim();
    if (!text) return;
    const { channel, thread_ts } = this.placeOf();
    const draft = this.draftPlace;
    const person = store.me;
    rememberSaid(person, text);
    keepDraft(draft, "");
    this.recalled = -1;
    this.suggest([]);
    this.put("");
    this.onSent?.();
    const busy = setTimeout(() => this.node.setAttribute("aria-busy", "true"), 150);
    try {
      const answer = await api.say(person, channel, text, thread_ts);
      if (person !== store.me) return;
      if (answer.ephemeral) takeMessage(answer.ephemeral, { isNew: true });
      if (answer.ok === false) takeMessage(failedCommand(channel, thread_ts, text, answer), { isNew: true });
    } catch (failure) {
      toast("error", failure.message);
      if (person === store.me && this.draftPlace === draft && !this.field.value) this.put(text);
      keepDraft(draft, text);
    } finally {
      clearTimeout(busy);
      this.node.removeAttribute("aria-busy");
    }
  }
}
