#!/usr/bin/env python3
"""Checks the report of an output folder as a browser sees it. Usage: report_check.py OUT [--budgets | --shots DIR]

Every page: relative links that exist, nothing inline, no other origin. In Chromium: no console message from file:// and
from a sub-path of a server; under a policy that forbids scripts none but that refusal, and the same text; search,
sorting, gallery, keys and links; nothing that a file's name says runs. Prints one line a finding; ends with 1 when there is any.
"""
import argparse
import html.parser
import os
import re
import sys
import urllib.parse

from browser import Browser, server

# What Jenkins sends with the files of a build.
STRICT = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
BUDGETS = {"index.html": 2_000_000, "data/index.js": 1_500_000}
PAGE, DATA, BOXES, THUMBNAIL, FILM = 24 << 10, 16 << 10, 256 << 10, 4 << 10, 32 << 10
OWN_ASSETS, ASSETS = ["report.css", "report.js", "uplot.css", "uplot.js", "NOTICES.txt"], 200_000
# The lanes without a pixel of their colour, although every lane of measures has a value. Spans behind it are paler.
EMPTY_LANES = """[...document.querySelectorAll(".lane.plot")].filter((lane) => {
  const tool = lane.querySelector("h3").textContent.split(".")[0];
  const name = { cuts: "scene", siti: "sharpness", blur: "sharpness", decoding: "failed" }[tool] || tool;
  const canvas = lane.querySelector("canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.fillStyle = getComputedStyle(lane).getPropertyValue(`--${name}`);
  copy.fillRect(0, 0, 1, 1);
  const colour = copy.getImageData(0, 0, 1, 1).data;
  copy.clearRect(0, 0, 1, 1);
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  const isNear = (at) => [0, 1, 2].every((part) => Math.abs(data[at + part] - colour[part]) < 12);
  for (let at = 0; at < data.length; at += 4) if (isNear(at)) return false;
  return true;
}).map((lane) => lane.querySelector("h3").textContent)"""
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
                place = "=" in parts.fragment or parts.fragment in markup.names or link == "#"
                expect(place, f"{path}: no place {link!r}")
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


def visit(browser, address, allowed=None, scripts=True):
    if os.environ.get("VERBOSE"):
        print(address, file=sys.stderr)
    page = browser.page(scripts=scripts)
    page.open(address)
    page.settle()
    for error in page.errors:
        expect(allowed and allowed(error), f"{address}: console: {error}")
    expect(not scripts or page.evaluate("window.hacked") is None, f"{address}: a name ran")
    return page


def look(browser, report):
    """Pages from file://, from a sub-path, and under a policy without scripts."""
    found, videos = chosen(report)
    root = os.path.dirname(os.path.abspath(report))
    local = "file://" + urllib.parse.quote(os.path.abspath(report))
    for path in found + videos:
        with visit(browser, local + path[len(report):]) as page:
            outside = [url for url in page.requests if not url.startswith("file://" + urllib.parse.quote(root))]
            expect(not outside, f"{path}: asked for {outside}")
    with server(root, "/view/job-7/artifact") as address:
        for path in found + videos[:4]:
            visit(browser, address + path[len(root):]).close()
    with server(root, policy=STRICT) as address:
        for path in [found[0]] + videos[:3]:
            if path.endswith("replay.html"):
                continue
            with visit(browser, local + path[len(report):], scripts=False) as page:
                plain = sorted(page.text())
            with visit(browser, address + path[len(root):], scripts=False,
                       allowed=lambda text: "script" in text.lower() and "style" not in text.lower()) as page:
                strict, failed = sorted(page.text()), page.failed_images()
            expect(len(strict) > 20 and strict == plain, f"{path}: another text under a strict policy")
            expect(not failed, f"{path}: missing under a strict policy: {failed}")


