/** What a prompt says, and what differs from another version, line by line. */

const AROUND = 3;

/** @typedef {{name: string, parts: [string, string][]}} PromptText */

/**
 * The prompt of a result with what changed; null where it was not kept.
 * @param {Record<string, any>} drawn @param {boolean} sides whether both are the sides of a comparison
 * @param {boolean} open whether what changed is shown at once @returns {HTMLElement | null}
 */
function promptView(drawn, sides, open) {
  /** @type {PromptText | undefined} */
  const own = drawn.prompt;
  /** @type {PromptText | undefined} */
  const before = drawn.before;
  if (!own) return null;
  if (!before) return el("details", { class: "prompt" }, el("summary", {}, "prompt ", el("code", {}, own.name)), ...own.parts.map(promptPart));
  const [ours, theirs] = [new Map(own.parts), new Map(before.parts)];
  const titles = [...new Set([...ours.keys(), ...theirs.keys()])];
  const changed = titles.filter((title) => ours.get(title) !== theirs.get(title));
  const names = sides ? ["A", "B"] : [before.name, own.name];
  const same = titles.filter((title) => !changed.includes(title));
  const head = changed.length ? `${changed.join(", ")} changed` : "nothing changed";
  const since = sides ? "prompt, from A to B: " : `prompt ${own.name}, since ${before.name}: `;
  const made = el("details", { class: "prompt", open: open && changed.length > 0 }, el("summary", {}, el("b", {}, since, head)));
  for (const title of changed) {
    const lines = lineDifference(theirs.get(title) || "", ours.get(title) || "", names);
    made.append(el("div", { class: "part" }, el("h4", {}, title), lines));
  }
  if (same.length && changed.length) made.append(el("p", { class: "dim" }, `the same: ${same.join(", ")}`));
  made.append(el("details", {}, el("summary", {}, `all of ${sides ? "B" : own.name}`), ...own.parts.map(promptPart)));
  return made;
}

/** @param {[string, string]} part @returns {HTMLElement} */
function promptPart([title, text]) {
  return el("div", { class: "part" }, el("h4", {}, title), el("pre", { dir: "auto" }, long(text)));
}

/** @typedef {{kind: "same" | "gone" | "new", inside: Node | string}} DiffLine */

/**
 * Lines that went and came, with the words in them that differ, and some lines around.
 * @param {string} before @param {string} after @param {string[]} names @returns {HTMLElement}
 */
function lineDifference(before, after, names) {
  const lines = changedLines(aligned(before.split("\n"), after.split("\n")));
  const made = el("div", { class: "lines", tabindex: 0, role: "group", "aria-label": `${names[0]} against ${names[1]}` },
    el("p", { class: "dim" }, `− ${names[0]}  + ${names[1]}`));
  let hidden = 0;
  lines.forEach((line, place) => {
    const near = lines.slice(Math.max(0, place - AROUND), place + AROUND + 1).some((one) => one.kind !== "same");
    if (!near) hidden += 1;
    if (hidden && (near || place === lines.length - 1)) {
      made.append(el("div", { class: "diff dim" }, `… ${counted(hidden, "line")} the same`));
      hidden = 0;
    }
    if (near) made.append(diffLine(line));
  });
  return made;
}

/** @param {DiffLine} line @returns {HTMLElement} */
function diffLine(line) {
  const signs = { same: " ", gone: "−", new: "+" };
  const words = { same: "", gone: "removed: ", new: "added: " };
  return el("div", { class: `diff ${line.kind}`, dir: "auto" }, el("span", { class: "side", "aria-hidden": "true" }, signs[line.kind]),
    words[line.kind] && el("span", { class: "hidden" }, words[line.kind]), line.inside);
}

/** Lines one by one; of lines that were replaced, what differs in each pair is marked. @param {Piece[]} pieces @returns {DiffLine[]} */
function changedLines(pieces) {
  /** @type {DiffLine[]} */
  const found = [];
  let place = 0;
  while (place < pieces.length) {
    if (pieces[place].kind === "same") {
      found.push({ kind: "same", inside: pieces[place].text });
      place += 1;
      continue;
    }
    const block = [];
    while (place < pieces.length && pieces[place].kind !== "same") block.push(pieces[place++]);
    const [gone, came] = [block.filter((one) => one.kind === "gone"), block.filter((one) => one.kind === "new")];
    gone.forEach((one, at) => found.push({ kind: "gone", inside: markedIn(one.text, came[at]?.text, "new") }));
    came.forEach((one, at) => found.push({ kind: "new", inside: markedIn(one.text, gone[at]?.text, "gone") }));
  }
  return found;
}

/** A line with the words that its partner does not have. @param {string} text @param {string | undefined} partner @param {"gone" | "new"} other @returns {Node | string} */
function markedIn(text, partner, other) {
  if (partner === undefined) return text;
  const pieces = other === "new" ? wordDifference(text, partner) : wordDifference(partner, text);
  const shares = pieces.some((piece) => piece.kind === "same" && /[\p{L}\p{N}]/u.test(piece.text));
  return shares ? marked(pieces.filter((piece) => piece.kind !== other)) : text;
}
