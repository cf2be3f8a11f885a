// The app's Home tab: one view of blocks, kept in place between updates.

import * as api from "./api.js";
import { BlockList } from "./blocks/index.js";
import { fill, h } from "./dom.js";
import { on, store } from "./state.js";
import { surfaceOf } from "./surface.js";
import { toast } from "./toasts.js";

/** Draws the tab into `root`, and tells the app when somebody opens it. */
export function mountHome(root) {
  const blocks = new BlockList();
  let owner = null;

  on("home", () => {
    if (owner !== store.me) blocks.update([], null);
    owner = store.me;
    const view = store.home;
    if (!view) {
      fill(root, h("p", { class: "home-empty" }, "This app has not put anything here yet."));
      return;
    }
    blocks.update(view.blocks ?? [], surfaceOf("home", "home", { home: true, view_id: view.id }));
    if (blocks.node.parentNode !== root) fill(root, blocks.node);
  });
  on("home-opened", () => {
    api.openHome(store.me).catch((failure) => toast("error", failure.message));
  });
}
