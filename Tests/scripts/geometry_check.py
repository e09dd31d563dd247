#!/usr/bin/env python3
"""Holds boxes against the pixels below them. Usage: geometry_check.py FORGEBATCH [--shots DIR] [NAME ...]

Makes videos of a bright square that goes over a dark ground: turned, mirrored, with pixels that are not square, starting
late, changing their size. Processes them, opens each one's page as `forgebatch replay` serves it, and looks at the pixels of the
still and of the playing video: the square must be where it belongs and the yellow box must lie around it. Ends with 1
when one does not. --shots keeps what was looked at; names choose among the videos.
"""
import argparse
import base64
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from browser import Browser

RATE = 25
FRAMES = 125
# CSS pixels that an edge of the box may lie away from the square's: half the width of its line, a sample of the small
# picture that motion is found in, and what the tracker's average over five frames is off.
TOLERANCE = 6
# CSS pixels that the square may lie away from where arithmetic puts it: a frame's way and the rounding of a picture.
DISTANCE = 5

# What a display matrix does to a point of the unit square, written out by hand: x goes right, y down.
MATRICES = {
    "turned-90": ((0, 1, -1, 0), lambda x, y: (1 - y, x)),
    "turned-180": ((-1, 0, 0, -1), lambda x, y: (1 - x, 1 - y)),
    "turned-270": ((0, -1, 1, 0), lambda x, y: (y, 1 - x)),
    "mirrored": ((-1, 0, 0, 1), lambda x, y: (1 - x, y)),
    "upside-down": ((1, 0, 0, -1), lambda x, y: (x, 1 - y)),
    "mirrored-turned-90": ((0, 1, 1, 0), lambda x, y: (y, x)),
}


class Scene:
    """A square of `side` pixels in a picture of `width` x `height`, which goes right and slowly down."""

    def __init__(self, width, height, frames=FRAMES, unit=2, aspect="1/1"):
        self.width, self.height, self.frames, self.unit, self.aspect = width, height, frames, unit, aspect
        self.side = 12 * unit

    def place(self, frame):
        """The square's left and top in stored pixels."""
        return self.unit * (frame - 20), 2 * (frame // 4) + 8 * self.unit

    def arguments(self):
        """For the pictures. The square is brightest in the middle of its way: the still is the picture of most contrast."""
        def colour(name, side):
            return ["-f", "lavfi", "-i", f"color=c={name}:s={side}:r={RATE}:d={self.frames / RATE}"]

        square, place = f"{self.side}x{self.side}", f"x='{self.unit}*(n-20)':y='2*floor(n/4)+{8 * self.unit}'"
        return [*colour("0x202020", f"{self.width}x{self.height}"), *colour("0xd0d0d0", square), *colour("white", square),
                "-filter_complex", f"[0][1]overlay={place}[a];[a][2]overlay={place}:enable='gte(n,48)',"
                f"setsar={self.aspect}", "-pix_fmt", "yuv420p"]


class Case:
    """A video and where its square is shown."""

    def __init__(self, name, parts, point=lambda x, y: (x, y)):
        self.name, self.parts, self.point = name, parts, point

    def wanted(self, frame):
        """The square's left, top, right and bottom as shares of the picture that is shown, and that picture's shape."""
        first = 0
        for scene in self.parts:
            if frame < first + scene.frames:
                break
            first += scene.frames
        x, y = scene.place(frame - first)
        corners = [self.point(max(0, x) / scene.width, y / scene.height),
                   self.point((x + scene.side) / scene.width, (y + scene.side) / scene.height)]
        across, down = map(int, scene.aspect.split("/"))
        shape = scene.width * across / down / scene.height
        (a, b), (c, d) = self.point(0, 0), self.point(1, 0)
        if abs(d - b) > abs(c - a):
            shape = 1 / shape
        return [f(p[i] for p in corners) for f, i in ((min, 0), (min, 1), (max, 0), (max, 1))], shape

    @property
    def main(self):
        """A frame in the part that most of the frames belong to."""
        longest = max(range(len(self.parts)), key=lambda place: self.parts[place].frames)
        return sum(scene.frames for scene in self.parts[:longest])

    def frames(self):
        """Frames to look at, in each part; a square is known to the tracker and not at the border yet."""
        first, result = 0, []
        for scene in self.parts:
            result += [first + frame for frame in (60, 95)]
            first += scene.frames
        return result


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)


