/** The parts of a case: texts, lines with their marks, a conversation as a transcript, passages with gold in them. */

const TRANSCRIPTS = new Set(["messages", "sent", "turns"]);
const PASSAGES = new Set(["context", "retrieved", "reranked", "dropped", "citations"]);
const FOLDED = new Set(["retrieved", "reranked", "dropped", "calls", "calls of the user's model", "modes", "timings", "sent"]);

/** @param {Part} part @param {FullRow} row @param {string} anchor before the names of places to link to @returns {HTMLElement} */
function partView(part, row, anchor) {
  const inside = el("div", { class: "part-body" });
  if (part.text) inside.append(el("pre", { dir: "auto" }, long(part.text)));
  if (part.lines) inside.append(...part.lines.map((line) => lineView(part, line, row, anchor)));
  if (part.left_out) inside.append(el("p", { class: "dim" }, `and ${part.left_out.toLocaleString("en-US")} more`));
  const title = TRANSCRIPTS.has(part.name) && part.name === "sent" ? "sent: the rendered messages" : part.name;
  const count = part.lines && part.lines.length > 1 ? el("span", { class: "dim" }, ` ${part.lines.length}`) : null;
  if (FOLDED.has(part.name)) return el("details", { class: `part ${part.name.replace(/\W+/g, "-")}` }, el("summary", {}, title, count), inside);
  return el("div", { class: "part" }, el("h4", {}, title, count), inside);
}

/** @param {Part} part @param {PartLine} line @param {FullRow} row @param {string} anchor @returns {HTMLElement} */
function lineView(part, line, row, anchor) {
  if (TRANSCRIPTS.has(part.name)) return messageView(line);
  const marks = (line.marks || []).map(([word, tone]) => el("span", { class: `tag ${tone}` }, word));
  const made = el("div", { class: "part-line" });
  const number = /^\[(\d+)\]$/.exec(line.label);
  if (part.name === "context" && number) made.id = `${anchor}-passage-${number[1]}`;
  if (line.label) made.append(part.name === "citations" && number ? citationLink(line.label, `${anchor}-passage-${number[1]}`) : el("span", { class: "label" }, line.label));
  made.append(el("span", { class: "said", dir: "auto" }, long(line.text)), ...marks);
  if (line.words) {
    const gold = PASSAGES.has(part.name) ? withGold(line.words, line.text, row.gold) : long(line.words);
    made.append(el("div", { class: "words", dir: "auto" }, gold));
  }
  return made;
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
 * A passage with its gold marked: by the quote, or by its place in the document.
 * @param {string} words @param {string} name `doc:start-end` @param {Gold[]} gold @returns {Node}
 */
function withGold(words, name, gold) {
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
      if (to > from && from < words.length) spans.push([from, to]);
    }
  }
  if (!spans.length) return long(words);
  spans.sort((a, b) => a[0] - b[0]);
  const made = el("span", {});
  let last = 0;
  for (const [from, to] of spans) {
    if (from < last) continue;
    append(made, [words.slice(last, from), el("mark", { title: "gold" }, words.slice(from, to))]);
    last = to;
  }
  append(made, [words.slice(last)]);
  return made;
}
