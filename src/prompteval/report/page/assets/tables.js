const SHOWN_ROWS = 30;

/**
 * A table, of a long one the first 30 rows. Estimates are drawn beside their value, counts shaded by their share of the row; others sort by a head.
 * @param {TableData} data @param {(row: string[]) => number | null} [threshold] a gate's, of a row @returns {HTMLElement}
 */
function tableView(data, threshold = () => null) {
  if (!data.rows.length) return el("p", {}, data.title);
  const drawn = Boolean(data.estimates);
  const places = data.rows.map((_, place) => place);
  const body = el("tbody", {});
  const all = el("button", { type: "button", class: "more" }, `show all ${places.length.toLocaleString("en-US")} rows`);
  let shown = places.length > SHOWN_ROWS + 10 ? SHOWN_ROWS : places.length;
  const fill = () => body.replaceChildren(...places.slice(0, shown).map((place) => tableRow(data, place, threshold)));
  const sorts = !data.counts && data.rows.length > 2;
  const heads = data.heads.map((head, column) => {
    if (!head) return el("td", {});
    const cell = el("th", { scope: "col", class: column < data.texts ? "text" : "" });
    if (!sorts) cell.append(printable(head));
    else cell.append(sortButton(head, () => sortBy(cell, places, data, column, fill)));
    return cell;
  });
  const plotted = differenceColumn(data);
  if (data.differences) heads.splice(plotted, 0, el("th", { scope: "col" }, el("span", { class: "hidden" }, "plot")));
  if (drawn) heads.splice(data.texts + 1, 0, el("th", { scope: "col" }, el("span", { class: "hidden" }, "plot")));
  fill();
  const table = el("table", { class: drawn || data.differences ? "stacks" : "" }, data.title && el("caption", {}, data.title), el("thead", {}, el("tr", {}, ...heads)), body);
  const wide = el("div", { class: "wide", tabindex: 0, role: "group", "aria-label": data.title || data.heads.join(", ") }, table);
  if (shown < places.length) wide.append(all);
  all.addEventListener("click", () => {
    shown = places.length;
    fill();
    all.remove();
  });
  return wide;
}

/** @param {string} head @param {() => void} sort @returns {HTMLElement} */
function sortButton(head, sort) {
  const button = el("button", { type: "button", class: "sort" }, head);
  button.addEventListener("click", sort);
  return button;
}

/** @param {TableData} data @param {number} place @param {(row: string[]) => number | null} threshold @returns {HTMLElement} */
function tableRow(data, place, threshold) {
  const row = data.rows[place];
  const counts = data.counts && data.counts[place];
  const total = counts ? counts.reduce((sum, count) => sum + count, 0) : 0;
  const cells = row.map((text, column) => {
    const shown = column === 0 && data.links ? el("a", { href: data.links[place] }, text) : text.trim();
    if (column === 0) return el("th", { scope: "row", class: "text", dir: "auto" }, shown);
    if (counts && column <= counts.length) return shaded(counts[column - 1], total);
    return el("td", { class: column < data.texts ? "text" : "", dir: column < data.texts ? "auto" : null, "data-head": data.heads[column] }, text);
  });
  if (row[0].startsWith(" ")) cells[0].classList.add("inner");
  if (data.estimates) cells.splice(data.texts + 1, 0, el("td", {}, intervalPlot(data.estimates[place], threshold(row))));
  if (data.differences) {
    const [low, value, high, margin] = data.differences[place];
    cells.splice(differenceColumn(data), 0, el("td", {}, differencePlot([low, value, high], reachOf(data.differences), margin)));
  }
  return el("tr", {}, ...cells);
}

/** Where differences are drawn: behind the column that has them. @param {TableData} data @returns {number} */
function differenceColumn(data) {
  return data.heads.findIndex((head) => head === "B − A" || head === "difference") + 1;
}

/** The largest of some differences and margins, so that their plots have one scale. @param {(number | null)[][]} lines */
function reachOf(lines) {
  return Math.max(0.01, ...lines.map((line) => Math.max(...line.map((value) => Math.abs(value ?? 0)))));
}

/** @param {number} count @param {number} total @returns {HTMLElement} */
function shaded(count, total) {
  const level = Math.min(4, 1 + Math.floor((4 * count) / (total || 1)));
  return el("td", {}, count ? el("span", { class: `h${level}` }, count) : "0");
}

/** @param {HTMLElement} head @param {number[]} places @param {TableData} data @param {number} column @param {() => void} fill */
function sortBy(head, places, data, column, fill) {
  const down = head.getAttribute("aria-sort") !== "descending";
  for (const other of head.parentElement?.children || []) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  /** @param {number} place @returns {number} */
  const value = (place) => Number.parseFloat((data.rows[place][column] || "").replace(/,/g, ""));
  places.sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (column < data.texts || (Number.isNaN(a) && Number.isNaN(b))) {
      const order = data.rows[other][column].localeCompare(data.rows[one][column]);
      return (down ? order : -order) || one - other;
    }
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return (down ? b - a : a - b) || one - other;
  });
  fill();
}
