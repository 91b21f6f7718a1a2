/** Asking the server that this page comes from, with the token that its address had. */

const TOKEN_KEPT = "prompteval-token";

/** The token: from the address at once to the session's storage, so that a shared link has none. @returns {string} */
function takeToken() {
  const found = /[#&?]token=([\w-]+)/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(TOKEN_KEPT, found[1]);
    history.replaceState(null, "", `${location.pathname}#/summary`);
  }
  return sessionStorage.getItem(TOKEN_KEPT) || "";
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} */
async function ask(path, options = {}) {
  const headers = { "X-Prompteval-Token": sessionStorage.getItem(TOKEN_KEPT) || "", ...options.headers };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Error(told.message || `the server answered ${response.status}`);
}

/** The JSON of each line of an answer, as it comes. @param {Response} response @returns {AsyncGenerator<any>} */
async function* linesOf(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { value, done } = await reader.read();
    kept += value || "";
    const lines = kept.split("\n");
    kept = lines.pop() || "";
    for (const line of lines) if (line) yield JSON.parse(line);
    if (done) return;
  }
}

/** Rows that are asked for. */
class RemoteRows extends Rows {
  /** @param {string} api */
  constructor(api) {
    super();
    this.api = api;
  }

  find() {}

  /** Read the list, shown as it comes the first time; a list that is there stays until the new one is whole. @param {() => void} progress */
  async readList(progress) {
    const made = new Rows();
    const first = !this.listed.length;
    for await (const rows of linesOf(await ask(`${this.api}/rows`))) {
      made.add(rows);
      if (!first) continue;
      this.take(made);
      progress();
    }
    this.take(made);
  }

  /** @param {Rows} made */
  take(made) {
    this.listed = made.listed;
    this.texts = made.texts;
    this.found = null;
  }

  /** @param {string} kind @param {number} place @returns {Promise<any>} */
  async decoded(kind, place) {
    const row = this.listed[place];
    const asked = new URLSearchParams({ column: String(row.column), id: row.id, replicate: String(row.replicate) });
    return (await ask(`${this.api}/${kind === "cases" ? "case" : kind}?${asked}`)).json();
  }
}

const REREAD = 4000;

/** Follow a running run: its rows are read again as they come, and the whole page once it has ended. @param {Page} page @param {string} api */
async function follow(page, api) {
  let last = 0;
  let told = "";
  for await (const line of linesOf(await ask(`${api}/progress`))) {
    if (line.ended) location.reload();
    const sentence = document.querySelector("header.top p span[dir]");
    if (sentence) sentence.textContent = printable(line.sentence);
    if (page.reading || line.sentence === told || Date.now() - last < REREAD) continue;
    [told, last] = [line.sentence, Date.now()];
    page.reading = true;
    await page.read();
  }
}
