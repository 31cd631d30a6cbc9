"""Headless Chromium by its DevTools protocol: opens a page, looks into it, presses keys, takes pictures."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time

from websockets.sync.client import connect

PATIENCE = 60.0


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="oz-browser-")
        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--hide-scrollbars", "--remote-debugging-port=0", f"--user-data-dir={self.folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port, path = self._address()
            self.socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=PATIENCE)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.numbers = itertools.count(1)

    def _address(self):
        file = os.path.join(self.folder, "DevToolsActivePort")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, "the browser ended by itself"
            if os.path.exists(file):
                with open(file, encoding="ascii") as lines:
                    parts = lines.read().split("\n")
                if len(parts) == 2:
                    return parts
            time.sleep(0.02)
        raise AssertionError("the browser told no address")

    def open(self, path, width=1400, height=860, dark=False, fragment=""):
        return Page(self, "file://" + os.path.abspath(path) + fragment, width, height, dark)

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """One page; what it asked the network for and what it complained of is kept."""

    def __init__(self, browser, address, width, height, dark):
        self.browser = browser
        self.requests = []
        self.complaints = []
        target = self._ask("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        answer = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True}, session=None)
        self.session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self._ask("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self._ask("Page.navigate", {"url": address})
        self.wait("document.documentElement?.dataset.ready === 'yes'")

    session = None

    def _ask(self, method, parameters=None, session=""):
        number = next(self.browser.numbers)
        message = {"id": number, "method": method, "params": parameters or {}}
        if session == "":
            message["sessionId"] = self.session
        self.browser.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.browser.socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._hear(answer)

    def _hear(self, event):
        method = event.get("method")
        if method == "Network.requestWillBeSent":
            self.requests.append(event["params"]["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(event["params"]["exceptionDetails"])
        elif method == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
            self.complaints.append(event["params"]["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning", "assert"):
            self.complaints.append(event["params"]["args"])

    def value(self, expression):
        """What an expression of the page gives; promises are waited for."""
        answer = self._ask("Runtime.evaluate", {
            "expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while True:
            value = self.value(expression)
            if value:
                return value
            assert time.monotonic() < end, f"waited for {expression}; complaints: {self.complaints}"
            time.sleep(0.01)

    def drawn(self):
        """Until what was asked for is drawn."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    # Some keys do what they do by their numbers alone.
    NUMBERS = {"Escape": 27, "Enter": 13, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36}

    def press(self, key, modifiers=0):
        text = {"text": key} if len(key) == 1 else {}
        if key in self.NUMBERS:
            text["windowsVirtualKeyCode"] = self.NUMBERS[key]
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", {
                "type": kind, "key": key, "modifiers": modifiers, **(text if kind == "keyDown" else {})})
        self.drawn()

    def type(self, text):
        for letter in text:
            self.press(letter)

    def mouse(self, kind, x, y, **more):
        self._ask("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})
        self.drawn()

    def click(self, selector):
        x, y = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def middle(self, selector):
        box = self.value(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [box.left + box.width / 2, box.top + box.height / 2]; })()")
        return box

    def picture(self, path):
        data = self._ask("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
