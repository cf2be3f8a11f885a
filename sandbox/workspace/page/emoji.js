// Draws emoji. The signs that cards are made of are drawn here as small pictures, because they carry
// meaning by colour and a machine without an emoji font would show boxes; the rest is the font's.

import { h, svg } from "./dom.js";
import { EMOJI } from "./emoji_names.js";

const VARIANT = /[\u{FE0E}\u{FE0F}]|[\u{1F3FB}-\u{1F3FF}]/gu;
const PICTURE = /(?:\p{Extended_Pictographic}|[0-9#*]\u{FE0F}?\u{20E3})(?:[\u{FE0F}\u{1F3FB}-\u{1F3FF}]|\u{200D}\p{Extended_Pictographic})*/gu;
const TEXT_SIGNS = /^[©®™↔↕‼⁉]$/u; // pictographic to Unicode, plain letters to readers

const COLOURS = {
  red: "#e01e5a", orange: "#f2811d", yellow: "#ecb22e", green: "#2eb67d", blue: "#3d8fd1",
  purple: "#8b63c9", brown: "#8a5a3c", black: "#3b3b40", white: "#f4f4f6",
};
const disc = (colour) => [
  svg("circle", { cx: 10, cy: 10, r: 8.5, fill: COLOURS[colour], stroke: "#000", "stroke-opacity": 0.18 }),
];
const square = (colour) => [
  svg("rect", { x: 2, y: 2, width: 16, height: 16, rx: 3, fill: COLOURS[colour], stroke: "#000", "stroke-opacity": 0.18 }),
];
const filled = (d, fill) => svg("path", { d, fill });
const line = (d, stroke = "#fff", width = 2.2) =>
  svg("path", { d, stroke, fill: "none", "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" });
const LOCK = [
  svg("rect", { x: 3.5, y: 9, width: 13, height: 9, rx: 2, fill: "#e8a725" }),
  svg("circle", { cx: 10, cy: 13.4, r: 1.5, fill: "#7a5200" }),
];
const BELL = [
  filled("M10 2a5 5 0 0 0-5 5v3.6L3.4 14a.7.7 0 0 0 .6 1h12a.7.7 0 0 0 .6-1L15 10.6V7a5 5 0 0 0-5-5z", "#ecb22e"),
  filled("M7.8 16.2h4.4a2.2 2.2 0 0 1-4.4 0z", "#b97f0a"),
];
const HAND = "M6.5 9 10 2.5c1.6 0 2.3 1.2 1.9 2.7L11.3 8h4.5c1.3 0 2 1 1.7 2.2l-1.3 5.6c-.3 1.1-1 1.7-2.1 1.7H6.5zM2.5 9h3v8.5h-3z";
const SANDGLASS = [
  line("M5 2.5h10M5 17.5h10", "#8a5a3c"),
  line("M6.3 3.5c0 4 3.7 4.6 3.7 6.5 0 1.9-3.7 2.5-3.7 6.5h7.4c0-4-3.7-4.6-3.7-6.5 0-1.9 3.7-2.5 3.7-6.5", "#8a8a94", 1.3),
  filled("M7.2 16.2c.5-2 2.8-2.2 2.8-3.6 0 1.4 2.3 1.6 2.8 3.6zM7.8 6h4.4c-.6 1.4-2.2 2-2.2 3.3C10 8 8.4 7.4 7.8 6z", "#ecb22e"),
];

/** Drawn signs by their character. Functions, because a node can stand in one place only. */
const DRAWN = {
  "🔴": () => disc("red"), "🟠": () => disc("orange"), "🟡": () => disc("yellow"), "🟢": () => disc("green"),
  "🔵": () => disc("blue"), "🟣": () => disc("purple"), "🟤": () => disc("brown"), "⚫": () => disc("black"), "⚪": () => disc("white"),
  "🟥": () => square("red"), "🟧": () => square("orange"), "🟨": () => square("yellow"), "🟩": () => square("green"),
  "🟦": () => square("blue"), "🟪": () => square("purple"), "🟫": () => square("brown"), "⬛": () => square("black"), "⬜": () => square("white"),
  "✅": () => [...square("green"), line("M5.8 10.4l2.9 2.9 5.5-6.3")],
  "☑": () => [...square("blue"), line("M5.8 10.4l2.9 2.9 5.5-6.3")],
  "✔": () => [line("M3.5 10.8l4.3 4.3 8.7-10.2", "#2eb67d", 3)],
  "❌": () => [line("M4.5 4.5l11 11M15.5 4.5l-11 11", "#e01e5a", 3.2)],
  "✖": () => [line("M4.5 4.5l11 11M15.5 4.5l-11 11", "#5b5b66", 3.2)],
  "⚠": () => [filled("M10 1.8 19 17.4a1 1 0 0 1-.9 1.3H1.9A1 1 0 0 1 1 17.4z", "#ecb22e"), line("M10 7.5v4.6", "#4a3500"), filled("M10 14a1.2 1.2 0 1 1 0 2.4A1.2 1.2 0 0 1 10 14z", "#4a3500")],
  "🚨": () => [filled("M5 15V9.5a5 5 0 0 1 10 0V15z", "#e01e5a"), filled("M3.5 15h13v2.8h-13z", "#5b5b66"), line("M8 9.5a2 2 0 0 1 2-2", "#fff", 1.4), line("M10 1v1.6M2.6 4.4l1.2 1.1M17.4 4.4l-1.2 1.1", "#f2811d", 1.6)],
  "🛑": () => [filled("M6.2 1.5h7.6l4.7 4.7v7.6l-4.7 4.7H6.2l-4.7-4.7V6.2z", "#e01e5a"), line("M6 10h8", "#fff", 2.6)],
  "⛔": () => [svg("circle", { cx: 10, cy: 10, r: 8.5, fill: "#e01e5a" }), line("M5.8 10h8.4", "#fff", 3)],
  "🚫": () => [svg("circle", { cx: 10, cy: 10, r: 7.3, fill: "none", stroke: "#e01e5a", "stroke-width": 2.4 }), line("M5 5l10 10", "#e01e5a", 2.4)],
  "ℹ": () => [...square("blue"), line("M10 9.2v5", "#fff"), filled("M10 4.6a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z", "#fff")],
  "❗": () => [line("M10 3v8.5", "#e01e5a", 3.2), svg("circle", { cx: 10, cy: 16.2, r: 1.9, fill: "#e01e5a" })],
  "❓": () => [line("M6.5 6.3a3.5 3.5 0 1 1 5.2 3c-1.2.7-1.7 1.3-1.7 2.7", "#e01e5a", 2.6), svg("circle", { cx: 10, cy: 16.5, r: 1.7, fill: "#e01e5a" })],
  "🔒": () => [line("M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9", "#8a8a94"), ...LOCK.map((part) => part.cloneNode())],
  "🔓": () => [line("M6.5 9V5.5a3.5 3.5 0 0 1 6.8-1", "#8a8a94"), ...LOCK.map((part) => part.cloneNode())],
  "🔔": () => BELL.map((part) => part.cloneNode()),
  "🔕": () => [...BELL.map((part) => part.cloneNode()), line("M3 3l14 14", "#e01e5a")],
  "⏳": () => SANDGLASS.map((part) => part.cloneNode()),
  "⌛": () => SANDGLASS.map((part) => part.cloneNode()),
  "👍": () => [filled(HAND, "#ecb22e")],
  "👎": () => [svg("g", { transform: "rotate(180 10 10)" }, filled(HAND, "#ecb22e"))],
  "👀": () => [5.8, 14.2].flatMap((cx) => [svg("ellipse", { cx, cy: 10, rx: 3.7, ry: 5.6, fill: "#fff", stroke: "#8a8a94" }), svg("circle", { cx: cx - 0.9, cy: 11, r: 1.9, fill: "#3b3b40" })]),
  "❤": () => [filled("M10 17.5 3 10.6C.6 8 1.4 4 4.7 3.2 7 2.7 9 4 10 5.8c1-1.8 3-3.1 5.3-2.6C18.6 4 19.4 8 17 10.6z", "#e01e5a")],
  "🔥": () => [filled("M10 1.5c.5 3.5 5.5 5.3 5.5 10.5a5.5 5.5 0 0 1-11 0c0-2.3 1.2-3.8 2.3-5 .2 1.4.8 2.2 1.6 2.6C8 6.5 8.5 3.5 10 1.5z", "#f2811d"), filled("M10 10c.5 1.5 2.5 2.2 2.5 4.4a2.5 2.5 0 0 1-5 0c0-2 1.8-2.6 2.5-4.4z", "#ecb22e")],
  "🚀": () => [filled("M17.5 2.5c-5-.3-8.5 2-10.7 6L3.5 9l-1 2.5 3.4.4 2.2 2.2.4 3.4 2.5-1 .5-3.3c4-2.2 6.3-5.7 6-10.7z", "#7f8c9b"), svg("circle", { cx: 12.8, cy: 7.2, r: 1.8, fill: "#3d8fd1" }), filled("M4.2 13.5c-1.4.6-2 2.4-2 4.3 1.9 0 3.7-.6 4.3-2z", "#f2811d")],
  "🎉": () => [filled("M2.5 17.5 6.5 7l6.5 6.5z", "#ecb22e"), line("M12 6c1-1 1-2.5.4-3.5M14 8c1.5-1.3 2.8-1.3 4-.6M13 4.2h.1M16.5 3.5h.1M16.5 11.5h.1", "#8b63c9", 1.8), line("M9 4.5h.1M14.5 13.5h.1", "#2eb67d", 2.2)],
  "🙏": () => [filled("M9.7 3 6 10.5 3 13l3.5 4.5 3.2-2zM10.3 3 14 10.5l3 2.5-3.5 4.5-3.2-2z", "#ecb22e")],
  "📌": () => [filled("M8 2.5h7v1.8l-1 .8v4l2 2.1v1.6H7v-1.6l2-2.1v-4l-1-.8z", "#e01e5a"), line("M11.5 12.8v5", "#8a8a94", 1.6)],
  "🔄": () => [...square("blue"), line("M5.6 9a4.5 4.5 0 0 1 8-1.4M14.4 11a4.5 4.5 0 0 1-8 1.4M13.8 5v2.8H11M6.2 15v-2.8H9", "#fff", 1.6)],
  "🔧": () => [line("M4.5 15.5l7-7", "#7f8c9b", 3.4), line("M15.8 4.6l-2.3 2.3-1.3-.4-.4-1.3 2.3-2.3a4 4 0 1 0 1.7 1.7z", "#7f8c9b", 1.2)],
  "🔍": () => [svg("circle", { cx: 8.5, cy: 8.5, r: 5, fill: "#cfe6f7", stroke: "#5b5b66", "stroke-width": 2 }), line("M12.4 12.4l4.6 4.6", "#5b5b66", 3)],
  "📈": () => [svg("rect", { x: 2, y: 2, width: 16, height: 16, rx: 2, fill: "#f4f4f6", stroke: "#b9b9c2" }), line("M4.5 14l4-4.5 2.5 2.5 4.5-6.5", "#e01e5a", 1.8)],
  "📊": () => [svg("rect", { x: 2, y: 2, width: 16, height: 16, rx: 2, fill: "#f4f4f6", stroke: "#b9b9c2" }), line("M6 15V9", "#2eb67d", 2.6), line("M10 15V5.5", "#3d8fd1", 2.6), line("M14 15v-4", "#e01e5a", 2.6)],
  "🔗": () => [line("M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1", "#7f8c9b", 2)],
  "⚡": () => [filled("M11.5 1.5 3.5 11.5h5L7.5 18.5l9-11h-5.5z", "#ecb22e")],
  "🤔": () => [svg("circle", { cx: 10, cy: 9.5, r: 8, fill: "#ecb22e" }), svg("circle", { cx: 7.2, cy: 8, r: 1.2, fill: "#4a3500" }), svg("circle", { cx: 12.8, cy: 8, r: 1.2, fill: "#4a3500" }), line("M5.6 5.6l2.6-.8M7.5 13h4.5", "#4a3500", 1.4), filled("M4 13.5h6c.8 1.2-.6 5-3.5 5S3 16 4 13.5z", "#c98a0c")],
};

const nameOf = new Map([...EMOJI].reverse().map(([name, character]) => [character.replace(VARIANT, ""), name]));

/** An emoji by its character. */
export function emojiOf(character) {
  const plain = character.replace(VARIANT, "");
  const name = nameOf.get(plain);
  const label = name ? `:${name}:` : character;
  if (!DRAWN[plain]) return h("span", { class: "emoji", role: "img", "aria-label": label, title: label }, character);
  const picture = svg("svg", { viewBox: "0 0 20 20", class: "emoji", role: "img", "aria-label": label }, svg("title", {}, label), ...DRAWN[plain]());
  picture.dataset.emoji = character;
  return picture;
}

/** An emoji by Slack's name for it, or its `:name:` as text where we do not know it. */
export function emojiNamed(name) {
  const character = EMOJI.get(name.replace(/::skin-tone-[2-6]$/, ""));
  return character ? emojiOf(character) : document.createTextNode(`:${name}:`);
}

/** Text with the emoji characters in it drawn. */
export function withEmoji(text) {
  const nodes = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(PICTURE)) {
    if (TEXT_SIGNS.test(character)) continue;
    if (index > from) nodes.push(document.createTextNode(text.slice(from, index)));
    nodes.push(emojiOf(character));
    from = index + character.length;
  }
  if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

/** Text in which `:name:` and emoji characters are drawn, and nothing else is markup. */
export function emojiText(text) {
  return text.split(/(:[a-z0-9_+'-]+(?:::skin-tone-[2-6])?:)/).flatMap((part, index) =>
    index % 2 && EMOJI.has(part.slice(1, -1).replace(/::skin-tone-[2-6]$/, "")) ? emojiNamed(part.slice(1, -1)) : withEmoji(part),
  );
}
