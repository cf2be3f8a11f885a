// Builds DOM nodes. The page never turns outside text into markup: everything somebody typed or a
// program sent becomes a text node or an attribute set here, so hostile text is inert.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `h("button", {class: "primary", onclick: press}, "Save")`. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** An SVG element, built the same way. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "style") for (const [key, to] of Object.entries(value)) node.style.setProperty(key, to);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** Flattens nested lists and leaves out null, undefined and false, so that parts can be optional. */
export function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replaces what is inside `node`. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** Only these schemes become links; `javascript:` and its kin stay text. */
export function safeUrl(address) {
  if (!address) return null;
  try {
    const url = new URL(address, location.href);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** An outside link, or its plain label where the address is not one we open. */
export function link(address, label = address) {
  const href = safeUrl(address);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label) : h("span", {}, label);
}

/** Makes `node` say something to screen readers once. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
