/** Scales and small plots. Every drawing says in words what it shows. */

/** @typedef {{low: number, high: number, from: number, to: number}} Scale */

/** @param {Scale} scale @param {number} value @returns {string} */
function at(scale, value) {
  const span = scale.high - scale.low || 1;
  return (scale.from + ((scale.to - scale.from) * (value - scale.low)) / span).toFixed(1);
}

/**
 * An interval as a line with a dot, and a gate's threshold as a tick; null for what is off the scale.
 * @param {Ends} ends @param {number | null} [threshold] @returns {Element | null}
 */
function intervalPlot(ends, threshold = null) {
  const [low, value, high] = ends;
  if (value === null || value < 0 || value > 1) return null;
  const scale = { low: 0, high: 1, from: 2, to: 102 };
  const made = svg("svg", { class: "bar", viewBox: "0 0 104 14", "aria-hidden": "true" }, svg("path", { d: "M2 7H102" }));
  if (low !== null && high !== null) {
    made.append(svg("path", { class: "ends", d: `M${at(scale, Math.max(low, 0))} 7H${at(scale, Math.min(high, 1))}` }));
  }
  if (threshold !== null && threshold >= 0 && threshold <= 1) {
    made.append(svg("path", { class: "limit", d: `M${at(scale, threshold)} 1V13` }));
  }
  made.append(svg("circle", { cx: at(scale, value), cy: 7, r: 3 }));
  return made;
}

/**
 * A difference with its interval about zero, and the margin drawn in.
 * @param {Ends} ends @param {number} reach the largest value on either side @param {number | null} [margin] the
 *   difference that would be too large, below 0 where more is better
 * @returns {Element | null}
 */
function differencePlot(ends, reach, margin = null) {
  const [low, value, high] = ends;
  if (value === null) return null;
  const scale = { low: -reach, high: reach, from: 2, to: 162 };
  const made = svg("svg", { class: "bar delta", viewBox: "0 0 164 16", "aria-hidden": "true" });
  if (margin) {
    const edge = Number(at(scale, Math.max(-reach, Math.min(margin, reach))));
    made.append(svg("rect", { class: "margin", x: Math.min(edge, 82), y: 1, width: Math.abs(82 - edge).toFixed(1), height: 14 }));
  }
  made.append(svg("path", { d: "M2 8H162" }), svg("path", { class: "zero", d: "M82 1V15" }));
  if (low !== null && high !== null) {
    const ends = [Math.max(low, -reach), Math.min(high, reach)];
    made.append(svg("path", { class: "ends", d: `M${at(scale, ends[0])} 8H${at(scale, ends[1])}` }));
  }
  made.append(svg("circle", { cx: at(scale, value), cy: 8, r: 3 }));
  return made;
}

/** @param {string} title @param {string} words what the drawing shows @param {Element} drawing @returns {HTMLElement} */
function figure(title, words, drawing) {
  return el("figure", {}, el("figcaption", {}, title), drawing, el("p", { class: "dim" }, words));
}

/**
 * Axes of a plot, from 0 to 1 unless other ranges are given.
 * @param {string} across @param {string} up @param {string} label @param {[number, number]} [wide] @param {[number, number]} [tall]
 * @returns {{plot: SVGElement, x: Scale, y: Scale}}
 */
function axes(across, up, label, wide = [0, 1], tall = [0, 1]) {
  const x = { low: wide[0], high: wide[1], from: 58, to: 302 };
  const y = { low: tall[0], high: tall[1], from: 230, to: 10 };
  const plot = svg("svg", { class: "plot", viewBox: "0 0 312 272", role: "img", "aria-label": label });
  plot.append(svg("path", { class: "axis", d: "M58 10V230H302" }));
  for (const part of [0, 0.5, 1]) {
    const [over, high] = [wide[0] + part * (wide[1] - wide[0]), tall[0] + part * (tall[1] - tall[0])];
    plot.append(svg("text", { x: at(x, over), y: 246, "text-anchor": part === 1 ? "end" : "middle" }, short(over)));
    plot.append(svg("text", { x: 52, y: Number(at(y, high)) + 4, "text-anchor": "end" }, short(high)));
  }
  plot.append(svg("text", { x: 180, y: 264, "text-anchor": "middle" }, across));
  plot.append(svg("text", { x: 10, y: 120, "text-anchor": "middle", transform: "rotate(-90 10 120)" }, up));
  return { plot, x, y };
}
