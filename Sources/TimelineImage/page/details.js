// What is told of a lane and of a moment: beside the pointer, and in the panel.

function tell(element, left, top) {
  const tip = $("tip");
  const parts = element.moment ? tipOfMoment(element.moment) : tipOfSpan(element.span);
  tip.replaceChildren(...parts);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const height = document.documentElement.clientHeight;
  tip.style.left = `${Math.max(4, Math.min(left + 14, width - box.width - 8))}px`;
  tip.style.top = `${top + 20 + box.height > height ? top - box.height - 12 : top + 20}px`;
}

function tipOfMoment(moment) {
  const parts = [make("b", "", moment.words), make("span", "", `${timeText(moment.at)}, input ${moment.input}`)];
  if (moment.detail) parts.push(make("small", "", shortened(moment.detail, 300)));
  return parts;
}

function tipOfSpan(span) {
  const until = span.open ? "goes on at the end" : `until ${timeText(span.to)}`;
  return [make("b", "", span.words),
    make("span", "", `${lengthText(span.to - span.from)}, from ${timeText(span.from)}, ${until}`)];
}

function shortened(text, length) {
  return text.length > length ? text.slice(0, length) + " …" : text;
}

function showDetails() {
  const panel = $("details");
  const lane = state.lane;
  if (!lane) {
    panel.replaceChildren(...overall());
    return;
  }
  const parts = [heading(lane)];
  if (lane.reason) parts.push(make("p", "why", lane.reason));
  parts.push(facts(lane), ...phases(lane), ...moments(lane));
  panel.replaceChildren(...parts);
  const chosen = panel.querySelector("li.chosen");
  if (chosen) chosen.scrollIntoView({ block: "nearest" });
  else panel.scrollTop = 0;
}

/** Without a lane: the session as a whole. */
function overall() {
  const list = make("dl");
  const add = (name, value) => list.append(make("dt", "", name), make("dd", "", value));
  const opens = link ? link.spans.filter((span) => span.name === "open") : [];
  const ends = opens.filter((span) => !span.open).length;
  const sum = opens.reduce((sum, span) => sum + span.to - span.from, 0);
  const share = session.length > 0 ? Math.round((sum / session.length) * 100) : 0;
  add("build", session.build);
  add("host", session.system || "unknown");
  add("life", session.life);
  add("connected", `${share} % of the time, ${ends} ${ends === 1 ? "end" : "ends"}`);
  const completed = tasks.filter((lane) => lane.outcome === "completed");
  const lengths = completed.map((lane) => verdictAt(lane) - lane.from).sort((one, other) => one - other);
  if (lengths.length > 0) {
    const middle = lengths[lengths.length >> 1];
    add("completed tasks", `median ${lengthText(middle)}, longest ${lengthText(lengths.at(-1))}`);
  }
  const parts = [make("h2", "", "This session"), list];
  const found = troubles(lanes);
  if (found.length > 0) {
    const rows = make("ol");
    for (const { lane, moment } of found.slice(0, 200)) {
      rows.append(momentRow(lane, moment, lane.kind === "task" ? `${shortName(lane.name)}: ` : ""));
    }
    parts.push(make("h3", "", `Troubles (${found.length})`), rows);
  }
  parts.push(make("h3", "", "To begin with"), make("p", "hint", BEGINNING));
  return parts;
}

const BEGINNING = "Point at something to see what it is; click a lane, or use the arrow keys, to see all of it here. "
  + "Wheel or + and − zoom, ? shows all keys and signs.";

/** What somebody may have to look at, in the order in which it happened. */
function troubles(among) {
  const found = [];
  for (const lane of among) {
    for (const moment of lane.moments) if (moment.kind === "trouble") found.push({ lane, moment });
  }
  return found.sort((one, other) => one.moment.at - other.moment.at);
}

function verdictAt(lane) {
  const verdict = lane.moments.findLast((moment) => moment.kind === "verdict");
  return verdict ? verdict.at : lane.to;
}

function heading(lane) {
  const head = make("h2");
  if (lane.kind === "task") head.append(sign(lane.outcome));
  head.append(make("span", "", lane.kind === "task" ? lane.name : `The ${lane.name}`));
  return head;
}

