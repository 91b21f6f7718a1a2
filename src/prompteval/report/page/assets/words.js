/** A number is one word, with its sign, its point and its thousands; so is a character of a script without spaces. */
const WORDS =
  /\s+|(?<![\p{L}\p{N}_])-?\d+(?:[.,]\d+)+|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{N}\s_]/gu;
const COMPARED = 6000;
const MOST_CELLS = 4000000;

/** @typedef {{kind: "same" | "gone" | "new", text: string}} Piece */

/**
 * What stayed, went and came, word by word. The first 6,000 characters of each are compared.
 * @param {string} before @param {string} after @returns {Piece[]}
 */
function wordDifference(before, after) {
  const a = before.slice(0, COMPARED).match(WORDS) || [];
  const b = after.slice(0, COMPARED).match(WORDS) || [];
  /** @type {Piece[]} */
  const found = [];
  /** @param {Piece["kind"]} kind @param {string} text */
  const add = (kind, text) => {
    const last = found[found.length - 1];
    if (!text) return;
    if (last && last.kind === kind) last.text += text;
    else found.push({ kind, text });
  };
  for (const piece of aligned(a, b)) add(piece.kind, piece.text);
  if (Math.max(before.length, after.length) > COMPARED) add("same", "…");
  return found;
}

/**
 * Two lists of words or lines beside each other, one piece for each.
 * @param {string[]} a @param {string[]} b @returns {Piece[]}
 */
function aligned(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  /** @param {string} text @returns {Piece} */
  const same = (text) => ({ kind: "same", text });
  const middle = common(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
}

/**
 * The longest common subsequence of two lists; a whole replacement where they are too long.
 * @param {string[]} a @param {string[]} b @returns {Piece[]}
 */
function common(a, b) {
  if (!a.length || !b.length || a.length * b.length > MOST_CELLS) {
    /** @param {Piece["kind"]} kind @returns {(text: string) => Piece} */
    const whole = (kind) => (text) => ({ kind, text });
    return [...a.map(whole("gone")), ...b.map(whole("new"))];
  }
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      longest[at] =
        a[i] === b[j] ? longest[at + width + 1] + 1 : Math.max(longest[at + width], longest[at + 1]);
    }
  }
  /** @type {Piece[]} */
  const found = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: "same", text: a[i] });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      found.push({ kind: "gone", text: a[i] });
      i += 1;
    } else {
      found.push({ kind: "new", text: b[j] });
      j += 1;
    }
  }
  return found;
}

/**
 * The fields of a JSON object by their dotted paths; null for any other text.
 * @param {string} text @returns {Map<string, string> | null}
 */
function fieldsOf(text) {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const found = new Map();
    flatten(JSON.parse(text), "", found);
    return found;
  } catch {
    return null;
  }
}

