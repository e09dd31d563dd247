"""A headless Chromium, driven through its DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request

from websockets.sync.client import connect


def find():
    """The browser's path, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


class Browser:
    """One page. What its console says of errors is kept in `errors`."""

    def __init__(self, width=1440, height=900):
        self.folder = tempfile.mkdtemp(prefix="forgebatch-browser-")
        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
             "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-port=0",
             f"--user-data-dir={self.folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.numbers, self.errors, self.socket = itertools.count(1), [], None
        try:
            self.socket = connect(self.address(), max_size=None, open_timeout=60)
            for domain in ("Page", "Runtime", "Log"):
                self.send(f"{domain}.enable")
            self.resize(width, height)
        except BaseException:
            self.close()
            raise

    def address(self):
        """Where the page listens. The browser writes its port to a file."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with open(f"{self.folder}/DevToolsActivePort", encoding="utf-8") as file:
                    port = int(file.readline())
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10) as answer:
                    return next(each["webSocketDebuggerUrl"] for each in json.load(answer) if each["type"] == "page")
            except (OSError, ValueError, StopIteration):
                if self.process.poll() is not None:
                    raise RuntimeError(f"the browser ended with status {self.process.returncode}") from None
                time.sleep(0.05)
        raise RuntimeError("the browser does not listen")

    def send(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=60))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message)

    def note(self, message):
        parameters = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif message["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif message["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.errors.append(str([each.get("value") for each in parameters["args"]]))

    def run(self, expression):
        """The value of an expression in the page; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def open(self, url):
        """Loads a page anew, also when only what follows the # differs."""
        self.send("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")
        self.send("Page.navigate", url=url)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def before_scripts(self, script):
        """Runs in every page that is opened from here on, before its own scripts. Returns what takes it back."""
        number = self.send("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
        return lambda: self.send("Page.removeScriptToEvaluateOnNewDocument", identifier=number)

    def wait(self, expression, seconds=120):
        """Asks until an expression is true; returns the seconds that took."""
        begun = time.monotonic()
        while True:
            try:
                if self.run(expression):
                    return time.monotonic() - begun
            except RuntimeError:
                pass  # between two pages
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not within {seconds} s: {expression}")
            time.sleep(0.02)

    def key(self, key, shift=False):
        """A key pressed and let go, as by hand."""
        names = {"key": key, "modifiers": 8 if shift else 0}
        text = {"text": key} if len(key) == 1 else {}
        codes = {"Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "ArrowUp": 38, "ArrowDown": 40, "Enter": 13, "Tab": 9,
                 "Home": 36, "End": 35}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **names, **text, **code)
        self.send("Input.dispatchKeyEvent", type="keyUp", **names, **code)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def resize(self, width, height):
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def theme(self, dark):
        self.send("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def shot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        if self.socket:
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
