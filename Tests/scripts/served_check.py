"""Files that the replay server hands out: what may run in a browser, which names work, and how many are open.

    python3 served_check.py FORGEBATCH [WORD ...]
"""

import os
import subprocess
import sys
import time
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from browser import Browser
from replay_server import Checks, MadeRun, Server, job_id, wait

# As wget and cameras make them, and as somebody would who means harm.
NAMES = [
    b"100%25.y4m", b"a%2eb.y4m", b"a%2fb.y4m", b"a%5cb.y4m", b"%2e%2e", b"%00.y4m", b"%zz.y4m", b"back\\slash.y4m",
    b"line\nfeed.y4m", b"\xff\xfe.y4m", b"quote'\"<>&.y4m", b" two  spaces .y4m", b"#hash?query=1.y4m", b"-rf.y4m",
    "\u202ertl \u00e9.y4m".encode(), b"semi;colon:.y4m", b"plus+and,comma.y4m", b"%252e%252e.y4m", b"x\x7f\x1b[31m.y4m"]
SCRIPT = "<script>document.title = 'it ran'; fetch('/v1/runs').then(r => r.text()).then(t => document.title = t)</script>"


def clip(seed):
    header = b"YUV4MPEG2 W32 H24 F25:1 Ip A1:1 C420jpeg\n"
    return header + b"".join(b"FRAME\n" + bytes([(seed * 7 + n * 3) % 200 + 20]) * (32 * 24 * 3 // 2) for n in range(5))


def hostile(binary, folder):
    """A real run over videos of these names; its output folder."""
    source = os.path.join(folder, "in").encode()
    os.makedirs(source)
    for number, name in enumerate(NAMES):
        with open(os.path.join(source, name), "wb") as file:
            file.write(clip(number))
    out = os.path.join(folder, "out")
    subprocess.run([binary, "run", source, "-o", out, "--no-config", "--jobs", "2"], check=True, timeout=300)
    return out


class Links(HTMLParser):
    """The addresses that a page names."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


def results_of_report(get, base):
    """Follows the report's pages as a browser does; asks for each result that they link to, and says how many there were."""
    pages, results, seen = [urljoin(base, "report/index.html")], set(), set()
    while pages:
        page = pages.pop()
        if page in seen:
            continue
        seen.add(page)
        status, headers, body = get(page)
        assert status == 200 and headers["content-type"].startswith("text/html"), (page, status)
        for link in Links(body.decode()).found:
            address = urljoin(page, link.split("#")[0])
            path = urlsplit(address).path
            if "/results/" in path and path.endswith(".json"):
                results.add(address)
            elif path.endswith(".html") and "/report/" in path:
                pages.append(address)
    for address in results:
        status, headers, body = get(address)
        assert status == 200 and headers["content-type"] == "application/json", (address, status, body[:200])
        assert headers["content-security-policy"] == "sandbox" and body.startswith(b'{"schema":'), address
    return len(results)


def check_every_legal_name_has_a_link_that_works(binary, folder):
    out = hostile(binary, folder)
    with Server(binary, out) as server:
        base = server.http + "/"
        count = results_of_report(lambda address: server.request("GET", address.removeprefix(server.http)), base)
        assert count == len(NAMES), count


def check_a_file_that_only_calls_itself_a_video_runs_nothing(binary, folder):
    source, out = os.path.join(folder, "in"), os.path.join(folder, "out")
    os.makedirs(source)
    svg = f"<!--ftyp--><svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>".encode()
    html = f"<!DOCTYPE html>{SCRIPT}".encode()
    # The same with bytes that no text has, so that it is taken for MP4.
    disguised = b"<!--ftypisom\0\0\0\0isom-->" + html
    run = MadeRun(out)
    run.begin(4)
    files = {"evil.svg": svg, "evil.html": html, "evil.mp4": disguised, "evil.xhtml": svg}
    for name, content in files.items():
        with open(os.path.join(source, name), "wb") as file:
            file.write(content)
        run.start(name)
        run.complete(name, size=len(content))
    run.finish(roots=[{"path": source, "prefix": ""}])
    # The same where nobody put it but who may write there anyway.
    for place in ("results/evil.html", "results/evil.svg", "stills/evil.svg", "runs/evil.html"):
        path = os.path.join(out, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(html)
    with Server(binary, out, "--speed", "max") as server:
        paths = [f"/v1/jobs/{job_id(name)}/video" for name in files]
        paths += ["/results/evil.html", "/results/evil.svg", "/stills/evil.svg", "/runs/evil.html"]
        for path in paths:
            status, headers, _ = server.request("GET", path)
            assert status == 200, (path, status)
            assert headers["x-content-type-options"] == "nosniff", headers
            assert headers["content-security-policy"] == "sandbox", headers
            assert headers["cross-origin-resource-policy"] == "same-site", headers
            kind = headers["content-type"]
            isSaved = headers.get("content-disposition", "").startswith("attachment")
            assert kind.startswith("video/") or kind == "application/octet-stream" and isSaved, (path, headers)
        with Browser() as browser, browser.page() as page:
            page.open(server.http + "/health")
            for path in paths:
                # What is saved leaves the page where it was; what is shown has a page of its own.
                page.send("Page.navigate", url=server.http + path)
                time.sleep(0.5)
                title = page.evaluate("document.title")
                assert "it ran" not in title and "run_id" not in title, (path, title)
            # The browser does run such a page where the server says that it is one.
            page.open("data:text/html," + SCRIPT)
            page.wait("document.title !== ''")


def check_the_report_has_an_address_without_a_file_name(binary, folder):
    run = MadeRun(folder)
    run.begin()
    run.start("a.mp4")
    run.complete("a.mp4")
    run.finish()
    subprocess.run([binary, "report", folder], check=True, timeout=300)
    with Server(binary, folder) as server:
        status, headers, _ = server.request("GET", "/report")
        assert status == 307 and headers["location"] == "report/", (status, headers)
        whole = server.request("GET", "/report/index.html")
        assert server.request("GET", "/report/")[::2] == (200, whole[2])
        for path in ["/report/index.html/", "/report//", "/report/assets/", "/assets/replay.js/", "/stills/", "/results/"]:
            assert server.request("GET", path)[0] == 404, path
        status, headers, icon = server.request("GET", "/favicon.ico")
        assert status == 200 and headers["content-type"] == "image/svg+xml" and b"<svg" in icon


def check_descriptors_do_not_grow_with_the_runs_that_were_asked_for(binary, folder):
    ids = []
    for number in range(300):
        run = MadeRun(folder, run=f"20260226T{number:06d}Z-abcdef")
        run.begin()
        run.start("a.mp4")
        run.progress("a.mp4", 50)
        run.fail("a.mp4", "a.mp4: decode: broken")
        run.finish()
        ids.append(run.run)
    # As after the catalog was lost and made anew: nothing tells the run.
    with open(os.path.join(folder, "catalog.ndjson"), "a", encoding="utf-8") as file:
        file.write(f'{{"job_id":"{job_id("b.mp4")}","path":"b.mp4","result":"results/b.mp4.json","size":5,"digest":"s",'
                   '"verdict":"ok","frames":4,"sha256":"0","run_id":"","codec":"h264","events":0}\n')
    with Server(binary, folder) as server:
        def held():
            return len(os.listdir(f"/proc/{server.process.pid}/fd"))
        before = held()
        for run in ids:
            assert server.get(f"/v1/jobs/{job_id('a.mp4')}?run={run}")[0] == 200
        wait(lambda: held() <= before + 40)
        assert server.get(f"/v1/jobs/{job_id('b.mp4')}")[0] in (200, 404)
        wait(lambda: held() <= before + 40)


def check_an_address_answers_to_itself(binary, folder):
    run = MadeRun(folder)
    run.begin()
    run.finish()
    with Server(binary, folder, "--host", "0.0.0.0") as server:
        assert server.host == "127.0.0.1", server.host
        other = f"127.0.0.1:{server.port}"
        assert server.request("GET", "/health", host=other)[0] == 200
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()
        for address in own:
            if ":" in address:
                continue
            answer = subprocess.run(
                ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", f"http://{address}:{server.port}/health"],
                capture_output=True, text=True, timeout=60, check=False)
            assert answer.stdout == "200", (address, answer)
        assert server.request("GET", "/health", host="192.0.2.9")[0] == 421
    with Server(binary, folder, "--host", "[::1]") as server:
        assert server.host == "[::1]", server.host
        assert "open to the network" not in server.errors()


if __name__ == "__main__":
    checks = [value for name, value in list(globals().items()) if name.startswith("check_")]
    sys.exit(Checks(sys.argv[1]).run(checks, sys.argv[2:]))
