/** All cases, one below the other, their versions or models across; only the rows in sight are drawn. */

const BEYOND = 4;

class Matrix {
  /** @param {Page} page @param {Record<string, string>} filters */
  constructor(page, filters) {
    this.page = page;
    this.filters = filters;
    this.items = chosen(page, filters);
    this.slots = slotsOf(page, this.items, filters);
    this.current = -1;
    this.height = 0;
    this.width = 0;
    /** @type {Map<number, HTMLElement>} The lines that are there, by their place. */
    this.drawn = new Map();
    this.body = el("div", { class: "rows", role: "rowgroup" });
    this.grid = el("div", { class: "matrix", role: "table", "aria-label": "cases", tabindex: 0,
      "aria-rowcount": this.items.length + 1 }, this.head(), this.body);
    this.grid.addEventListener("scroll", () => this.draw());
    this.grid.style.setProperty("--columns", String(Math.max(this.slots.length, 1)));
  }

  /** @returns {HTMLElement} */
  head() {
    const cells = this.slots.map((slot) => {
      const named = slot.named ? [el("b", {}, slot.named.prompt), " ", el("span", { class: "dim" }, slot.named.model)] : ["output and scores"];
      return el("div", { role: "columnheader", class: "cell" }, ...named);
    });
    return el("div", { class: "head", role: "rowgroup" },
      el("div", { role: "row", class: "line" }, el("div", { role: "columnheader", class: "cell" }, "case"), ...cells));
  }

  /** Draw what is in sight. */
  draw() {
    const narrow = this.grid.clientWidth < 640;
    this.height = narrow ? 64 + 66 * Math.max(this.slots.length, 1) : 76;
    this.body.style.height = `${this.items.length * this.height}px`;
    const first = Math.max(0, Math.floor(this.grid.scrollTop / this.height) - BEYOND);
    const last = Math.min(this.items.length, first + Math.ceil(this.grid.clientHeight / this.height) + 2 * BEYOND);
    const width = this.grid.clientWidth;
    if (width !== this.width) this.forget();
    this.width = width;
    for (const [place, line] of this.drawn) {
      if (place >= first && place < last) continue;
      line.remove();
      this.drawn.delete(place);
    }
    for (let place = last - 1; place >= first; place -= 1) {
      if (this.drawn.has(place)) continue;
      const line = this.line(place);
      this.drawn.set(place, line);
      const next = this.drawn.get(place + 1);
      if (next) next.before(line);
      else this.body.append(line);
    }
  }

  /** Draw every line anew the next time. */
  forget() {
    for (const line of this.drawn.values()) line.remove();
    this.drawn.clear();
  }

  /** @param {number} place @returns {HTMLElement} */
  line(place) {
    const item = this.items[place];
    const rows = this.page.rows.listed;
    const first = rows[item.rows[0]];
    const head = el("div", { role: "rowheader", class: "cell" },
      el("a", { href: caseLink(item, this.filters) }, sign(item.verdict), el("code", {}, item.id)),
      el("span", { class: "snippet", dir: "auto" }, first.inputs));
    const cells = this.slots.map((slot) => {
      const found = item.rows.map((at) => rows[at]).filter((row) => slot.columns.has(row.column));
      return found.length ? this.cell(found, slot) : el("div", { role: "cell", class: "cell dim" }, "not run");
    });
    const made = el("div", { role: "row", class: `line ${place === this.current ? "current" : ""}`, "data-place": place,
      "aria-rowindex": place + 2 }, head, ...cells);
    made.style.transform = `translateY(${place * this.height}px)`;
    made.style.height = `${this.height}px`;
    return made;
  }

