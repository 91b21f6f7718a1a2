/** One case: every version and repeat of it, what was expected beside what came, and all that is known. */

/** @param {Page} page @param {URLSearchParams} of @returns {HTMLElement} */
function caseView(page, of) {
  const suite = of.get("suite") || "";
  const id = of.get("id") || "";
  const filters = filtersOf(of);
  delete filters.suite;
  const item = page.items.find((one) => one.id === id && (!suite || one.suite === suite));
  if (!item) {
    const told = page.reading ? "The list is being read." : "No such case in this run.";
    return el("div", {}, el("p", { role: "status" }, told), el("p", {}, el("a", { href: link("cases") }, "all cases")));
  }
  const made = el("div", { class: "one-case" }, caseHead(page, item, filters));
  const runs = el("div", { class: "runs" });
  if (page.data.kind === "comparison") made.append(bothSides(page, item));
  made.append(runs);
  item.rows.forEach((place, order) => {
    const hold = el("article", { class: "row", "aria-busy": "true" });
    runs.append(hold);
    const listed = page.rows.listed[place];
    page.rows.full(place).then(
      (row) => fillRow(page, hold, listed, row, order, item),
      (error) => hold.replaceChildren(el("p", { role: "alert" }, `this case cannot be read: ${error.message}`)),
    );
  });
  return made;
}

/** @param {Page} page @param {Item} item @param {Record<string, string>} filters @returns {HTMLElement} */
function caseHead(page, item, filters) {
  const list = chosen(page, filters);
  const at = list.indexOf(item);
  const nav = el("nav", { class: "steps", "aria-label": "cases" }, el("a", { href: link("cases", filters), id: "back" }, "list"));
  if (at > 0) nav.append(" ", el("a", { href: caseLink(list[at - 1], filters), id: "before" }, "previous"));
  if (at >= 0 && at < list.length - 1) nav.append(" ", el("a", { href: caseLink(list[at + 1], filters), id: "after" }, "next"));
  if (at >= 0) nav.append(" ", el("span", { class: "dim" }, `${(at + 1).toLocaleString("en-US")} of ${list.length.toLocaleString("en-US")}`));
  return el("header", {}, nav, el("h2", {}, sign(item.verdict), " ", el("code", {}, item.id), " ", el("span", { class: "dim" }, item.suite)));
}

/** @param {Page} page @param {HTMLElement} hold @param {ListedRow} listed @param {FullRow} row @param {number} order @param {Item} item */
function fillRow(page, hold, listed, row, order, item) {
  hold.removeAttribute("aria-busy");
  const column = (page.data.columns || [])[listed.column];
  const repeat = listed.replicate || item.rows.length > (page.data.columns || []).length ? `, repeat ${listed.replicate + 1}` : "";
  const head = el("h3", {}, sign(listed.verdict), " ", column ? `${column.prompt} · ${column.model}${repeat}` : "");
  const inside = [];
  if (row.why) inside.push(el("p", { class: "why", dir: "auto" }, row.why));
  /** @param {string} name */
  const add = (name) => {
    for (const part of row.parts) if (part.name === name) inside.push(partView(part, row, `row-${order}`, listed.verdict !== "pass" && name === "sent"));
  };
  add("inputs");
  if (row.expected.text && listed.outcome === "ok") {
    inside.push(sideBySide(row.expected.text, row.output.text, ["expected", "output"], marksOfOutput(listed.verdict === "pass")));
    if (row.output.length > row.output.text.length) inside.push(el("p", { class: "dim" }, `the output has ${row.output.length.toLocaleString("en-US")} characters in all`));
  }
  add("scores");
  if (listed.reason) add(listed.reason);
  if (listed.verdict !== "pass") add("sent");
  const above = ["inputs", "scores", listed.reason, listed.verdict !== "pass" ? "sent" : ""];
  const rest = row.parts.filter((part) => !above.includes(part.name));
  inside.push(el("div", { class: "parts" }, ...rest.map((part) => partView(part, row, `row-${order}`))));
  if (row.calls) inside.push(exchangesView(page, item.rows[order], row.calls));
  if (order > 0 && item.rows.length > 3 && listed.verdict === "pass") hold.append(el("details", {}, el("summary", {}, head), ...inside));
  else hold.append(head, ...inside);
}
