/** Keys, and a palette that finds views, gates and cases by name. */

const KEYS = [
  ["j, k", "next and previous case"], ["Enter", "open the case"], ["f", "only what does not pass"], ["/", "search"],
  ["s, c", "summary, cases"], ["Escape", "back to the list"], ["Ctrl K", "palette"], ["?", "this list"],
];

/** @param {Page} page @param {KeyboardEvent} event */
function onKey(page, event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    showPalette(page);
    return;
  }
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (event.key === "Escape" && target?.id === "search") target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || target?.closest("input, select, textarea, dialog")) return;
  const { view, of } = address();
  const filters = filtersOf(of);
  if (event.key === "?") showDialog("Keys", el("dl", {}, ...KEYS.flatMap(([key, words]) => [el("dt", {}, key), el("dd", {}, words)])));
  else if (event.key === "s") location.hash = link("summary");
  else if (event.key === "c") location.hash = link("cases");
  else if (event.key === "/" && page.data.columns?.length) search(page, view, filters);
  else if (event.key === "f" && page.data.columns?.length) {
    const verdict = filters.verdict ? "" : "fail,error,unscored";
    location.hash = link("cases", { ...(view === "cases" ? filters : {}), verdict });
  } else if (view === "case" && event.key === "Escape") document.getElementById("back")?.click();
  else if (view === "case" && event.key === "j") document.getElementById("after")?.click();
  else if (view === "case" && event.key === "k") document.getElementById("before")?.click();
  else if (view === "cases" && event.key === "j") page.matrix?.step(1);
  else if (view === "cases" && event.key === "k") page.matrix?.step(-1);
  else return;
  event.preventDefault();
}

/** @param {Page} page @param {string} view @param {Record<string, string>} filters */
function search(page, view, filters) {
  if (view !== "cases") {
    location.hash = link("cases", filters);
    page.show();
  }
  document.getElementById("search")?.focus();
}

/** @param {string} title @param {HTMLElement} inside @returns {HTMLDialogElement} */
function showDialog(title, inside) {
  document.querySelector("dialog")?.remove();
  const close = el("button", { type: "button", class: "more" }, "close");
  const made = /** @type {HTMLDialogElement} */ (el("dialog", { "aria-label": title }, el("h2", {}, title), inside, close));
  close.addEventListener("click", () => made.close());
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}

/** @param {Page} page */
function showPalette(page) {
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "search", "aria-label": "a view, a gate or a case", autocomplete: "off" }));
  const list = el("ul", { class: "palette" });
  const made = showDialog("Go to", el("div", {}, input, list));
  const places = palettePlaces(page);
  const fill = () => {
    const wanted = input.value.toLowerCase();
    const found = [];
    for (const [name, href] of places()) {
      if (name.toLowerCase().includes(wanted)) found.push(el("li", {}, el("a", { href }, name)));
      if (found.length >= 12) break;
    }
    list.replaceChildren(...found);
    if (!found.length) list.append(el("li", { class: "dim" }, "nothing has this name"));
  };
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("a")?.click();
  });
  list.addEventListener("click", () => made.close());
  fill();
  input.focus();
}

/** @param {Page} page @returns {() => Generator<[string, string]>} */
function palettePlaces(page) {
  return function* () {
    yield ["Summary", link("summary")];
    if (page.data.columns?.length) yield ["Cases", link("cases")];
    for (const section of page.data.sections) for (const gate of section.gates) yield [`Gate ${gate.rule}`, link("cases", gate.filters)];
    for (const item of page.items) yield [`Case ${item.id}`, caseLink(item)];
  };
}
