#!/usr/bin/env python3
"""A small host for plugins: speaks wire 1 with one process, and feeds it with the frames of a video by the ffmpeg command.

usage: fake_host.py FOLDER TOOL VIDEO [KEY=VALUE ...]    prints each answer as a line of JSON

It confines nothing and measures nothing; it is there to test plugins and the helper apart from forgebatch's own host.
"""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
HELPER = os.path.join(ROOT, "python")
PATIENCE = 120  # seconds after which a plugin hangs


class Failed(Exception):
    """What the plugin said with `failed`."""


class Plugin:
    """A plugin's process. `log` holds what it printed once it was closed."""

    def __init__(self, run, folder, environment=None):
        self.log_file = tempfile.TemporaryFile()
        # Out of the way of 3 and 4.
        frames, self.frames, self.answers, answers = (_moved(each) for each in os.pipe() + os.pipe())

        def wire():
            os.dup2(frames, 3)
            os.dup2(answers, 4)
            # As forgebatch does: who starts this may have blocked some.
            signal.pthread_sigmask(signal.SIG_SETMASK, ())

        self.process = subprocess.Popen(
            run, cwd=folder, stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=subprocess.STDOUT, preexec_fn=wire,
            close_fds=False,
            env={**os.environ, "PYTHONPATH": HELPER, "PYTHONDONTWRITEBYTECODE": "1", **threads(), **(environment or {})})
        os.close(frames)
        os.close(answers)
        os.set_blocking(self.frames, False)
        self.received, self.status = b"", None

    def send(self, message, data=b""):
        """Writes, and takes meanwhile what the plugin writes, so that neither waits for ever."""
        left = memoryview(json.dumps(message, separators=(",", ":")).encode() + b"\n" + data)
        while left:
            readable, writable, _ = select.select([self.answers], [self.frames], [], PATIENCE)
            if readable:
                self._take()
            if writable:
                left = left[os.write(self.frames, left[: 1 << 16]) :]
            if not readable and not writable:
                raise TimeoutError("the plugin reads nothing")

    def _take(self):
        data = os.read(self.answers, 1 << 20)
        if not data:
            raise EOFError(f"the plugin closed the wire; it printed: {self.close()[1]}")
        self.received += data

    def receive(self):
        """The next message of the plugin."""
        while b"\n" not in self.received:
            if not select.select([self.answers], [], [], PATIENCE)[0]:
                raise TimeoutError("the plugin says nothing")
            self._take()
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line, parse_constant=lambda word: sys.exit(f"{word} is no JSON"))

    def expect(self, kind):
        message = self.receive()
        if message["type"] == "failed" and kind != "failed":
            raise Failed(message["message"])
        if message["type"] != kind:
            raise ValueError(f"'{kind}' was expected, not {message}")
        return message

    def begin(self, tool, width=None, height=None, format=None, settings=None, **more):
        size = {"width": width, "height": height}
        if format:
            size.update(format=format, range="full", source={"width": width, "height": height, "rotation": 0})
        self.send({
            "type": "begin", "tool": tool, "settings": settings or {}, **size, **more, "device": "cpu", "threads": 1})
        self.expect("begun")

    def frame(self, index, data, time=None):
        self.send({"type": "frame", "frame": index, **({} if time is None else {"time": time}), "bytes": len(data)}, data)

    def end(self):
        """The answers that were still owed, up to `ended`."""
        self.send({"type": "end"})
        return self.rest()

    def rest(self):
        """All messages up to `ended`."""
        messages = []
        while (message := self.receive())["type"] != "ended":
            if message["type"] == "failed":
                raise Failed(message["message"])
            messages.append(message)
        return messages

    def one(self, tool, frames, width, height, format, settings=None):
        """One video of the tool: the answers to these frames, of which the first has the number 0."""
        self.begin(tool, width, height, format, settings)
        for index, data in enumerate(frames):
            self.frame(index, data, index / 25)
        return self.end()

    def close(self):
        """Ends the wire. The exit status and what was printed."""
        if self.status is None:
            os.close(self.frames)
            os.close(self.answers)
            try:
                self.status = self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.status = self.process.wait()
            self.log_file.seek(0)
            self.log = self.log_file.read().decode(errors="replace")
            self.log_file.close()
        return self.status, self.log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _moved(descriptor):
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


def threads():
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return {name: "1" for name in names}


def open_folder(folder):
    """The plugin of a folder, started, and its manifest."""
    folder = os.path.abspath(folder)
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    run = list(manifest["run"])
    if "/" in run[0]:
        run[0] = os.path.join(folder, run[0])
    plugin = Plugin(run, folder)
    hello = plugin.expect("hello")
    if hello["protocol"] != 1 or set(hello["tools"]) != {tool["id"] for tool in manifest["tools"]}:
        raise ValueError(f"{hello} is not what the manifest has")
    return plugin, manifest


def size_of(video):
    words = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", video]
    line = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[0]
    return tuple(int(number) for number in line.split(",")[:2])


def frames_of(video, frames):
    """Width, height, format, and the frames of a video as the manifest's `frames` wants them."""
    width, height = size_of(video)
    if "width" in frames:
        width, height = frames["width"], frames["height"]
    elif "short" in frames or frames.get("size") == "small":
        scale = min(1, frames.get("short", 90) / min(width, height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (width, height))
    kind = frames["format"]
    small = ((width + 1) // 2) * ((height + 1) // 2)
    count = {"gray8": width * height, "rgb24": 3 * width * height, "yuv420p": width * height + 2 * small}[kind]
    words = [
        "ffmpeg", "-v", "error", "-noautorotate", "-i", video, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
        f"scale={width}:{height}:flags=bilinear", "-f", "rawvideo", "-pix_fmt", "gray" if kind == "gray8" else kind, "-"]

    def read():
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            while len(data := process.stdout.read(count)) == count:
                yield data

    return width, height, kind, read()


def answers(folder, tool, video, settings=None):
    """All messages of one tool over one video."""
    plugin, manifest = open_folder(folder)
    entry = next(each for each in manifest["tools"] if each["id"] == tool)
    inputs = {key: each["default"] for key, each in entry.get("inputs", {}).items() if each.get("kind") == "measuring"}
    inputs.update(settings or {})
    with plugin:
        if entry["mode"] == "video":
            width, height = size_of(video)
            plugin.begin(tool, settings=inputs, path=os.path.abspath(video), width=width, height=height)
            return plugin.rest()
        width, height, format, frames = frames_of(video, entry["frames"])
        plugin.begin(tool, width, height, format, inputs)
        every = entry["frames"].get("every", 1)
        for index, data in enumerate(frames):
            if index % every == 0:
                plugin.frame(index, data, index / 25)
        return plugin.end()


def main(words):
    if len(words) < 3:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    settings = {key: json.loads(value) for key, value in (word.split("=", 1) for word in words[3:])}
    start = time.monotonic()
    messages = answers(*words[:3], settings)
    for message in messages:
        print(json.dumps(message))
    print(f"{len(messages)} messages in {time.monotonic() - start:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
