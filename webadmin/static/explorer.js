// Asks the API what is chosen, with a key that stays in this page. Without this script there is no explorer; the
// explanation needs none.

const [way, path, body, key, answer] = ["way", "path", "body", "key", "answer"].map((name) =>
  document.getElementById(`its-${name}`),
);
const PATIENCE = 30_000; // milliseconds; the stream of events never ends

function choose() {
  const { dataset } = way.selectedOptions[0];
  path.value = dataset.path;
  body.value = dataset.body;
  body.closest("label").hidden = !dataset.media;
}

function laid_out(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function ask() {
  const { method, media } = way.selectedOptions[0].dataset;
  const headers = key.value ? { Authorization: `Bearer ${key.value.trim()}` } : {};
  if (media) headers["Content-Type"] = media;
  answer.hidden = false;
  answer.textContent = "…";
  try {
    const told = await fetch(path.value, {
      method, headers, body: media ? body.value : undefined,
      cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE),
    });
    answer.textContent = `${told.status} ${told.statusText}\n\n${laid_out(await told.text())}`;
  } catch (problem) {
    answer.textContent = String(problem);
  }
}

way.addEventListener("change", choose);
document.getElementById("its-go").addEventListener("click", ask);
choose();
document.getElementById("explorer").hidden = false;
