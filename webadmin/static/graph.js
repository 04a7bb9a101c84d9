// Draws how fast a link sends, second by second, from what live.js keeps true in the page.
//
// The page tells the newest reading and those of the last minutes; what was seen since the page was opened is kept
// here beside them, for the queue of the past is told by nobody. Without this script the page's own drawing stays.

const box = document.getElementById("flow-graph");
const told = document.getElementById("flow-told");
const HEIGHT = 240;
const dark = matchMedia("(prefers-color-scheme: dark)");
const series = { sent: new Map(), came: new Map(), bound: new Map(), waiting: new Map() }; // by second
let graph;
let width = 0;
let newest; // what the page tells by now

/** Numbers and times as the page's language writes them, by the gateway's clock as everywhere on the page. */
function spoken({ east }) {
  const { lang } = document.documentElement;
  const number = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
  const time = new Intl.DateTimeFormat(lang, { timeStyle: "medium", timeZone: "UTC" });
  return { number: (value) => number.format(value), time: (at) => time.format((at + east) * 1000) };
}

/** Keep what the page tells, and forget what is too old; the columns that uPlot draws. */
function columns({ past, came, now, span }) {
  for (const [at, sent, bound] of past) {
    series.sent.set(at, sent);
    series.bound.set(at, bound);
  }
  for (const [at, parts] of came) series.came.set(at, parts);
  const [at, sent, parts, bound, waiting] = now;
  for (const [name, value] of Object.entries({ sent, came: parts, bound, waiting })) series[name].set(at, value);
  for (const kept of Object.values(series)) for (const one of kept.keys()) if (one < at - span) kept.delete(one);
  const times = [...new Set(Object.values(series).flatMap((kept) => [...kept.keys()]))].sort((a, b) => a - b);
  return [times, ...Object.values(series).map((kept) => times.map((one) => kept.get(one)))]; // null is a gap, undefined none
}

function options() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const { number, time } = spoken(newest);
  const paths = window.uPlot.paths.stepped({ align: 1 }); // a reading holds until the next one
  const line = (name, more) => ({ stroke: colour(name), width: 2, paths, points: { show: false }, ...more });
  const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const from0 = (least) => ({ range: (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.1)] });
  const steps = [1, 10, 100, 1000, 10000].flatMap((power) => [power, 2 * power, 5 * power]);
  const marks = { ...axis, font, labelFont: font, labelSize: 18, size: 48, incrs: steps, values: (_, all) => all.map(number) };
  return {
    width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: true, range: () => [newest.now[0] - newest.span, newest.now[0]] }, y: from0(4), queue: from0(10) },
    series: [{}, line("leaf"), line("ink", { dash: [2, 3] }), line("amber", { dash: [7, 4] }), line("soft", { scale: "queue", width: 1 })],
    axes: [
      { ...axis, font, space: 80, values: (_, all) => all.map(time) },
      { ...marks, label: box.dataset.parts },
      { ...marks, label: box.dataset.queue, side: 1, scale: "queue", grid: { show: false } },
    ],
  };
}

/** Draw what the page tells by now. anew: in another width, or in other colours. */
function draw(anew) {
  const data = document.getElementById("flow-data");
  if (!data) return;
  newest = JSON.parse(data.value);
  const drawn = columns(newest);
  if (anew || !graph) {
    graph?.destroy();
    width = box.clientWidth;
    graph = new window.uPlot(options(), drawn, box);
  } else graph.setData(drawn);
}

if (box && window.uPlot) {
  box.hidden = false;
  document.body.classList.add("graph-live"); // the drawing of the page makes room
  draw();
  new MutationObserver(() => draw()).observe(told, { childList: true });
  new ResizeObserver(() => box.clientWidth !== width && draw(true)).observe(box);
  dark.addEventListener("change", () => draw(true));
}
