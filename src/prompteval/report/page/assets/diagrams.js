/** @typedef {{low: number, high: number, n: number, confidence: number | null, share: number | null,
 *   share_low: number | null, share_high: number | null}} Bin */

/**
 * Predicted against observed, with intervals; how many cases are in each bin stands below.
 * @param {string} name @param {{bins: Bin[], ece: number | null, reason?: string}} table @returns {HTMLElement | null}
 */
function reliabilityDiagram(name, table) {
  const bins = table.bins.filter((bin) => bin.n > 0 && bin.share !== null && bin.confidence !== null);
  if (!bins.length) return null;
  const { plot, x, y } = axes("mean confidence", "share that came true", `reliability diagram of ${name}`);
  plot.append(svg("path", { class: "diagonal", d: `M${at(x, 0)} ${at(y, 0)}L${at(x, 1)} ${at(y, 1)}` }));
  const most = Math.max(...bins.map((bin) => bin.n));
  for (const bin of bins) {
    const across = at(x, bin.confidence || 0);
    const height = (20 * bin.n) / most;
    plot.append(svg("rect", { class: "count", x: Number(at(x, bin.low)) + 1, y: 230 - height,
      width: Math.max(1, Number(at(x, bin.high)) - Number(at(x, bin.low)) - 2), height }));
    if (bin.share_low !== null && bin.share_high !== null) {
      plot.append(svg("path", { class: "ends", d: `M${across} ${at(y, bin.share_low)}V${at(y, bin.share_high)}` }));
    }
    const says = `${number(bin.confidence)} predicted, ${number(bin.share)} observed, ${counted(bin.n, "case")}`;
    plot.append(svg("circle", { cx: across, cy: at(y, bin.share || 0), r: 3.5 }, svg("title", {}, says)));
  }
  const ece = table.ece === null ? "" : `; expected calibration error ${number(table.ece)}`;
  const words = `On the diagonal a confidence is the share that comes true${ece}. Bars: cases of each bin, at most ${most}.`;
  return figure(`Reliability: ${name}`, words, plot);
}

/**
 * A curve through points from 0 to 1.
 * @param {string} title @param {[string, string]} names of the axes @param {[number, number][]} points @param {string} words
 * @returns {HTMLElement | null}
 */
function curve(title, names, points, words) {
  if (points.length < 2) return null;
  const { plot, x, y } = axes(names[0], names[1], `${title}: ${names[1]} by ${names[0]}`);
  const [first, ...rest] = points;
  const line = rest.map(([across, up]) => `L${at(x, across)} ${at(y, up)}`);
  plot.append(svg("path", { class: "line", d: `M${at(x, first[0])} ${at(y, first[1])}${line.join("")}` }));
  return figure(title, words, plot);
}

/**
 * Precision at each recall as the threshold of the confidence in a class falls, over the share that is of the class.
 * @param {{scorer: string, label: string, points: [number, number, number | null][], average_precision: number,
 *   n: number, positives: number, missing: number}} of
 * @returns {HTMLElement}
 */
function precisionRecall(of) {
  const title = `Precision and recall: ${of.label}`;
  const { plot, x, y } = axes("recall", "precision", `${title}, precision by recall`);
  const share = at(y, of.positives / of.n);
  plot.append(svg("path", { class: "diagonal", d: `M${at(x, 0)} ${share}H${at(x, 1)}` }));
  const line = of.points.map(([recall, precision]) => `V${at(y, precision)}H${at(x, recall)}`).join("");
  plot.append(svg("path", { class: "line", d: `M${at(x, 0)} ${at(y, of.points[0][1])}${line}` }));
  for (const [recall, precision, threshold] of of.points) {
    const says = `${threshold === null ? "unusable outputs" : `from ${number(threshold)}`}: recall ${number(recall)}, precision ${number(precision)}`;
    plot.append(svg("circle", { class: "point", cx: at(x, recall), cy: at(y, precision), r: 3 }, svg("title", {}, says)));
  }
  const missing = of.missing ? ` ${counted(of.missing, "case")} without a confidence left out.` : "";
  const words = `${of.scorer}: average precision ${number(of.average_precision)} over ${counted(of.n, "case")}, ${of.positives.toLocaleString("en-US")} of the class; dashed: their share.${missing}`;
  return figure(title, words, plot);
}

/**
 * How often each value occurs, in 20 equal bins; null where all values are one or two.
 * @param {string} title @param {number[]} values @param {string} unit @returns {HTMLElement | null}
 */