def use(browser, report):
    """Search, sorting, keys and links on the index."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    page = visit(browser, address)
    page.evaluate("forgebatchIndex.ready()")
    total = page.evaluate("forgebatchIndex.table.rowCount")
    expect(total > 0, "the index has no rows")

    def rows():
        page.settle()
        return page.evaluate("forgebatchIndex.table.select(forgebatch.query.parse(forgebatchIndex.state.line)).length")

    page.key("f")
    page.settle()
    expect(page.evaluate("forgebatchIndex.state.line") == "s:failed", "the key f does not ask for the failed")
    failed = page.evaluate("forgebatchIndex.table.status.filter((status) => status === 0).length")
    expect(rows() == failed, "s:failed finds other rows")
    expect("q=s:failed" in page.evaluate("location.hash"), "the address does not tell the search")
    shown = page.evaluate("[...document.querySelectorAll('#found tbody tr')]"
                          ".every((row) => row.className === 'failed')")
    expect(shown, "rows that did not fail are shown")
    page.key("a")
    page.settle()
    expect(page.evaluate("document.getElementById('found').hidden"), "the key a does not bring all back")
    page.key("/")
    expect(page.evaluate("document.activeElement.type") == "search", "the key / does not lead to the search")
    page.key("Escape")
    page.key("j")
    first = page.evaluate("document.activeElement.tagName")
    links = page.evaluate("document.querySelectorAll('#rows tbody th a').length")
    expect(first == "A" or links == 0, "the key j does not lead to a row")
    page.evaluate("forgebatchIndex.sort('size')")
    page.settle()
    sizes = page.evaluate("(() => { const { table } = forgebatchIndex; return table.select(null, 'size', true)"
                          ".map((row) => table.size[row]).filter((size) => size !== null); })()")
    expect(sizes == sorted(sizes, reverse=True), "sizes are not sorted")
    expect("sort=-size" in page.evaluate("location.hash"), "the address does not tell the order")
    page.key("?")
    expect(page.evaluate("document.querySelector('dialog').open"), "the key ? opens no sheet")
    mismatch = page.evaluate("""(() => {
        const { table } = forgebatchIndex;
        const plainTable = document.querySelector("table.videos");
        const view = new forgebatch.Window(document.createElement("div"), table, plainTable);
        const plain = [...document.querySelectorAll("#rows tbody tr")];
        for (let row = 0; row < Math.min(plain.length, table.rowCount); row += 1) {
            const made = view.row(row);
            const [left, right] = [plain[row], made].map(
                (tr) => [...tr.cells].map((cell) => cell.textContent.trim()).join("|"));
            if (left !== right) return `${left} is not ${right}`;
            const [first, second] = [plain[row], made].map((tr) => tr.querySelector("a")?.getAttribute("href"));
            if (first && first !== second) return `${first} is not ${second}`;
        }
        return null;
    })()""")
    expect(mismatch is None, f"a row with script differs from the one without: {mismatch}")
    page.close()
    page = visit(browser, address + "#q=s:failed&sort=-size")
    page.settle()
    expect(page.evaluate("forgebatchIndex.state.line") == "s:failed", "a link to a search does not search")
    for error in page.errors:
        expect(False, f"console: {error}")
    page.close()


def gallery(browser, report):
    """The rows as pictures: the same filter, order, keys and links as the table; nothing moves as they load."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    page = browser.page()
    page.before_scripts("window.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
                        " window.moved += entry.hadRecentInput ? 0 : entry.value; })"
                        ".observe({ type: 'layout-shift', buffered: true });")
    page.open(address + "#view=gallery&sort=-size")
    page.evaluate("forgebatchIndex.ready()")
    page.settle()
    cards = "[...document.querySelectorAll('#found .gallery li')]"
    page.wait(f"{cards}.length > 0")
    order = page.evaluate("(() => { const { table } = forgebatchIndex; return table.select(null, 'size', true)"
                          ".slice(0, 100).map((row) => table.path[row]); })()")
    expect(page.evaluate(f"{cards}.slice(0, 100).map((card) => card.title)") == order, "cards are not in the order asked for")
    expect(page.evaluate("document.getElementById('rows').hidden"), "the table is there beside the gallery")
    page.evaluate("document.getElementById('videos').scrollIntoView()")
    page.settle()
    # Those of the first row of cards are there, and have their size.
    empty = page.evaluate(f"""Promise.all({cards}.slice(0, 3).map((card) => card.querySelector("img")).filter(Boolean)
        .map((image) => image.decode().then(() => !image.naturalWidth, () => true)))""")
    expect(not any(empty), "pictures of cards do not load")
    page.evaluate("forgebatchIndex.ask('s:failed')")
    page.settle()
    expect(page.evaluate(f"{cards}.every((card) => card.className === 'failed')"), "cards of videos that did not fail")
    link = page.evaluate("location.hash")
    expect(link == "#view=gallery&q=s:failed&sort=-size", f"the address of the gallery is {link}")
    page.key("g")
    page.settle()
    expect(page.evaluate("document.querySelector('#found table') !== null && !document.querySelector('.gallery')"),
           "the key g does not bring the table back")
    page.key("a")
    page.key("g")
    page.settle()
    page.key("j")
    expect(page.evaluate("document.activeElement.closest('.gallery') !== null") or not page.evaluate(
        "document.querySelector('.gallery li > a')"), "the key j does not lead to a card")
    expect(page.evaluate("window.moved") < 0.05, f"the page moves as it loads: {page.evaluate('window.moved')}")
    for error in page.errors:
        expect(False, f"gallery: console: {error}")
    page.close()


