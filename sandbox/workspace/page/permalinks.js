// Links to messages: `…/archives/C0PROD001/p1795000000000100`, as chat.getPermalink makes them.

const PERMALINK = /^\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?\/?$/;

/** The place a link leads to in this workspace: {channel, ts, thread}, or null for other links. */
export function placeOf(href) {
  const url = new URL(href, location.href);
  const ours = url.origin === location.origin || url.hostname.endsWith(".slack.com");
  const found = ours && url.pathname.match(PERMALINK);
  if (!found) return null;
  const [, channel, seconds, rest] = found;
  return { channel, ts: seconds ? `${seconds}.${rest}` : null, thread: url.searchParams.get("thread_ts") };
}
