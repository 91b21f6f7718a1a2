/** What the address says: a view and its parameters, as in `#/cases?verdict=fail&text=refund`. */

/** @returns {{view: string, of: URLSearchParams}} */
function address() {
  const [view, rest] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { view: view || "summary", of: new URLSearchParams(rest || "") };
}

/** @param {string} view @param {Record<string, string | undefined>} [of] @returns {string} */
function link(view, of = {}) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(of)) if (value) found.set(name, value);
  const text = found.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

/** Change the address without a step in the history. @param {string} view @param {Record<string, string | undefined>} of */
function replaceAddress(view, of) {
  history.replaceState(null, "", link(view, of));
}
