"""Drives headless Chromium over its debugging pipe, with nothing but Python's own library.

    with Browser() as browser, browser.page() as page:
        page.open("file:///…/index.html")
        page.evaluate("document.title"); page.errors; page.screenshot("a.png")
"""

import base64
import contextlib
import fcntl
import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Seconds, after which something hangs; tests run on crowded machines.
DEADLINE = 300
KEYS = {"Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "ArrowUp": 38, "ArrowDown": 40, "Enter": 13, "Tab": 9,
        "Home": 36, "End": 35}


def chromium():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    def __init__(self, *flags):
        if not chromium():
            raise RuntimeError("no Chromium; make deps-test installs it")
        self.number, self.answers, self.pages, self.ended = 0, {}, {}, ""
        self.lock = threading.Condition()
        self.folder = tempfile.mkdtemp(prefix="forgebatch-browser-")
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def place():
            # The browser reads from 3 and writes to 4. Either may be a pipe that is still to be placed.
            pipes = [fcntl.fcntl(pipe, fcntl.F_DUPFD, 10) for pipe in (to_browser, from_browser)]
            os.dup2(pipes[0], 3)
            os.dup2(pipes[1], 4)

        self.process = subprocess.Popen(
            [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-dev-shm-usage", "--force-color-profile=srgb",
             *flags, "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(RuntimeError):
            self.post("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.output)
        self.listener.join(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self):
        buffer = b""
        while piece := os.read(self.input, 1 << 20):
            *messages, buffer = (buffer + piece).split(b"\0")
            for message in map(json.loads, messages):
                with self.lock:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    elif message.get("sessionId") in self.pages:
                        self.pages[message["sessionId"]].take(message["method"], message["params"])
                    self.lock.notify_all()
        os.close(self.input)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with self.lock:
            self.ended = f"the browser ended with status {self.process.poll()}"
            self.lock.notify_all()

    def until(self, holds, trouble):
        """Waits for the message after which something holds."""
        with self.lock:
            if not self.lock.wait_for(lambda: holds() or self.ended, DEADLINE):
                raise RuntimeError(f"{trouble} within {DEADLINE} s")
            if not holds():
                raise RuntimeError(self.ended)

    def post(self, method, session=None, **parameters):
        """Asks, and does not wait. Returns the number that the answer will have."""
        with self.lock:
            self.number += 1
            message = {"id": self.number, "method": method, "params": parameters}
            if session:
                message["sessionId"] = session
            try:
                os.write(self.output, json.dumps(message).encode() + b"\0")
            except BrokenPipeError:
                raise RuntimeError(self.ended or "the browser ended") from None
            return self.number

    def send(self, method, session=None, **parameters):
        """The answer to what is asked."""
        number = self.post(method, session, **parameters)
        self.until(lambda: number in self.answers, f"{method}: no answer")
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def page(self, width=1440, height=900, dark=False, scripts=True):
        """A new page, empty yet. Without `scripts` none run: the browser forbids those of files, a server its own."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target, scripts)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        page.send("Page.setLifecycleEventsEnabled", enabled=True)
        page.resize(width, height)
        page.theme(dark)
        return page


class Page:
    """What its console says of errors is kept in `errors`, the addresses it asks for in `requests`."""

    def __init__(self, browser, session, target, scripts):
        self.browser, self.session, self.target, self.scripts = browser, session, target, scripts
        self.errors, self.requests, self.loaded, self.asked, self.failed = [], [], set(), {}, set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(RuntimeError):
            self.browser.send("Target.closeTarget", targetId=self.target)
        del self.browser.pages[self.session]

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def take(self, name, data):
        """What the browser tells unasked."""
        if name == "Page.lifecycleEvent" and data["name"] == "load":
            self.loaded.add(data["loaderId"])
        elif name == "Page.javascriptDialogOpening":
            self.errors.append(f"a dialog opened: {data['message']}")
            with contextlib.suppress(RuntimeError):
                self.browser.post("Page.handleJavaScriptDialog", self.session, accept=True)
        elif name == "Inspector.targetCrashed":
            self.browser.ended = "a page of the browser crashed"
        elif name == "Runtime.consoleAPICalled" and data["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(each.get("value", each.get("description"))) for each in data["args"]))
        elif name == "Runtime.exceptionThrown":
            self.errors.append(cause(data["exceptionDetails"]))
        elif name == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{data['entry']['text']} {data['entry'].get('url', '')}".strip())
        elif name == "Network.requestWillBeSent":
            self.requests.append(data["request"]["url"])
            self.asked[data["requestId"]] = data["request"]["url"]
        elif name == "Network.loadingFailed":
            self.failed.add(self.asked.get(data["requestId"]))

    def open(self, address):
        """Loads a page anew, also when only what follows the # differs."""
        if not self.scripts:
            self.send("Emulation.setScriptExecutionDisabled", value=address.startswith("file:"))
        for each in ("about:blank", address):
            answer = self.send("Page.navigate", url=each)
            if "errorText" in answer:
                raise RuntimeError(f"{each}: {answer['errorText']}")
            self.browser.until(lambda: answer["loaderId"] in self.loaded, f"{each}: not loaded")

    def before_scripts(self, script):
        """Runs in all that is opened from here on, before its own scripts."""
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def evaluate(self, expression):
        """The value of an expression in the page; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(cause(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, expression, seconds=DEADLINE):
        """Asks until an expression is true; returns the seconds that took."""
        begun = time.monotonic()
        while True:
            trouble = ""
            try:
                if self.evaluate(expression):
                    return time.monotonic() - begun
            except RuntimeError as error:  # as between two pages
                if self.browser.ended:
                    raise
                trouble = f": {error}"
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not within {seconds} s: {expression}{trouble}")
            time.sleep(0.02)

    def settle(self):
        """Until the page has drawn twice; where no scripts run, a moment."""
        if self.scripts:
            self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
                          "() => setTimeout(done, 60))))")
        else:
            time.sleep(0.4)

    def key(self, key, shift=False):
        """A key pressed and let go, as by hand."""
        names = {"key": key, "modifiers": 8 if shift else 0}
        text = {"text": key} if len(key) == 1 else {}
        code = {"windowsVirtualKeyCode": KEYS[key]} if key in KEYS else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **names, **text, **code)
        self.send("Input.dispatchKeyEvent", type="keyUp", **names, **code)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def resize(self, width, height):
        """A window of that size; a narrow one is a telephone's."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def theme(self, dark):
        self.send("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def text(self):
        """What a reader sees of the page, as the accessibility tree has it: that works where scripts do not."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [node["name"]["value"] for node in nodes
                if node.get("role", {}).get("value") == "StaticText" and node.get("name", {}).get("value")]

    def failed_images(self):
        """The pictures that did not come."""
        return [url for url in self.requests if url.endswith((".jpg", ".png")) and url in self.failed]

    def screenshot(self, path, height=0):
        """Of what the window shows; with a height, of the page from its top, so many pixels at most."""
        options = {}
        if height:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            options = {"captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height), "scale": 1}}
        write(path, self.send("Page.captureScreenshot", **options))

    def print(self, path):
        """As a PDF."""
        write(path, self.send("Page.printToPDF", printBackground=False))


def cause(details):
    return details.get("exception", {}).get("description", details["text"])


def write(path, answer):
    with open(path, "wb") as file:
        file.write(base64.b64decode(answer["data"]))


@contextlib.contextmanager
def server(folder, prefix="", policy=None):
    """Serves a folder below `prefix` on a free port of this machine; yields the address of its root."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path):
            if not path.startswith(prefix + "/"):
                return os.path.join(folder, "there-is-no-such-file")
            return super().translate_path(path[len(prefix):])

        def end_headers(self):
            if policy:
                self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def do_GET(self):
            if self.path == "/favicon.ico":
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}{prefix}"
    finally:
        listener.shutdown()
        listener.server_close()
