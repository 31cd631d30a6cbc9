// Pointer, keys, search and buttons; and the start.

const SHORTEST = 20; // microseconds across the whole chart

function look(from, to) {
  const length = Math.min(whole.to, Math.max(SHORTEST, to - from));
  const middle = (from + to) / 2;
  view.from = Math.max(0, Math.min(middle - length / 2, whole.to - length));
  view.to = view.from + length;
  hideTip();
  draw();
  remember();
}

function zoom(factor, at = state.moment ? state.moment.at : (view.from + view.to) / 2) {
  const middle = Math.min(view.to, Math.max(view.from, at));
  const from = middle - (middle - view.from) * factor;
  look(from, from + (view.to - view.from) * factor);
}

function pan(share) {
  const step = (view.to - view.from) * share;
  look(view.from + step, view.to + step);
}

function hideTip() {
  $("tip").hidden = true;
}

// Choosing.

function pick(lane, moment = null, isShown = true) {
  state.lane = lane;
  state.moment = moment;
  if (lane && isShown) bringIntoSight(lane, moment);
  $("lanes").setAttribute("aria-activedescendant", lane ? `lane-${lane.index}` : "");
  showDetails();
  draw();
  say(lane, moment);
  remember();
}

function bringIntoSight(lane, moment) {
  const place = state.shown.indexOf(lane);
  const scroll = $("scroll");
  if (place >= 0) {
    if (place * ROW < scroll.scrollTop) scroll.scrollTop = place * ROW;
    const bottom = (place + 1) * ROW - scroll.clientHeight;
    if (bottom > scroll.scrollTop) scroll.scrollTop = bottom;
  }
  if (moment && (moment.at < view.from || moment.at > view.to)) {
    const half = (view.to - view.from) / 2;
    look(moment.at - half, moment.at + half);
  }
}

/** For those who do not see the chart. */
function say(lane, moment) {
  if (!lane) return;
  const what = lane.kind === "task" ? `task ${lane.name}` : lane.name;
  $("spoken").textContent = moment ? `${timeText(moment.at)}: ${moment.words}` : `${what}: ${laneWords(lane)}`;
}

function order() {
  return pinned.concat(state.shown);
}

function step(count) {
  const all = order();
  if (all.length === 0) return;
  const place = all.indexOf(state.lane);
  const next = place < 0 ? (count > 0 ? Math.min(pinned.length, all.length - 1) : all.length - 1) : place + count;
  pick(all[Math.max(0, Math.min(all.length - 1, next))]);
}

function stepMoment(count) {
  const lane = state.lane || order()[Math.min(pinned.length, order().length - 1)];
  if (!lane || lane.moments.length === 0) return;
  const place = lane.moments.indexOf(state.moment);
  let next = place + count;
  if (place < 0) {
    // The first one in sight.
    const first = lane.moments.findIndex((moment) => moment.at >= view.from);
    next = count > 0 ? Math.max(0, first) : lane.moments.length - 1;
  }
  pick(lane, lane.moments[Math.max(0, Math.min(lane.moments.length - 1, next))]);
}

function nextTrouble() {
  const all = troubles(order());
  if (all.length === 0) return;
  const here = all.findIndex((entry) => entry.moment === state.moment);
  const next = all[(here + 1) % all.length];
  pick(next.lane, next.moment);
}

function pickEnd(place) {
  const moment = state.lane && state.lane.moments.at(place);
  if (moment) pick(state.lane, moment);
}

function lookAtLane() {
  if (!state.lane) return;
  const { from, to } = state.lane;
  const room = (to - from) * 0.04;
  look(from - room, to + room);
}

// Keys.