function facts(lane) {
  const list = make("dl");
  const add = (name, value) => list.append(make("dt", "", name), make("dd", "", value));
  if (lane.kind === "task") {
    if (lane.execution) add("execution", lane.execution);
    let outcome = outcomeWords(lane.outcome);
    if (lane.exitCode !== undefined) outcome += `, exit code ${lane.exitCode}`;
    add("outcome", outcome);
    const isSaid = ["completed", "failed", "cancelled"].includes(lane.outcome);
    if (isSaid) add("final word", lane.heard === null ? "not known to be heard" : `heard at ${timeText(lane.heard)}`);
    if (lane.facts) add("assignment", lane.facts);
    if (lane.older) add("seen", "it was there before this begins");
  }
  add("from", `${dayText(lane.from)} ${timeText(lane.from)}`);
  add("length", lengthText(lane.to - lane.from));
  return list;
}

function phases(lane) {
  if (lane.spans.length === 0) return [];
  const sums = new Map();
  for (const span of lane.spans) {
    const entry = sums.get(span.name) || { words: span.words, sum: 0, count: 0 };
    entry.sum += span.to - span.from;
    entry.count += 1;
    sums.set(span.name, entry);
  }
  const rows = [...sums].map(([name, entry]) => {
    const row = make("div", "phase");
    const words = entry.words + (entry.count > 1 ? `, ${entry.count} times` : "");
    row.append(make("span", `swatch ${name}`), make("span", "", words), make("span", "", lengthText(entry.sum)));
    return row;
  });
  return [make("h3", "", "Where the time went"), ...rows];
}

function moments(lane) {
  if (lane.moments.length === 0) return [];
  const list = make("ol");
  const most = 1500;
  for (const moment of lane.moments.slice(0, most)) list.append(momentRow(lane, moment));
  const left = lane.moments.length - most;
  const more = left > 0 ? [make("p", "hint", `${left} more are left out here.`)] : [];
  return [make("h3", "", lane.kind === "task" ? "Its story" : "What happened"), list, ...more];
}

/** With something before it: not by its own lane. */
function momentRow(lane, moment, before) {
  const row = make("li", moment.kind);
  row.lane = lane;
  row.moment = moment;
  if (moment === state.moment) row.classList.add("chosen");
  const since = before === undefined ? "+" + lengthText(moment.at - lane.from, 1) : timeText(moment.at);
  const time = make("span", "time", since);
  time.title = `${dayText(moment.at)} ${timeText(moment.at)}, input ${moment.input}`;
  const glyph = make("span", "kind", moment.kind === "verdict" ? "◆" : GLYPHS[moment.kind] || "·");
  const what = make("span", "what", (before || "") + moment.words);
  if (moment.detail) what.append(make("small", "", moment.detail));
  row.append(time, glyph, what);
  return row;
}

// Keys and signs.

const KEYS = [
  ["↑ ↓", "the lane before, the next lane"], ["← →", "the moment before, the next moment"],
  ["Home End", "first and last moment of the lane"], ["PgUp PgDn", "ten lanes further"],
  ["+ −", "zoom in and out"], ["0", "show all"], ["Enter", "show just this lane's time"],
  ["Shift ← →", "move in time"], ["v", "only tasks in view"], ["t", "next trouble"], ["/", "search"],
  ["Esc", "let go"], ["?", "this help"],
];

function writeHelp() {
  const body = $("help-body");
  const column = (title, lines) => {
    const part = make("div");
    part.append(make("h3", "", title), ...lines);
    body.append(part);
  };
  const line = (sample, words) => {
    const element = make("div", "line");
    const cell = make("span", "cell");
    cell.append(sample);
    element.append(cell, make("span", "", words));
    return element;
  };
  column("Keys", KEYS.map(([keys, words]) => {
    const element = make("div", "line");
    element.append(make("kbd", "", keys), make("span", "", words));
    return element;
  }));
  const spans = new Map(lanes.flatMap((lane) => lane.spans.map((span) => [span.name + span.words, span])));
  column("Phases", [...spans.values()].map((span) => line(make("span", `swatch ${span.name}`), span.words)));
  const dot = (kind) => make("span", `dot ${kind}`, GLYPHS[kind]);
  column("Moments", Object.entries(KINDS).map(([kind, words]) => line(dot(kind), words)));
  column("Outcomes", OUTCOMES.map((outcome) => line(sign(outcome), outcomeWords(outcome))));
  column("Pointer", [make("div", "line", POINTER)]);
}

const POINTER = "Wheel on the axis, or with Ctrl anywhere: zoom. Drag: move. Draw on the axis: zoom to that. "
  + "Red, dashed: not connected.";
