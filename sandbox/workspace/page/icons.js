// The page's line icons, drawn on a 20 × 20 grid in the colour of the text around them.

import { svg } from "./dom.js";

const PATHS = {
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h14M2.5 12.5h14",
  down: "M5.5 8l4.5 4.5L14.5 8",
  close: "M5 5l10 10M15 5 5 15",
  send: "M3 4l14 6-14 6 2.5-6zM5.5 10H11",
  thread: "M4 4.5h12v8.5H9.5L6 16v-3H4z",
  smile: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.3 8v.5M12.7 8v.5M6.8 12c1.7 2 4.7 2 6.4 0",
  search: "M8.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.3 12.3 17 17",
  eye: "M2 10c2-3.5 4.7-5.2 8-5.2s6 1.7 8 5.2c-2 3.5-4.7 5.2-8 5.2S4 13.5 2 10zM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  file: "M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4",
  menu: "M3 5h14M3 10h14M3 15h14",
  dots: "M10 4.5v.1M10 10v.1M10 15.5v.1",
  play: "M6 4l10 6-10 6z",
  sort: "M10 3v14M6.5 6.5 10 3l3.5 3.5M6.5 13.5 10 17l3.5-3.5",
  up: "M10 16V4M5.5 8.5 10 4l4.5 4.5",
  downward: "M10 4v12M5.5 11.5 10 16l4.5-4.5",
  people: "M7.5 4a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM2.5 16c.3-3 2.2-4.5 5-4.5s4.7 1.5 5 4.5M13 4.3a2.6 2.6 0 0 1 0 5M15 11.9c1.5.7 2.3 2 2.5 4.1",
  pin: "M7.5 3h5l-.5 5 2.5 2.5v1.5h-9v-1.5L8 8zM10 12v5",
  check: "M4 10.5l4 4 8-9",
  left: "M12.5 4 6.5 10l6 6",
  right: "M7.5 4l6 6-6 6",
  home: "M3 9.5 10 3.5l7 6M5 8.5v8h10v-8",
  open: "M8 4H4v12h12v-4M11 3.5h5.5V9M16.5 3.5 9 11",
  trash: "M4 6h12M8 6V3.5h4V6M5.5 6l.8 11h7.4l.8-11",
  pencil: "M4 16l.8-3.5L13 4.3 15.7 7 7.5 15.2z",
};

export function icon(name, size = 18) {
  const shape = { fill: "none", stroke: "currentColor", "stroke-width": name === "dots" ? 2.6 : 1.6, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return svg("svg", { viewBox: "0 0 20 20", width: size, height: size, class: "icon", "aria-hidden": "true" }, svg("path", { d: PATHS[name] ?? PATHS.dots, ...shape }));
}