function histogram(title, values, unit) {
  if (new Set(values.slice(0, 2000)).size < 3) return null;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const counts = new Array(20).fill(0);
  for (const value of values) counts[Math.min(19, Math.floor((20 * (value - low)) / (high - low)))] += 1;
  const most = Math.max(...counts);
  const plot = svg("svg", { class: "plot low", viewBox: "0 0 300 130", role: "img", "aria-label": `histogram of ${title}` });
  counts.forEach((count, place) => {
    const height = (96 * count) / most;
    const from = short(low + (place * (high - low)) / 20);
    const says = `${from} to ${short(low + ((place + 1) * (high - low)) / 20)}${unit}: ${counted(count, "case")}`;
    plot.append(svg("rect", { class: "count strong", x: 6 + place * 14.4, y: 106 - height, width: 13, height }, svg("title", {}, says)));
  });
  plot.append(svg("path", { class: "axis", d: "M6 106H294" }));
  plot.append(svg("text", { x: 6, y: 122 }, `${short(low)}${unit}`));
  plot.append(svg("text", { x: 294, y: 122, "text-anchor": "end" }, `${short(high)}${unit}`));
  return figure(title, `${counted(values.length, "case")}, in bins of ${short((high - low) / 20)}${unit}; the highest has ${most.toLocaleString("en-US")}.`, plot);
}

/**
 * Points, filled or hollow, each with its name.
 * @param {string} title @param {[string, string]} names of the axes @param {[number, number, boolean, string][]} points
 * @param {string} words @returns {HTMLElement | null}
 */
function scatter(title, names, points, words) {
  if (points.length < 2) return null;
  /** @param {number} which @returns {[number, number]} */
  const range = (which) => {
    const values = points.map((point) => Number(point[which]));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return low === high ? [low - 0.5, high + 0.5] : [low, high];
  };
  const { plot, x, y } = axes(names[0], names[1], `${title}: ${names[1]} by ${names[0]}`, range(0), range(1));
  for (const [across, up, filled, name] of points) {
    plot.append(svg("circle", { class: filled ? "" : "hollow", cx: at(x, across), cy: at(y, up), r: 3.5 }, name && svg("title", {}, name)));
  }
  return figure(title, words, plot);
}

/**
 * A metric over runs: values with their intervals, the gate's thresholds as dashed lines, the baseline hollow.
 * A run that stopped early is a diamond.
 * @param {string} title @param {[number | null, number, number | null, boolean, string, boolean][]} points @param {number[]} limits
 * @param {string} words @returns {HTMLElement | null}
 */
function series(title, points, limits, words) {
  if (!points.length) return null;
  const values = [...points.flatMap(([low, value, high]) => [low ?? value, value, high ?? value]), ...limits];
  const x = { low: 0, high: Math.max(points.length - 1, 1), from: 50, to: 590 };
  const y = { low: Math.min(...values), high: Math.max(...values), from: 180, to: 12 };
  if (y.low === y.high) [y.low, y.high] = [y.low - 0.5, y.high + 0.5];
  const plot = svg("svg", { class: "plot broad", viewBox: "0 0 600 200", role: "img", "aria-label": `${title} over ${counted(points.length, "run")}` });
  plot.append(svg("path", { class: "axis", d: "M44 6V186H596" }));
  for (const value of [y.low, y.high]) plot.append(svg("text", { x: 40, y: Number(at(y, value)) + 4, "text-anchor": "end" }, short(value)));
  for (const limit of limits) plot.append(svg("path", { class: "limit", d: `M44 ${at(y, limit)}H596` }));
  plot.append(svg("polyline", { class: "line thin", points: points.map(([, value], place) => `${at(x, place)},${at(y, value)}`).join(" ") }));
  points.forEach(([low, value, high, hollow, name, stopped], place) => {
    if (low !== null && high !== null) plot.append(svg("path", { class: "ends", d: `M${at(x, place)} ${at(y, low)}V${at(y, high)}` }));
    const says = svg("title", {}, `${name}: ${short(value)}${stopped ? ", stopped early" : ""}`);
    const [across, up] = [Number(at(x, place)), Number(at(y, value))];
    const shape = stopped ? svg("path", { class: `diamond ${hollow ? "hollow" : ""}`, d: `M${across - 6} ${up}L${across} ${up - 6}L${across + 6} ${up}L${across} ${up + 6}Z` }, says)
      : svg("circle", { class: hollow ? "hollow" : "", cx: across, cy: up, r: hollow ? 5 : 4 }, says);
    plot.append(shape);
  });
  return figure(title, words, plot);
}

/**
 * Lines through points, the reference thick, and those that differ from it with a mark and their name.
 * @param {string} title @param {[string, string]} names of the axes
 * @param {{name: string, verdict: string, points: [number, number][]}[]} lines @param {string} words @returns {HTMLElement | null}
 */
