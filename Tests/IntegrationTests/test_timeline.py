"""The page that replay --timeline writes, in a browser: what it shows, how it is used, and that it needs nobody."""

import json
import os

import pytest

from browser import Browser
from plane import assignment
from recordings import eventful, replay

MARKUP = "<img src=x onerror=hacked=1></script><script>hacked=1</script>"


@pytest.fixture(scope="session")
def browser():
    made = Browser()
    yield made
    made.close()


def page_of(rig, path, *arguments):
    out = rig.path("page.html")
    code, said, complaints = replay(path, "--timeline", out, *arguments)
    assert code == 0, said + complaints
    return out


@pytest.fixture
def session(rig):
    path = rig.path("session")
    eventful(rig, path)
    return page_of(rig, path)


def session_of(rig, count):
    """So many tasks on one connection, which is lost once."""
    path = rig.path("session")
    worker = rig.connected("--record", path)
    names = [f"task-{number:03}" for number in range(count)]
    for place, name in enumerate(names):
        how = "exit 3" if place % 9 == 4 else None
        rig.plane.send(assignment(name, rig.env(how), execution=f"{name}-e"))
        if place == count // 2:
            rig.plane.wait_final(name)
            rig.plane.drop()
            worker.wait_event("connection.lost")
            rig.plane.wait_connected(beyond=1)
    for name in names:
        rig.plane.wait_final(name)
    worker.signal()
    assert worker.wait_exit() == 0
    return page_of(rig, path)


def clean(page):
    """It asked nobody for anything, and nothing went wrong in it."""
    assert page.complaints == []
    assert [address for address in page.requests if not address.startswith(("file://", "data:"))] == []


def lane(page, name):
    return page.value(
        f"[...document.querySelectorAll('.row')].find(row => row.lane.name === {json.dumps(name)})?.id")


def test_the_session_is_shown(browser, session):
    page = browser.open(session)
    clean(page)
    labels = page.value("[...document.querySelectorAll('.row')].map(row => row.lane.name)")
    assert labels == ["worker", "connection", "good", "bad", "unwanted", "lasting"]
    signs = page.value("[...document.querySelectorAll('#rows .sign')].map(sign => sign.ariaLabel)")
    assert signs == ["completed", "failed", "cancelled", "failed"]
    bars = f"#{lane(page, 'connection')} .bar"
    phases = page.value(f"[...document.querySelectorAll('{bars}')].map(bar => bar.span.name)")
    assert phases[0] == "dialling" and "open" in phases and "waiting" in phases
    # Where nothing could reach the server is shown through all lanes.
    assert page.value("document.querySelectorAll('#shade div').length") >= 2
    assert page.value("document.querySelector('#unheard path').getAttribute('d').length") > 20
    assert page.value("document.title") == "rig: a worker's session"
    assert "4 tasks" in page.value("document.querySelector('#meta').textContent")


def test_keys_reach_everything(browser, session):
    page = browser.open(session)
    details = "document.querySelector('#details').innerText"
    page.press("ArrowDown")
    assert page.value("document.querySelector('#details h2').textContent").endswith("good")
    assert page.value("document.querySelector('.row.active').lane.name") == "good"
    page.press("ArrowRight")
    assert page.value("document.querySelector('#details li.chosen .what').textContent").startswith("assigned")
    assert page.value("document.querySelector('#spoken').textContent").endswith("assigned")
    page.press("ArrowRight")
    assert "says: claim of good" in page.value("document.querySelector('#details li.chosen').textContent")
    page.press("End")
    assert "heard the final word" in page.value("document.querySelector('#details li.chosen').textContent")
    assert page.value("document.querySelector('.dot.chosen').moment.kind") == "heard"
    page.press("ArrowDown")
    assert "the agent ended with exit code 3" in page.value(details) and "exit code 3" in page.value(details)
    active = page.value("document.querySelector('#lanes').getAttribute('aria-activedescendant')")
    assert page.value(f"document.getElementById({json.dumps(active)}).getAttribute('aria-selected')") == "true"
    page.press("Escape")
    assert "This session" in page.value(details)
    page.press("?")
    assert page.value("document.querySelector('#help').open") is True
    page.press("Escape")
    page.press("t")
    assert page.value("document.querySelector('#details li.chosen').classList.contains('trouble')") is True
    clean(page)


