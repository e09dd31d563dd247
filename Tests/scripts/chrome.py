"""Drives headless Chromium over its debugging pipe, with nothing but Python's own library.

    with Browser() as browser:
        page = browser.open("file:///…/index.html")
        page.evaluate("document.title"); page.problems; page.screenshot("a.png", 1440, 900)
"""
import base64
import contextlib
import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "chrome"]


def program():
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="forgebatch-browser-")
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def place():
            os.dup2(to_browser, 13)
            os.dup2(from_browser, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-dev-shm-usage", "--force-color-profile=srgb",
             "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.answers, self.pages = b"", 0, {}, {}
        self.lock = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.send("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self):
        while True:
            piece = os.read(self.input, 1 << 20)
            if not piece:
                with self.lock:
                    self.answers["closed"] = True
                    self.lock.notify_all()
                return
            self.buffer += piece
            while b"\0" in self.buffer:
                text, self.buffer = self.buffer.split(b"\0", 1)
                message = json.loads(text)
                with self.lock:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    elif message.get("sessionId") in self.pages:
                        self.pages[message["sessionId"]].take(message)
                    self.lock.notify_all()

    def send(self, method, session=None, **parameters):
        with self.lock:
            self.number += 1
            number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 120
        with self.lock:
            while number not in self.answers:
                if "closed" in self.answers or not self.lock.wait(max(0.01, deadline - time.monotonic())):
                    raise RuntimeError(f"{method}: no answer from the browser")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, address, width=1440, height=900, dark=False, scripts=True):
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        self.pages[session] = page
        for domain in ["Page", "Runtime", "Log", "Network", "Performance"]:
            page.send(f"{domain}.enable")
        page.view(width, height, dark)
        page.has_scripts = scripts
        if not scripts and address.startswith("file:"):
            page.send("Emulation.setScriptExecutionDisabled", value=True)
        page.go(address)
        return page


class Page:
    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.problems, self.requests, self.events, self.failed = [], [], [], set()
        self.names, self.has_scripts = {}, True

    def take(self, message):
        name, data = message["method"], message["params"]
        self.events.append(name)
        if name == "Runtime.consoleAPICalled" and data["type"] in ("error", "warning", "assert"):
            self.problems.append(" ".join(str(item.get("value", item.get("description"))) for item in data["args"]))
        elif name == "Runtime.exceptionThrown":
            detail = data["exceptionDetails"]
            self.problems.append(detail.get("exception", {}).get("description", detail["text"]))
        elif name == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{data['entry']['text']} {data['entry'].get('url', '')}".strip())
        elif name == "Network.requestWillBeSent":
            self.requests.append(data["request"]["url"])
            self.names[data["requestId"]] = data["request"]["url"]
        elif name == "Network.loadingFailed":
            self.failed.add(self.names.get(data["requestId"]))

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def view(self, width, height, dark=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def go(self, address):
        self.events.clear()
        result = self.send("Page.navigate", url=address)
        if result.get("errorText"):
            raise RuntimeError(f"{address}: {result['errorText']}")
        self.wait(lambda: "Page.loadEventFired" in self.events or "loaderId" not in result)

    def wait(self, holds, seconds=60):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError("waited in vain")
            time.sleep(0.01)

    def evaluate(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            detail = result["exceptionDetails"]
            raise RuntimeError(detail.get("exception", {}).get("description", detail["text"]))
        return result["result"].get("value")

    def settle(self):
        """Until the page has drawn twice and nothing more is loading; where scripts are forbidden, a moment."""
        if self.has_scripts:
            self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
                          "() => setTimeout(done, 60))))")
        else:
            time.sleep(0.4)

    def text(self):
        """What a reader sees of the page, as the accessibility tree has it: that works where scripts do not."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [node["name"]["value"] for node in nodes
                if node.get("role", {}).get("value") == "StaticText" and node.get("name", {}).get("value")]

    def images(self):
        """How many pictures did not come."""
        asked = [url for url in self.requests if url.rsplit(".", 1)[-1] in ("jpg", "png")]
        return sum(url in self.failed for url in asked)

    def press(self, key, text=None, modifiers=0):
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text if text is not None else (
            key if len(key) == 1 else ""), modifiers=modifiers)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers)

    def screenshot(self, path, full=False):
        parameters = {"captureBeyondViewport": True} if full else {}
        if full:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], full), "scale": 1}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", **parameters)["data"]))

    def print(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.printToPDF", printBackground=False)["data"]))

    def close(self):
        self.browser.send("Target.closeTarget", targetId=self.target)


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
