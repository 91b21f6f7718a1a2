/** Which cases are listed: what the address says, as a predicate over rows. */

const FILTERS = ["verdict", "outcome", "scorer", "reason", "tag", "suite", "column", "text", "changed", "flip", "sort"];
const SHOWN_VALUES = 60;

/** @typedef {{suite: string, id: string, rows: number[], verdict: CaseVerdict, changed: boolean, flip: string}} Item a case with all of its rows */

/** @param {URLSearchParams} of @returns {Record<string, string>} */
function filtersOf(of) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of FILTERS) if (of.get(name)) found[name] = of.get(name) || "";
  return found;
}

/**
 * What filters ask of a row, each as a question that is ready for many rows.
 * @param {Record<string, string>} filters @returns {[string, (row: ListedRow, suite: string) => boolean][]}
 */
function questionsOf(filters) {
  /** @type {[string, (row: ListedRow, suite: string) => boolean][]} */
  const found = [];
  const { suite, reason, tag } = filters;
  if (filters.verdict) found.push(["verdict", isOneOf(filters.verdict, (row) => row.verdict)]);
  if (filters.outcome) found.push(["outcome", isOneOf(filters.outcome, (row) => row.outcome)]);
  if (filters.column) found.push(["column", isOneOf(filters.column, (row) => String(row.column))]);
  if (suite) found.push(["suite", (_, own) => own === suite]);
  if (reason) found.push(["reason", (row) => row.reason === reason]);
  if (filters.scorer) found.push(["scorer", (row) => readsScorer(row, filters)]);
  if (tag) {
    const [name, value] = [tag.slice(0, tag.indexOf("=")), tag.slice(tag.indexOf("=") + 1)];
    found.push(["tag", (row) => row.tags[name] === value]);
  }
  return found;
}

/** @param {string} wanted values with commas between them @param {(row: ListedRow) => string} read */
function isOneOf(wanted, read) {
  const values = new Set(wanted.split(","));
  return (/** @type {ListedRow} */ row) => values.has(read(row));
}

/**
 * Whether a row is one of those that the filters name; `skip` is a filter that does not count.
 * @param {ListedRow} row @param {[string, (row: ListedRow, suite: string) => boolean][]} questions @param {string} suite @param {string} [skip]
 */
function accepts(row, questions, suite, skip = "") {
  for (const [name, holds] of questions) if (name !== skip && !holds(row, suite)) return false;
  return true;
}

/** With other verdicts than pass: whether the scorer is one that fails. @param {ListedRow} row @param {Record<string, string>} filters */
function readsScorer(row, filters) {
  if (row.fails?.includes(filters.scorer)) return true;
  return filters.verdict === "pass" && filters.scorer in row.scores;
}

/** The cases that the filters leave, in their order. @param {Page} page @param {Record<string, string>} filters @returns {Item[]} */
function chosen(page, filters) {
  const rows = page.rows.listed;
  const questions = questionsOf(filters);
  const found = filters.text ? page.rows.search(filters.text) : null;
  const items = page.items.filter((item) => {
    if ((filters.changed && !item.changed) || (filters.flip && filters.flip !== item.flip)) return false;
    return item.rows.some((place) => (!found || found.has(place)) && accepts(rows[place], questions, item.suite));
  });
  return sorted(items, filters.sort || "", rows);
}

/** @param {Item[]} items @param {string} order @param {ListedRow[]} rows @returns {Item[]} */
function sorted(items, order, rows) {
  if (order === "slowest") {
    const slowest = new Map(items.map((item) => [item, Math.max(...item.rows.map((place) => rows[place].latency_ms))]));
    return items.sort((a, b) => (slowest.get(b) || 0) - (slowest.get(a) || 0));
  }
  if (order === "id") return items.sort((a, b) => (a.id < b.id ? -1 : 1));
  return items;
}