function onKey(event) {
  if ($("help").open || event.altKey || event.metaKey) return;
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "Escape") {
    if (isTyping) {
      if (event.target.id === "search" && event.target.value) {
        event.target.value = "";
        search();
      }
      event.target.blur();
    }
    else if (state.moment) pick(state.lane);
    else pick(null);
    return;
  }
  if (isTyping || event.ctrlKey) return;
  const isButton = event.target.matches("button");
  const actions = {
    ArrowUp: () => step(-1), ArrowDown: () => step(1), PageUp: () => step(-10), PageDown: () => step(10),
    ArrowLeft: () => (event.shiftKey ? pan(-0.25) : stepMoment(-1)),
    ArrowRight: () => (event.shiftKey ? pan(0.25) : stepMoment(1)),
    Home: () => pickEnd(0),
    End: () => pickEnd(-1),
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), "−": () => zoom(1 / 0.6),
    0: () => look(whole.from, whole.to),
    Enter: lookAtLane,
    t: nextTrouble, v: onlyInView, "/": () => $("search").focus(), "?": showHelp,
  };
  const action = actions[event.key];
  if (!action || (isButton && event.key === "Enter")) return;
  event.preventDefault();
  action();
}

function onlyInView() {
  state.inView = !state.inView;
  $("in-view").setAttribute("aria-pressed", String(state.inView));
  choose();
  draw();
}

function showHelp() {
  $("help").showModal();
}

// The pointer.

function onWheel(event) {
  const track = event.target.closest(".track");
  const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
  const canScroll = $("scroll").scrollHeight > $("scroll").clientHeight + 1 && event.target.closest("#scroll");
  if (!event.ctrlKey && !isSideways && canScroll) return;
  if (!track && !event.ctrlKey) return;
  event.preventDefault();
  if (isSideways && !event.ctrlKey) return pan((event.deltaX || event.deltaY) / inner());
  zoom(Math.exp(Math.max(-120, Math.min(120, event.deltaY)) * 0.004), atPointer(event));
}

function atPointer(event) {
  return atX(event.clientX - $("axis").getBoundingClientRect().left);
}

/** Follows a pointer that was pressed until it is let go. */
function drag(event, move, done) {
  const start = event.clientX;
  const onMove = (next) => move(next.clientX - start, next);
  const onUp = (next) => {
    removeEventListener("pointermove", onMove);
    removeEventListener("pointerup", onUp);
    removeEventListener("pointercancel", onUp);
    if (done) done(next.clientX - start, next);
  };
  addEventListener("pointermove", onMove);
  addEventListener("pointerup", onUp);
  addEventListener("pointercancel", onUp);
}

function onAxis(event) {
  if (event.button !== 0) return;
  const box = $("axis").getBoundingClientRect();
  const start = event.clientX - box.left;
  const mark = make("div", "pick");
  $("axis").append(mark);
  drag(event, (moved) => {
    mark.style.left = `${Math.min(start, start + moved)}px`;
    mark.style.width = `${Math.abs(moved)}px`;
  }, (moved) => {
    mark.remove();
    if (Math.abs(moved) > 5) look(atX(Math.min(start, start + moved)), atX(Math.max(start, start + moved)));
  });
}

function onOverview(event) {
  if (event.button !== 0) return;
  const box = $("overview").getBoundingClientRect();
  const scale = (whole.to - whole.from) / (box.width - 2 * EDGE);
  const begin = { from: view.from, to: view.to };
  if (event.target.id === "window" && view.to - view.from < whole.to * 0.98) {
    return drag(event, (moved) => look(begin.from + moved * scale, begin.to + moved * scale));
  }
  const start = (event.clientX - box.left - EDGE) * scale;
  drag(event, () => {}, (moved) => {
    const end = start + moved * scale;
    if (Math.abs(moved) > 5) return look(Math.min(start, end), Math.max(start, end));
    const half = (view.to - view.from) / 2;
    look(start - half, start + half);
  });
}

function onLanes(event) {
  if (event.button !== 0) return;
  const target = event.target.closest(".dot, .bar, .row");
  const begin = { from: view.from, to: view.to };
  let hasMoved = false;
  drag(event, (moved) => {
    hasMoved ||= Math.abs(moved) > 4;
    if (!hasMoved) return;
    const by = (moved / inner()) * (begin.to - begin.from);
    look(begin.from - by, begin.to - by);
  }, () => {
    if (hasMoved || !target) return;
    pick(target.lane, target.moment || null, false);
  });
}

