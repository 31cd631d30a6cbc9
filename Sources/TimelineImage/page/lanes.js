// The chart: what is shown of it, and how it is drawn. Only the rows in sight have elements.

const ROW = 26;
const view = { from: 0, to: Math.max(1, session.length) };
const state = {
  shown: tasks, matching: tasks, words: [], hidden: new Set(), inView: tasks.length > 200, order: "start",
  lane: null, moment: null, isDue: false,
};
const whole = { from: 0, to: Math.max(1, session.length) };

function trackWidth() {
  return Math.max(50, $("axis").clientWidth);
}

// A little room at both ends, so that what lies there is seen whole.
const EDGE = 9;
const inner = () => trackWidth() - 2 * EDGE;
const x = (at) => EDGE + ((at - view.from) / (view.to - view.from)) * inner();
const atX = (left) => view.from + ((left - EDGE) / inner()) * (view.to - view.from);

/** Draws once, however often it is asked for before the next picture. */
function draw() {
  if (state.isDue) return;
  state.isDue = true;
  requestAnimationFrame(() => {
    state.isDue = false;
    drawNow();
  });
}

function drawNow() {
  if (state.inView) choose();
  const bar = $("scroll").offsetWidth - $("scroll").clientWidth;
  document.documentElement.style.setProperty("--bar", `${bar}px`);
  drawShade(drawAxis());
  $("pinned").replaceChildren(...pinned.map((lane, place) => drawRow(lane, place)));
  drawRows();
  drawOverview();
}

// What is shown.

function choose() {
  state.matching = tasks.filter((lane) =>
    !state.hidden.has(lane.outcome) && state.words.every((word) => lane.text().includes(word)));
  const found = state.matching.filter((lane) => !state.inView || (lane.to >= view.from && lane.from <= view.to));
  const orders = {
    start: (one, other) => one.from - other.from || one.index - other.index,
    length: (one, other) => (other.to - other.from) - (one.to - one.from) || one.index - other.index,
    outcome: (one, other) => weight(other) - weight(one) || one.from - other.from,
    name: (one, other) => one.name.localeCompare(other.name, "en", { numeric: true }) || one.index - other.index,
  };
  state.shown = found.sort(orders[state.order]);
  const isAll = found.length === tasks.length;
  $("found").textContent = isAll ? "" : `${found.length} of ${tasks.length}`;
  $("empty").hidden = found.length > 0;
  $("empty").textContent = tasks.length === 0 ? "There is no task in this session." : "No task matches.";
  $("rows").style.height = `${found.length * ROW}px`;
  $("lanes").setAttribute("aria-rowcount", pinned.length + found.length);
}

function weight(lane) {
  const order = { failed: 5, forgotten: 4, rejected: 3, cancelled: 2, open: 1, dispatched: 0, completed: 0 };
  return order[lane.outcome] + (lane.moments.some((moment) => moment.kind === "trouble") ? 0.5 : 0);
}

// The axis.

function axisStep(space) {
  const wanted = ((view.to - view.from) / trackWidth()) * space;
  return STEPS.find((step) => step >= wanted) || STEPS[STEPS.length - 1];
}

function drawAxis() {
  const step = axisStep(clock.mode === "since" ? 90 : 100);
  // Ticks stand at whole units of the clock that is shown.
  const zone = clock.mode === "local" ? -wall(view.from).getTimezoneOffset() * 60e6 : 0;
  const offset = clock.mode === "since" ? 0 : ((session.start * 1000 + zone) % step + step) % step;
  const ticks = [];
  const lines = [];
  for (let at = Math.ceil((view.from + offset) / step) * step - offset; at <= view.to; at += step) {
    const tick = make("div", "tick", timeText(at, step));
    tick.style.left = `${x(at)}px`;
    ticks.push(tick);
    const line = make("i");
    line.style.left = `${x(at)}px`;
    lines.push(line);
  }
  $("axis").replaceChildren(...ticks);
  const day = `${dayText(view.from)} ${clock.mode === "utc" ? "UTC" : "local"}`;
  $("axis-label").textContent = clock.mode === "since" ? "since the start" : day;
  $("range").replaceChildren(make("div", "", `${timeText(view.from, step)} – ${timeText(view.to, step)}`),
    make("div", "", `${lengthText(view.to - view.from)} of ${lengthText(session.length)}`));
  return lines;
}