def shown(page):
    """The stretch of time that the overview marks, as a share of all."""
    return page.value("document.querySelector('#window').getBoundingClientRect().width"
                      " / document.querySelector('#overview').getBoundingClientRect().width")


def test_zoom_by_keys_buttons_wheel_and_pointer(browser, session):
    page = browser.open(session)
    assert shown(page) > 0.95
    page.press("+")
    first = shown(page)
    assert first < 0.7
    page.click("#in")
    second = shown(page)
    assert second < first
    x, y = page.middle("#axis")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-120)
    third = shown(page)
    assert third < second
    left = page.value("document.querySelector('#window').offsetLeft")
    page.press("ArrowRight", modifiers=8)
    assert page.value("document.querySelector('#window').offsetLeft") > left
    page.press("0")
    assert shown(page) > 0.95
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseMoved", x + 90, y, button="left", buttons=1)
    page.mouse("mouseReleased", x + 90, y, button="left", clickCount=1)
    assert shown(page) < 0.3
    clean(page)


def test_pointing_at_something_tells_what_it_is(browser, session):
    page = browser.open(session)
    x, y = page.middle(f"#{lane(page, 'connection')} .bar.waiting")
    page.mouse("mouseMoved", x, y)
    assert "waiting to dial again" in page.value("document.querySelector('#tip').innerText")
    page.mouse("mouseMoved", 5, 5)
    assert page.value("document.querySelector('#tip').hidden") is True
    page.click(f"#{lane(page, 'unwanted')} .label")
    assert "SIGTERM" in page.value("document.querySelector('#details').innerText")


def test_search_and_outcomes_choose_the_tasks(browser, session):
    page = browser.open(session)
    rows = "[...document.querySelectorAll('#rows .row')].map(row => row.lane.name)"
    page.press("/")
    page.type("sigterm")
    assert page.value(rows) == ["unwanted", "lasting"]
    assert page.value("document.querySelector('#found').textContent") == "2 of 4"
    page.press("Escape")
    assert len(page.value(rows)) == 4
    page.press("/")
    page.type("nothing at all")
    assert page.value(rows) == []
    assert page.value("document.querySelector('#empty').hidden") is False
    page.press("Escape")
    page.value("[...document.querySelectorAll('#outcomes button')]"
               ".find(button => button.textContent.includes('failed')).click()")
    page.drawn()
    assert page.value(rows) == ["good", "unwanted"]
    page.value("(order => { order.value = 'name'; order.dispatchEvent(new Event('change')); })"
               "(document.querySelector('#order'))")
    page.drawn()
    assert page.value(rows) == ["good", "unwanted"]


