/**
 * The rows of a page: listed rows all of them, those of a case in full when it is looked at.
 */
class Rows {
  constructor() {
    /** @type {ListedRow[]} Their `text` is empty: the texts are in `texts`. */
    this.listed = [];
    /** @type {{first: number, text: string, ends: Uint32Array}[]} Lower-case texts of a block, joined, to search in. */
    this.texts = [];
    /** @type {Record<string, {first: number, count: number, element: Element}[]>} Rows in full, and their exchanges. */
    this.blocks = { cases: [], exchanges: [] };
    /** @type {Map<Element, any[]>} The blocks that were read last. */
    this.read = new Map();
    /** @type {{wanted: string, of: number, rows: Set<number>} | null} What was searched for last. */
    this.found = null;
  }

  /** Find the blocks in the document: once it is parsed. */
  find() {
    for (const [kind, blocks] of Object.entries(this.blocks)) {
      let first = 0;
      for (const element of document.querySelectorAll(`script[data-${kind}]`)) {
        const count = Number(element.getAttribute("data-rows"));
        blocks.push({ first, count, element });
        first += count;
      }
    }
  }

  /** Read the list, block by block, giving way in between. @param {() => void} progress */
  async readList(progress) {
    let last = performance.now();
    for (const element of document.querySelectorAll("script[data-listed]")) {
      this.add(await readBlock(element));
      element.textContent = "";
      if (performance.now() - last > 30) {
        progress();
        await new Promise((done) => setTimeout(done));
        last = performance.now();
      }
    }
  }

  /** @param {ListedRow[]} rows */
  add(rows) {
    const ends = new Uint32Array(rows.length);
    let length = 0;
    const parts = rows.map((row, place) => {
      const text = row.text.toLowerCase();
      row.text = "";
      length += text.length + 1;
      ends[place] = length;
      return text;
    });
    this.texts.push({ first: this.listed.length, text: parts.join("\u0000"), ends });
    for (const row of rows) this.listed.push(row);
  }

  /** The rows in whose texts all of the words are. @param {string} wanted @returns {Set<number>} */
  search(wanted) {
    if (this.found && this.found.wanted === wanted && this.found.of === this.listed.length) return this.found.rows;
    const found = new Set();
    const text = wanted.toLowerCase();
    for (const block of this.texts) {
      let place = 0;
      for (let at = block.text.indexOf(text); at >= 0; at = block.text.indexOf(text, block.ends[place])) {
        while (block.ends[place] <= at) place += 1;
        found.add(block.first + place);
        if (place + 1 >= block.ends.length) break;
      }
    }
    this.found = { wanted, of: this.listed.length, rows: found };
    return found;
  }

  /** A row in full. @param {number} place @returns {Promise<FullRow>} */
  full(place) {
    return this.decoded("cases", place);
  }

  /** What a row sent to models and what came back. @param {number} place @returns {Promise<Exchange[]>} */
  exchanges(place) {
    return this.decoded("exchanges", place);
  }

  /** What a block has of a row. @param {string} kind @param {number} place @returns {Promise<any>} */
  async decoded(kind, place) {
    const block = this.blocks[kind].find((one) => place < one.first + one.count);
    if (!block) throw new Error("the page has no such case");
    let rows = this.read.get(block.element);
    if (!rows) {
      rows = /** @type {any[]} */ (await readBlock(block.element));
      if (this.read.size > 8) this.read.delete(/** @type {Element} */ (this.read.keys().next().value));
      this.read.set(block.element, rows);
    }
    return rows[place - block.first];
  }
}

/** The JSON of a block, decompressed where it is. @param {Element} element @returns {Promise<any>} */
async function readBlock(element) {
  const text = element.textContent || "";
  if (element.getAttribute("type") === "application/json") return JSON.parse(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let place = 0; place < raw.length; place += 1) bytes[place] = raw.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/** @returns {PageData} */
function readPage() {
  return JSON.parse(document.querySelector("script[data-page]")?.textContent || "{}");
}