function onHover(event) {
  const target = event.target.closest(".dot, .bar");
  if (target && (target.moment || target.span)) tell(target, event.clientX, event.clientY);
  else hideTip();
}

function onMove(event) {
  const left = event.clientX - $("axis").getBoundingClientRect().left;
  const line = $("cursor").firstChild || $("cursor").appendChild(make("div"));
  line.hidden = left < 0 || left > trackWidth();
  line.style.left = `${left}px`;
  if (!$("tip").hidden) onHover(event);
}

// The address remembers what is looked at, so that it can be handed on.

let remembering = 0;

function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const parts = new URLSearchParams();
    if (view.from > 0 || view.to < whole.to) {
      parts.set("from", Math.round(view.from));
      parts.set("to", Math.round(view.to));
    }
    if ($("search").value) parts.set("q", $("search").value);
    if (state.lane) parts.set("lane", state.lane.index);
    if (state.lane && state.moment) parts.set("moment", state.lane.moments.indexOf(state.moment));
    try {
      history.replaceState(null, "", `#${parts}`);
    } catch {
      // A page that is only shown, as in a mail, has no address to change.
    }
  }, 200);
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (parts.get("q")) {
    $("search").value = parts.get("q");
    search();
  }
  const from = Number(parts.get("from"));
  const to = Number(parts.get("to"));
  if (to > from) look(from, to);
  const lane = lanes[Number(parts.get("lane") ?? -1)];
  if (lane) pick(lane, lane.moments[Number(parts.get("moment") ?? -1)] || null);
}

function search() {
  // As it is typed, if that stands anywhere; else each of its words.
  const phrase = $("search").value.toLowerCase().trim();
  state.words = phrase ? [phrase] : [];
  if (phrase && !tasks.some((lane) => lane.text().includes(phrase))) state.words = phrase.split(/\s+/);
  choose();
  draw();
  remember();
}

function writeOutcomes() {
  for (const outcome of OUTCOMES) {
    const count = tasks.filter((lane) => lane.outcome === outcome).length;
    if (count === 0) continue;
    const button = make("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(`${SIGNS[outcome]} `, make("b", "", count), ` ${outcomeWords(outcome)}`);
    button.addEventListener("click", () => {
      const isShown = state.hidden.delete(outcome);
      if (!isShown) state.hidden.add(outcome);
      button.setAttribute("aria-pressed", String(isShown));
      choose();
      draw();
    });
    $("outcomes").append(button);
  }
}

function start() {
  writeHead();
  writeOutcomes();
  writeHelp();
  addEventListener("keydown", onKey);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  $("chart").addEventListener("wheel", onWheel, { passive: false });
  $("axis").addEventListener("pointerdown", onAxis);
  $("overview").addEventListener("pointerdown", onOverview);
  $("lanes").addEventListener("pointerdown", onLanes);
  $("lanes").addEventListener("pointerover", onHover);
  $("lanes").addEventListener("pointermove", onMove);
  $("lanes").addEventListener("pointerleave", hideTip);
  $("lanes").addEventListener("dblclick", (event) => zoom(0.4, atPointer(event)));
  $("scroll").addEventListener("scroll", draw);
  $("details").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row && row.lane) pick(row.lane, row.moment);
  });
  $("search").addEventListener("input", search);
  $("order").addEventListener("change", () => {
    state.order = $("order").value;
    choose();
    draw();
  });
  $("clock").addEventListener("change", () => {
    clock.mode = $("clock").value;
    draw();
    showDetails();
  });
  $("in").addEventListener("click", () => zoom(0.6));
  $("out").addEventListener("click", () => zoom(1 / 0.6));
  $("fit").addEventListener("click", () => look(whole.from, whole.to));
  $("help-button").addEventListener("click", showHelp);
  $("in-view").addEventListener("click", onlyInView);
  $("in-view").setAttribute("aria-pressed", String(state.inView));
  choose();
  showDetails();
  recall();
  drawNow();
  document.documentElement.dataset.ready = "yes";
}

start();
