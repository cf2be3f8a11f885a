// Blocks and parts that show pictures, files and video.

import { fileUrl } from "../api.js";
import { enlarge } from "../dialog.js";
import { h, link, safeUrl } from "../dom.js";
import { icon } from "../icons.js";
import { plainText, textNodes } from "../mrkdwn.js";
import { store } from "../state.js";

/** Where a picture's bytes are: a file of the workspace, or an address on the web. */
function sourceOf(part) {
  if (part.slack_file?.id) return fileUrl(store.me, part.slack_file.id);
  if (part.slack_file?.url) return fileUrl(store.me, part.slack_file.url.match(/F[A-Z0-9]{5,}/)?.[0] ?? "");
  const url = safeUrl(part.image_url ?? part.thumbnail_url ?? "");
  return url?.startsWith("http") ? url : null;
}

/** An image that opens large; `tiny` and `thumb` ones are decorations. */
export function picture(part, { tiny = false, thumb = false } = {}) {
  const source = sourceOf(part);
  const image = h("img", { src: source, alt: part.alt_text ?? "", loading: "lazy", class: tiny ? "tiny" : thumb ? "thumb" : "picture" });
  const missing = () => image.replaceWith(h("span", { class: "picture-missing", title: "This picture could not be loaded" }, icon("file", 16), part.alt_text || "Picture"));
  image.addEventListener("error", () => missing());
  if (!source) return h("span", { class: "picture-missing" }, part.alt_text || "Picture");
  return image;
}

export function image(block) {
  const source = sourceOf(block);
  const label = `Enlarge: ${block.alt_text || plainText(block.title) || "picture"}`;
  return h(
    "figure",
    {},
    block.title ? h("figcaption", {}, textNodes(block.title)) : null,
    h("button", { type: "button", class: "picture-button", "aria-label": label, onclick: () => source && enlarge(source, block.alt_text, plainText(block.title)) }, picture(block)),
  );
}

export function video(block) {
  return h(
    "div",
    { class: "tile" },
    h("span", { class: "tile-picture" }, icon("play", 24)),
    h("div", {}, link(block.title_url ?? block.video_url ?? "", plainText(block.title)), h("small", {}, [block.provider_name, plainText(block.description)].filter(Boolean).join(" · "))),
  );
}

export const file = (block) => h("div", { class: "tile" }, h("span", { class: "tile-picture" }, icon("file", 24)), h("div", {}, "File", h("small", {}, block.external_id ?? "")));

const UNITS = [["MB", 1e6], ["kB", 1e3]];
const sizeText = (bytes) => {
  const [unit, by] = UNITS.find(([, size]) => bytes >= size) ?? ["bytes", 1];
  return `${by === 1 ? bytes : (bytes / by).toFixed(1)} ${unit}`;
};

/** A file shared with a message: a picture drawn, anything else as a tile to download. */
export function sharedFile(shared) {
  const url = fileUrl(store.me, shared.id);
  const name = shared.title || shared.name;
  if (shared.ready === false) return h("div", { class: "tile tile-waiting", dataset: { fileId: shared.id } }, h("span", { class: "tile-picture", "aria-busy": "true" }), h("div", {}, name, h("small", {}, "Processing…")));
  if (shared.mimetype?.startsWith("image/")) {
    return h(
      "figure",
      { class: "shared-picture", dataset: { fileId: shared.id } },
      h("figcaption", {}, name),
      h("button", { type: "button", class: "picture-button", "aria-label": `Enlarge: ${shared.alt_text || name}`, onclick: () => enlarge(url, shared.alt_text, name) }, h("img", { src: url, alt: shared.alt_text || name, class: "picture", loading: "lazy" })),
    );
  }
  const kind = shared.name?.includes(".") ? shared.name.split(".").pop().toUpperCase() : "File";
  return h(
    "a",
    { class: "tile", href: url, download: shared.name, dataset: { fileId: shared.id } },
    h("span", { class: "tile-picture" }, icon("file", 24)),
    h("div", {}, h("strong", {}, name), h("small", {}, shared.size === undefined ? kind : `${kind} · ${sizeText(shared.size)}`)),
  );
}