/** How many cases each value of each filter has, the other filters kept. @param {Page} page @param {Record<string, string>} filters */
function countValues(page, filters) {
  const rows = page.rows.listed;
  const questions = questionsOf(filters);
  const found = filters.text ? page.rows.search(filters.text) : null;
  /** @type {Record<string, Map<string, number>>} */
  const counts = { flip: new Map(), verdict: new Map(), scorer: new Map(), reason: new Map(), tag: new Map(), column: new Map() };
  for (const item of page.items) {
    if ((filters.changed && !item.changed) || (filters.flip && filters.flip !== item.flip)) continue;
    /** @type {Set<string> | null} A case with one row has each value once. */
    const seen = item.rows.length > 1 ? new Set() : null;
    /** @param {string} name @param {string} value */
    const add = (name, value) => {
      const key = seen && `${name}\u0000${value}`;
      if (seen && key !== null) {
        if (seen.has(key)) return;
        seen.add(key);
      }
      counts[name].set(value, (counts[name].get(value) || 0) + 1);
    };
    if (item.flip) add("flip", item.flip);
    for (const place of item.rows) {
      const row = rows[place];
      if (found && !found.has(place)) continue;
      if (accepts(row, questions, item.suite, "verdict")) add("verdict", row.verdict);
      if (row.fails && accepts(row, questions, item.suite, "scorer")) row.fails.forEach((name) => add("scorer", name));
      if (row.reason && accepts(row, questions, item.suite, "reason")) add("reason", row.reason);
      if (accepts(row, questions, item.suite, "column")) add("column", String(row.column));
      if (accepts(row, questions, item.suite, "tag")) for (const name in row.tags) add("tag", `${name}=${row.tags[name]}`);
    }
  }
  return counts;
}

/** The bar of filters. @param {Page} page @param {Record<string, string>} filters @returns {HTMLElement} */
function filterBar(page, filters) {
  const counts = countValues(page, filters);
  const made = el("form", { class: "filters", role: "search", "aria-label": "filters" });
  made.addEventListener("submit", (event) => event.preventDefault());
  const text = /** @type {HTMLInputElement} */ (el("input", { type: "search", id: "search", "aria-label": "search in the cases",
    placeholder: "search in the cases", value: filters.text || "", autocomplete: "off", spellcheck: "false" }));
  text.addEventListener("input", () => page.filterLater({ ...filters, text: text.value }));
  made.append(text);
  for (const [name, title] of [["flip", "flip"], ["verdict", "verdict"], ["column", "version"], ["scorer", "failed by"], ["reason", "reason"], ["tag", "tag"]]) {
    const values = counts[name];
    const joined = filters[name]?.includes(","); // such as all verdicts but pass
    if (filters[name] && !values.has(filters[name])) values.set(filters[name], joined ? chosen(page, filters).length : 0);
    if (values.size > (name === "column" && page.data.columns && page.data.columns.length < 2 ? 99 : 0)) {
      made.append(selection(page, filters, name, title, values));
    }
  }
  if ((page.data.columns || []).length > 1) {
    const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", id: "changed" }));
    box.checked = Boolean(filters.changed);
    box.addEventListener("change", () => page.filter({ ...filters, changed: box.checked ? "1" : "" }));
    made.append(el("label", {}, box, ` changed only (${page.items.filter((item) => item.changed).length.toLocaleString("en-US")})`));
  }
  if (Object.keys(filters).length) made.append(el("a", { href: link("cases"), class: "clear" }, "clear"));
  return made;
}

/**
 * @param {Page} page @param {Record<string, string>} filters @param {string} name @param {string} title
 * @param {Map<string, number>} values @returns {HTMLElement}
 */
function selection(page, filters, name, title, values) {
  const made = /** @type {HTMLSelectElement} */ (el("select", { "aria-label": title, name }));
  made.append(el("option", { value: "" }, `${title}: all`));
  const columns = page.data.columns || [];
  const order = [...values].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, SHOWN_VALUES);
  for (const [value, count] of order) {
    const column = name === "column" ? columns[Number(value)] : null;
    const words = column ? `${column.suite} ${column.prompt} ${column.model}` : value === "fail,error,unscored" ? "not passed" : value;
    made.append(el("option", { value, selected: filters[name] === value }, `${title}: ${words} (${count.toLocaleString("en-US")})`));
  }
  if (name === "verdict" && filters.verdict !== "fail,error,unscored") {
    made.append(el("option", { value: "fail,error,unscored" }, "verdict: not passed"));
  }
  made.addEventListener("change", () => page.filter({ ...filters, [name]: made.value }));
  return made;
}
