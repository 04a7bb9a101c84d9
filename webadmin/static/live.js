// Keeps an open page true, and sends its forms without leaving it.
//
// There is no second description of a page: what changed is asked for with the page's own address and ETag, and of the
// answer every element with `data-live` is merged, child by child and by id, into the one on the screen. So scroll,
// focus and half-written drafts stay. When to ask is told by a stream (news.js), or by the clock where there is none.
// Without this script everything is links and forms, and works too.

const SOON = 250; // milliseconds between two looks, when there is more and more news
const SETTLES = 1000; // after news, one look more: what nobody tells of came with it
const EVERY = 2000; // while no stream tells of news
const PATIENCE = 3000; // while the gateway does not answer
const BUZZ = 900;
const TOKEN = /name="csrf_token" value="[^"]*"/g; // spelled anew in each answer, and good in any

const pulse = document.getElementById("pulse");
let etag = ""; // of what the screen shows
let sent = 0; // counts forms: what was asked before one was sent is old news
let live = false; // whether a stream tells of news
let looking = false;
let news = true; // whether there was some since the last look
let looked = 0;
let timer;

/** The page that answers a request; null when nothing changed. Whoever is logged out is taken to the log-in. */
async function ask(address, options) {
  const answer = await fetch(address, { cache: "no-store", credentials: "same-origin", ...options });
  if (answer.status === 304) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.getElementById("links")) return [page, answer.headers.get("ETag") ?? ""];
  if (answer.status >= 500) throw new Error(answer.statusText);
  location.reload();
  return null;
}

/** Bring every live element of the screen to what the page says. answers: it is what a form was answered. */
function take(page, answers) {
  const had = document.activeElement;
  for (const shown of document.querySelectorAll("[data-live]")) {
    if (shown.dataset.live === "sent" && !answers) continue; // stays until the next form is answered
    if (shown.dataset.live === "unwritten" && document.getElementById("draft")?.value) continue; // what the draft began with
    const fresh = page.getElementById(shown.id);
    if (fresh) merge(shown, fresh);
  }
  // what had the focus is new, or gone: a keyboard does not begin at the top again
  if (had?.isConnected) return;
  (document.getElementById(had?.id) ?? document.getElementById("main"))?.focus({ preventScroll: true });
}

/** What an element says, but for the token of its forms. */
const says = (element) => element?.outerHTML.replaceAll(TOKEN, "");

function merge(shown, fresh) {
  const had = new Map([...shown.children].filter((child) => child.id).map((child) => [child.id, child]));
  const wanted = [...fresh.children].map((child) => {
    const old = had.get(child.id);
    return says(old) === says(child) ? old : picked(document.importNode(child, true), old);
  });
  const places = new Set(wanted);
  for (const child of [...shown.children]) if (!places.has(child)) child.remove(); // also those without an id
  wanted.forEach((child, at) => {
    if (shown.children[at] !== child) shown.insertBefore(child, shown.children[at] ?? null);
    if (shown.hasAttribute("data-buzz") && !had.has(child.id) && child.matches(".theirs")) buzz(shown.closest(".phone"));
  });
}

/** What was picked in a row stays so when the row is drawn anew. */
function picked(row, old) {
  if (old?.querySelector("[name=pick]:checked")) row.querySelector("[name=pick]").checked = true;
  return row;
}

function buzz(phone) {
  phone.classList.add("buzz");
  setTimeout(() => phone.classList.remove("buzz"), BUZZ);
}

/** Look in a while; a look that is under way is followed by another. */
function soon(wait) {
  clearTimeout(timer);
  if (!looking) timer = setTimeout(look, wait);
}

/** Look whether anything happened, again and again: after news at once, else now and then. */
async function look() {
  const told = news;
  let wait = live ? Number(document.body.dataset.look) : EVERY;
  looking = true;
  news = false;
  try {
    const before = sent;
    const found = document.hidden ? null : await ask(location.href, { headers: etag ? { "If-None-Match": etag } : {} });
    if (found && before === sent) {
      take(found[0]);
      etag = found[1];
    }
    if (told) wait = Math.min(wait, SETTLES);
    pulse.hidden = true;
  } catch {
    pulse.hidden = false;
    wait = PATIENCE;
  }
  looking = false;
  looked = Date.now();
  soon(news ? SOON : wait);
}

function hear(word) {
  live = word !== "lost";
  document.body.dataset.stream = word;
  news = true;
  if (!document.hidden) soon(Math.max(0, looked + SOON - Date.now()));
}

/** Hear of news: by the stream that all tabs share or, in a browser without shared workers, by one for each that is seen. */
function listen() {
  const at = new URL("news.js", import.meta.url);
  if (window.SharedWorker) {
    const { port } = new SharedWorker(at, { type: "module" });
    port.onmessage = ({ data }) => hear(data);
    addEventListener("pagehide", () => port.postMessage("bye"));
    addEventListener("pageshow", (event) => event.persisted && port.postMessage("back"));
  } else {
    import(at).then(({ follow }) => {
      let end = follow(hear);
      document.addEventListener("visibilitychange", () => {
        end();
        if (!document.hidden) end = follow(hear);
      });
    });
  }
  for (const happens of ["online", "offline"]) addEventListener(happens, () => soon(0));
  document.addEventListener("visibilitychange", () => document.hidden || soon(0));
}

