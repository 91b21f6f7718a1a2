"use strict";
const cases = [...document.querySelectorAll("details.case")];
const search = document.getElementById("search");
const only = document.getElementById("only-wrong");
const shown = () => cases.filter((item) => item.offsetParent !== null);
search.addEventListener("input", () => {
  const wanted = search.value.toLowerCase();
  for (const item of cases) item.classList.toggle("hidden", !item.textContent.toLowerCase().includes(wanted));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
  if (event.key === "f") only.checked = !only.checked;
  if (event.key === "/") { search.focus(); event.preventDefault(); }
  if (event.key !== "j" && event.key !== "k") return;
  const list = shown();
  const at = list.findIndex((item) => item.contains(document.activeElement));
  const next = list[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
  if (next) { next.querySelector("summary").focus(); next.scrollIntoView({ block: "nearest" }); }
});
const named = document.getElementById(location.hash.slice(1));
if (named) named.open = true;
