// Times in the viewer's own zone: message times, day dividers and Slack's date tokens.

import { h } from "./dom.js";

const DAY_S = 86400;
const format = (options) => new Intl.DateTimeFormat(undefined, options);
const english = (options) => new Intl.DateTimeFormat("en-US", options);
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const FULL = format({ dateStyle: "full", timeStyle: "medium" });

export const momentOf = (ts) => new Date(Number(ts) * 1000);
export const timeOf = (ts) => TIME.format(momentOf(ts));
export const fullTimeOf = (ts) => FULL.format(momentOf(ts));

/** The day a message belongs to, as a key that sorts. */
export function dayOf(ts) {
  const at = momentOf(ts);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

const two = (number) => String(number).padStart(2, "0");
const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const daysFromToday = (at) => Math.round((midnight(at) - midnight(new Date())) / (DAY_S * 1000));
const near = (at) => ({ "-1": "yesterday", 0: "today", 1: "tomorrow" })[daysFromToday(at)];

function ordinal(day) {
  const tens = day % 100;
  if (tens >= 11 && tens <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

/** The words of a day divider: Today, Yesterday, Monday, November 23rd. */
export function dayLabel(ts) {
  const at = momentOf(ts);
  const close = near(at);
  if (close) return close[0].toUpperCase() + close.slice(1);
  const year = at.getFullYear() === new Date().getFullYear() ? "" : `, ${at.getFullYear()}`;
  return `${english({ weekday: "long" }).format(at)}, ${english({ month: "long" }).format(at)} ${ordinal(at.getDate())}${year}`;
}

/** How long ago, in the words of Slack's `{ago}`. */
export function ago(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  const past = seconds >= 0;
  const units = [["year", 31536000], ["month", 2592000], ["day", DAY_S], ["hour", 3600], ["minute", 60]];
  for (const [name, size] of units) {
    const number = Math.floor(Math.abs(seconds) / size);
    if (number >= 1) return past ? `${number} ${name}${number > 1 ? "s" : ""} ago` : `in ${number} ${name}${number > 1 ? "s" : ""}`;
  }
  return past ? "just now" : "in a moment";
}

const month = (at) => english({ month: "long" }).format(at);
const short = (at) => `${english({ month: "short" }).format(at)} ${at.getDate()}, ${at.getFullYear()}`;
const plain = (at) => `${month(at)} ${ordinal(at.getDate())}, ${at.getFullYear()}`;
const long = (at) => `${english({ weekday: "long" }).format(at)}, ${plain(at)}`;

// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
const TOKENS = {
  date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  date_slash: (at) => `${two(at.getMonth() + 1)}/${two(at.getDate())}/${at.getFullYear()}`,
  date: plain,
  date_short: short,
  date_long: long,
  date_long_full: long,
  date_pretty: (at) => near(at) ?? plain(at),
  date_short_pretty: (at) => near(at) ?? short(at),
  date_long_pretty: (at) => near(at) ?? long(at),
  day_divider_pretty: (at) => near(at) ?? long(at),
  time: (at) => TIME.format(at),
  time_secs: (at) => TIME_SECONDS.format(at),
  ago,
};

/** The text of a Slack date, or null where the moment or a token is not one Slack knows. */
export function slackDate(seconds, pattern) {
  const at = momentOf(seconds);
  if (Number.isNaN(at.getTime())) return null;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (token, name) => {
    known &&= name in TOKENS;
    return TOKENS[name]?.(at) ?? token;
  });
  return known ? text[0].toUpperCase() + text.slice(1) : null;
}

/** A `<time>` for a Slack date; `{ago}` keeps up with the clock through `refreshAges`. */
export function slackDateNode(seconds, pattern, fallback) {
  const text = slackDate(seconds, pattern);
  if (text === null) return document.createTextNode(fallback ?? "");
  const node = h("time", { datetime: momentOf(seconds).toISOString(), title: fullTimeOf(seconds) }, text);
  if (pattern.includes("{ago}")) Object.assign(node.dataset, { ago: seconds, pattern });
  return node;
}

export function refreshAges() {
  for (const node of document.querySelectorAll("time[data-ago]")) {
    const text = slackDate(node.dataset.ago, node.dataset.pattern);
    if (text && text !== node.textContent) node.textContent = text;
  }
}
