/** What a comparison shows beside its tables: flips, and both sides of one case. */

/** Which cases flipped, by suite and id. @param {PageData} data @returns {Map<string, string>} */
function flipsOf(data) {
  const found = new Map();
  for (const result of data.comparison?.results || []) {
    for (const flip of ["fixed", "broken"]) {
      for (const id of result.flips[flip]) found.set(`${result.suite}\u0000${id}`, flip);
    }
  }
  return found;
}

/** The cases that flipped, broken ones first, each with both outputs. @param {Page} page @param {Section} section */
function flipsView(page, section) {
  const result = page.data.comparison.results[section.drawn.compared];
  const made = el("div", { class: "flips" });
  /** @type {Change[]} */
  const changes = section.drawn.flips;
  for (const flip of ["broken", "fixed"]) {
    const ids = result.flips[flip];
    if (!ids.length) continue;
    const shown = changes.filter((change) => change.flip === flip);
    const lines = shown.map((change) => flipView(page, result, change));
    const open = flip === "broken" ? { open: true } : {};
    const details = el("details", open, el("summary", {}, el("span", { class: flip === "broken" ? "bad" : "pass" }, flip), `: ${counted(ids.length, "case")}`), ...lines);
    if (shown.length < ids.length) {
      const words = `${(ids.length - shown.length).toLocaleString("en-US")} more`;
      details.append(el("p", {}, page.data.columns?.length ? el("a", { href: link("cases", { suite: result.suite, flip }) }, words) : words));
    }
    made.append(details);
  }
  if (!made.childElementCount) made.append(el("p", {}, "No case flipped."));
  made.append(promptDifference(page, result));
  return made;
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
      made.append(el("details", {}, el("summary", {}, `${words}, shown for case `, el("code", {}, item.id)), sideBySide(ours, theirs, ["A", "B"])));
    });
  });
  return made;
}

/** @param {Page} page @param {any} result @param {Change} change @returns {HTMLElement} */
function flipView(page, result, change) {
  const name = el("code", {}, change.id);
  const head = page.data.columns?.length ? el("a", { href: link("case", { suite: result.suite, id: change.id, flip: change.flip }) }, name) : name;
  return el("div", { class: "flip" }, el("h3", {}, head), sideBySide(change.before ?? "", change.after ?? "", ["A", "B"]));
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
    made.append(el("p", { class: "dim" }, "Only one side has the rows of this case."));
    return made;
  }
  Promise.all([page.rows.full(a), page.rows.full(b)]).then(([before, after]) => {
    made.removeAttribute("aria-busy");
    if (item.flip) made.append(el("p", { class: item.flip === "broken" ? "bad" : "pass" }, item.flip));
    made.append(el("h4", {}, "output"), sideBySide(before.output.text, after.output.text, ["A", "B"]));
    const [sentBefore, sentAfter] = [sentText(before), sentText(after)];
    if (sentBefore || sentAfter) made.append(el("h4", {}, "rendered messages"), sideBySide(sentBefore, sentAfter, ["A", "B"]));
  });
  return made;
}

/** The messages of a row as one text. @param {FullRow} row @returns {string} */
function sentText(row) {
  const part = row.parts.find((one) => one.name === "sent" || one.name === "messages");
  return (part?.lines || []).map((line) => `${line.label}: ${line.text}`).join("\n\n");
}
