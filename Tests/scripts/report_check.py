#!/usr/bin/env python3
"""Checks the report of an output folder as a browser sees it. Usage: report_check.py OUT [--budgets]

Every page: relative links that exist, nothing inline, no other origin. In Chromium: no console message from file:// and
from a sub-path of a server; under a policy that forbids scripts none but that refusal, and the same text; search, sorting,
keys and links; nothing that a file's name says runs. Prints one line a finding; ends with 1 when there is any.
"""
import argparse
import html.parser
import os
import re
import sys
import urllib.parse

import chrome as devtools

# What Jenkins sends with the files of a build.
STRICT = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
BUDGETS = {"index.html": 2_000_000, "data/index.js": 1_500_000}
PAGE, DATA, BOXES, THUMBNAIL = 24 << 10, 16 << 10, 256 << 10, 4 << 10
OWN_ASSETS, ASSETS = ["report.css", "report.js", "uplot.css", "uplot.js", "NOTICES.txt"], 200_000
FIRST_VIEW, KEYSTROKE = 1.0, 0.050

findings = []


def expect(holds, text):
    if not holds:
        findings.append(text)


class Markup(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.names, self.script = path, [], set(), False
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.names.add(values.get("id"))
        expect(tag not in ("style", "iframe", "object", "embed", "base"), f"{self.path}: <{tag}>")
        self.script = tag == "script"
        expect(tag != "script" or "src" in values, f"{self.path}: a script without src")
        for name, value in attributes:
            expect(not name.startswith("on") and name != "style", f"{self.path}: attribute {name}")
            if name in ("href", "src", "xlink:href", "srcset", "poster", "action", "ping"):
                self.links.append(value)
            elif value and re.search(r"url\(|data:|^\s*(https?:)?//|javascript:", value) and tag != "meta":
                expect(name in ("title", "aria-label", "alt"), f"{self.path}: {name}={value!r}")

    def handle_data(self, data):
        expect(not (self.script and data.strip()), f"{self.path}: an inline script")

    def handle_endtag(self, tag):
        self.script = False


def pages(report):
    for folder, _, names in os.walk(report):
        for name in sorted(names):
            if name.endswith(".html"):
                yield os.path.join(folder, name)


def crawl(report):
    """Every link of every page leads to a file, or to a name on the page."""
    count, seen = 0, {}
    for path in pages(report):
        markup = Markup(path)
        for link in markup.links:
            count += 1
            parts = urllib.parse.urlsplit(link)
            expect(not parts.scheme and not parts.netloc and not link.startswith("/"), f"{path}: link {link!r}")
            if not parts.path:
                expect("=" in parts.fragment or parts.fragment in markup.names or link == "#", f"{path}: no place {link!r}")
                continue
            target = os.path.join(os.fsencode(os.path.dirname(path)), urllib.parse.unquote_to_bytes(parts.path))
            if target not in seen:
                seen[target] = os.path.exists(target)
            expect(seen[target], f"{path}: {link!r} leads nowhere")
    for name in os.listdir(f"{report}/assets"):
        with open(f"{report}/assets/{name}", encoding="utf-8") as file:
            text = file.read()
        if name.endswith(".css"):
            expect(not re.search(r"url\(|@import|https?:", text), f"{name}: an address")
        if name.endswith(".js"):
            code = re.sub(r"(^|\s)//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
            expect(not re.search(r"https?://|\beval\(|new Function", code), f"{name}: an address or code from text")
    return count


def chosen(report, most=14):
    """The index, further pages of rows, the replay, and video pages, those with odd names first."""
    found = [path for path in pages(report) if "/v/" not in path.replace(os.sep, "/")]
    rest = [path for path in pages(report) if path not in found]

    def oddness(path):
        with open(path, encoding="utf-8") as file:
            title = re.search(r"<h1 class=\"path\">(.*?)</h1>", file.read(), re.S)
        return -len(re.findall(r"&|\\|[^\w./ -]", title.group(1))) if title else 0

    return found, sorted(rest[:400], key=oddness)[:most]


def visit(chrome, address, allowed=None, **options):
    if os.environ.get("VERBOSE"):
        print(address, file=sys.stderr)
    page = chrome.open(address, **options)
    page.settle()
    for problem in page.problems:
        expect(allowed and allowed(problem), f"{address}: console: {problem}")
    expect("Page.javascriptDialogOpening" not in page.events, f"{address}: a dialog opened")
    expect(not page.has_scripts or page.evaluate("window.hacked") is None, f"{address}: a name ran")
    return page


def look(chrome, report):
    """Pages from file://, from a sub-path, and under a policy without scripts."""
    found, videos = chosen(report)
    root = os.path.dirname(os.path.abspath(report))
    local = "file://" + urllib.parse.quote(os.path.abspath(report))
    for path in found + videos:
        page = visit(chrome, local + path[len(report):])
        outside = [url for url in page.requests if not url.startswith("file://" + urllib.parse.quote(root))]
        expect(not outside, f"{path}: asked for {outside}")
        page.close()
    with devtools.server(root, "/view/job-7/artifact") as address:
        for path in found + videos[:4]:
            visit(chrome, address + path[len(root):]).close()
    with devtools.server(root, policy=STRICT) as address:
        for path in [found[0]] + videos[:3]:
            if path.endswith("replay.html"):
                continue
            plain = visit(chrome, local + path[len(report):], scripts=False)
            strict = visit(chrome, address + path[len(root):], scripts=False,
                           allowed=lambda text: "script" in text.lower() and "style" not in text.lower())
            expect(len(strict.text()) > 20 and sorted(strict.text()) == sorted(plain.text()), f"{path}: another text under a strict policy")
            broken = strict.images()
            expect(broken == 0, f"{path}: {broken} pictures missing under a strict policy")
            plain.close()
            strict.close()


def use(chrome, report):
    """Search, sorting, keys and links on the index."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    page = visit(chrome, address)
    page.evaluate("forgebatchIndex.ready()")
    total = page.evaluate("forgebatchIndex.table.rowCount")
    expect(total > 0, "the index has no rows")

    def rows():
        page.settle()
        return page.evaluate("forgebatchIndex.table.select(forgebatch.query.parse(forgebatchIndex.state.line)).length")

    page.press("f")
    page.settle()
    expect(page.evaluate("forgebatchIndex.state.line") == "s:failed", "the key f does not ask for the failed")
    failed = page.evaluate("forgebatchIndex.table.status.filter((status) => status === 0).length")
    expect(rows() == failed, "s:failed finds other rows")
    expect("q=s:failed" in page.evaluate("location.hash"), "the address does not tell the search")
    shown = page.evaluate("[...document.querySelectorAll('#found tbody tr')].every((row) => row.className === 'failed')")
    expect(shown, "rows that did not fail are shown")
    page.press("a")
    page.settle()
    expect(page.evaluate("document.getElementById('found').hidden"), "the key a does not bring all back")
    page.press("/")
    expect(page.evaluate("document.activeElement.type") == "search", "the key / does not lead to the search")
    page.press("Escape")
    page.press("j")
    first = page.evaluate("document.activeElement.tagName")
    links = page.evaluate("document.querySelectorAll('#rows tbody th a').length")
    expect(first == "A" or links == 0, "the key j does not lead to a row")
    page.evaluate("forgebatchIndex.sort('size')")
    page.settle()
    sizes = page.evaluate("(() => { const { table } = forgebatchIndex; return table.select(null, 'size', true)"
                          ".map((row) => table.size[row]).filter((size) => size !== null); })()")
    expect(sizes == sorted(sizes, reverse=True), "sizes are not sorted")
    expect("sort=-size" in page.evaluate("location.hash"), "the address does not tell the order")
    page.press("?")
    expect(page.evaluate("document.querySelector('dialog').open"), "the key ? opens no sheet")
    mismatch = page.evaluate("""(() => {
        const { table } = forgebatchIndex;
        const view = new forgebatch.Window(document.createElement("div"), table, document.querySelector("table.videos"));
        const plain = [...document.querySelectorAll("#rows tbody tr")];
        for (let row = 0; row < Math.min(plain.length, table.rowCount); row += 1) {
            const made = view.row(row);
            const [left, right] = [plain[row], made].map((tr) => [...tr.cells].map((cell) => cell.textContent.trim()).join("|"));
            if (left !== right) return `${left} is not ${right}`;
            const [first, second] = [plain[row], made].map((tr) => tr.querySelector("a")?.getAttribute("href"));
            if (first && first !== second) return `${first} is not ${second}`;
        }
        return null;
    })()""")
    expect(mismatch is None, f"a row with script differs from the one without: {mismatch}")
    page.close()
    page = visit(chrome, address + "#q=s:failed&sort=-size")
    page.settle()
    expect(page.evaluate("forgebatchIndex.state.line") == "s:failed", "a link to a search does not search")
    for problem in page.problems:
        expect(False, f"console: {problem}")
    page.close()


def video(chrome, report):
    """A video's page: lanes, cursor, zoom, links into the chart."""
    for path in pages(report):
        if "/v/" not in path or not os.path.exists(path[:-5] + ".js"):
            continue
        page = visit(chrome, "file://" + urllib.parse.quote(os.path.abspath(path)) + "#t=0.2")
        plots = page.evaluate("document.querySelectorAll('.plots canvas').length")
        expect(plots > 0, f"{path}: no lane is drawn")
        expect(page.evaluate("[...document.querySelectorAll('#lanes > .lane:not(.picture)')].every((lane) => lane.hidden)"),
               f"{path}: the lanes without script are still there")
        expect(page.evaluate("document.querySelector('.readout').textContent").startswith("frame "), f"{path}: no readout")
        expect(not page.problems, f"{path}: console: {page.problems}")
        page.close()
        return
    expect(False, "no page of a video has data")


def weigh(report):
    """Sizes against the budgets, and the largest of each kind."""
    largest = {}

    def hold(kind, path, limit):
        size = os.path.getsize(path)
        if size > largest.get(kind, (0, ""))[0]:
            largest[kind] = (size, os.path.relpath(path, report))
        expect(size <= limit, f"{os.path.relpath(path, report)}: {size} bytes, {limit} allowed")

    for name, limit in BUDGETS.items():
        hold(name, f"{report}/{name}", limit)
    own = sum(os.path.getsize(f"{report}/assets/{name}") for name in OWN_ASSETS)
    expect(own <= ASSETS, f"assets: {own} bytes")
    largest["assets"] = (own, ", ".join(OWN_ASSETS))
    for folder, _, names in os.walk(f"{report}/v"):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".html"):
                hold("page", path, PAGE)
            elif re.search(r"\.b\d+\.js$", name):
                hold("boxes", path, BOXES)
            else:
                hold("data", path, DATA)
    for folder, _, names in os.walk(f"{os.path.dirname(report)}/stills"):
        for name in names:
            if name.endswith(".jpg") and "strip" not in name:
                hold("thumbnail", os.path.join(folder, name), THUMBNAIL)
    for kind, (size, path) in largest.items():
        print(f"{kind:12} {size:>9,} bytes  {path}")


def clock(chrome, report):
    """The first view and one keystroke of the search, the better of three."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    views = []
    for _ in range(3):
        page = chrome.open("about:blank")
        page.send("Page.addScriptToEvaluateOnNewDocument", source="addEventListener('load', () => requestAnimationFrame("
                  "() => requestAnimationFrame(() => { window.secondFrame = performance.now(); })));")
        page.go(address)
        page.wait(lambda: page.evaluate("window.secondFrame") is not None)
        views.append(page.evaluate("window.secondFrame") / 1000)
        last = page
    last.evaluate("forgebatchIndex.ready()")
    strokes = []
    for line in ["c", "ca", "cam", "came", "s:f", "s:failed", "events>10", "dir:camera-07 alarm", "zzz", "m"]:
        strokes.append(last.evaluate(f"""(async () => {{
            const start = performance.now();
            forgebatchIndex.ask({line!r});
            for (let turn = 0; turn < 5; turn += 1) await null;
            document.body.getBoundingClientRect();
            return performance.now() - start;
        }})()""") / 1000)
    sort = last.evaluate("""(async () => {
        forgebatchIndex.ask("");
        for (let turn = 0; turn < 5; turn += 1) await null;
        const start = performance.now();
        forgebatchIndex.sort("duration");
        for (let turn = 0; turn < 5; turn += 1) await null;
        document.body.getBoundingClientRect();
        return performance.now() - start;
    })()""") / 1000
    heap = last.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0")
    print(f"first view   {min(views):.2f} s (of {', '.join(f'{view:.2f}' for view in views)})")
    print(f"keystroke    {max(strokes) * 1000:.0f} ms at most, sorting {sort * 1000:.0f} ms; script heap {heap / 1e6:.0f} MB")
    expect(min(views) <= FIRST_VIEW, f"first view {min(views):.2f} s")
    expect(max(strokes) <= KEYSTROKE, f"a keystroke takes {max(strokes):.3f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--budgets", action="store_true", help="hold sizes and times against the budgets")
    arguments = parser.parse_args()
    report = os.path.join(os.path.abspath(arguments.out), "report")
    print(f"{crawl(report):,} links followed")
    with devtools.Browser() as chrome:
        look(chrome, report)
        use(chrome, report)
        video(chrome, report)
        if arguments.budgets:
            weigh(report)
            clock(chrome, report)
    for finding in dict.fromkeys(findings):
        print(finding)
    print("no finding" if not findings else f"{len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
