"""How the benchmark measures: processes with their CPU time, wall time and memory, rounds in turn, and rows of figures."""

import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mpg")
# One process of ours that decodes with one thread, as the other side does.
ONE = ("--jobs", "1", "--threads-per-job", "1")


class Failed(Exception):
    """A command that should not have failed did."""


class Missing(Exception):
    """What a row compares with is not installed, or its videos are not there."""


def videos(folder):
    """The videos of a folder, by name; none where there is no such folder."""
    if not os.path.isdir(folder):
        return []
    return sorted(
        os.path.join(folder, name) for name in os.listdir(folder)
        if name.endswith(VIDEO_SUFFIXES) and not name.startswith("."))


def measure(commands, parallel=1, status=(0,), pinned=False):
    """CPU seconds, wall seconds and peak memory (MiB) of commands, `parallel` at a time; `pinned` to one CPU."""
    pin = (lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})) if pinned else None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    peak = 0
    waiting = list(commands)
    running = {}
    while waiting or running:
        while waiting and len(running) < parallel:
            command = waiting.pop(0)
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=pin)
            except OSError as error:
                raise Missing(f"{command[0]}: {error.strerror}") from error
            running[process.pid] = (process, command)
        pid, code, usage = os.wait4(-1, 0)
        process, command = running.pop(pid)
        said = process.stderr.read()
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(code)
        peak = max(peak, usage.ru_maxrss / 1024)
        if process.returncode not in status:
            raise Failed(f"{' '.join(command)}: status {process.returncode}: {said.decode(errors='replace')[-400:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.monotonic() - start, "memory": peak}


def said(command):
    """What a program prints, without the space around it; empty when it cannot be run."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout.decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


class Bench:
    """The programs and videos, the number of rounds, and the rows of the section that is being measured."""

    def __init__(self, binary, folder, rounds, scratch, peers):
        self.binary, self.folder, self.wanted, self.scratch, self.peers = binary, folder, rounds, scratch, peers
        self.hd = videos(folder)
        self.sd = videos(os.path.join(folder, "sd"))
        self.begin()

    def begin(self):
        self.rows, self.stages, self.notes, self.counts = [], [], [], []

    def rounds(self, standard):
        """As many as were asked for, else as this row's rule is."""
        self.counts.append(self.wanted or standard)
        return self.counts[-1]

    def decode(self, files, filters=None):
        chain = ["-filter_threads", "1", "-vf", filters] if filters else []
        return [
            ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", file, "-map", "0:v:0", *chain, "-f", "null", "-"]
            for file in files
        ]

    def run(self, *flags, files):
        out = os.path.join(self.scratch, "out")
        shutil.rmtree(out, ignore_errors=True)
        return [[self.binary, "run", *files, "--out", out, "--min-free", "0", "--no-config", *flags]]

    def peer(self, name):
        path = os.path.join(self.peers, name)
        if not os.path.exists(path):
            raise Missing(f"no {name} in .venv-bench; install the peers with `make bench-peers`")
        return path

    def has_peers(self, name):
        return os.path.exists(os.path.join(self.peers, name))

    def in_turn(self, standard, sides):
        """Measures all sides in each round, every other time in the opposite order; a list of dictionaries.

        A side is a function, or a dictionary of sides.
        """

        def take(side, backwards):
            if callable(side):
                return side()
            names = list(reversed(side)) if backwards else list(side)
            return {name: take(side[name], backwards) for name in names}

        return [take(sides, number % 2 == 1) for number in range(self.rounds(standard))]

    def ours(self, *flags, files, **how):
        """Broken files in a set are no reason to stop measuring."""
        return measure(self.run(*flags, files=files), status=(0, 3), **how)

    def theirs(self, commands, **how):
        return measure(commands, status=range(0, 256), **how)

    def add(self, row, what, values, ours="", other="", goal=None, digits=3):
        """A row: the median of the rounds' values with the least and the greatest.

        `goal` is ("<=" or ">=", number).
        """
        if not all(math.isfinite(value) for value in values):
            raise Failed(f"{row}: nothing to divide by")
        figures = {
            "row": row, "what": what, "median": round(statistics.median(values), digits),
            "low": round(min(values), digits), "high": round(max(values), digits), "rounds": len(values), "ours": ours,
            "other": other,
        }
        if goal:
            figures["goal"] = list(goal)
        self.rows.append(figures)
        print(f"  {row} | {what} | {figures['median']} ({figures['low']}–{figures['high']}) | {ours} | {other}",
              file=sys.stderr, flush=True)

    def compare(self, row, what, found, ours="ours", other="decode", key="cpu", goal=None, inverse=False):
        """Adds the ratio of two sides of rounds: ours / other, or other / ours where more is better for us."""
        left, right = ([one[side][key] for one in found] for side in (ours, other))
        unit = "MiB" if key == "memory" else "s"
        self.add(
            row, what, [ratio(b, a) if inverse else ratio(a, b) for a, b in zip(left, right)],
            f"{statistics.median(left):.2f} {unit}", f"{statistics.median(right):.2f} {unit}", goal)

    def skip(self, why):
        self.notes.append(str(why))
        print(f"  not measured: {why}", file=sys.stderr, flush=True)


def ratio(a, b):
    return a / b if b else math.inf


def total(parts, key="cpu"):
    """The sides of several files added up."""
    return {key: sum(part[key] for part in parts)}


def name(file):
    """As rows call a video: two may differ in the ending alone."""
    return os.path.basename(file)
