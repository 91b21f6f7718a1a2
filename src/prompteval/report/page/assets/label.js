/** Labelling: one output after the other, blind to judge and version; a key for each label. */

/** @typedef {{case_id: string, inputs: [string, string][], images: string[], passages: [string, string][], expected: string | null,
 *   output: string, label: string | null}} LabelledOutput
 * @typedef {{annotator: string, file: string, words: string[], scale: [number, number] | null,
 *   outputs: LabelledOutput[]}} Sheet */

class Labelling {
  /** @param {Sheet} sheet @param {string} api */
  constructor(sheet, api) {
    this.sheet = sheet;
    this.api = api;
    this.place = Math.max(0, sheet.outputs.findIndex((one) => one.label === null));
    this.main = el("main", { id: "main" });
    this.state = el("p", { role: "status", class: "dim" });
    this.note = /** @type {HTMLInputElement} */ (el("input", { type: "text", id: "note", "aria-label": "a note", placeholder: "note", maxlength: 2000 }));
  }

  start() {
    const words = `${this.sheet.annotator}, into ${this.sheet.file}`;
    document.body.append(el("header", { class: "top" }, el("h1", {}, "prompteval label"), el("p", { class: "dim" }, words), this.state), this.main);
    document.addEventListener("keydown", (event) => this.onKey(event));
    this.show();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const typing = event.target instanceof HTMLElement && event.target.closest("input");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const word = this.sheet.words[Number(event.key) - 1];
    if (word !== undefined) this.label(word);
    else if (event.key === "s" || event.key === "j") this.go(1);
    else if (event.key === "b" || event.key === "k") this.go(-1);
    else if (event.key === "n") this.note.focus();
    else return;
    event.preventDefault();
  }

  /** @param {number} by */
  go(by) {
    this.place = Math.max(0, Math.min(this.sheet.outputs.length - 1, this.place + by));
    this.show();
  }

  show() {
    const one = this.sheet.outputs[this.place];
    const left = this.sheet.outputs.filter((other) => other.label === null).length;
    this.state.textContent = `${this.place + 1} of ${this.sheet.outputs.length}, ${left} not labelled`;
    const parts = [...one.inputs, ...one.passages].map(([name, text]) => el("div", { class: "part" }, el("h4", {}, name), el("pre", { dir: "auto" }, long(text))));
    parts.splice(one.inputs.length, 0, ...one.images.filter((source) => imagesOf(source)[0] === source)
      .map((source) => el("img", { src: source, class: "thumbnail", alt: "an image of the inputs" })));
    if (one.expected !== null) parts.push(el("div", { class: "part" }, el("h4", {}, "expected"), el("pre", { dir: "auto" }, long(one.expected))));
    const choices = this.sheet.words.map((word, place) => this.button(word, `${place + 1} ${word}`, one.label === word));
    if (this.sheet.scale) choices.push(...this.typed());
    this.main.replaceChildren(
      el("h2", {}, "case ", el("code", {}, one.case_id)), ...parts,
      el("div", { class: "box" }, el("h4", {}, "output"), el("pre", { dir: "auto" }, long(one.output))),
      el("p", { class: "choices" }, ...choices, this.note),
      el("p", { class: "dim" }, one.label === null ? "" : `labelled: ${one.label}. `, "s skips, b goes back, n writes a note"));
  }

  /** @param {string} word @param {string} title @param {boolean} chosen @returns {HTMLElement} */
  button(word, title, chosen) {
    const made = el("button", { type: "button", class: "more", "aria-pressed": String(chosen) }, title);
    made.addEventListener("click", () => this.label(word));
    return made;
  }

  /** A field for a number of the scale. @returns {HTMLElement[]} */
  typed() {
    const [low, high] = this.sheet.scale || [0, 1];
    const field = /** @type {HTMLInputElement} */ (el("input", { type: "number", "aria-label": "label", min: low, max: high, step: "any" }));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.label(field.value);
    });
    return [field, el("span", { class: "dim" }, ` ${low} to ${high}, Enter `)];
  }

  /** @param {string} word */
  async label(word) {
    const body = JSON.stringify({ place: this.place, label: word, note: this.note.value || null });
    try {
      const answer = await ask(`${this.api}/label`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
      this.sheet.outputs[this.place] = await answer.json();
    } catch (error) {
      this.state.textContent = printable(error instanceof Error ? error.message : String(error));
      return;
    }
    this.note.value = "";
    this.go(1);
  }
}
