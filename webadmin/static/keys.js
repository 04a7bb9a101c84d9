// Everything by keyboard: go anywhere (Ctrl+K), go to a place (G and a letter), move in a list, press what is on the page.
//
// A key is what lies in its place (`code`), so a Persian or Russian layout changes nothing. Whoever dictates, or brushes
// the keyboard, switches the single letters off on the page Help (WCAG 2.2, 2.1.4).

const OFF = "smsgw.letters-off";
const AFTER_G = 1500; // milliseconds in which the second letter is awaited
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const ways = document.getElementById("find");
const goes = JSON.parse(ways.dataset.goes);
let going = 0;

/** A page of ours over this one: its main part, in a dialog that Esc closes. */
async function over(address, field) {
  document.getElementById("over")?.close();
  const page = await got(address);
  const box = document.createElement("dialog");
  box.id = "over";
  box.setAttribute("aria-label", page.querySelector("h1").textContent);
  box.append(...page.querySelector("main").children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  letters(box);
  box.querySelector(field)?.focus();
}

async function got(address) {
  const answer = await fetch(address, { cache: "no-store", credentials: "same-origin" });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** What fits the letters of the palette; only the newest answer counts. */
let asked = 0;
async function seek(field) {
  const mine = ++asked;
  const page = await got(`${ways.href}?q=${encodeURIComponent(field.value)}`);
  const found = page.getElementById("found");
  if (mine === asked && found) document.querySelector("#over #found")?.replaceWith(found);
}

/** The first link of each row that can be seen. */
function rows() {
  const all = document.querySelectorAll("#over #found li, #conversations > li, table.rows tbody > tr, .board .card, #open-ones > li");
  const inside = document.getElementById("over");
  return [...all].filter((row) => row.offsetParent && (!inside || inside.contains(row))).map((row) => row.querySelector("a[href]")).filter(Boolean);
}

function move(by) {
  const links = rows();
  const at = links.findIndex((link) => link.closest("li, tr, .card").contains(document.activeElement));
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

/** Pick the row in which the keyboard stands, or pick it no more. */
function pick() {
  const box = document.activeElement.closest("li, tr, .card")?.querySelector("[name=pick]");
  box?.click();
  return Boolean(box);
}

/** What a letter presses on this page: a field is entered, anything else is clicked. */
function press(code) {
  const all = [...document.querySelectorAll(`[data-key="${code}"]`)].filter((it) => it.offsetParent);
  const meant = code === "KeyZ" && !all[0]?.closest("#did") ? all.at(-1) : all[0]; // of texts the newest is taken back
  if (!meant) return false;
  if (meant.matches("summary")) return unfold(meant.parentElement);
  meant.closest("details")?.setAttribute("open", "");
  if (meant.matches(FIELDS)) meant.focus();
  else meant.click();
  return true;
}

/** Open what is folded, at its first choice; or fold it again. */
function unfold(fold) {
  fold.open = !fold.open;
  fold.querySelector(fold.open ? "button, select, textarea, input:not([type=hidden])" : "summary").focus();
  return true;
}

function letter(event) {
  const { code } = event;
  if (going) {
    going = clearTimeout(going) ?? 0;
    if (goes[code]) location.assign(goes[code]);
    return Boolean(goes[code]);
  }
  if (event.key === "?" || event.key === "؟" || (event.shiftKey && code === "Slash")) over(document.getElementById("help").href, "a");
  else if (event.shiftKey) return false;
  else if (code === "KeyG") going = setTimeout(() => (going = 0), AFTER_G);
  else if (code === "KeyJ") move(1);
  else if (code === "KeyK") move(-1);
  else if (code === "KeyX") return pick();
  else if (code === "Slash") (document.querySelector("[role=search] input") ?? ways)[document.querySelector("[role=search] input") ? "focus" : "click"]();
  else if (press(code)) return true;
  else if (code === "KeyN" && goes.new) location.assign(goes.new);
  else return false;
  return true;
}

/** Esc leaves a field, then goes back to the list. */
function back(field) {
  if (field) document.getElementById("main").focus();
  else document.querySelector("a.back")?.click();
}

document.addEventListener("keydown", (event) => {
  const { code, target } = event;
  if (event.isComposing || event.altKey) return;
  const inside = document.getElementById("over");
  if ((event.ctrlKey || event.metaKey) && code === "KeyK" && !event.shiftKey) {
    event.preventDefault();
    over(ways.href, "input");
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (inside && (code === "ArrowDown" || code === "ArrowUp")) {
    event.preventDefault();
    move(target.matches(FIELDS) ? 0 : code === "ArrowDown" ? 1 : -1);
  } else if (inside && code === "Enter" && target.id === "where") {
    event.preventDefault();
    rows()[0]?.click();
  } else if (code === "Escape" && !inside) back(target.closest(FIELDS));
  else if (!inside && !target.closest(FIELDS) && !localStorage.getItem(OFF) && letter(event)) event.preventDefault();
});

document.addEventListener("input", (event) => {
  if (event.target.id === "where" && event.target.closest("#over")) seek(event.target);
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "single") return;
  if (event.target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
});

/** Show the switch for single letters, as it stands. */
function letters(where) {
  const single = where.querySelector("#single");
  if (!single) return;
  single.checked = !localStorage.getItem(OFF);
  where.querySelector("#letters").hidden = false;
}

ways.addEventListener("click", (event) => {
  event.preventDefault();
  over(ways.href, "input");
});
letters(document);
