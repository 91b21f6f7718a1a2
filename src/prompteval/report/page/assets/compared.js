/** What a comparison shows beside its tables: flips, and both sides of one case. */

/** Which cases flipped, by suite and id; of a run since its baseline. @param {PageData} data @returns {Map<string, string>} */
function flipsOf(data) {
  const found = new Map();
  for (const result of data.comparison?.results || []) {
    for (const flip of ["fixed", "broken"]) {
      for (const id of result.flips[flip]) found.set(`${result.suite}\u0000${id}`, flip);
    }
  }
  for (const result of data.run?.results || []) {
    for (const gate of result.gates) for (const id of gate.broken || []) found.set(`${result.suite}\u0000${id}`, "broken");
  }
  return found;
}

/** The cases that flipped, broken ones first, a line each. @param {Page} page @param {Section} section */
function flipsView(page, section) {
  const result = page.data.comparison.results[section.drawn.compared];
  const made = el("div", { class: "flips" });
  /** @type {Change[]} */
  const changes = section.drawn.flips;
  for (const flip of ["broken", "fixed"]) {
    const ids = result.flips[flip];
    if (!ids.length) continue;
    const shown = changes.filter((change) => change.flip === flip);
    const open = flip === "broken" ? { open: true } : {};
    const details = el("details", open, el("summary", {}, el("span", { class: flip === "broken" ? "bad" : "pass" }, flip), `: ${counted(ids.length, "case")}`), flipTable(page, result, shown));
    if (shown.length < ids.length) {
      const words = `all ${ids.length.toLocaleString("en-US")} ${flip}`;
      details.append(el("p", {}, page.data.columns?.length ? el("a", { href: link("cases", { suite: result.suite, flip }) }, words) : `${words} are in the .json report`));
    }
    made.append(details);
  }
  if (!made.childElementCount) made.append(el("p", {}, "No case flipped."));
  else for (const words of unkept(result)) made.append(el("p", { class: "dim" }, words));
  return made;
}

/** What is said once of a side that keeps no outputs. @param {any} result @returns {string[]} */
function unkept(result) {
  return ["a", "b"].filter((side) => !result[side].run_id).map((side) => `${side.toUpperCase()} is a baseline, and a baseline keeps no outputs.`);
}

/** A line for each case: its id, inputs, what is expected, and the outputs of the sides that keep them. @param {Page} page @param {any} result @param {Change[]} changes */
function flipTable(page, result, changes) {
  const outputs = [["A", result.a], ["B", result.b]].filter(([, end]) => end.run_id).map(([name]) => name);
  const heads = ["case", "inputs", "expected", ...outputs.length ? [outputs.join(" → ")] : []];
  const body = el("tbody", {});
  const fill = () => body.replaceChildren(...changes.map((change) => flipLine(page, result, change, heads)));
  fill();
  page.whenListed(fill);
  return el("table", { class: "changes stacks" }, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", class: "text" }, head)))), body);
}

/** @param {Page} page @param {any} result @param {Change} change @param {string[]} heads @returns {HTMLElement} */
function flipLine(page, result, change, heads) {
  const item = page.items.find((one) => one.suite === result.suite && one.id === change.id);
  const row = item && page.rows.listed[item.rows[0]];
  const name = el("code", {}, change.id);
  const head = page.data.columns?.length ? el("a", { href: link("case", { suite: result.suite, id: change.id, flip: change.flip }) }, name) : name;
  const [right, wrong] = change.flip === "broken" ? [change.before, change.after] : [change.after, change.before];
  /** @param {string | null} text */
  const output = (text) => el("span", { class: text === wrong && text !== right ? "bad" : "" }, brief(text) || "(empty)");
  const sides = [...result.a.run_id ? [output(change.before)] : [], ...result.b.run_id ? [output(change.after)] : []];
  const texts = [[row?.inputs || ""], [row?.expected || ""], ...sides.length ? [sides.length > 1 ? [sides[0], " → ", sides[1]] : sides] : []];
  return el("tr", {}, el("th", { scope: "row", class: "text" }, head),
    ...texts.map((inside, at) => el("td", { class: "text", dir: "auto", "data-head": heads[at + 1] }, ...inside)));
}

/** The beginning of a text on one line. @param {string | null} text @returns {string} */
function brief(text) {
  const line = (text || "").replace(/\s+/g, " ").trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/** What the prompt of either side said, rendered for the same case; empty where no messages were kept. @param {Page} page @param {any} result */
function promptDifference(page, result) {
  const made = el("div", {});
  const columns = page.data.columns || [];
  page.whenListed(() => {
    const item = page.items.find((one) => one.suite === result.suite && new Set(one.rows.map((place) => columns[page.rows.listed[place].column].side)).size > 1);
    if (!item) return;
    /** @param {string} side */
    const full = (side) => page.rows.full(/** @type {number} */ (item.rows.find((place) => columns[page.rows.listed[place].column].side === side)));
    Promise.all([full("a"), full("b")]).then(([before, after]) => {
      const [ours, theirs] = [sentText(before), sentText(after)];
      if (!ours && !theirs) return;
      const words = ours === theirs ? "the rendered prompt is the same" : "the rendered prompt differs";
      made.append(el("details", {}, el("summary", {}, `${words}, shown for case `, el("code", {}, item.id)), sideBySide(ours, theirs, ["A", "B"], EDITED)));
    });
  });
  return made;
}

/** Outputs and messages of both sides of a case, with what differs. @param {Page} page @param {Item} item @returns {HTMLElement} */
function bothSides(page, item) {
  const made = el("section", { class: "row", "aria-busy": "true" }, el("h3", {}, "A against B"));
  const columns = page.data.columns || [];
  /** @param {string} side @returns {number | undefined} */
  const first = (side) => item.rows.find((place) => columns[page.rows.listed[place].column].side === side);
  const [a, b] = [first("a"), first("b")];
  if (a === undefined || b === undefined) {
    made.removeAttribute("aria-busy");
    const result = page.data.comparison.results.find((/** @type {any} */ one) => one.suite === item.suite);
    made.append(el("p", { class: "dim" }, unkept(result)[0] || "Only one side has the rows of this case."));
    return made;
  }
  Promise.all([page.rows.full(a), page.rows.full(b)]).then(([before, after]) => {
    made.removeAttribute("aria-busy");
    if (item.flip) made.append(el("p", { class: item.flip === "broken" ? "bad" : "pass" }, item.flip));
    made.append(el("h4", {}, "output"), sideBySide(before.output.text, after.output.text, ["A", "B"], marksOfSides(item.flip)));
    const [sentBefore, sentAfter] = [sentText(before), sentText(after)];
    if (sentBefore || sentAfter) made.append(el("h4", {}, "rendered messages"), sideBySide(sentBefore, sentAfter, ["A", "B"], EDITED));
  });
  return made;
}

/** The messages of a row as one text. @param {FullRow} row @returns {string} */
function sentText(row) {
  const part = row.parts.find((one) => one.name === "sent" || one.name === "messages");
  return (part?.lines || []).map((line) => `${line.label}: ${line.text}`).join("\n\n");
}
