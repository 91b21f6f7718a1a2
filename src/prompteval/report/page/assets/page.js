/** The page: its data, its rows, and what it shows by the address. */
class Page {
  /** @param {PageData} data @param {Rows} rows */
  constructor(data, rows) {
    this.data = data;
    this.rows = rows;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Matrix | null} */
    this.matrix = null;
    this.reading = Boolean(this.data.columns?.length);
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.timer = 0;
    this.main = el("main", { id: "main", tabindex: -1 });
  }

  start() {
    const head = this.data.head;
    document.body.append(
      el("a", { class: "skip", href: "#main" }, "to the content"),
      el("header", { class: "top" },
        el("h1", {}, head.title),
        el("p", {}, el("span", { class: `verdict ${head.tone}` }, head.word), " ", el("span", { dir: "auto" }, head.sentence)),
        el("p", { class: "facts dim" }, ...head.facts.map(([name, value]) => el("span", {}, `${name} ${value}`))),
        this.data.links ? el("p", { class: "facts" }, ...this.data.links.map(([name, href]) => el("span", {}, el("a", { href }, name)))) : null,
        this.tabs()),
      this.main);
    document.querySelector(".skip")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.main.focus();
    });
    window.addEventListener("hashchange", () => this.show());
    window.addEventListener("resize", () => this.drawMatrix());
    document.addEventListener("keydown", (event) => onKey(this, event));
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.read());
    else this.read();
    this.show();
  }

  /** @returns {HTMLElement | null} */
  tabs() {
    const views = tabsOf(this.data);
    if (views.length < 2) return null;
    const nav = el("nav", { class: "tabs", "aria-label": "views" });
    for (const [view, title] of views) nav.append(el("a", { href: link(view), "data-view": view }, title));
    const keys = el("button", { type: "button", class: "more", "aria-label": "keys" }, "?");
    keys.addEventListener("click", () => onKey(this, new KeyboardEvent("keydown", { key: "?" })));
    nav.append(keys);
    return nav;
  }

  /** Read the rows, which stand behind the script in the document. */
  async read() {
    if (!this.data.columns?.length) {
      document.documentElement.setAttribute("data-ready", "1");
      return;
    }
    this.rows.find();
    let last = 0;
    await this.rows.readList(() => {
      if (performance.now() - last < 1000) return;
      last = performance.now();
      this.group();
      if (address().view === "cases") this.show();
    });
    this.group();
    this.reading = false;
    for (const then of this.waiting) then();
    this.waiting = [];
    if (address().view !== "summary") this.show();
    document.documentElement.setAttribute("data-ready", "1");
  }

  /** Call once all rows are listed. @param {() => void} then */
  whenListed(then) {
    if (this.reading) this.waiting.push(then);
    else then();
  }

  /** Rows to cases: those that do not pass first, in the order in which they ran. */
  group() {
    /** @type {Map<string, Item>} */
    const found = new Map();
    const columns = this.data.columns || [];
    const flips = flipsOf(this.data);
    this.rows.listed.forEach((row, place) => {
      const suite = columns[row.column]?.suite || "";
      const key = `${suite}\u0000${row.id}`;
      const item = found.get(key);
      if (item) item.rows.push(place);
      else found.set(key, { suite, id: row.id, rows: [place], verdict: "pass", changed: false, flip: "" });
    });
    const items = [...found.values()];
    for (const item of items) {
      const rows = item.rows.map((place) => this.rows.listed[place]);
      item.verdict = worstOf(rows);
      item.changed = columns.length > 1 && differs(rows);
      item.flip = flips.get(`${item.suite}\u0000${item.id}`) || "";
    }
    const rank = (/** @type {Item} */ item) => (item.flip === "broken" ? 0 : item.flip ? 1 : item.verdict !== "pass" ? 2 : 3);
    this.items = [0, 1, 2, 3].flatMap((place) => items.filter((item) => rank(item) === place));
  }

  /** Show what the address says. */
  show() {
    const { view, of } = address();
    const typing = /** @type {HTMLInputElement | null} */ (document.activeElement?.id === "search" ? document.activeElement : null);
    const [from, to] = typing ? [typing.selectionStart, typing.selectionEnd] : [0, 0];
    this.matrix = null;
    const made = viewOf(this, view, of);
    this.main.replaceChildren(made);
    this.drawMatrix();
    for (const tab of document.querySelectorAll(".tabs a")) {
      const here = tab.getAttribute("data-view") === (view === "case" ? "cases" : view);
      if (here) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    const search = /** @type {HTMLInputElement | null} */ (typing && document.getElementById("search"));
    if (search) {
      search.focus();
      search.setSelectionRange(from, to);
    } else if (view !== "cases") window.scrollTo(0, 0);
  }

  drawMatrix() {
    this.matrix?.draw();
  }

  /** @param {Record<string, string>} filters */
  filter(filters) {
    replaceAddress("cases", filters);
    this.show();
  }

  /** Filter once nothing was typed for a moment. @param {Record<string, string>} filters */
  filterLater(filters) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.filter(filters), 120);
  }
}

/** @param {PageData} data @returns {[string, string][]} */
function tabsOf(data) {
  /** @type {[string, string][]} */
  const found = [["summary", "Summary"]];
  if (data.columns?.length) found.push(["cases", "Cases"]);
  return found;
}

/** @param {Page} page @param {string} view @param {URLSearchParams} of @returns {HTMLElement} */
function viewOf(page, view, of) {
  if (view === "cases" && page.data.columns?.length) return casesView(page, filtersOf(of));
  if (view === "case" && page.data.columns?.length) return caseView(page, of);
  return summaryView(page);
}

/** Whether the versions or models of a case do not end alike. @param {ListedRow[]} rows @returns {boolean} */
function differs(rows) {
  const byColumn = new Map();
  for (const row of rows) byColumn.set(row.column, row.verdict === "pass" && byColumn.get(row.column) !== false);
  return new Set(byColumn.values()).size > 1;
}
