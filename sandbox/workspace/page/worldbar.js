// The strip at the bottom: what runs in the world around the workspace, and things to set off there.

import { fetchWorld, runScenario } from "./api.js";
import { fill, h, link } from "./dom.js";
import { icon } from "./icons.js";
import { choice, keepChoice } from "./memory.js";
import { openMenu } from "./menu.js";
import { toast } from "./toasts.js";

const EVERY_MS = 2000;
const ALONE_EVERY_MS = 30000; // a workspace without a world is asked again now and then
const BAD_RATIO = 0.01;

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** Draws the strip into `root`; it stays hidden while there is no world. */
export function mountWorldBar(root) {
  let open = choice("world-bar", true);
  let world = null;
  let drawn = "";
  const toggle = h("button", { type: "button", class: "icon-button", "aria-controls": "world-content", onclick: () => {
    open = !open;
    keepChoice("world-bar", open);
    draw();
  } });
  const services = h("div", { class: "world-services" });
  const links = h("nav", { class: "world-links", "aria-label": "Pages of the world" });
  const run = h("button", { type: "button", class: "world-run", "aria-haspopup": "listbox", "aria-expanded": "false", dataset: { testid: "scenarios" } }, icon("play", 14), "Make something happen");
  run.addEventListener("click", () => chooseScenario(run, world.scenarios));
  const content = h("div", { id: "world-content", class: "world-content" }, services, run, links);
  fill(root, h("strong", { class: "world-name" }, "World"), content, toggle);

  const draw = () => {
    const look = JSON.stringify([world, open]);
    if (look === drawn) return;
    drawn = look;
    root.hidden = !world;
    document.body.classList.toggle("has-world", Boolean(world));
    root.classList.toggle("closed", !open);
    content.hidden = !open;
    fill(toggle, icon(open ? "down" : "up", 16));
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-label", open ? "Hide the world" : "Show the world");
    if (!world) return;
    fill(services, (world.services ?? []).map(serviceNode));
    fill(links, (world.links ?? []).map(({ name, url }) => link(url, name)), world.prometheus === false ? h("span", { class: "world-note", title: "Prometheus and Alertmanager are not installed; alerts are fired by hand" }, "alerts by hand") : null);
    run.hidden = !world.scenarios?.length;
  };

  const look = async () => {
    if (!document.hidden) {
      world = await fetchWorld();
      draw();
    }
    setTimeout(look, world ? EVERY_MS : ALONE_EVERY_MS);
  };
  look();
}

/** One service in one environment: healthy, moving or failing, in a word and a colour. */
function serviceNode({ environment, service, version, running, desired, error_ratio: errors }) {
  const failing = errors !== null && errors !== undefined && errors >= BAD_RATIO;
  const state = failing ? "bad" : running < desired ? "moving" : "good";
  const words = { bad: "failing", moving: "changing", good: "healthy" }[state];
  return h(
    "div",
    { class: `world-service world-${state}`, title: `${service} in ${environment}: ${words}`, dataset: { service: `${environment}/${service}` } },
    h("i", { "aria-hidden": "true" }),
    h("strong", {}, environment),
    h("span", { class: "world-version" }, `${service} ${version ?? "–"}`),
    h("span", {}, `${running}/${desired}`),
    errors === null || errors === undefined ? null : h("span", {}, `${percent.format(errors)} errors`),
    h("span", { class: "visually-hidden" }, words),
  );
}

function chooseScenario(anchor, scenarios) {
  openMenu({
    anchor,
    label: "Make something happen",
    place: "above",
    groups: [{ items: scenarios.map(({ id, title, detail }) => ({ value: id, text: title, label: title, detail })) }],
    choose: async ({ value, text }) => {
      try {
        const answer = await runScenario(value);
        if (answer.ok === false) toast("error", `${text}: ${answer.detail ?? answer.error}`);
        else toast("info", `${text}: under way`);
      } catch (failure) {
        toast("error", `${text}: ${failure.message}`);
      }
    },
  });
}