  /** The rows of one column: the verdict with the repeats, the output, the scores. @param {ListedRow[]} rows @param {Slot} slot */
  cell(rows, slot) {
    const shown = rows.find((row) => row.verdict !== "pass") || rows[0];
    const passed = rows.filter((row) => row.verdict === "pass").length;
    const repeats = rows.length > 1 && el("span", { class: "dim" }, `${passed} of ${rows.length} pass`);
    const scores = Object.entries(shown.scores).slice(0, 3).map(([name, [value, , status]]) => {
      const lost = shown.fails?.includes(name.replace(/, turn \d+$/, ""));
      return el("span", { class: `score ${lost ? "bad" : ""}` }, `${name} ${value === null ? status : short(value)}`);
    });
    const column = (this.page.data.columns || [])[shown.column];
    scores.push(el("span", { class: slot.named ? "score narrow" : "score" }, column.prompt));
    const differs = shown.expected && shown.expected !== shown.output;
    return el("div", { role: "cell", class: "cell" },
      el("span", { class: "top" }, sign(worstOf(rows)), repeats, ...scores),
      el("span", { class: "snippet", dir: "auto" }, shown.output || shown.why || ""),
      differs && el("span", { class: "snippet dim", dir: "auto" }, `expected ${shown.expected}`));
  }

  /** Go so many lines on, and show where that is. @param {number} by */
  step(by) {
    if (!this.items.length) return;
    this.drawn.get(this.current)?.classList.remove("current");
    this.current = Math.max(0, Math.min(this.items.length - 1, this.current + by));
    const top = this.current * this.height;
    const room = this.grid.clientHeight - (this.grid.querySelector(".head")?.clientHeight || 0);
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    if (top + this.height > this.grid.scrollTop + room) this.grid.scrollTop = top + this.height - room;
    this.draw();
    this.drawn.get(this.current)?.classList.add("current");
    this.focusLine(this.current);
  }

  /** @param {number} place */
  focusLine(place) {
    /** @type {HTMLElement | null} */ (this.body.querySelector(`[data-place="${place}"] a`))?.focus({ preventScroll: true });
  }
}

/** @typedef {{columns: Set<number>, named: Column | null}} Slot a place beside a case: one result of each suite */

/**
 * What stands beside the cases: the first result of each suite, the second, and so on.
 * @param {Page} page @param {Item[]} items @param {Record<string, string>} filters @returns {Slot[]}
 */
function slotsOf(page, items, filters) {
  const columns = page.data.columns || [];
  const used = new Set();
  for (const item of items) for (const place of item.rows) used.add(page.rows.listed[place].column);
  /** @type {Slot[]} */
  const slots = [];
  /** @type {Map<string, number>} */
  const seen = new Map();
  columns.forEach((column, place) => {
    if (!used.has(place) || (filters.column && !filters.column.split(",").includes(String(place)))) return;
    const at = seen.get(column.suite) || 0;
    seen.set(column.suite, at + 1);
    if (!slots[at]) slots[at] = { columns: new Set(), named: column };
    const { named } = slots[at];
    slots[at].columns.add(place);
    if (named && (named.prompt !== column.prompt || named.model !== column.model)) slots[at].named = null;
  });
  return slots;
}

/** @param {ListedRow[]} rows @returns {CaseVerdict} */
function worstOf(rows) {
  for (const verdict of /** @type {CaseVerdict[]} */ (["error", "fail", "unscored"])) {
    if (rows.some((row) => row.verdict === verdict)) return verdict;
  }
  return "pass";
}

/** @param {Item} item @param {Record<string, string>} [filters] @returns {string} */
function caseLink(item, filters = {}) {
  return link("case", { ...filters, suite: item.suite, id: item.id });
}

/** @param {Page} page @param {Record<string, string>} filters @returns {HTMLElement} */
function casesView(page, filters) {
  const matrix = new Matrix(page, filters);
  page.matrix = matrix;
  const shown = matrix.items.length;
  const all = page.items.length;
  const told = !all ? "The run has no cases." : shown ? `${shown.toLocaleString("en-US")} of ${counted(all, "case")}`
    : `No case is left by these filters; ${counted(all, "case")} without them.`;
  const state = el("p", { class: "dim", role: "status" }, page.reading ? `${told}; the list is being read` : told);
  const made = el("div", { class: "all-cases" }, el("h2", { class: "hidden" }, "Cases"), filterBar(page, filters), state);
  if (shown) made.append(matrix.grid);
  return made;
}