def turn(source, target, matrix):
    """Puts a display matrix into the header of an MP4's track (ISO 14496-12, 8.3.2)."""
    with open(source, "rb") as file:
        content = bytearray(file.read())
    place = content.find(b"tkhd")
    # Version and flags, times, track, reserved, length; then reserved, layer, group, volume, reserved.
    place += 4 + (36 if content[place + 4] == 1 else 24) + 16
    a, b, c, d = (round(65536 * number) for number in matrix)
    assert struct.unpack_from(">9i", content, place) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), "no matrix here"
    struct.pack_into(">9i", content, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    with open(target, "wb") as file:
        file.write(content)


def make(folder, codec, chosen):
    """The videos, in `folder`."""
    h264 = ["-c:v", "libx264", "-preset", "veryfast"]
    vp9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"]
    mp4 = h264 if codec == "h264" else vp9
    scratch = tempfile.mkdtemp(dir=os.path.dirname(folder))
    plain, wide, narrow = Scene(320, 180), Scene(720, 576, unit=4, aspect="64/45"), Scene(360, 320, unit=4, aspect="1/2")
    base = f"{scratch}/base.mp4"
    ffmpeg(*plain.arguments(), *mp4, base)
    cases = []

    def add(name, parts, *arguments, **options):
        case = Case(name, parts, **options)
        if chosen and name not in chosen and os.path.splitext(name)[0] not in chosen:
            return False
        cases.append(case)
        if arguments:
            ffmpeg(*arguments, f"{folder}/{name}")
        return True

    for name, (matrix, point) in MATRICES.items():
        if add(f"{name}.mp4", [plain], point=point):
            turn(base, f"{folder}/{name}.mp4", matrix)
    add("wide-pixels.mp4", [wide], *wide.arguments(), *mp4)
    add("narrow-pixels.mp4", [narrow], *narrow.arguments(), *mp4)
    if add("wide-pixels-turned-90.mp4", [wide], point=MATRICES["turned-90"][1]):
        ffmpeg(*wide.arguments(), *mp4, f"{scratch}/wide.mp4")
        turn(f"{scratch}/wide.mp4", f"{folder}/wide-pixels-turned-90.mp4", MATRICES["turned-90"][0])
    add("late.mp4", [plain], "-itsoffset", "3", "-i", base, "-c", "copy")
    sound = ["-f", "lavfi", "-t", str(3 + FRAMES / RATE), "-i", "sine"]
    add("late-beside-sound.mp4", [plain], "-itsoffset", "3", "-i", base, *sound, "-map", "0:v", "-map", "1:a", "-c:v",
        "copy")
    ffmpeg(*plain.arguments(), *vp9, f"{scratch}/base.webm")
    add("late.webm", [plain], "-itsoffset", "3", "-i", f"{scratch}/base.webm", "-c", "copy")

    # Opus begins before 0, which moves nothing.
    add("late-beside-sound.webm", [plain], "-itsoffset", "3", "-i", f"{scratch}/base.webm", *sound, "-map", "0:v", "-map",
        "1:a", "-c:v", "copy", "-c:a", "libopus")

    def joined(name, *parts):
        if not add(name, list(parts)):
            return
        with open(f"{scratch}/list", "w") as file:
            for place, part in enumerate(parts):
                ffmpeg(*part.arguments(), *vp9, f"{scratch}/{place}.webm")
                file.write(f"file '{scratch}/{place}.webm'\n")
        ffmpeg("-f", "concat", "-safe", "0", "-i", f"{scratch}/list", "-c", "copy", f"{folder}/{name}")

    joined("grows.webm", Scene(160, 90, frames=100, unit=1), Scene(640, 360, unit=4))
    joined("shrinks.webm", Scene(640, 360, unit=4), Scene(320, 180, frames=100))
    joined("changes-shape.webm", Scene(320, 180), Scene(192, 320, frames=100))
    shutil.rmtree(scratch)
    return cases


class Shot:
    """The picture on a page, in CSS pixels."""

    def __init__(self, page, keep):
        # A picture beyond what the window shows would resize it, and a page that is resized seeks.
        page.evaluate("scrollTo(0, 0)")
        page.settle()
        box = page.evaluate("(({x, y, width, height}) => [x, y, width, height])"
                            "(document.querySelector('.screen').getBoundingClientRect())")
        answer = page.send("Page.captureScreenshot", clip=dict(zip(("x", "y", "width", "height"), box), scale=1))
        image = base64.b64decode(answer["data"])
        if keep:
            with open(keep, "wb") as file:
                file.write(image)
        self.width, self.height = struct.unpack(">II", image[16:24])
        self.pixels = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], input=image,
            stdout=subprocess.PIPE, check=True).stdout

    def extent(self, holds):
        """Left, top, right and bottom of all pixels of a colour."""
        columns, rows = set(), set()
        row = self.width * 3
        for y in range(self.height):
            line = self.pixels[y * row:(y + 1) * row]
            found = [x for x in range(self.width) if holds(*line[3 * x:3 * x + 3])]
            if found:
                rows.add(y)
                columns.update((found[0], found[-1]))
        return [min(columns), min(rows), max(columns) + 1, max(rows) + 1] if rows else None