/** @param {any} value @param {string} path @param {Map<string, string>} found */
function flatten(value, path, found) {
  if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${name}` : name, found);
  } else {
    found.set(path, typeof value === "string" ? value : JSON.stringify(value));
  }
}

/** @typedef {"missing" | "wrong" | "right" | "only" | "removed" | "added"} MarkKind */
/** @typedef {Record<"gone" | "new", [MarkKind, string]>} Marks how words of the first text alone and of the second alone look, and what that means */

/** @type {Marks} */
const EDITED = { gone: ["removed", "removed in B"], new: ["added", "added in B"] };

/** The marks of what was expected beside what came. @param {boolean} passes @returns {Marks} */
function marksOfOutput(passes) {
  if (passes) return { gone: ["only", "only in what is expected"], new: ["only", "only in the output"] };
  return { gone: ["missing", "missing in the output"], new: ["wrong", "not expected"] };
}

/** The marks of the outputs of both sides. @param {string} flip `broken`, `fixed` or empty @returns {Marks} */
function marksOfSides(flip) {
  if (flip === "broken") return { gone: ["right", "only in A, which passes"], new: ["wrong", "only in B, which does not pass"] };
  if (flip === "fixed") return { gone: ["wrong", "only in A, which does not pass"], new: ["right", "only in B, which passes"] };
  return { gone: ["only", "only in A"], new: ["only", "only in B"] };
}

/** Pieces as text, marked by decoration and by colour. @param {Piece[]} pieces @param {Marks} [marks] @returns {HTMLElement} */
function marked(pieces, marks = EDITED) {
  return el("span", { class: "difference" }, ...pieces.map((piece) => (piece.kind === "same" ? el("span", {}, piece.text) : markOf(marks[piece.kind][0], piece.text))));
}

/** @param {MarkKind} kind @param {string} text @returns {HTMLElement} */
function markOf(kind, text) {
  if (kind === "removed") return el("del", {}, text);
  return kind === "added" ? el("ins", {}, text) : el("mark", { class: kind }, text);
}

/** A comparison with what its marks mean, in words; without marks as it is. @param {HTMLElement} made @param {Marks} marks @returns {HTMLElement} */
function withLegend(made, marks) {
  const shown = [marks.gone, marks.new].filter(([kind]) => made.querySelector(kind === "removed" ? "del" : kind === "added" ? "ins" : `mark.${kind}`));
  if (!shown.length) return made;
  const words = shown.map(([kind, meaning]) => el("span", {}, markOf(kind, "words"), ` ${meaning}`));
  return el("div", { class: "compared" }, made, el("p", { class: "key" }, ...words));
}

/**
 * Two texts side by side, and what differs: by field where both are JSON objects, else by word.
 * @param {string} before @param {string} after @param {[string, string]} names @param {Marks} marks @returns {HTMLElement}
 */
function sideBySide(before, after, names, marks) {
  return withLegend(pairOf(before, after, names, marks), marks);
}

/** @param {string} before @param {string} after @param {[string, string]} names @param {Marks} marks @returns {HTMLElement} */
function pairOf(before, after, names, marks) {
  const ours = fieldsOf(before);
  const theirs = fieldsOf(after);
  if (ours && theirs) return fieldTable(ours, theirs, names, marks);
  if (before === after) {
    return el("div", { class: "pair" }, box(names[0], long(before)), box(names[1], long(after), "the same"));
  }
  const pieces = wordDifference(before, after);
  if (!before || !after) return el("div", { class: "pair" }, box(names[0], long(before)), box(names[1], long(after)));
  if (!pieces.some((piece) => piece.kind === "same" && /[\p{L}\p{N}]/u.test(piece.text))) {
    return el("div", { class: "pair" }, box(names[0], long(before)), box(names[1], long(after), "no word in common"));
  }
  return el(
    "div",
    { class: "pair" },
    box(names[0], marked(pieces.filter((piece) => piece.kind !== "new"), marks)),
    box(names[1], marked(pieces.filter((piece) => piece.kind !== "gone"), marks)),
  );
}

/** @param {string} name @param {Node} inside @param {string} [note] @returns {HTMLElement} */
function box(name, inside, note = "") {
  const head = el("h4", {}, name, note && el("span", { class: "dim" }, ` ${note}`));
  const empty = !inside.textContent && el("span", { class: "dim" }, "(empty)");
  return el("div", { class: "box" }, head, el("pre", { dir: "auto" }, empty || inside));
}

/**
 * @param {Map<string, string>} ours @param {Map<string, string>} theirs @param {[string, string]} names
 * @param {Marks} marks @returns {HTMLElement}
 */
function fieldTable(ours, theirs, names, marks) {
  const body = el("tbody", {});
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const before = ours.get(name);
    const after = theirs.get(name);
    const same = before === after;
    const pieces = same || before === undefined || after === undefined ? null : wordDifference(before, after);
    /** @param {string | undefined} text @param {Piece["kind"]} other */
    const cell = (text, other) =>
      el("td", { dir: "auto" }, text === undefined ? el("span", { class: "dim" }, "(absent)")
        : pieces ? marked(pieces.filter((piece) => piece.kind !== other), marks) : long(text));
    const state = same ? "same" : before === undefined || after === undefined ? "only on one side" : "differs";
    const row = el("tr", { class: same ? "" : "differs" }, el("th", { scope: "row" }, name), cell(before, "new"), cell(after, "gone"));
    row.append(el("td", { class: same ? "dim" : "bad" }, state));
    body.append(row);
  }
  const heads = ["field", ...names, "state"].map((head) => el("th", { scope: "col" }, head));
  return el("div", { class: "wide" }, el("table", { class: "fields" }, el("thead", {}, el("tr", {}, ...heads)), body));
}
