/** The summary of a run: what was decided and why, then figures. */

const FIRST_CASES = 8;

/** @param {Page} page @returns {HTMLElement} */
function summaryView(page) {
  const made = el("div", { class: "summary" });
  const failing = el("div", { class: "failing" });
  const several = page.data.sections.length > 1;
  const open = page.data.sections.flatMap((section) => section.gates.filter(isOpen).map((gate) => gateLine(gate, several ? section.title : "")));
  if (open.length) made.append(el("h2", {}, `${counted(open.length, "gate")} ${open.length === 1 ? "does" : "do"} not pass`), el("ul", { class: "gates" }, ...open));
  if (page.data.run) {
    made.append(failing);
    page.whenListed(() => fillFailing(page, failing));
  }
  page.data.sections.forEach((section) => made.append(sectionView(page, section)));
  return made;
}

/** @param {Page} page @param {Section} section @returns {HTMLElement} */
function sectionView(page, section) {
  const made = el("section", {}, el("h2", {}, section.title));
  for (const line of section.lines) made.append(el("p", { class: "dim" }, line));
  for (const note of section.notes) made.append(el("p", { class: "note" }, `note: ${note}`));
  const passed = section.gates.filter((gate) => !isOpen(gate));
  if (passed.length) made.append(el("ul", { class: "gates" }, ...passed.map((gate) => gateLine(gate))));
  const limits = thresholds(section.gates);
  const wide = [];
  const figures = el("div", { class: "figures" });
  const result = page.data.run && page.data.run.results[section.drawn.result];
  for (const table of section.tables) {
    wide.push(tableView(table, (row) => limits.get(row[0].trim()) ?? null));
  }
  const compared = section.drawn.flips && page.data.comparison.results[section.drawn.compared];
  if (compared) made.append(...wide.splice(0, 1));
  const failed = section.gates.some((gate) => gate.verdict === "fail");
  const prompt = promptView(section.drawn, Boolean(section.drawn.flips), failed || Boolean(section.drawn.flips));
  if (prompt) made.append(prompt);
  if (compared) made.append(promptDifference(page, compared), flipsView(page, section));
  if (result) made.append(...wide.splice(0, 1), figures, ...wide);
  else if (section.drawn.plots) made.append(figures, ...wide);
  else made.append(...wide);
  if (result) drawResult(page, section.drawn.result, result, figures);
  for (const plot of section.drawn.plots || []) {
    const found = plotView(plot);
    if (found) figures.append(found);
  }
  if (section.code) made.append(el("p", { class: "dim" }, el("code", {}, section.code)));
  return made;
}

/** Whether a gate stands at the top of the page, and not in its section. @param {Gate} gate @returns {boolean} */
function isOpen(gate) {
  return gate.verdict !== "pass";
}

/** @param {Gate} gate @param {string} [of] whose it is, where that is not said beside it @returns {HTMLElement} */
function gateLine(gate, of = "") {
  const made = el("li", {}, of && `${of}: `, el("strong", { class: gate.verdict }, gate.word), " ", el("code", {}, gate.rule), " ");
  made.append(el("span", { class: "dim" }, gate.detail), " ");
  if (Object.keys(gate.filters).length > 1) {
    made.append(el("a", { href: link("cases", gate.filters) }, gate.filters.sort ? "its slowest cases" : gate.filters.flip ? "the cases that broke" : "its cases"));
  }
  return made;
}

/** The threshold of each metric that a gate reads as it is. @param {Gate[]} gates @returns {Map<string, number>} */
function thresholds(gates) {
  const found = new Map();
  for (const gate of gates) {
    const match = /^([^\s]+(?: [^\s<>=]+)*?)(?:\.low|\.high)? (?:>=|<=|>|<) (-?[\d.e+-]+)$/.exec(gate.rule);
    if (match) found.set(match[1], Number(match[2]));
  }
  return found;
}