def is_white(red, green, blue):
    return min(red, green, blue) > 170


def is_yellow(red, green, blue):
    return red > 180 and green > 150 and blue < 120


def look(page, case, frame, what, keep, trouble):
    """Where the square and the box around it are, once the browser has painted what the page says."""
    for _ in range(20):
        found = compare(page, case, frame, what, keep)
        if not found:
            return
        time.sleep(0.25)
        page.settle()
    trouble += found


def compare(page, case, frame, what, keep):
    """What is wrong with a picture of the page as it is now."""
    trouble = []
    shot = Shot(page, keep)
    square, box = shot.extent(is_white), shot.extent(is_yellow)
    place = f"{case.name}, {what}, frame {frame}"
    if not square or not box:
        return [f"{place}: no {'box' if square else 'square'}"]
    shares, shape = case.wanted(frame)
    # The picture is fitted into the frame on the page.
    width = min(shot.width, shot.height * shape)
    height = width / shape
    left, top = (shot.width - width) / 2, (shot.height - height) / 2
    truth = [left + shares[0] * width, top + shares[1] * height, left + shares[2] * width, top + shares[3] * height]
    text = (f"square at {square}, belongs at {[round(edge) for edge in truth]}, box at {box}, "
            f"picture {shot.width}x{shot.height}")
    if max(abs(square[i] + square[i + 2] - truth[i] - truth[i + 2]) / 2 for i in (0, 1)) > DISTANCE:
        trouble.append(f"{place}: {text}: the square is elsewhere")
    # The line is two pixels wide, and its middle is the box.
    edges = [box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1]
    off = [abs(one - two) for one, two in zip(edges, truth)]
    if max(off) > TOLERANCE:
        trouble.append(f"{place}: {text}: the box is off by {max(off):.1f}")
    if keep:
        print(f"{place}: {text}")
    return trouble


