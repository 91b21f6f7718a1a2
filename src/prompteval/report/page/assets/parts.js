/** The parts of a case: texts, lines with their marks, a conversation as a transcript, passages with gold in them. */

const TRANSCRIPTS = new Set(["messages", "sent", "turns"]);
const PASSAGES = new Set(["context", "retrieved", "reranked", "dropped", "citations"]);
const FOLDED = new Set(["retrieved", "reranked", "dropped", "calls", "calls of the user's model", "modes", "timings", "sent"]);

/**
 * @param {Part} part @param {FullRow} row @param {string} anchor before the names of places to link to
 * @param {boolean} [open] whether a part that is folded is open at first @returns {HTMLElement}
 */
function partView(part, row, anchor, open = false) {
  const inside = el("div", { class: "part-body" });
  if (part.text) inside.append(el("pre", { dir: "auto" }, long(part.text)));
  if (part.lines) inside.append(...part.lines.map((line) => lineView(part, line, row, anchor)));
  if (part.left_out) inside.append(el("p", { class: "dim" }, `and ${part.left_out.toLocaleString("en-US")} more`));
  const title = TRANSCRIPTS.has(part.name) && part.name === "sent" ? "sent: the rendered messages" : part.name;
  const count = part.lines && part.lines.length > 1 ? el("span", { class: "dim" }, ` ${part.lines.length}`) : null;
  if (FOLDED.has(part.name)) return el("details", { class: `part ${part.name.replace(/\W+/g, "-")}`, open }, el("summary", {}, title, count), inside);
  return el("div", { class: "part" }, el("h4", {}, title, count), inside);
}

/** @param {Part} part @param {PartLine} line @param {FullRow} row @param {string} anchor @returns {HTMLElement} */
function lineView(part, line, row, anchor) {
  if (TRANSCRIPTS.has(part.name)) return messageView(line);
  const marks = (line.marks || []).map(([word, tone]) => el("span", { class: `tag ${tone}` }, word));
  const made = el("div", { class: "part-line" });
  const number = /^\[(\d+)\]$/.exec(line.label);
  if (part.name === "context" && number) made.id = `${anchor}-passage-${number[1]}`;
  if (part.name === "citations" || part.name === "cited in") {
    for (const [label, place] of line.label.matchAll(/\[(\d+)\]/g)) made.append(citationLink(label, `${anchor}-passage-${place}`));
  } else if (line.label) made.append(el("span", { class: "label" }, line.label));
  made.append(el("span", { class: "said", dir: "auto" }, long(line.text)), ...marks);
  for (const source of (line.images || []).filter((one) => imagesOf(one)[0] === one)) {
    made.append(el("img", { src: source, class: "thumbnail", alt: `the image ${line.label}` }));
  }
  if (line.words) {
    const quotes = part.name === "context" && number ? row.quotes.filter(([place]) => place === Number(number[1])) : [];
    const words = PASSAGES.has(part.name) ? withMarks(line.words, line.text, row.gold, quotes) : long(line.words);
    made.append(el("div", { class: "words", dir: "auto" }, words));
  }
  if (part.name === "scores" && row.evidence[line.label]) made.append(evidenceView(row.evidence[line.label]));
  return made;
}

