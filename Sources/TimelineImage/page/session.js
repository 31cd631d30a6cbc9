// The session as data: lanes with their stretches and moments, and how times, lengths and signs are written.

const $ = (id) => document.getElementById(id);
const session = JSON.parse($("session").textContent);

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

const SIGNS = { completed: "✓", failed: "✕", cancelled: "–", rejected: "↩", dispatched: "→", forgotten: "?",
  open: "…" };
const OUTCOMES = ["completed", "failed", "cancelled", "dispatched", "rejected", "forgotten", "open"];
const GLYPHS = {
  received: "↓", said: "↑", heard: "✓", command: "▸", verdict: "", stop: "■", connection: "⇄",
  trouble: "!", step: "", note: "",
};
// What is drawn where there is not room for all.
const RANK = {
  trouble: 9, verdict: 8, stop: 7, connection: 6, received: 5, heard: 4, said: 3, command: 2, note: 1, step: 0,
};
const outcomeWords = (outcome) => ({ open: "unfinished", dispatched: "handed over" }[outcome] || outcome);
const KINDS = {
  received: "received from the server", said: "said to the server", heard: "heard by the server",
  command: "start or end of a command", verdict: "verdict", stop: "cancellation, signal or stop",
  connection: "connection", trouble: "trouble", step: "step, or a note",
};

function readLane(raw, index) {
  const lane = {
    index, kind: raw.kind, name: raw.name, execution: raw.execution, slot: raw.slot, reason: raw.reason || "",
    facts: raw.facts || "", exitCode: raw.exitCode, heard: raw.heard, older: raw.older === true,
    outcome: raw.outcome || "open", unheard: raw.unheard || null,
    spans: raw.spans.map(([name, words, from, to, open]) => ({ name, words, from, to, open })),
    moments: raw.moments.map(([at, kind, input, words, detail]) => ({ at, kind, input, words, detail: detail || "" })),
  };
  const ends = lane.spans.flatMap((span) => [span.from, span.to]).concat(lane.moments.map((moment) => moment.at));
  lane.from = Math.min(...ends, session.length);
  lane.to = Math.max(...ends, 0);
  // What a search looks through; made when it is first needed.
  lane.text = () => {
    const words = [lane.name, lane.execution || "", lane.outcome, lane.reason, lane.facts];
    const all = words.concat(lane.moments.map((moment) => moment.words + " " + moment.detail));
    const text = all.join("\n").toLowerCase();
    lane.text = () => text;
    return text;
  };
  return lane;
}

const lanes = session.lanes.map(readLane);
const pinned = lanes.filter((lane) => lane.kind !== "task");
const tasks = lanes.filter((lane) => lane.kind === "task");
const link = lanes.find((lane) => lane.kind === "connection");

/** When the connection was not open: over these stretches nothing can reach the server. */
const downs = (() => {
  const found = [];
  let at = 0;
  for (const span of link ? link.spans : []) {
    if (span.name !== "open") continue;
    if (span.from > at) found.push([at, span.from]);
    at = Math.max(at, span.to);
  }
  if (at < session.length) found.push([at, session.length]);
  return found;
})();

// Times.

const clock = { mode: "utc" };
const two = (number) => String(number).padStart(2, "0");

function wall(at) {
  return new Date(session.start + at / 1000);
}

/** A moment, as exact as the step between two of them asks for; `step` in microseconds. */
function timeText(at, step = 1000) {
  if (clock.mode === "since") return "+" + lengthText(at, step);
  const date = wall(at);
  const utc = clock.mode === "utc";
  const parts = utc ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()];
  const text = parts.map(two).join(":");
  if (step >= 60e6) return text.slice(0, 5);
  if (step >= 1e6) return text;
  // The date has whole milliseconds only.
  const rest = Math.floor((((session.start % 1000) * 1000 + at) % 1e6 + 1e6) % 1e6);
  const micros = String(rest).padStart(6, "0");
  return text + "." + (step >= 1000 ? micros.slice(0, 3) : micros);
}

function dayText(at) {
  const date = wall(at);
  if (clock.mode === "local") return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return date.toISOString().slice(0, 10);
}

/** A length of time in microseconds, as people write it. */
function lengthText(micros, step = 0) {
  if (micros < 1000) return step >= 1000 ? "0 ms" : `${Math.round(micros)} µs`;
  const ms = micros / 1000;
  if (ms < 1000) return ms < 10 && step < 1000 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) {
    const places = step >= 1e6 ? 0 : step >= 1e5 ? 1 : step >= 1e4 ? 2 : step > 0 ? 3 : seconds < 10 ? 2 : 1;
    return `${seconds.toFixed(places)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  const left = Math.floor(seconds % 60);
  if (minutes < 60) return left > 0 || step > 0 && step < 60e6 ? `${minutes} m ${two(left)} s` : `${minutes} m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 > 0 ? `${hours} h ${two(minutes % 60)} m` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The steps that an axis may take, in microseconds. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7,
  1.5e7, 3e7, 6e7, 1.2e8, 3e8, 6e8, 9e8, 1.8e9, 3.6e9, 7.2e9, 1.08e10, 2.16e10, 4.32e10, 8.64e10, 1.728e11, 6.048e11];

// The head of the page.

function writeHead() {
  const name = session.worker;
  document.title = `${name}: a worker's session`;
  $("title").textContent = name;
  $("title").append(make("small", "", `${session.backend} backend`));
  const [first, last] = session.inputs;
  const inputs = `${(last - first + 1).toLocaleString("en")} inputs (${first} to ${last})`;
  const day = new Date(session.start).toISOString().replace("T", " ").slice(0, 19);
  $("meta").textContent =
    `${day} UTC, ${lengthText(session.length)}, ${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}, ${inputs}`;
  for (const note of session.notes) {
    const bad = /damaged|differ|missing|left out|something else|middle of|not the one|not understood/.test(note);
    $("notes").append(make("li", bad ? "bad" : "", note));
  }
}