CONTRAST = """
(() => {
  const rgb = (text) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pen.fillStyle = text; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const light = (colour) => {
    const [r, g, b] = rgb(colour).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const ratio = (one, other) => {
    const [low, high] = [light(colour(one)), light(colour(other))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const pairs = [["text", "ground"], ["text", "panel"], ["quiet", "ground"], ["quiet", "panel"], ["bad", "bad-ground"],
    ["bad", "panel"], ["good", "ground"], ["warn", "ground"], ["text", "select"]];
  for (const name of ["running", "setup", "open", "haunting"]) pairs.push(["on-strong", name]);
  for (const name of ["claiming", "queued", "preparing", "ending", "tidying", "unheard", "waiting", "dialling",
    "abandoned", "draining", "stopping", "starting", "closing"]) pairs.push(["on-light", name]);
  return pairs.map(([one, other]) => [one + " on " + other, ratio(one, other)]);
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_in_light_and_dark(browser, session, dark):
    page = browser.open(session, dark=dark)
    ground = page.value("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 28)" if dark else "rgb(255, 255, 255)")
    for what, ratio in page.value(CONTRAST):
        assert ratio >= 4.5, f"{what}: {ratio:.2f}"
    # Phases differ by more than colour: each but the plain ones has a pattern, and all have words.
    plain = page.value("[...document.querySelectorAll('.bar')].filter(bar => getComputedStyle(bar).backgroundImage "
                       "=== 'none').map(bar => bar.span.name)")
    assert set(plain) <= {"running", "open"}
    clean(page)


@pytest.mark.parametrize("width, height", [(1400, 860), (1000, 700), (390, 780)])
def test_it_fits_into_windows(browser, session, width, height):
    page = browser.open(session, width=width, height=height)
    page.press("ArrowDown")
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value("document.querySelector('#details').getBoundingClientRect().height") > 100
    assert page.value("document.querySelector('#scroll').getBoundingClientRect().height") > 40
    clean(page)


def test_a_hundred_tasks(browser, rig):
    page = browser.open(session_of(rig, 100))
    assert page.value("document.querySelector('#lanes').getAttribute('aria-rowcount')") == "102"
    # Only what is in sight is drawn.
    assert 10 < page.value("document.querySelectorAll('#rows .row').length") < 50
    page.press("End")
    for _ in range(12):
        page.press("PageDown")
    assert page.value("document.querySelector('.row.active').lane.name") == "task-099"
    box = page.value("(box => [box.top, box.bottom])(document.querySelector('.row.active').getBoundingClientRect())")
    assert 0 < box[0] < box[1] <= 860
    page.press("Enter")
    page.press("v")
    names = page.value("[...document.querySelectorAll('#rows .row')].map(row => row.lane.name)")
    assert "task-099" in names and len(names) < 100
    clean(page)


def test_the_address_remembers_what_is_looked_at(browser, session):
    page = browser.open(session)
    page.press("ArrowDown")
    page.press("ArrowRight")
    page.press("+")
    address = page.wait("location.hash.includes('lane=') && location.hash.includes('moment=') && location.hash")
    again = browser.open(session, fragment=address)
    assert again.value("document.querySelector('.row.active').lane.name") == "good"
    assert again.value("document.querySelector('#details li.chosen .what').textContent").startswith("assigned")
    assert shown(again) < 0.7


def test_nothing_that_is_shown_is_taken_for_markup(browser, rig):
    path = rig.path("session")
    worker = rig.connected("--record", path)
    rig.plane.send(assignment(MARKUP, rig.env(), execution=MARKUP))
    rig.plane.wait_final(MARKUP)
    worker.signal()
    assert worker.wait_exit() == 0
    page = browser.open(page_of(rig, path))
    page.press("ArrowDown")
    assert page.value("typeof hacked") == "undefined"
    assert page.value("document.querySelectorAll('#lanes img, #details img').length") == 0
    assert page.value("document.querySelector('#rows .row').lane.name") == MARKUP
    clean(page)


def test_a_window_of_time(browser, rig):
    path = rig.path("session")
    eventful(rig, path)
    page = browser.open(page_of(rig, path, "--from", "20", "--to", "35"))
    inputs = page.value("[...document.querySelectorAll('.row')].flatMap(row => row.lane.moments.map(m => m.input))")
    assert inputs and min(inputs) >= 20 and max(inputs) <= 35
    clean(page)


def test_a_page_that_can_not_be_written(rig):
    path = rig.path("session")
    worker = rig.connected("--record", path)
    worker.signal()
    assert worker.wait_exit() == 0
    code, _, complaints = replay(path, "--timeline", rig.path("missing", "page.html"))
    assert code == 73 and "No such file" in complaints
    assert not os.path.exists(rig.path("missing"))
