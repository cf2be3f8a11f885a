// Select menus over given options, people, channels, conversations, or what the app answers.

import { personAvatar } from "../avatar.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { openMenu } from "../menu.js";
import { plainText, textNodes } from "../mrkdwn.js";
import { channelName, store } from "../state.js";

const SEARCH_FROM = 8; // fewer options are seen at a glance

/** What kind of thing a select chooses, and how Slack names the choice in its state. */
const KINDS = [
  { ending: "users_select", one: "user", items: people },
  { ending: "channels_select", one: "channel", items: () => channels(({ is_im }) => !is_im) },
  { ending: "conversations_select", one: "conversation", items: () => channels(() => true) },
];
const kindOf = (element) => KINDS.find(({ ending }) => element.type.endsWith(ending));

function people() {
  return [...store.people.values()].sort((a, b) => a.is_bot - b.is_bot).map((person) => ({
    value: person.id, text: `${person.real_name} ${person.name}`, label: person.real_name ?? person.name, lead: () => personAvatar(person.id, 20),
  }));
}

const channels = (wanted) =>
  [...store.channels.values()].filter((channel) => wanted(channel) && !channel.is_archived).map((channel) => ({
    value: channel.id, text: channelName(channel), label: `${channel.is_im ? "" : "#"}${channelName(channel)}`,
  }));

const itemOf = (option) => ({ value: option.value, text: plainText(option.text), label: () => textNodes(option.text), detail: option.description && plainText(option.description), option });
const groupsOf = ({ options, option_groups: groups }) =>
  groups ? groups.map((group) => ({ label: plainText(group.label), items: group.options.map(itemOf) })) : [{ items: (options ?? []).map(itemOf) }];

function groupsFor(element) {
  const kind = kindOf(element);
  return kind ? [{ items: kind.items() }] : groupsOf(element);
}

/** What `openMenu` needs to list the choices, from here or from the app. */
function listing(element, place) {
  if (!element.type.includes("external")) {
    const groups = groupsFor(element);
    return { groups, search: groups.reduce((sum, group) => sum + group.items.length, 0) > SEARCH_FROM };
  }
  return {
    minimum: element.min_query_length ?? 3,
    load: async (text) => groupsOf(await place.surface.options(place.blockId, element.action_id, text).catch(() => ({ options: [] }))),
  };
}

/** How a kept value is written: an option's text, a person's or channel's name. */
function labelOf(element, value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "object") return textNodes(value.text);
  return kindOf(element)?.items().find((item) => item.value === value)?.label ?? value;
}

const valueOf = (kept) => (typeof kept === "object" ? kept.value : kept);
// Options travel whole, because only the app knows what an external one says.
const keptOf = (item) => item.option ?? item.value;

function trigger(element, place) {
  return h("button", { type: "button", class: "select", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": place.label });
}

export function select(element, place) {
  const kind = kindOf(element);
  const key = `selected_${kind?.one ?? "option"}`;
  const state = place.initial({ type: element.type, [key]: element[`initial_${kind?.one ?? "option"}`] ?? null });
  const node = trigger(element, place);
  let chosen = state[key] ?? null;
  const draw = () => {
    const label = labelOf(element, chosen);
    fill(node, h("span", { class: label ? null : "placeholder" }, label ?? (plainText(element.placeholder) || "Choose an option")), icon("down", 16));
  };
  node.addEventListener("click", () => {
    const { groups, ...rest } = listing(element, place);
    for (const item of groups?.flatMap((group) => group.items) ?? []) item.selected = chosen !== null && item.value === valueOf(chosen);
    openMenu({
      anchor: node, label: plainText(element.placeholder) || "Options", groups, ...rest,
      choose: async (item) => {
        const before = chosen;
        chosen = keptOf(item);
        draw();
        if (!(await place.chose(node, { type: element.type, [key]: chosen }, { value: item.value, selected: [keptOf(item)] }))) {
          chosen = before;
          draw();
        }
      },
    });
  });
  draw();
  return node;
}

export function multiSelect(element, place) {
  const kind = kindOf(element);
  const key = `selected_${kind?.one ?? "option"}s`;
  const state = place.initial({ type: element.type, [key]: element[`initial_${kind?.one ?? "option"}s`] ?? [] });
  const node = trigger(element, place);
  let chosen = [...(state[key] ?? [])];
  const draw = () => {
    const labels = chosen.map((one) => h("span", { class: "chip" }, labelOf(element, one)));
    fill(node, labels.length ? h("span", { class: "chips" }, labels) : h("span", { class: "placeholder" }, plainText(element.placeholder) || "Choose options"), icon("down", 16));
  };
  node.addEventListener("click", () => {
    const { groups, ...rest } = listing(element, place);
    for (const item of groups?.flatMap((group) => group.items) ?? []) item.selected = chosen.some((one) => valueOf(one) === item.value);
    const before = JSON.stringify(chosen);
    openMenu({
      anchor: node, label: plainText(element.placeholder) || "Options", groups, ...rest, multiple: true,
      choose: (item) => {
        const without = chosen.filter((one) => valueOf(one) !== item.value);
        const full = element.max_selected_items && without.length >= element.max_selected_items;
        if (without.length === chosen.length && !full) chosen = [...chosen, keptOf(item)];
        else chosen = without;
        draw();
        place.surface.set(place.blockId, element.action_id, { type: element.type, [key]: chosen });
      },
      // Slack sends a multi-select when its menu closes, once.
      closed: () => before !== JSON.stringify(chosen) && place.chose(node, { type: element.type, [key]: chosen }, { selected: chosen }),
    });
  });
  draw();
  return node;
}
