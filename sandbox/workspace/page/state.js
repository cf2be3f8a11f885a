// What the page knows: the workspace as one person sees it. Views subscribe to topics and draw from
// here; nothing else keeps a copy of a message.

import * as api from "./api.js";
import { lastRead, markRead } from "./memory.js";

const topics = new Map();

export const store = {
  team: null,
  me: null,
  app: null,
  home: null,
  people: new Map(),
  channels: new Map(),
  groups: new Map(),
  commands: [],
  messages: new Map(), // channel -> Map(ts -> top-level message)
  threads: new Map(), // "channel/thread_ts" -> Map(ts -> reply)
  views: [], // open modals, the topmost last
  connected: false,
  at: { channel: null, thread: null, tab: "messages" },
};

/** Calls `listener(detail)` whenever `topic` happens. */
export function on(topic, listener) {
  if (!topics.has(topic)) topics.set(topic, new Set());
  topics.get(topic).add(listener);
}

export function emit(topic, detail) {
  for (const listener of topics.get(topic) ?? []) listener(detail);
}

export const threadKey = (channel, ts) => `${channel}/${ts}`;
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
const isBroadcast = (message) => Boolean(message.broadcast);
export const isBot = (id) => Boolean(store.people.get(id)?.is_bot);
export const isAppDm = (channel) => Boolean(channel?.is_im) && channel.members.some(isBot);

/** The person or program a message is from. */
export function authorOf(message) {
  const bot = store.app && { id: store.app.bot_user_id, name: store.app.name, is_bot: true };
  const known = store.people.get(message.user) ?? (message.bot_id ? store.people.get(bot?.id) ?? bot : null);
  const custom = message.username && message.username !== known?.name ? message.username : null;
  const name = custom ?? (known?.is_bot ? known.name : known?.real_name) ?? known?.name ?? message.user ?? "somebody";
  return { id: known?.id ?? message.user ?? message.bot_id ?? name, name, is_bot: Boolean(message.bot_id) || Boolean(known?.is_bot) };
}

/** How a channel is called by the person looking. */
export function channelName(channel) {
  if (!channel.is_im) return channel.name;
  const other = store.people.get(channel.members.find((id) => id !== store.me));
  return other?.is_bot ? other.name : other?.real_name ?? channel.name;
}

export function takeState(answer) {
  Object.assign(store, { team: answer.team, me: answer.me, app: answer.app, home: answer.home ?? null, views: answer.views ?? [] });
  store.people = new Map(answer.people.map((person) => [person.id, person]));
  store.channels = new Map(answer.channels.map((channel) => [channel.id, channel]));
  store.groups = new Map(answer.user_groups.map((group) => [group.id, group]));
  store.commands = answer.commands;
  emit("directory");
  emit("home");
  emit("views");
}

/** Fetches a channel's messages afresh. */
export async function loadChannel(channel) {
  const as = store.me;
  const { messages } = await api.fetchMessages(as, channel);
  if (as !== store.me) return;
  store.messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
  emit("messages", { channel });
  emit("unread");
}

/** Fetches a thread's replies, its parent first. */
export async function loadThread(channel, ts) {
  const as = store.me;
  const { messages } = await api.fetchMessages(as, channel, ts);
  if (as !== store.me) return;
  store.threads.set(threadKey(channel, ts), new Map(messages.map((message) => [message.ts, message])));
  emit("messages", { channel, thread: ts });
}

/** Takes a new or changed message into the channel and the thread it belongs to. */
export function takeMessage(message, { isNew = false } = {}) {
  const { channel, ts } = message;
  if (isReply(message)) {
    keep(store.threads.get(threadKey(channel, message.thread_ts)), message);
    if (isNew && !message.ephemeral) countReply(message);
  }
  if (!isReply(message) || isBroadcast(message)) keep(store.messages.get(channel), message);
  const thread = store.threads.get(threadKey(channel, message.thread_ts ?? ts));
  if (thread && !isReply(message)) keep(thread, message);
  if (isNew && isBeingRead(channel)) markRead(store.me, channel, ts);
  emit("messages", { channel, thread: message.thread_ts ?? ts });
  emit("unread");
}

function keep(messages, message) {
  if (messages) messages.set(message.ts, { ...counts(messages.get(message.ts)), ...message });
}

/** An edit of a parent need not repeat how many replies it has. */
const counts = (message) =>
  message && { reply_count: message.reply_count, reply_users: message.reply_users, latest_reply: message.latest_reply, reactions: message.reactions };

function countReply({ channel, ts, thread_ts, user, bot_id }) {
  const parent = store.messages.get(channel)?.get(thread_ts);
  if (!parent || (parent.latest_reply ?? "") >= ts) return;
  const users = new Set([...(parent.reply_users ?? []), user ?? bot_id]);
  store.messages.get(channel).set(thread_ts, {
    ...parent, reply_count: (parent.reply_count ?? 0) + 1, reply_users: [...users], latest_reply: ts,
  });
}

export function dropMessage(channel, ts) {
  store.messages.get(channel)?.delete(ts);
  for (const [key, thread] of store.threads) if (key.startsWith(`${channel}/`)) thread.delete(ts);
  emit("messages", { channel, thread: null });
  emit("unread");
}

/** Sets the people behind one emoji of a message, or all its reactions. */
export function takeReactions(channel, ts, reactions) {
  for (const messages of [store.messages.get(channel), ...store.threads.values()]) {
    const message = messages?.get(ts);
    if (message && message.channel === channel) messages.set(ts, { ...message, reactions });
  }
  emit("messages", { channel, thread: null });
}

/** Opens, replaces or takes away a modal. */
export function takeView(view) {
  const index = store.views.findIndex((open) => open.id === view.id);
  if (index < 0) store.views.push(view);
  else store.views[index] = view;
  emit("views");
}

export function dropView(id) {
  store.views = store.views.filter((view) => view.id !== id);
  emit("views");
}

export function takeHome(view) {
  store.home = view;
  emit("home");
}

export function takeChannel(channel) {
  store.channels.set(channel.id, { ...store.channels.get(channel.id), ...channel });
  emit("directory");
}

/** A file has been processed: whatever shows it is drawn anew. */
export function takeFile(file) {
  for (const messages of [...store.messages.values(), ...store.threads.values()]) {
    for (const [ts, message] of messages) {
      if (!message.files?.some(({ id }) => id === file.id)) continue;
      messages.set(ts, { ...message, files: message.files.map((old) => (old.id === file.id ? { ...old, ...file } : old)) });
      emit("messages", { channel: message.channel, thread: null });
    }
  }
}

const isBeingRead = (channel) => store.at.channel === channel && store.at.tab === "messages" && !document.hidden;

/** Remembers that everything in the open channel has been seen. */
export function readOpenChannel() {
  const { channel } = store.at;
  const newest = [...(store.messages.get(channel)?.keys() ?? [])].sort().at(-1);
  if (newest && isBeingRead(channel)) markRead(store.me, channel, newest);
  emit("unread");
}

/** How many messages of a channel its reader has not seen, and whether one calls for them. */
export function unreadOf(channel) {
  const read = lastRead(store.me, channel.id);
  const unread = [...(store.messages.get(channel.id)?.values() ?? [])].filter(
    (message) => message.ts > read && message.user !== store.me && !message.ephemeral,
  );
  return { unread: unread.length, called: unread.length > 0 && (channel.is_im || unread.some(callsMe)) };
}

function callsMe(message) {
  const said = `${message.text ?? ""} ${JSON.stringify(message.blocks ?? "")}`;
  return said.includes(`<@${store.me}>`) || said.includes("<!channel>") || said.includes("<!here>");
}
