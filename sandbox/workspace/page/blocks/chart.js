// data_visualization: line, bar, area and pie charts as SVG, with a legend and every value readable.

import { h, svg } from "../dom.js";

const WIDTH = 560;
const HEIGHT = 220;
const EDGE = { left: 48, right: 12, top: 12, bottom: 30 };
const TICKS = 4;
const MOST_LABELS = 8;
const COLOURS = 8; // css has chart-1 to chart-8

const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2, notation: "compact" });
const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });
const colour = (index) => `chart-${(index % COLOURS) + 1}`;

export function chart(block) {
  const { chart: what = {} } = block;
  const isPie = what.type === "pie";
  const names = isPie ? what.segments.map(({ label }) => label) : (what.series ?? []).map(({ name }) => name);
  const said = isPie ? what.segments.map(({ label, value }) => `${label} ${exact.format(value)}`).join(", ") : names.join(", ");
  return h(
    "figure",
    { class: `chart chart-${what.type}` },
    h("figcaption", {}, block.title),
    isPie ? pie(what, `${block.title}: ${said}`) : axes(what, `${block.title}: ${said}`),
    names.length > 1 ? h("ul", { class: "legend" }, names.map((name, index) => h("li", {}, h("i", { class: colour(index) }), name))) : null,
  );
}

/** A round step that cuts `span` into about TICKS pieces. */
function stepFor(span) {
  const raw = span / TICKS || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= raw) * power;
}

function axes({ type, series = [], axis_config: axis = {} }, label) {
  const categories = axis.categories ?? series[0]?.data.map((point) => point.label) ?? [];
  const values = series.flatMap(({ data }) => data.map(({ value }) => value));
  const low = Math.min(0, ...values);
  const step = stepFor(Math.max(0, ...values) - low);
  const bottom = Math.floor(low / step) * step;
  const top = Math.max(bottom + step, Math.ceil(Math.max(0, ...values) / step) * step);
  const innerWidth = WIDTH - EDGE.left - EDGE.right;
  const slot = innerWidth / Math.max(1, type === "bar" ? categories.length : categories.length - 1);
  const x = (index) => EDGE.left + (type === "bar" ? slot * (index + 0.5) : slot * index);
  const y = (value) => EDGE.top + (HEIGHT - EDGE.top - EDGE.bottom) * (1 - (value - bottom) / (top - bottom));
  const ticks = Array.from({ length: Math.round((top - bottom) / step) + 1 }, (_, index) => bottom + index * step);
  const every = Math.ceil(categories.length / MOST_LABELS);
  const scale = { x, y, zero: y(Math.max(bottom, 0)), slot, categories };
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT + (axis.x_label ? 14 : 0)}`, role: "img", "aria-label": label },
    ticks.map((tick) => [svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(tick), y2: y(tick) }), svg("text", { x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end" }, number.format(tick))]),
    categories.map((name, index) => (index % every ? null : svg("text", { x: x(index), y: HEIGHT - 10, "text-anchor": type === "bar" || (index && index < categories.length - 1) ? "middle" : index ? "end" : "start" }, name))),
    axis.x_label ? svg("text", { class: "axis-name", x: EDGE.left + innerWidth / 2, y: HEIGHT + 8, "text-anchor": "middle" }, axis.x_label) : null,
    axis.y_label ? svg("text", { class: "axis-name", x: 10, y: HEIGHT / 2, transform: `rotate(-90 10 ${HEIGHT / 2})`, "text-anchor": "middle" }, axis.y_label) : null,
    series.map((one, index) => (type === "bar" ? bars : lines)(one, index, scale, { filled: type === "area", of: series.length })),
  );
}

const pointTitle = (name, point) => svg("title", {}, `${name} · ${point.label}: ${exact.format(point.value)}`);

/** Points stand at their category, wherever they are in the series. */
const placed = (data, categories) => data.map((point, index) => ({ ...point, at: Math.max(0, categories.indexOf(point.label) >= 0 ? categories.indexOf(point.label) : index) }));

function lines({ name, data }, index, { x, y, zero, categories }, { filled }) {
  const points = placed(data, categories);
  const path = points.map((point, order) => `${order ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
  return svg(
    "g",
    { class: colour(index) },
    filled && points.length ? svg("path", { class: "area", d: `${path}L${x(points.at(-1).at)} ${zero}L${x(points[0].at)} ${zero}Z` }) : null,
    svg("path", { class: "line", d: path }),
    points.map((point) => svg("circle", { class: "dot", cx: x(point.at), cy: y(point.value), r: 3 }, pointTitle(name, point))),
  );
}

function bars({ name, data }, index, { x, y, zero, slot, categories }, { of }) {
  const width = Math.min(36, (slot * 0.72) / of);
  return svg(
    "g",
    { class: colour(index) },
    placed(data, categories).map((point) => svg("rect", { class: "bar", x: x(point.at) - (width * of) / 2 + width * index + 0.5, y: Math.min(y(point.value), zero), width: width - 1, height: Math.max(1, Math.abs(zero - y(point.value))), rx: 2 }, pointTitle(name, point))),
  );
}

function pie({ segments }, label) {
  const total = segments.reduce((sum, { value }) => sum + value, 0) || 1;
  const radius = HEIGHT / 2 - 8;
  let from = -Math.PI / 2;
  return svg(
    "svg",
    { viewBox: `0 0 ${HEIGHT} ${HEIGHT}`, role: "img", "aria-label": label, class: "pie" },
    segments.map((segment, index) => {
      // A whole circle has no arc between two equal points, so it stops a hair short.
      const angle = Math.min(segment.value / total, 0.99999) * 2 * Math.PI;
      const at = (turn) => `${(HEIGHT / 2 + radius * Math.cos(turn)).toFixed(2)} ${(HEIGHT / 2 + radius * Math.sin(turn)).toFixed(2)}`;
      const d = `M${HEIGHT / 2} ${HEIGHT / 2}L${at(from)}A${radius} ${radius} 0 ${angle > Math.PI ? 1 : 0} 1 ${at(from + angle)}Z`;
      from += angle;
      return svg("path", { class: `slice ${colour(index)}`, d }, svg("title", {}, `${segment.label}: ${exact.format(segment.value)} (${Math.round((segment.value / total) * 100)} %)`));
    }),
  );
}