def seek(page, frame):
    """Leads the page to a frame, and waits until that is what the video shows."""
    page.evaluate("window.presented = window.seeked = 0; document.querySelector('video')"
                  ".requestVideoFrameCallback(() => { window.presented = 1; })")
    page.evaluate(f"location.hash = 't={(frame + 0.2) / RATE}'")
    page.wait(f"document.querySelector('#still figcaption').textContent.startsWith('Frame {frame},')")
    page.wait("window.seeked && window.presented && !document.querySelector('video').seeking")
    page.settle()


def check(page, case, shots, trouble):
    def keep(what):
        return f"{shots}/{case.name}-{what}.png" if shots else None

    caption = page.evaluate("document.querySelector('#still figcaption').textContent")
    found = re.match(r"Frame (\d+), 1 object$", caption)
    if found:
        look(page, case, int(found.group(1)), "still", keep("still"), trouble)
    else:
        trouble.append(f"{case.name}: the still says {caption!r}")
    shape = page.evaluate("(({width, height}) => width / height)(document.querySelector('.screen').getBoundingClientRect())")
    page.evaluate("document.querySelector('.play').click()")
    # The player's own first seek.
    page.wait("document.querySelector('.controls') !== null && window.seeked > 0 && !document.querySelector('video').seeking")
    page.settle()
    for frame in case.frames():
        seek(page, frame)
        look(page, case, frame, "video", keep(f"{frame}"), trouble)
    played = page.evaluate("(({width, height}) => width / height)(document.querySelector('.screen').getBoundingClientRect())")
    if abs(played / shape - 1) > 0.02:
        trouble.append(f"{case.name}: the still's frame is {shape:.3f} wide to high, the video's {played:.3f}")
    # It plays from there, and stops where the box still is on the square.
    seek(page, case.main + 50)
    page.key(" ")
    page.wait("parseInt(document.querySelector('.readout').textContent.match(/\\d+/)[0]) > " + str(case.main + 60))
    page.evaluate("window.seeked = 0")
    page.key(" ")
    # The player goes to the frame where it was stopped.
    page.wait("document.querySelector('video').paused && window.seeked > 0 && !document.querySelector('video').seeking")
    page.settle()
    frame = page.evaluate("parseInt(document.querySelector('#still figcaption').textContent.match(/\\d+/)[0])")
    look(page, case, frame, "stopped", keep("stopped"), trouble)
    trouble += [f"{case.name}: console: {error}" for error in page.errors]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--shots")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_intermixed_args()
    if arguments.shots:
        os.makedirs(arguments.shots, exist_ok=True)
    trouble = []
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        with browser.page() as page:
            can = page.evaluate("document.createElement('video').canPlayType('video/mp4; codecs=\"avc1.42E01E\"')")
        os.mkdir(f"{folder}/in")
        cases = make(f"{folder}/in", "h264" if can else "vp9", set(arguments.names))
        out = f"{folder}/out"
        subprocess.run([arguments.program, "run", f"{folder}/in", "-o", out, "--no-config", "--min-free", "0", "--quiet"])
        server = subprocess.Popen([arguments.program, "replay", out, "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            address = re.search(r"http://[^ ]+", server.stdout.readline()).group(0).rstrip("/")
            pages = {}
            for root, _, names in os.walk(f"{out}/report/v"):
                for name in names:
                    if name.endswith(".html"):
                        with open(f"{root}/{name}") as file:
                            title = re.search(r'<h1 class="path">(.*?)</h1>', file.read()).group(1)
                        pages[title] = os.path.relpath(f"{root}/{name}", out)
            for case in cases:
                with browser.page(dark=True) as page:
                    # Events of media do not bubble, but they are seen on their way down.
                    page.before_scripts("window.seeked = 0; addEventListener('seeked', () => { seeked += 1; }, true);")
                    page.open(f"{address}/{pages[case.name]}")
                    check(page, case, arguments.shots, trouble)
        finally:
            server.terminate()
            server.wait(30)
    if trouble:
        sys.exit("\n".join(trouble))
    print(f"the boxes of {len(cases)} videos lie on what they are of")


if __name__ == "__main__":
    main()
