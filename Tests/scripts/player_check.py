#!/usr/bin/env python3
"""Plays a video on its page, as `forgebatch replay` serves it and from disk. Usage: player_check.py FORGEBATCH SAMPLES

Processes moving-objects.mp4 of the samples under an odd name, opens its page over the server and from disk and steps by
frame; holds the film against the axis of the lanes, also when zoomed; takes the video away. Ends with 1 when the picture,
the boxes, the film and the lanes do not go together.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

from browser import Browser

NAME = "moving-objects.mp4"
ODD = b"<b> #?% 'x' \xff.mp4"
# The first canvas of the lanes, and pictures and brightness over it: left and width.
PLACES = """[".plots .u-over", ".reel ol", ".reel img"].map((name) => {
  const { left, width } = document.querySelector(name).getBoundingClientRect();
  return [left, width];
})"""
STATE = """[document.querySelector("video").currentTime, document.querySelector("#still figcaption").textContent,
            document.querySelector(".readout").textContent,
            document.querySelector("#still path.box").getAttribute("d").split("M").length - 1]"""


def hold(holds, text):
    if not holds:
        sys.exit(text)


def check(page):
    hold(page.evaluate("document.querySelector('.play').textContent") == "▶ Play the video", "no button to play")
    page.evaluate("document.querySelector('.play').click()")
    page.wait("document.querySelector('.controls') !== null")
    page.evaluate("location.hash = 't=2.5'")
    page.wait("document.querySelector('.readout').textContent.startsWith('frame 50 ')")
    page.key(".")
    page.wait("document.querySelector('#still figcaption').textContent.startsWith('Frame 51,')")
    # Boxes come in a script of their own, which may take its time.
    page.wait(f"{STATE}[3] > 0")
    time, caption, readout, boxes = page.evaluate(STATE)
    hold(51 / 20 < time < 52 / 20, f"the video is at {time} s, frame 51 is at 2.55 s")
    hold(readout == "frame 51 · 0:02.55", f"the lanes say {readout}")
    hold(boxes > 0 and caption.startswith(f"Frame 51, {boxes} object"), f"{boxes} boxes, and {caption}")
    page.key(" ")
    page.wait("document.querySelector('video').currentTime > 3")
    hold(not page.errors, f"console: {page.errors}")


def near(left, right, most=2):
    return all(abs(one - other) <= most for one, other in zip(left, right))


def film(page):
    """The pictures lie along the axis, lead to their frames, and go along with a zoom."""
    page.settle()
    canvas, pictures, brightness = page.evaluate(PLACES)
    hold(near(canvas, pictures) and near(canvas, brightness), f"lanes at {canvas}, pictures at {pictures}, {brightness}")
    cells = page.evaluate("""[...document.querySelectorAll('.reel li')].map((cell) => {
        const { left, width } = cell.getBoundingClientRect();
        return [left, width, Number(cell.dataset.frame)];
    })""")
    hold(len(cells) == 12, f"{len(cells)} pictures")
    for place, (left, width, frame) in enumerate(cells):
        hold(near([left, width], [canvas[0] + place / 12 * canvas[1], canvas[1] / 12]), f"picture {place} lies at {left}")
        hold(place <= frame * 12 / 100 < place + 1, f"picture {place} of 100 frames shows frame {frame}")
    page.evaluate("document.querySelectorAll('.reel a')[4].click()")
    page.wait(f"document.querySelector('.readout').textContent.startsWith('frame {cells[4][2]} ')")
    page.evaluate("document.querySelector('.plots').scrollIntoView()")
    page.settle()
    top = page.evaluate("document.querySelector('.plots .u-over').getBoundingClientRect().top") + 20
    for kind, share in (("mousePressed", 0.25), ("mouseMoved", 0.5), ("mouseMoved", 0.75), ("mouseReleased", 0.75)):
        page.send("Input.dispatchMouseEvent", type=kind, x=canvas[0] + share * canvas[1], y=top, button="left",
                  buttons=1, clickCount=1)
    page.settle()
    wanted = [canvas[0] - canvas[1] / 2, 2 * canvas[1]]
    for name, found in zip(("pictures", "brightness"), page.evaluate(PLACES)[1:]):
        hold(near(found, wanted, canvas[1] * 0.05), f"zoomed to the middle half, {name} lie at {found}, not {wanted}")
    page.key("0")
    page.settle()
    hold(near(canvas, page.evaluate(PLACES)[1]), "the pictures do not go back")


def disk(browser, program, samples):
    """The same from disk, where the video lies beside the output folder; then it is gone."""
    with tempfile.TemporaryDirectory() as folder:
        video = os.path.join(os.fsencode(folder), b"in", ODD)
        os.makedirs(os.path.dirname(video))
        shutil.copy(os.path.join(samples, NAME), video)
        subprocess.run([program, "run", "in", "-o", "out", "--quiet", "--no-config"], check=True, cwd=folder)
        address = "file://" + urllib.parse.quote(glob.glob(f"{folder}/out/report/v/*/*.html")[0])
        with browser.page() as page:
            page.open(address)
            page.wait("document.querySelector('.play') !== null")
            film(page)
            check(page)
            page.resize(400, 850)
            page.settle()
            width = page.evaluate("document.documentElement.scrollWidth")
            hold(width <= 400, f"a window of 400 pixels scrolls sideways over {width}")
        # Both folders elsewhere, as on a disk that is mounted at another place.
        os.makedirs(f"{folder}/moved/deep")
        for name in ("in", "out"):
            os.rename(f"{folder}/{name}", f"{folder}/moved/deep/{name}")
        with browser.page() as page:
            page.open(address.replace("/out/report/", "/moved/deep/out/report/"))
            page.wait("document.querySelector('.play') !== null")
        os.remove(os.path.join(os.fsencode(folder), b"moved/deep/in", ODD))
        with browser.page() as page:
            page.open(address.replace("/out/report/", "/moved/deep/out/report/"))
            page.wait("document.querySelector('#still .none') !== null")
            hold(page.evaluate("document.querySelector('.play, video')") is None, "a button for a video that is gone")
            hold(page.evaluate("document.querySelector('#still image').href.baseVal").endswith(".jpg"), "no still")


def main():
    program, samples = sys.argv[1:3]
    with Browser() as browser:
        disk(browser, program, samples)
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([program, "run", samples, "-o", out, "--include", NAME, "--quiet"], check=True)
        server = subprocess.Popen([program, "replay", out, "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            address = re.search(r"http://[^ ]+", server.stdout.readline()).group(0).rstrip("/")
            path = os.path.relpath(glob.glob(f"{out}/report/v/*/*.html")[0], out)
            with Browser() as browser, browser.page() as page:
                page.open(f"{address}/{path}")
                check(page)
        finally:
            server.terminate()
            server.wait(30)
    print("the video, its boxes, its film and its lanes go together")


if __name__ == "__main__":
    main()
