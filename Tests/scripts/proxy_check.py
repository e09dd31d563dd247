"""The replay behind nginx with TLS and a path of its own, by the very configuration of docs/replay.md.

    python3 proxy_check.py FORGEBATCH NGINX [WORD ...]
"""

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

from websockets.sync.client import connect

from browser import Browser
from protocol_check import PlanClient, two_jobs
from replay_server import PATIENCE, Checks, MadeRun, Server, job_id, wait
from served_check import NAMES, hostile, results_of_report

NAME, PREFIX = "videos.example.org", "/nightly"
PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "replay.md")
FLAGS = [f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors"]
NGINX = None


def recipe():
    """What the page tells people to write."""
    with open(PAGE, encoding="utf-8") as file:
        return re.search(r"```nginx\n(.*?)```", file.read(), re.S)[1]


def replaced(text, pairs):
    for old, new in pairs:
        assert old in text, f"the recipe has no {old!r}"
        text = text.replace(old, new)
    return text


class Proxy:
    """nginx before a server, for as long as it is needed. It speaks to clients as ``Server`` does."""

    def __init__(self, server, host="$http_host", prefix=PREFIX, more=""):
        self.prefix = prefix
        self.folder = tempfile.TemporaryDirectory(prefix="forgebatch-nginx-")
        place = self.folder.name
        self.certificate, key = os.path.join(place, "own.pem"), os.path.join(place, "own.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
             f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True, timeout=PATIENCE)
        for _ in range(5):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            own = replaced(recipe(), [
                ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"), ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
                ("/etc/ssl/certs/videos.example.org.pem", self.certificate),
                ("/etc/ssl/private/videos.example.org.key", key), ("$http_host", host),
                ("location /nightly/ {", f"{more}\nlocation {prefix}/ {{")])
            paths = "".join(
                f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            user = "user root;\n" if os.geteuid() == 0 else ""
            with open(os.path.join(place, "nginx.conf"), "w", encoding="utf-8") as file:
                file.write(f"{user}daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log stderr warn;\n"
                           f"events {{}}\nhttp {{\naccess_log off;\n{paths}{own}}}\n")
            self.log = tempfile.TemporaryFile()
            self.process = subprocess.Popen(
                [NGINX, "-p", place, "-e", "stderr", "-c", os.path.join(place, "nginx.conf")], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self.log)
            if self.begins():
                break
            # Somebody else took the port.
            self.process.wait(PATIENCE)
        else:
            self.log.seek(0)
            raise RuntimeError(self.log.read().decode(errors="replace"))
        self.context = ssl.create_default_context(cafile=self.certificate)
        self.http = f"https://{NAME}:{self.port}{prefix}"

    def begins(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self.process.poll() is None
            time.sleep(0.02)
        return False

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection(NAME, self.port, context=self.context)
        try:
            connection.sock = self.context.wrap_socket(self.socket(), server_hostname=NAME)
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", f"{NAME}:{self.port}")
            for name, value in {"Origin": f"https://{NAME}:{self.port}", **(headers or {})}.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, data = self.request("GET", self.prefix + path)
        return status, json.loads(data)

    def put(self, path, value):
        status, _, data = self.request(
            "PUT", self.prefix + path, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
        return status, json.loads(data)

    def connect(self, path):
        return connect(
            f"wss://{NAME}:{self.port}{self.prefix}{path}", sock=self.socket(), ssl=self.context,
            origin=f"https://{NAME}:{self.port}")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def check_page_assets_http_report_sockets_and_clock(binary, folder):
    two_jobs(folder, step=40)
    subprocess.run([binary, "report", folder], check=True, timeout=PATIENCE)
    with Server(binary, folder, "--paused", "--allow-host", NAME) as server, Proxy(server) as proxy:
        status, headers, page = proxy.request("GET", PREFIX + "/")
        assert status == 200 and headers["content-type"].startswith("text/html"), status
        for asset in set(re.findall(rb'(?:src|href)="(assets/[^"]+)"', page)):
            assert proxy.request("GET", f"{PREFIX}/{asset.decode()}")[0] == 200, asset
        assert proxy.get("/health")[1]["status"] == "healthy"
        status, headers, _ = proxy.request("GET", PREFIX)
        assert status in (301, 307) and urlsplit(headers["location"]).path == PREFIX + "/", (status, headers)
        status, headers, _ = proxy.request("GET", PREFIX + "/report")
        assert status == 307 and headers["location"] == "report/", (status, headers)
        assert proxy.request("GET", PREFIX + "/report/")[0] == 200
        assert results_of_report(lambda address: proxy.request("GET", urlsplit(address).path), proxy.http + "/") == 1
        a = job_id("a.mp4")
        with proxy.connect(f"/ws/jobs/{a}") as job, proxy.connect(f"/v1/ws/jobs/{a}") as again:
            status, clock = proxy.put("/v1/replay", {"playing": True, "speed": 4})
            assert status == 200 and clock["playing"], (status, clock)
            for client in (job, again):
                while True:
                    event = json.loads(client.recv(timeout=PATIENCE))
                    if event.get("status"):
                        break
                assert event["status"] == "completed", event
        # Pages of others have no access, whatever the proxy.
        evil = {"Origin": "https://evil.example"}
        assert proxy.request("PUT", PREFIX + "/v1/replay", body=b'{"at":1}', headers=evil)[0] == 403


def check_a_proxy_that_leaves_the_port_out_of_host(binary, folder):
    two_jobs(folder)
    with Server(binary, folder, "--allow-host", NAME) as server, Proxy(server, host="$host") as proxy:
        assert proxy.put("/v1/replay", {"playing": False})[0] == 200
        with proxy.connect(f"/ws/jobs/{job_id('a.mp4')}") as job:
            job.send('{"type":"ping"}')
            while json.loads(job.recv(timeout=PATIENCE)).get("type") != "pong":
                pass


def check_the_client_of_the_plan_ends_where_it_should(binary, folder):
    two_jobs(folder, step=40)
    with Server(binary, folder, "--allow-host", NAME) as server, Proxy(server) as proxy:
        good, bad = (PlanClient(proxy, job_id(path)) for path in ["a.mp4", "b.mp4"])
        try:
            wait(lambda: good.status == "completed" and good.results and bad.status == "failed")
            assert good.results["total_frames"] == 4 and "frame 51" in bad.error
            assert (good.sockets, bad.sockets) == (1, 1), (good.sockets, bad.sockets)
        finally:
            good.stop()
            bad.stop()


def check_every_legal_name_has_a_link_that_works(binary, folder):
    out = hostile(binary, folder)
    with Server(binary, out, "--allow-host", NAME) as server, Proxy(server) as proxy:
        count = results_of_report(lambda address: proxy.request("GET", urlsplit(address).path), proxy.http + "/")
        assert count == len(NAMES), count


def check_the_viewer_plays_and_seeks(binary, folder):
    run = MadeRun(folder)
    run.begin()
    run.start("a.mp4")
    for frame in range(1, 21):
        run.progress("a.mp4", 5 * frame, after=4500)
    run.complete("a.mp4")
    run.finish()
    with (Server(binary, folder, "--paused", "--allow-host", NAME) as server, Proxy(server) as proxy,
          Browser(*FLAGS) as browser, browser.page() as page):
        page.open(f"{proxy.http}/#job={job_id('a.mp4')}")
        page.wait("document.querySelectorAll('#job-list .job').length === 1")
        page.wait("document.getElementById('badge').textContent === '● Live'")
        page.key(" ")
        wait(lambda: proxy.get("/v1/replay")[1]["playing"])
        page.wait("document.getElementById('state').textContent === '◐ running'")
        page.key("2")
        wait(lambda: proxy.get("/v1/replay")[1]["at"] >= 2)
        proxy.put("/v1/replay", {"speed": 64, "playing": True})
        page.wait("document.getElementById('state').textContent === '● completed'")
        page.wait("document.getElementById('result-facts').textContent.includes('Frames4')")
        assert all(url.startswith((proxy.http, "about:", "data:", f"wss://{NAME}")) for url in page.requests), page.requests
        assert page.errors == [], page.errors


def check_the_page_of_the_plan_follows_a_run_that_grows_and_ends(binary, folder):
    run = MadeRun(folder)
    run.begin(3)
    run.start("early.mp4")
    run.complete("early.mp4")
    run.start("a.mp4")
    run.progress("a.mp4", 10)
    early, a, b = (job_id(path) for path in ("early.mp4", "a.mp4", "b.mp4"))
    # Its addresses are at the root of its host.
    more = f"location = /plan_page.html {{ root {os.path.dirname(os.path.abspath(__file__))}; }}"
    with (Server(binary, folder, "--allow-host", NAME) as server, Proxy(server, prefix="", more=more) as proxy,
          Browser(*FLAGS) as browser, browser.page() as page):
        def state(job, **wanted):
            page.wait(" && ".join(f"jobs['{job}'].state.{key} === {json.dumps(value)}" for key, value in wanted.items()))

        page.open(f"{proxy.http}/plan_page.html?jobs={early},{a}")
        state(early, status="completed", isConnected=True)
        state(a, status="running", progress=10, isConnected=True)
        run.progress("a.mp4", 60)
        state(a, status="running", progress=60)
        run.start("b.mp4")
        run.progress("b.mp4", 20)
        wait(lambda: proxy.get(f"/v1/jobs/{b}")[0] == 200)
        page.evaluate(f"watch('{b}')")
        state(b, status="running", progress=20, isConnected=True)
        run.complete("a.mp4")
        state(a, status="completed", error=None)
        run.fail("b.mp4", "b.mp4: decode: broken")
        state(b, status="failed", error="b.mp4: decode: broken")
        run.finish(3)
        wait(lambda: proxy.get("/v1/replay")[1]["live"] is False)
        time.sleep(3)
        for job, status in ((early, "completed"), (a, "completed"), (b, "failed")):
            state(job, status=status, isConnected=True, sockets=1)
        # Those who come when all is over.
        page.open(f"{proxy.http}/plan_page.html?jobs={a},{b}")
        state(a, status="completed", sockets=1)
        state(b, status="failed", error="b.mp4: decode: broken", sockets=1)
        assert page.errors == [], page.errors


if __name__ == "__main__":
    NGINX = sys.argv[2]
    checks = [value for name, value in list(globals().items()) if name.startswith("check_")]
    sys.exit(Checks(sys.argv[1]).run(checks, sys.argv[3:]))