/** Through all lanes: where the connection was not open, and the axis' lines. */
function drawShade(parts) {
  for (const [from, to] of downs) {
    if (to < view.from || from > view.to) continue;
    const part = make("div");
    part.style.left = `${x(Math.max(from, view.from))}px`;
    part.style.width = `${Math.max(1, x(Math.min(to, view.to)) - x(Math.max(from, view.from)))}px`;
    parts.push(part);
  }
  $("shade").replaceChildren(...parts);
}

// Rows.

function drawRows() {
  const scroll = $("scroll");
  const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - 4);
  const last = Math.min(state.shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / ROW) + 4);
  const rows = [];
  for (let place = first; place < last; place++) {
    const row = drawRow(state.shown[place], pinned.length + place);
    row.style.top = `${place * ROW}px`;
    rows.push(row);
  }
  $("rows").replaceChildren(...rows);
}

function drawRow(lane, place) {
  const row = make("div", lane.unheard ? "row tall" : "row");
  row.id = `lane-${lane.index}`;
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", place + 1);
  row.lane = lane;
  if (place % 2 === 1) row.classList.add("odd");
  if (state.lane === lane) row.classList.add("active");
  row.setAttribute("aria-selected", state.lane === lane);
  row.append(drawLabel(lane), drawTrack(lane));
  return row;
}

function drawLabel(lane) {
  const label = make("div", "label");
  label.setAttribute("role", "rowheader");
  if (lane.kind === "task") {
    label.append(sign(lane.outcome));
    const name = make("span", "name");
    highlight(name, shortName(lane.name));
    label.append(name);
    // An execution's id is of use where a task had several.
    const execution = lane.execution && manifold.has(lane.name) ? shortName(lane.execution) : "";
    const more = [execution, lane.reason].filter(Boolean).join(", ");
    if (more) label.append(make("span", "more", more));
    label.title = [lane.name, lane.execution, outcomeWords(lane.outcome), lane.reason].filter(Boolean).join(", ");
  } else {
    label.append(make("span", "name", lane.name));
    if (lane.unheard) label.append(make("span", "more", unheardWords(lane)));
  }
  return label;
}

/** Long ids are told apart by their beginnings and ends. */
function shortName(name) {
  if (document.documentElement.clientWidth <= 900) return name.length > 12 ? `…${name.slice(-11)}` : name;
  return name.length > 24 ? `${name.slice(0, 9)}…${name.slice(-8)}` : name;
}

/** Tasks that had more than one execution here. */
const manifold = (() => {
  const once = new Set();
  return new Set(tasks.map((lane) => lane.name).filter((name) => once.has(name) || !once.add(name)));
})();

function unheardWords(lane) {
  const most = Math.max(0, ...lane.unheard.map((entry) => entry[1]));
  return `unheard messages, at most ${most}`;
}

function sign(outcome) {
  const element = make("span", `sign ${outcome}`, SIGNS[outcome]);
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", outcomeWords(outcome));
  return element;
}

/** With what was searched for marked in it. */
function highlight(element, text) {
  const lower = text.toLowerCase();
  const word = state.words.find((wanted) => lower.includes(wanted));
  if (!word) return element.append(text);
  const start = lower.indexOf(word);
  const end = start + word.length;
  element.append(text.slice(0, start), make("mark", "", text.slice(start, end)), text.slice(end));
}

function drawTrack(lane) {
  const track = make("div", "track");
  track.setAttribute("role", "gridcell");
  track.setAttribute("aria-label", laneWords(lane));
  if (lane.unheard) drawUnheard(track, lane);
  let edge = -1;
  for (const span of lane.spans) {
    if (span.to < view.from || span.from > view.to) continue;
    const from = Math.max(-20, x(span.from));
    const to = Math.min(trackWidth() + 20, x(span.to));
    // What is thinner than a point is not drawn over its neighbour.
    if (to - from < 0.7 && from < edge) continue;
    edge = Math.max(to, from + 2);
    const width = edge - from;
    const bar = make("div", `bar ${span.name}`);
    bar.style.left = `${from}px`;
    bar.style.width = `${width}px`;
    // What begins before the time shown has its words where they can be read.
    const hidden = Math.max(0, EDGE - from - 8);
    if (hidden > 0) bar.style.paddingLeft = `${hidden + 11}px`;
    if (span.open) bar.classList.add("continues");
    const room = width - hidden - 18;
    if (room > span.words.length * 6.2) bar.textContent = span.words;
    else if (room > span.name.length * 6.2) bar.textContent = span.name;
    else bar.classList.add("thin");
    bar.lane = lane;
    bar.span = span;
    track.append(bar);
  }
  for (const moment of inSight(lane)) track.append(drawMoment(lane, moment));
  const [before, behind] = [view.from - lane.to, lane.from - view.to];
  if (before > 0) track.append(make("span", "off before", `‹ ${lengthText(before, 1e6)} before`));
  if (behind > 0) track.append(make("span", "off behind", `${lengthText(behind, 1e6)} later ›`));
  return track;
}

