#!/usr/bin/env python3
"""Measures forgebatch as ratios to decoding alone, on the same files in the same run.

usage: bench.py [--rounds N] [--only WORD,…] [--binary FILE] [FOLDER]

FOLDER holds the videos (default .videos, which `make bench-videos` fills; else ../shared/videos; else samples). Every
comparison alternates between the two sides, so that both meet the machine in the same moods; what is printed is the
median of the rounds' ratios, with the lowest and the highest. Seconds are CPU time of the whole process tree unless a
row says wall.

Exit status: 0 measured, 1 a command failed, 64 usage.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, ".venv-bench", "bin")
VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mpg")


class Failed(Exception):
    pass


def measure(commands, parallel=1, status=(0,)):
    """CPU seconds, wall seconds and peak memory (MiB) of commands, `parallel` at a time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    peak = 0
    waiting = list(commands)
    running = {}
    while waiting or running:
        while waiting and len(running) < parallel:
            command = waiting.pop(0)
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
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


class Bench:
    def __init__(self, binary, files, rounds, scratch):
        self.binary, self.files, self.rounds, self.scratch = binary, files, rounds, scratch
        self.rows = []

    def decode(self, files=None, filters=None):
        chain = ["-filter_threads", "1", "-vf", filters] if filters else []
        return [
            ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", file, "-map", "0:v:0", *chain, "-f", "null", "-"]
            for file in (files or self.files)
        ]

    def run(self, *flags, files=None):
        out = os.path.join(self.scratch, "out")
        shutil.rmtree(out, ignore_errors=True)
        return [[self.binary, "run", *(files or self.files), "--out", out, "--min-free", "0", "--no-config", *flags]]

    def compare(self, name, what, ours, theirs, key="cpu", parallel=1, inverse=False, rounds=None):
        """Adds a row: ours / theirs, or theirs / ours where more is better for us."""
        ratios, left, right = [], [], []
        for _ in range(rounds or self.rounds):
            # Broken files in the set are no reason to stop measuring.
            b = measure(theirs(), parallel, status=range(0, 256))[key]
            a = measure(ours(), 1, status=(0, 3))[key]
            left.append(a)
            right.append(b)
            ratios.append(b / a if inverse else a / b)
        unit = "MiB" if key == "memory" else "s"
        self.add(name, what, ratios, f"{statistics.median(left):.2f} {unit}", f"{statistics.median(right):.2f} {unit}")

    def add(self, name, what, ratios, ours, theirs):
        row = (name, what, f"{statistics.median(ratios):.3f}", f"{min(ratios):.3f}–{max(ratios):.3f}", ours, theirs)
        self.rows.append(row)
        print("  " + " | ".join(row), file=sys.stderr, flush=True)

    def table(self):
        head = ("row", "what", "median", "range", "forgebatch", "other")
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines)


def whole_set(bench):
    bench.compare("P1", "CPU: run --jobs 1, default tools, with report / decoding", lambda: bench.run("--jobs", "1"), bench.decode)


def first_tools(bench):
    bench.compare(
        "four", "CPU: run --jobs 1 with luma, scene, black, freeze / decoding",
        lambda: bench.run("--jobs", "1", "--tools", "luma,scene,black,freeze"), bench.decode)


def memory(bench):
    """Peak memory on one file, and on the same ten times as long."""
    file = max(bench.files, key=os.path.getsize)
    bench.compare(
        "P9", f"peak memory: a worker / ffmpeg decoding ({os.path.basename(file)})",
        lambda: bench.run("--jobs", "1", files=[file]), lambda: bench.decode([file]), key="memory")
    small = min((f for f in bench.files if f.endswith(".mp4")), key=os.path.getsize)
    longer = os.path.join(bench.scratch, "longer.mp4")
    measure([["ffmpeg", "-v", "error", "-nostdin", "-y", "-stream_loop", "9", "-i", small, "-map", "0:v:0", "-c", "copy", longer]])
    bench.compare(
        "P10", f"peak memory: ten times as long / once ({os.path.basename(small)})",
        lambda: bench.run("--jobs", "1", files=[longer]), lambda: bench.run("--jobs", "1", files=[small]), key="memory")
    os.remove(longer)


