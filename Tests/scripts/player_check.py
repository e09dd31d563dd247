#!/usr/bin/env python3
"""Plays a video on its page, as `forgebatch replay` serves it. Usage: player_check.py FORGEBATCH SAMPLES

Processes moving-objects.mp4 of the samples, opens its page over the server and steps by frame. Ends with 1 when the
picture, the boxes and the lanes do not go together.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

from browser import Browser

NAME = "moving-objects.mp4"
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


def main():
    program, samples = sys.argv[1:3]
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
    print("the video, its boxes and its lanes go together")


if __name__ == "__main__":
    main()