/** @param {Page} page @param {number} column @param {any} result @param {HTMLElement} figures */
function drawResult(page, column, result, figures) {
  /** @param {Element | null} drawing */
  const add = (drawing) => drawing && figures.append(drawing);
  for (const [name, table] of Object.entries(result.reliability || {})) add(reliabilityDiagram(name, table));
  for (const one of result.precision_recall || []) add(precisionRecall(one));
  if (result.risk_coverage) {
    add(curve("Risk by coverage", ["coverage", "wrong"], result.risk_coverage, "The share that is wrong among the most confident answers."));
  }
  add(waterfall(result.losses || []));
  figures.append(usageTable(result));
  page.whenListed(() => {
    const rows = page.rows.listed.filter((row) => row.column === column);
    const names = new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row.scores)));
    for (const name of names) {
      const values = rows.map((row) => row.scores[name]?.[0]).filter((value) => typeof value === "number");
      add(histogram(`Scores: ${name}`, /** @type {number[]} */ (values), ""));
    }
    add(histogram("Latency", rows.map((row) => row.latency_ms), " ms"));
  });
}

/** Requests, tokens, money and time of a result. @param {any} result @returns {HTMLElement} */
function usageTable(result) {
  const usage = result.usage;
  /** @type {[string, string][]} */
  const lines = [];
  for (const name of ["requests", "attempts", "cached", "replayed", "prompt_tokens", "completion_tokens"]) {
    if (usage[name]) lines.push([name.replace("_", " "), usage[name].toLocaleString("en-US")]);
  }
  lines.push(["cost", usage.cost_usd === null ? "price not known" : `${usage.cost_usd.toFixed(4)} USD`]);
  lines.push(["wall time", `${result.timing.wall_s.toFixed(1)} s`]);
  for (const [name, value] of Object.entries(result.timing.latency_ms || {})) {
    if (value !== null) lines.push([`latency ${name}`, `${Number(value).toFixed(0)} ms`]);
  }
  const rows = lines.map(([name, value]) => el("tr", {}, el("th", { scope: "row", class: "text" }, name), el("td", {}, value)));
  return el("figure", {}, el("figcaption", {}, "What it took"), el("table", {}, el("tbody", {}, ...rows)));
}

/** The first cases that do not pass, each with its reason. @param {Page} page @param {HTMLElement} made */
function fillFailing(page, made) {
  const wrong = page.items.filter((item) => item.verdict !== "pass");
  if (!wrong.length) {
    if (page.items.length) made.append(el("p", {}, `All ${counted(page.items.length, "case")} pass.`));
    return;
  }
  const broke = wrong.filter((item) => item.flip === "broken").length;
  const since = broke ? `; ${broke.toLocaleString("en-US")} broke since the baseline` : "";
  made.append(el("h2", {}, `${counted(wrong.length, "case")} of ${page.items.length.toLocaleString("en-US")} ${wrong.length === 1 ? "does" : "do"} not pass${since}`));
  const list = el("ul", { class: "cases" });
  for (const item of wrong.slice(0, FIRST_CASES)) {
    const row = page.rows.listed[/** @type {number} */ (item.rows.find((place) => page.rows.listed[place].verdict !== "pass"))];
    list.append(el("li", {}, sign(item.verdict), el("a", { href: caseLink(item) }, el("code", {}, item.id)), " ", item.flip === "broken" && el("b", { class: "bad" }, "broke since the baseline: "),
      el("span", { dir: "auto" }, row.why || row.outcome)));
  }
  made.append(list);
  if (wrong.length > FIRST_CASES) {
    made.append(el("p", {}, el("a", { href: link("cases", { verdict: "fail,error,unscored" }) }, `all ${wrong.length.toLocaleString("en-US")}`)));
  }
}

/** @param {any} plot @returns {Element | null} */
function plotView(plot) {
  if (plot.kind === "curves") return curves(plot.title, plot.names, plot.lines, plot.words);
  if (plot.kind === "series") return series(plot.title, plot.points, plot.limits, plot.words);
  if (plot.kind === "scatter") return scatter(plot.title, plot.names, plot.points, plot.words);
  return null;
}