def fixed_cost(bench):
    """What a file costs that has nothing in it: 100 files of one frame, wall clock, one worker."""
    folder = os.path.join(bench.scratch, "tiny")
    os.makedirs(folder, exist_ok=True)
    first = os.path.join(folder, "0.mp4")
    measure([["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=0.1", first]])
    count = 100
    for number in range(1, count):
        shutil.copy(first, os.path.join(folder, f"{number}.mp4"))
    seconds = []
    for _ in range(bench.rounds):
        seconds.append(measure(bench.run("--jobs", "1", files=[folder]))["wall"] / count * 1000)
    bench.add("P13", "ms a file: 100 files of one frame, one worker, wall", seconds, f"{statistics.median(seconds):.1f} ms", "–")


def stages(bench):
    """Single stages, timed inside one process."""
    program = os.path.join(os.path.dirname(bench.binary), "Stages")
    if not os.path.exists(program):
        raise Failed("no Stages beside the binary; build it with `make bench`")
    said = subprocess.run([program, bench.scratch], stdout=subprocess.PIPE, check=True).stdout.decode()
    costs = dict(line.split("\t") for line in said.splitlines())
    nanoseconds = float(costs["json"])
    bench.add("P12", "ns: one frame's JSON with three objects", [nanoseconds], f"{nanoseconds:.0f} ns", "–")


def workers(bench):
    """How much faster two workers are than one, beside ffmpeg's own."""
    cpus = len(os.sched_getaffinity(0))
    by_size = sorted(bench.files, key=os.path.getsize, reverse=True)
    ratios, ours, theirs = [], [], []
    walls = []
    for _ in range(bench.rounds):
        decode_all = measure(bench.decode(by_size), cpus)["wall"]
        run_all = measure(bench.run("--jobs", str(cpus)), status=(0, 3))["wall"]
        decode_one = measure(bench.decode(by_size), 1)["wall"]
        run_one = measure(bench.run("--jobs", "1"), status=(0, 3))["wall"]
        walls.append(run_all / decode_all)
        ours.append(run_one / run_all)
        theirs.append(decode_one / decode_all)
        ratios.append(ours[-1] / theirs[-1])
    bench.add("P2", f"wall: run on {cpus} CPUs / decoding on {cpus} CPUs, longest first", walls, "", "")
    bench.add(
        "P8", f"speed-up from 1 to {cpus} workers / ffmpeg's own", ratios, f"{statistics.median(ours):.2f}x",
        f"{statistics.median(theirs):.2f}x")


def no_tools(bench):
    bench.compare(
        "P3", "CPU: run --jobs 1 --tools none, no stills, no report / decoding", lambda: bench.run("--jobs", "1", "--tools", "none", "--no-stills"),
        bench.decode)


