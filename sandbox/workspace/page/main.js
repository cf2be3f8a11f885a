// Starts the page: one person's workspace, its stream, and the ways from place to place.

import * as api from "./api.js";
import { mountConversation } from "./conversation.js";
import { refreshAges } from "./dates.js";
import { closeMenu } from "./menu.js";
import { mountModal } from "./modal.js";
import { placeOf } from "./permalinks.js";
import { mountSidebar } from "./sidebar.js";
import {
  dropMessage, dropView, emit, isAppDm, loadChannel, loadThread, on, readOpenChannel, store,
  takeChannel, takeFile, takeHome, takeMessage, takeReactions, takeState, takeView,
} from "./state.js";
import { Stream } from "./stream.js";
import { openSwitcher } from "./switcher.js";
import { mountThread } from "./thread.js";
import { toast } from "./toasts.js";
import { mountWorldBar } from "./worldbar.js";

const AGES_EVERY_MS = 20000;
const FIRST_CHANNELS = ["credlink-prod", "general"];
const DEFAULT_PERSON = "U0ALICE01";

let stream = null;

// Where somebody is stands in the address, so that it survives a reload and can be sent to others.
const remembered = () => new URLSearchParams(location.hash.slice(1));
const remember = () => {
  const place = new URLSearchParams({ as: store.me, channel: store.at.channel });
  if (store.at.thread) place.set("thread", store.at.thread);
  if (store.at.tab === "home") place.set("tab", "home");
  history.replaceState(null, "", `/#${place}`);
};

const handlers = {
  message: ({ message }) => {
    takeMessage(message, { isNew: true });
    emit("arrived", message);
  },
  message_changed: ({ message }) => takeMessage(message),
  message_deleted: ({ channel, ts }) => dropMessage(channel, ts),
  view_opened: ({ view }) => takeView(view),
  view_updated: ({ view }) => takeView(view),
  view_closed: ({ view_id }) => dropView(view_id),
  home_updated: ({ view }) => takeHome(view),
  channel_changed: ({ channel }) => {
    const isNew = !store.channels.has(channel.id);
    takeChannel(channel);
    if (isNew) quietly(loadChannel(channel.id));
  },
  reaction: ({ channel, ts, reactions }) => {
    if (reactions) takeReactions(channel, ts, reactions);
    else quietly(refreshMessages(channel));
  },
  file_ready: ({ file }) => takeFile(file),
  toast: ({ level, text }) => toast(level, text),
};

const quietly = (promise) => promise.catch((failure) => toast("error", failure.message));

async function refreshMessages(channel) {
  await loadChannel(channel);
  if (store.at.thread && store.at.channel === channel) await loadThread(channel, store.at.thread);
}

/** Fetches everything one person sees; what is already drawn is changed in place. */
async function refresh(as) {
  const answer = await api.fetchState(as);
  if (as !== acting) return;
  takeState(answer);
  await Promise.all([...store.channels.values()].filter(({ members }) => members.includes(as)).map(({ id }) => loadChannel(id)));
  if (as === acting && store.at.thread) await loadThread(store.at.channel, store.at.thread);
}

let acting = null;
let held = null; // happenings that arrive while everything is fetched, in order

const happened = (event) => (held ? held.push(event) : handlers[event.type]?.(event));

/** Fetches everything, then applies what happened meanwhile: nothing falls between the two. */
async function catchUp(person) {
  held = [];
  try {
    await refresh(person);
  } catch (failure) {
    toast("error", failure.message);
  }
  if (acting !== person) return;
  const missed = held ?? [];
  held = null;
  missed.forEach(happened);
  settleIn();
}

/** Becomes another person: new state, new stream, nothing of the former left. */
function actAs(person) {
  if (acting === person) return Promise.resolve();
  acting = person;
  stream?.close();
  closeMenu();
  Object.assign(store, { connected: false, home: null, views: [] });
  emit("views");
  for (const kept of [store.messages, store.threads]) kept.clear();
  return new Promise((arrived) => {
    const connection = (connected) => {
      store.connected = connected;
      emit("connection");
    };
    stream = new Stream(person, {
      onEvent: happened,
      onOpen: async () => {
        connection(true);
        await catchUp(person);
        arrived();
      },
      onLost: () => connection(false),
    });
  });
}

