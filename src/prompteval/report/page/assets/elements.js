/** What does not show, or turns the reading direction: spelt out, as `core.text.printable` does. */
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** @param {string} text @returns {string} */
function printable(text) {
  return text.replace(UNSAFE, (one) => {
    const code = one.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/**
 * An element. Strings become text nodes, printable; null and false are left out.
 * @param {string} tag @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {HTMLElement}
 */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  append(made, children);
  return made;
}

/**
 * An element of a drawing.
 * @param {string} tag @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {SVGElement}
 */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(made, attributes);
  append(made, children);
  return /** @type {SVGElement} */ (made);
}

/** @param {Element} made @param {Record<string, string | number | boolean | null | undefined>} attributes */
function setAttributes(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : printable(String(value)));
  }
}

/** @param {Element} made @param {(Node | string | number | null | false | undefined)[]} children */
function append(made, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    made.append(child instanceof Node ? child : document.createTextNode(printable(String(child))));
  }
}

/** @param {number} count @param {string} name @returns {string} */
function counted(count, name) {
  return `${count.toLocaleString("en-US")} ${name}${count === 1 ? "" : "s"}`;
}

/** Three decimals, or a dash. @param {number | null | undefined} value @returns {string} */
function number(value) {
  return value === null || value === undefined ? "–" : value.toFixed(3);
}

/** A number of any size, short. @param {number} value @returns {string} */
function short(value) {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}

/** @type {Record<string, string>} */
const SIGNS = { pass: "✓", fail: "✗", error: "!", unscored: "–" };

/** A verdict as a sign, with its word for those who do not see it. @param {string} verdict @returns {HTMLElement} */
function sign(verdict) {
  return el("span", { class: `sign ${verdict}`, role: "img", "aria-label": verdict, title: verdict }, SIGNS[verdict] || "?");
}

/** A long text: its beginning, and the rest on demand. @param {string} text @param {number} [most] @returns {Node} */
function long(text, most = 4000) {
  if (text.length <= most + 500) return document.createTextNode(printable(text));
  const rest = el("button", { type: "button", class: "more" }, `… show all ${text.length.toLocaleString("en-US")} characters`);
  const whole = el("span", {}, text.slice(0, most), rest);
  rest.addEventListener("click", () => whole.replaceChildren(document.createTextNode(printable(text))));
  return whole;
}