function curves(title, names, lines, words) {
  if (!lines.length) return null;
  const most = Math.max(1, ...lines.flatMap((line) => line.points.map(([across]) => across)));
  const { plot, x, y } = axes(names[0], names[1], `${title} of ${counted(lines.length, "cell")}`, [0, most]);
  const signs = /** @type {Record<string, string>} */ ({ reference: "●", improved: "▲", regressed: "▼" });
  const ranks = ["regressed", "improved", "reference"];
  const legend = el("ul", { class: "legend" });
  for (const line of [...lines].sort((a, b) => ranks.indexOf(a.verdict) - ranks.indexOf(b.verdict))) {
    const kind = signs[line.verdict] ? line.verdict : "other";
    const path = line.points.map(([across, up], place) => `${place ? "L" : "M"}${at(x, across)} ${at(y, up)}`).join("");
    plot.append(svg("path", { class: `line ${kind}`, d: path }, svg("title", {}, line.name)));
    const [across, up] = line.points[line.points.length - 1];
    const says = `${line.name}: recall ${number(up)} with ${short(across)} tokens`;
    plot.append(svg("text", { class: `mark ${kind}`, x: at(x, across), y: Number(at(y, up)) + 4, "text-anchor": "middle" }, signs[line.verdict] || "○", svg("title", {}, says)));
    if (kind !== "other") legend.prepend(el("li", {}, el("span", { class: kind, "aria-hidden": "true" }, signs[line.verdict]), ` ${says} (${line.verdict})`));
  }
  const made = figure(title, words, plot);
  made.append(legend);
  return made;
}

/** Losses from one mode to the next, from the perfect one on. @param {any[]} losses @returns {any[]} */
function lossChain(losses) {
  const found = [];
  let mode = "perfect";
  for (;;) {
    const next = losses.filter((loss) => loss.better === mode && loss.delta !== null && loss.worse !== "closed_book");
    if (!next.length) return found;
    const step = next.find((loss) => loss.loss === "distraction") || next[0];
    found.push(step);
    mode = step.worse;
  }
}

/** The way from every answer right to those that are: each stage takes its part. @param {any[]} losses @returns {HTMLElement | null} */
function waterfall(losses) {
  const chain = lossChain(losses);
  if (chain.length < 2) return lossPlot(losses);
  const scale = { low: 0, high: 1, from: 2, to: 202 };
  /** @param {string} kind @param {number} from @param {number} to @param {[number, number] | null} ends */
  const bar = (kind, from, to, ends) => {
    const [left, right] = [Math.min(from, to), Math.max(from, to)].map((value) => Number(at(scale, value)));
    const made = svg("svg", { class: "bar fall", viewBox: "0 0 204 16", "aria-hidden": "true" }, svg("path", { d: "M2 15H202" }),
      svg("rect", { class: kind, x: left, y: 2, width: Math.max(right - left, 1).toFixed(1), height: 10 }));
    if (ends) made.append(svg("path", { class: "ends", d: `M${at(scale, Math.max(0, from - ends[1]))} 7H${at(scale, Math.min(1, from - ends[0]))}` }));
    return made;
  };
  /** @param {string} name @param {string} value @param {string} interval @param {Element} drawing */
  const row = (name, value, interval, drawing) => el("tr", {}, el("th", { scope: "row", class: "text" }, name), el("td", {}, value), el("td", {}, drawing), el("td", {}, interval));
  const rows = [row("every answer right", "1.000", "", bar("whole", 0, chain[0].a, null))];
  for (const loss of chain) {
    const interval = loss.low === null ? "–" : `[${(-loss.high).toFixed(3)}, ${(-loss.low).toFixed(3)}]`;
    const ends = /** @type {[number, number] | null} */ (loss.low === null ? null : [loss.low, loss.high]);
    rows.push(row(`${loss.loss} (to ${loss.worse})`, (-loss.delta).toFixed(3), interval, bar(loss.delta < 0 ? "gain" : "loss", loss.a, loss.b, ends)));
  }
  const last = chain[chain.length - 1];
  rows.push(row(`right with ${last.worse}`, number(last.b), "", bar("whole", 0, last.b, null)));
  const heads = ["stage", "right answers", "", "95 % interval"].map((head, place) => el("th", { scope: "col", class: place ? "" : "text" }, head || el("span", { class: "hidden" }, "plot")));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  return figure("Loss by stage", "Shares of right answers, from a perfect pipeline to the whole one; a line is the interval of a step.", el("div", { class: "wide" }, table));
}

/** What each stage of retrieval costs, as bars about zero. @param {any[]} losses @returns {HTMLElement | null} */
function lossPlot(losses) {
  const known = losses.filter((loss) => loss.delta !== null);
  if (!known.length) return null;
  const reach = Math.max(0.05, ...known.flatMap((loss) => [loss.low ?? loss.delta, loss.high ?? loss.delta].map(Math.abs)));
  const rows = known.map((loss) =>
    el("tr", {}, el("th", { scope: "row" }, loss.loss), el("td", {}, loss.delta.toFixed(3)),
      el("td", {}, differencePlot([loss.low, loss.delta, loss.high], reach))));
  const heads = ["stage", "right answers lost", "with its 95 % interval"].map((head) => el("th", { scope: "col" }, head));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  return figure("Loss by stage", "Right answers with the stage perfect, less those with it as it is.", el("div", { class: "wide" }, table));
}