def ffmpeg_filters(bench):
    """The measures that FFmpeg has filters for, at full size, on the first 300 frames of a 1080p video."""
    source = next((f for f in bench.files if "1080p" in f), bench.files[0])
    file = os.path.join(bench.scratch, "filters.mp4")
    measure([["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, "-map", "0:v:0", "-frames:v", "300", "-c", "copy", file]])
    chain = "blackdetect,freezedetect,blurdetect,scdet,signalstats,metadata=print:file=/dev/null"
    tools = "luma,scene,black,freeze,blur,chroma"
    bench.compare(
        "P7", "CPU: ffmpeg with blackdetect, freezedetect, blurdetect, scdet, signalstats / run with the same measures",
        lambda: bench.run("--jobs", "1", "--tools", tools, "--set", "luma.histogram=full", files=[file]),
        lambda: bench.decode([file], chain), inverse=True)


def peer(name):
    path = os.path.join(PEERS, name)
    if not os.path.exists(path):
        raise Failed(f"no {name} in .venv-bench; install the peers with `make bench-peers`")
    return path


def scenedetect(bench):
    command = peer("scenedetect")

    def detect(files):
        return [[command, "-q", "-i", file, "detect-content", "list-scenes", "-n"] for file in files]

    file = [max(bench.files, key=os.path.getsize)]
    bench.compare(
        "P4", f"CPU: PySceneDetect detect-content / run --jobs 1, default tools ({os.path.basename(file[0])})",
        lambda: bench.run("--jobs", "1", files=file), lambda: detect(file), inverse=True)
    bench.compare(
        "P5", "wall: PySceneDetect, file by file / run, all CPUs", bench.run, lambda: detect(bench.files), key="wall",
        inverse=True, rounds=min(2, bench.rounds))


def motion(bench):
    """Motion on one 720p video: DVR-Scan and a plain loop over OpenCV's MOG2."""
    file = next((f for f in bench.files if "street-720p" in f), min(bench.files, key=os.path.getsize))
    dvr = [[peer("dvr-scan"), "-q", "-so", "-i", file]]
    loop = [[peer("python"), os.path.join(ROOT, "Benchmarks", "mog2.py"), file]]
    for name, command in (("DVR-Scan -so", dvr), ("an OpenCV MOG2 loop", loop)):
        bench.compare(
            "P6", f"wall: {name} / run, default tools, all CPUs ({os.path.basename(file)})",
            lambda: bench.run(files=[file]), lambda: command, key="wall", inverse=True, rounds=min(2, bench.rounds))


def tool_costs(bench):
    """What each tool costs by itself, as a multiple of decoding; written where `forgebatch tools` reads it."""
    files = [next((f for f in bench.files if "camera-1080p" in f), bench.files[0])]
    listed = subprocess.run([bench.binary, "tools", "--json"], stdout=subprocess.PIPE, check=True).stdout
    rows = []
    for tool in json.loads(listed)["tools"]:
        ratios = []
        for _ in range(bench.rounds):
            decoding = measure(bench.decode(files))["cpu"]
            alone = bench.run("--jobs", "1", "--tools", tool["id"], "--no-stills", "--report", "none", files=files)
            ratios.append(measure(alone, status=(0, 3))["cpu"] / decoding)
        ratio = statistics.median(ratios)
        bench.add("tool", f"CPU: run with {tool['id']} alone / decoding ({os.path.basename(files[0])})", ratios, "", "")
        rows.append({
            "id": tool["id"], "version": tool["version"], "decode_ratio": round(ratio, 2),
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
        })
    with open(os.path.join(ROOT, "Sources", "ToolModel", "tool-costs.json"), "w", encoding="utf-8") as file:
        json.dump({"schema": "forgebatch/tool-costs/1", "tools": rows}, file, separators=(",", ":"))
        file.write("\n")


SECTIONS = {
    "set": whole_set, "four": first_tools, "none": no_tools, "workers": workers, "memory": memory, "fixed": fixed_cost, "stages": stages,
    "tools": tool_costs, "filters": ffmpeg_filters, "scenedetect": scenedetect, "motion": motion,
}
OWN = ["set", "four", "none", "workers", "memory", "fixed", "stages", "tools", "filters"]


def videos(folder):
    return sorted(
        os.path.join(folder, name) for name in os.listdir(folder)
        if name.endswith(VIDEO_SUFFIXES) and not name.startswith("."))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][len("usage: "):])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build", "release", "forgebatch"))
    parser.add_argument("folder", nargs="?")
    try:
        arguments = parser.parse_args()
    except SystemExit as stop:
        return 64 if stop.code else 0
    # Other programs are compared with once they are installed.
    standard = list(SECTIONS) if os.path.isdir(PEERS) else OWN
    sections = arguments.only.split(",") if arguments.only else standard
    unknown = set(sections) - set(SECTIONS)
    if unknown or arguments.rounds < 1:
        print(f"bench: sections are {', '.join(SECTIONS)}; rounds are 1 or more", file=sys.stderr)
        return 64
    choices = [os.path.join(ROOT, ".videos"), os.path.join(ROOT, "..", "shared", "videos"), os.path.join(ROOT, "samples")]
    folder = arguments.folder or next(path for path in choices if os.path.isdir(path))
    files = videos(folder)
    if not files:
        print(f"bench: no videos in {folder}; make some with `make bench-videos`", file=sys.stderr)
        return 64
    print(f"bench: {len(files)} videos of {os.path.relpath(folder, ROOT)}, {arguments.rounds} rounds", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="forgebatch-bench-") as scratch:
        bench = Bench(arguments.binary, files, arguments.rounds, scratch)
        try:
            for word in sections:
                SECTIONS[word](bench)
        except Failed as failure:
            print(f"bench: {failure}", file=sys.stderr)
            return 1
        print(bench.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