/** Send a form and take its successor from the page that answers: emptied, or with what was wrong. */
async function send(form, button) {
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  sent++;
  try {
    const told = new FormData(form, button); // files go as the form says, all else as it always did
    const body = form.enctype === "multipart/form-data" ? told : new URLSearchParams(told);
    const found = await ask(form.action, { method: "POST", body });
    const next = found?.[0].getElementById(form.id);
    regain(found?.[0]);
    if (next && !form.closest("[data-live]")) {
      const typing = form.contains(document.activeElement);
      const fold = form.closest("details");
      form.replaceWith(next);
      fold?.removeAttribute("open"); // it is decided
      if (typing && fold) fold.querySelector("summary").focus();
      else if (typing) next.querySelector("textarea, input:not([type=hidden])")?.focus();
    }
    if (found) take(found[0], true);
    if (found && ["several", "undo-several"].includes(form.id)) announce(form, found[0]);
    pulse.hidden = true;
  } catch {
    pulse.hidden = false; // the draft stays, and so does its client_ref: sending it again sends it once
  } finally {
    form.ariaBusy = null;
    etag = "";
    sent++;
    news = true;
    soon(SOON);
  }
}

/** What was done to several is said, and the keyboard stands where it is taken back. */
function announce(form, page) {
  const wrong = page.querySelector("main > .problem");
  if (wrong) document.getElementById("several").prepend(wrong);
  const did = document.querySelector("#did button") ?? document.getElementById("did-says");
  if (!did) return;
  if (form.id === "several") for (const box of document.querySelectorAll("[name=pick]:checked")) box.checked = false;
  did.focus();
}

/** What was taken back is the draft again, unless another one was begun. */
function regain(page) {
  const [draft, words] = [document.getElementById("draft"), page?.getElementById("draft")?.value];
  if (draft && words && !draft.value) draft.value = words;
}

/** Show how a telephone shows the files that were chosen. */
async function lookAt(field) {
  const box = field.form.querySelector("[data-look-at]");
  if (!box) return;
  const answer = await fetch(box.dataset.lookAt, { method: "POST", body: new FormData(field.form) });
  if (answer.ok && box.isConnected) box.innerHTML = await answer.text();
}

/** What is written in a form, without its files. */
function words(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
}

let counting;

/** Show what the draft costs, a moment after the last key. */
function count(draft) {
  clearTimeout(counting);
  counting = setTimeout(async () => {
    const answer = await fetch(draft.dataset.cost, { method: "POST", body: words(draft.form) });
    const told = await answer.text();
    if (answer.ok && draft.isConnected) document.getElementById("cost").innerHTML = told; // else it was sent meanwhile
  }, 150);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-quiet]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("input", (event) => {
  if (event.target.dataset.cost) count(event.target);
});

document.addEventListener("change", (event) => {
  const { form, name, type } = event.target;
  const files = type === "file" ? event.target : name === "to" && form?.querySelector("[type=file]");
  if (files && (type === "file" || files.files.length)) lookAt(files); // what fits depends on whom it is for
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.dataset.cost) event.target.form.requestSubmit();
});

document.addEventListener("click", async (event) => {
  const swaps = event.target.dataset.swaps;
  if (swaps) {
    const draft = document.getElementById("draft");
    for (const [letter, plainer] of JSON.parse(swaps)) draft.value = draft.value.replaceAll(letter, plainer);
    draft.focus();
    count(draft);
  }
  const words = event.target.dataset.insert;
  if (words) {
    event.preventDefault(); // without scripts it is sent, and comes back in the draft
    const draft = document.getElementById("draft");
    draft.setRangeText(words, draft.selectionStart, draft.selectionEnd, "end");
    draft.focus();
    count(draft);
  }
  if ("pickAll" in event.target.dataset) for (const box of document.querySelectorAll("[name=pick]")) box.checked = true;
  const from = event.target.dataset.copy && document.getElementById(event.target.dataset.copy);
  if (from) {
    getSelection().selectAllChildren(from); // what is left for pages without HTTPS: Ctrl+C
    await navigator.clipboard?.writeText(from.textContent);
    document.getElementById("copied").textContent = document.getElementById("copied-words").innerHTML;
  }
});

/** Others need not wait for who looks elsewhere. */
addEventListener("pagehide", () => {
  const form = document.querySelector("[data-leave]");
  if (form) navigator.sendBeacon(form.dataset.leave, new URLSearchParams({ csrf_token: form.elements.csrf_token.value }));
});

for (const button of document.querySelectorAll("[data-copy], [data-pick-all]")) button.hidden = false;
if (pulse && "look" in document.body.dataset) {
  listen();
  look();
}