/** The moments for which there is room, the more telling ones first. */
function inSight(lane) {
  const inside = lane.moments.filter((moment) => moment.at >= view.from && moment.at <= view.to);
  const ranked = inside.map((moment, place) => ({ moment, place, left: x(moment.at) }))
    .sort((one, other) => RANK[other.moment.kind] - RANK[one.moment.kind] || one.place - other.place);
  const taken = [];
  const kept = [];
  for (const entry of ranked) {
    const isChosen = entry.moment === state.moment;
    const space = RANK[entry.moment.kind] > 1 ? 12 : 7;
    if (!isChosen && taken.some((left) => Math.abs(left - entry.left) < space)) continue;
    taken.push(entry.left);
    kept.push(entry.moment);
  }
  return kept.sort((one, other) => one.at - other.at);
}

function drawMoment(lane, moment) {
  const dot = make("div", `dot ${moment.kind}`, GLYPHS[moment.kind]);
  dot.style.left = `${x(moment.at)}px`;
  if (moment === state.moment) dot.classList.add("chosen");
  const words = moment.words.toLowerCase();
  if (state.words.some((word) => words.includes(word))) dot.classList.add("match");
  dot.lane = lane;
  dot.moment = moment;
  return dot;
}

function drawUnheard(track, lane) {
  const most = Math.max(1, ...lane.unheard.map((entry) => entry[1]));
  const height = 18;
  const y = (count) => height - 1 - (count / most) * (height - 3);
  let path = `M 0 ${height}`;
  let before = 0;
  for (const [at, count] of lane.unheard) {
    const left = Math.min(trackWidth() + 5, Math.max(-5, x(at)));
    path += ` L ${left.toFixed(1)} ${y(before).toFixed(1)} L ${left.toFixed(1)} ${y(count).toFixed(1)}`;
    before = count;
  }
  const end = Math.min(trackWidth() + 5, x(session.length));
  path += ` L ${end.toFixed(1)} ${y(before).toFixed(1)} L ${end.toFixed(1)} ${height} Z`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.id = "unheard";
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  track.append(svg);
}

function laneWords(lane) {
  const phases = lane.spans.map((span) => `${span.words} for ${lengthText(span.to - span.from)}`).join(", ");
  return `${lane.kind === "task" ? outcomeWords(lane.outcome) + ": " : ""}${phases}`;
}

// The overview.

function drawOverview() {
  const canvas = $("overview-canvas");
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const colours = getComputedStyle(document.documentElement);
  const colour = (name) => colours.getPropertyValue(`--${name}`).trim() || "#888";
  const scale = (width - 2 * EDGE) / (whole.to - whole.from);
  pen.translate(EDGE, 0);
  const known = {};
  const paint = (lane, top, tall) => {
    for (const span of lane.spans) {
      pen.fillStyle = known[span.name] ||= colour(span.name);
      pen.fillRect(span.from * scale, top, Math.max(1, (span.to - span.from) * scale), tall);
    }
  };
  if (link) paint(link, 2, 5);
  const room = height - 11;
  const tall = Math.min(6, room / Math.max(1, state.matching.length));
  state.matching.forEach((lane, place) => paint(lane, 9 + place * tall, Math.max(0.6, tall - (tall > 2 ? 1 : 0))));
  pen.fillStyle = colour("down");
  for (const [from, to] of downs) pen.fillRect(from * scale, 0, Math.max(1, (to - from) * scale), height);
  const window_ = $("window");
  window_.style.left = `${EDGE + view.from * scale}px`;
  window_.style.width = `${Math.max(4, (view.to - view.from) * scale)}px`;
}