/** What a score rests on, field by field. @param {string} text JSON @returns {HTMLElement} */
function evidenceView(text) {
  const fields = fieldsOf(text);
  const inside = fields ? el("table", { class: "fields" }, el("tbody", {}, ...[...fields].map(([name, value]) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", { dir: "auto" }, long(value)))))) : el("pre", { dir: "auto" }, long(text));
  return el("details", { class: "evidence" }, el("summary", {}, "evidence"), el("div", { class: "wide" }, inside));
}

/** Requests and replies, read when they are opened. @param {Page} page @param {number} place @param {number} calls @returns {HTMLElement} */
function exchangesView(page, place, calls) {
  const inside = el("div", { class: "part-body" });
  const made = el("details", { class: "part exchanges" }, el("summary", {}, "raw requests and replies ", el("span", { class: "dim" }, counted(calls, "call"))), inside);
  made.addEventListener("toggle", () => {
    if (inside.childElementCount) return;
    inside.append(el("p", { class: "dim" }, "reading"));
    page.rows.exchanges(place).then((found) => inside.replaceChildren(...exchangeLines(found, calls)),
      (error) => inside.replaceChildren(el("p", { role: "alert" }, `they cannot be read: ${error.message}`)));
  });
  return made;
}

/** @param {Exchange[]} found @param {number} calls @returns {Node[]} */
function exchangeLines(found, calls) {
  const lines = found.flatMap((one) => [
    el("h4", {}, one.role && `${one.role}: `, one.model, " ", el("span", { class: "dim" }, one.served_by === "live" ? "live" : `from the ${one.served_by === "cache" ? "cache" : "recording"}`)),
    el("div", { class: "pair" }, box("request", long(indented(one.request))), box("reply", long(indented(one.response)))),
  ]);
  const lacking = calls - found.length;
  if (lacking) lines.push(el("p", { class: "dim" }, `${counted(lacking, "call")} without a stored reply: it failed, or the cache was off or has been pruned`));
  return lines;
}

/** JSON over several lines; any other text as it is. @param {string} text @returns {string} */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Goes to the passage without changing the address. @param {string} label @param {string} id @returns {HTMLElement} */
function citationLink(label, id) {
  const made = el("button", { type: "button", class: "more" }, label);
  made.addEventListener("click", () => {
    const passage = document.getElementById(id);
    if (!passage) return;
    passage.setAttribute("tabindex", "-1");
    passage.scrollIntoView({ block: "center" });
    passage.focus();
  });
  return made;
}

/** One message of a conversation. @param {PartLine} line @returns {HTMLElement} */
function messageView(line) {
  const role = /(system|developer|user|assistant|answer|tool)/.exec(line.label)?.[1] || "other";
  const marks = (line.marks || []).map(([word, tone]) => el("span", { class: `tag ${tone}` }, word));
  const images = imagesOf(line.text);
  const text = images.length ? line.text.replace(DATA_IMAGE, "(image below)") : line.text;
  const thumbnails = images.map((source) => el("img", { src: source, class: "thumbnail", alt: "a file of the message" }));
  return el("div", { class: `message ${role}` }, el("div", { class: "label" }, line.label.trim(), ...marks), el("pre", { dir: "auto" }, long(text)), ...thumbnails);
}

const DATA_IMAGE = /data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}/g;

/** The images in a message, of kinds that run nothing. @param {string} text @returns {string[]} */
function imagesOf(text) {
  return text.match(DATA_IMAGE) || [];
}

/**
 * A passage with its gold marked, by the quote or by its place in the document, and what the answer quotes.
 * @param {string} words @param {string} name `doc:start-end` @param {Gold[]} gold @param {[number, string][]} quotes @returns {Node}
 */
function withMarks(words, name, gold, quotes) {
  const found = goldSpans(words, name, gold);
  /** @type {[number, number][]} */
  const quoted = quotes.map(([, text]) => /** @type {[number, number]} */ ([words.indexOf(text), words.indexOf(text) + text.length])).filter(([from]) => from >= 0);
  if (!found.length && !quoted.length) return long(words);
  const edges = [...new Set([0, words.length, ...found.flat(), ...quoted.flat()])].sort((a, b) => a - b);
  const made = el("span", {});
  for (let place = 1; place < edges.length; place += 1) {
    const [from, to] = [edges[place - 1], edges[place]];
    /** @param {[number, number]} span */
    const within = (span) => span[0] <= from && to <= span[1];
    const text = words.slice(from, to);
    const inner = quoted.some(within) ? el("u", { class: "quoted", title: "quoted by the answer" }, text) : text;
    append(made, [found.some(within) ? el("mark", { title: "gold" }, inner) : inner]);
  }
  return made;
}

/** Where the gold is in a passage. @param {string} words @param {string} name @param {Gold[]} gold @returns {[number, number][]} */
function goldSpans(words, name, gold) {
  /** @type {[number, number][]} */
  const spans = [];
  const place = /^(?:[\d.]+\s+)?(.*?):(\d+)-(\d+)$/.exec(name);
  for (const one of gold) {
    if (one.quote) {
      const from = words.indexOf(one.quote);
      if (from >= 0) spans.push([from, from + one.quote.length]);
    } else if (place && one.doc === place[1] && one.start !== undefined && one.end !== undefined) {
      const from = Math.max(one.start - Number(place[2]), 0);
      const to = Math.min(one.end, Number(place[3])) - Number(place[2]);
      if (to > from && from < words.length) spans.push([from, Math.min(to, words.length)]);
    }
  }
  return spans;
}