def room(browser, report):
    """Room that is kept for rows which are not laid out is about theirs, and there is none without rows."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    for width in (1440, 390):
        with browser.page(width=width) as page:
            page.open(address)
            page.settle()
            heights = """[...document.querySelectorAll("#rows .block")].map((block) => [block.offsetHeight,
                block.querySelector("tbody").rows.length, block.className.includes("full")])"""
            before = page.evaluate(heights)
            page.evaluate("document.querySelectorAll('.block').forEach((block) => { block.style.contentVisibility = 'visible'; })")
            page.settle()
            after = page.evaluate(heights)
            for (kept, rows, is_full), (real, _, _) in zip(before, after):
                expect(is_full == (rows == 100), f"a block of {rows} rows at {width} pixels: full is {is_full}")
                expect(is_full or kept == real, f"{kept} pixels are kept for {rows} rows of {real} at {width}")
                expect(not is_full or 0.6 < kept / real < 1.6, f"{kept} pixels are kept for rows of {real} at {width}")


def video(browser, report):
    """Pages of videos: lanes, cursor, zoom, links into the chart."""
    paths = [path for path in pages(report) if "/v/" in path and os.path.exists(path[:-5] + ".js")]
    expect(paths, "no page of a video has data")
    for path in paths[:20]:
        with visit(browser, "file://" + urllib.parse.quote(os.path.abspath(path)) + "#t=0.2") as page:
            plots = page.evaluate("document.querySelectorAll('.plots canvas').length")
            expect(plots > 0, f"{path}: no lane is drawn")
            expect(page.evaluate("[...document.querySelectorAll('#lanes > .lane:not(.picture)')]"
                                 ".every((lane) => lane.hidden)"), f"{path}: the lanes without script are still there")
            page.settle()
            empty = page.evaluate(EMPTY_LANES)
            expect(not empty, f"{path}: nothing is drawn in {empty}")
            readout = page.evaluate("document.querySelector('.readout').textContent")
            expect(readout.startswith("frame "), f"{path}: no readout")
            expect(not page.errors, f"{path}: console: {page.errors}")


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
            if name.endswith("-film.jpg"):
                hold("film", os.path.join(folder, name), FILM)
            elif name.endswith(".jpg") and "strip" not in name:
                hold("thumbnail", os.path.join(folder, name), THUMBNAIL)
    for kind, (size, path) in largest.items():
        print(f"{kind:12} {size:>9,} bytes  {path}")


def clock(browser, report):
    """The first view and one keystroke of the search, the better of three."""
    address = "file://" + urllib.parse.quote(os.path.abspath(report)) + "/index.html"
    views = []
    for _ in range(3):
        page = browser.page()
        page.before_scripts("addEventListener('load', () => requestAnimationFrame("
                            "() => requestAnimationFrame(() => { window.secondFrame = performance.now(); })));")
        page.open(address)
        page.wait("window.secondFrame !== undefined")
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
    print(f"keystroke    {max(strokes) * 1000:.0f} ms at most, sorting {sort * 1000:.0f} ms; "
          f"script heap {heap / 1e6:.0f} MB")
    expect(min(views) <= FIRST_VIEW, f"first view {min(views):.2f} s")
    expect(max(strokes) <= KEYSTROKE, f"a keystroke takes {max(strokes):.3f} s")


def shots(browser, report, folder):
    """Pictures of the index and of the largest page of an ok, a damaged and a failed video; each as a PDF too."""
    os.makedirs(folder, exist_ok=True)
    views = {"index": os.path.join(report, "index.html")}
    for path in sorted(pages(report), key=os.path.getsize):
        with open(path, encoding="utf-8") as file:
            badge = re.search(r"class=\"badge (ok|damaged|failed)\"", file.read())
        if badge:
            views[badge.group(1)] = path
    for name, path in views.items():
        with browser.page() as page:
            for dark in (True, False):
                page.theme(dark)
                for width, height in ((390, 844), (1024, 768), (1440, 900)):
                    page.resize(width, height)
                    page.open("file://" + urllib.parse.quote(path))
                    page.settle()
                    end = f"{width}-{'dark' if dark else 'light'}.png"
                    page.screenshot(f"{folder}/{name}-{end}")
                    page.screenshot(f"{folder}/{name}-full-{end}", height=3000)
            page.print(f"{folder}/{name}.pdf")
    print(f"{', '.join(views)}: pictures are in {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--budgets", action="store_true", help="hold sizes and times against the budgets")
    parser.add_argument("--shots", metavar="DIR", help="check nothing; take pictures of several widths, light and dark")
    arguments = parser.parse_args()
    report = os.path.join(os.path.abspath(arguments.out), "report")
    if arguments.shots:
        with Browser() as browser:
            shots(browser, report, arguments.shots)
        return
    print(f"{crawl(report):,} links followed")
    with Browser() as browser:
        look(browser, report)
        use(browser, report)
        gallery(browser, report)
        room(browser, report)
        video(browser, report)
        if arguments.budgets:
            weigh(report)
            clock(browser, report)
    for finding in dict.fromkeys(findings):
        print(finding)
    print("no finding" if not findings else f"{len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