/** Stays where the person was if they may be there, else goes to a first channel. */
function settleIn() {
  if (!store.me) return;
  const mayRead = (id) => store.channels.get(id)?.members.includes(store.me);
  if (mayRead(store.at.channel)) {
    emit("place");
    remember();
    return;
  }
  const mine = [...store.channels.values()].filter(({ members, is_im }) => members.includes(store.me) && !is_im);
  const first = FIRST_CHANNELS.map((name) => mine.find((channel) => channel.name === name)).find(Boolean) ?? mine[0];
  if (first) go({ channel: first.id });
}

/** Goes to a channel, and to a message in it where `ts` is given. */
async function go({ channel, ts = null, thread = null, tab = "messages", refresh: fetchFirst = false }) {
  document.body.classList.remove("sidebar-open");
  if (fetchFirst || !store.channels.has(channel)) await quietly(refresh(acting));
  if (!store.channels.has(channel)) {
    toast("error", "There is no such channel, or you may not see it");
    return;
  }
  const isHome = tab === "home" && isAppDm(store.channels.get(channel));
  Object.assign(store.at, { channel, thread, tab: isHome ? "home" : "messages" });
  emit("place");
  readOpenChannel();
  remember();
  if (isHome) emit("home-opened");
  if (thread) await quietly(loadThread(channel, thread));
  if (ts) (thread && pane.flash(ts)) || conversation.flash(ts);
  else if (!matchMedia("(pointer: coarse)").matches && !isHome) conversation.composer.field.focus();
}

function openThread(where) {
  store.at.thread = where?.ts ?? null;
  emit("place");
  remember();
  if (where) emit("thread-opened");
  else conversation.composer.field.focus();
}

function escape() {
  if (document.querySelector("dialog[open], .menu:popover-open")) return;
  if (document.body.classList.contains("sidebar-open")) document.body.classList.remove("sidebar-open");
  else if (store.at.thread) openThread(null);
}

const conversation = mountConversation(document.getElementById("conversation"));
const pane = mountThread(document.getElementById("thread"));
mountSidebar(document.getElementById("sidebar"));
mountModal();
mountWorldBar(document.getElementById("world"));

on("go", go);
on("act-as", actAs);
on("thread", openThread);
on("tab", (tab) => go({ channel: store.at.channel, tab }));
on("switcher", openSwitcher);
on("sidebar", (isOpen) => document.body.classList.toggle("sidebar-open", isOpen));
on("dismiss", ({ channel, ts }) => dropMessage(channel, ts));

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    openSwitcher();
  } else if (event.key === "Escape") escape();
});
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[href]");
  const place = anchor && placeOf(anchor.href);
  if (!place) return;
  event.preventDefault();
  go({ ...place, thread: place.thread && place.thread !== place.ts ? place.thread : null });
});
window.addEventListener("hashchange", async () => {
  const wanted = remembered();
  if (wanted.get("as") && wanted.get("as") !== acting) await actAs(wanted.get("as"));
  if (wanted.get("channel")) go({ channel: wanted.get("channel"), thread: wanted.get("thread"), tab: wanted.get("tab") ?? "messages" });
});
document.getElementById("scrim").addEventListener("click", () => document.body.classList.remove("sidebar-open"));
document.addEventListener("visibilitychange", () => !document.hidden && readOpenChannel());
setInterval(refreshAges, AGES_EVERY_MS);

const start = remembered();
const linked = placeOf(location.href);
Object.assign(store.at, { channel: linked?.channel ?? start.get("channel"), thread: linked?.thread ?? start.get("thread"), tab: start.get("tab") ?? "messages" });
await actAs(new URLSearchParams(location.search).get("as") ?? start.get("as") ?? DEFAULT_PERSON);
if (linked?.ts) conversation.flash(linked.ts);
else if (store.at.tab === "home") emit("home-opened");
