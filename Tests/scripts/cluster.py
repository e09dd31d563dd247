"""What the checks of runs in shards share: videos, one machine's run to compare with, and how the joined one came out.

Exit status of a check: 0 all held, 1 something did not, 77 a program is missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

SKIPPED = 77


class Breach(Exception):
    pass


def need(*programs):
    """Ends the check where one of the programs is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in programs if not shutil.which(name, path=path)]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)}")
        sys.exit(SKIPPED)
    os.environ["PATH"] = path


def hold(condition, text):
    if not condition:
        raise Breach(text)


def eventually(text, condition, seconds=120):
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise Breach(f"not within {seconds} s: {text}")


def clip(path, frames, seed):
    """Grey pictures, 32 x 24, in YUV4MPEG2."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"YUV4MPEG2 W32 H24 F25:1 Ip A1:1 C420jpeg\n")
        for frame in range(frames):
            shade = bytes([30 + (seed * 31 + frame * 3) % 180])
            file.write(b"FRAME\n" + shade * (32 * 24) + bytes([100 + seed % 50]) * (32 * 24 // 2))


def library(folder, count, frames):
    """Videos, the larger ones last, and one that is none."""
    for index in range(count):
        clip(os.path.join(folder, f"cam{index % 3}", f"clip{index:03}.y4m"), frames + index, index)
    with open(os.path.join(folder, "broken.mp4"), "w") as file:
        file.write("This is no video.\n")


def run(*words, expect=(0,), **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    hold(done.returncode in expect, f"{words}: status {done.returncode}, not {expect}\n{done.stdout}{done.stderr}")
    return done.stdout


def results(out):
    """Each result and still by its path, as a hash."""
    found = {}
    for part in ("results", "stills"):
        for folder, _, names in os.walk(os.path.join(out, part)):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, out)] = hashlib.sha256(file.read()).hexdigest()
    return found


def plan(binary, videos, out, shards):
    planned = json.loads(
        run(binary, "plan", videos, "-o", out, "--no-config", "--shards", shards, "--json", "--grace", "1s"))
    return planned["plan"], planned["run_id"]


def status(binary, out):
    return json.loads(run(binary, "status", out, "--json"))


def check_joined(binary, out, alone, run_id):
    """Joins, and holds what comes out against one machine's run."""
    run(binary, "merge", out, run_id, expect=(3,))
    ours, theirs = results(out), results(alone)
    differing = sorted(path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path))
    hold(not differing, f"not as one machine makes it: {differing}")
    run(binary, "validate", out)
    with open(os.path.join(out, "runs", run_id, "run.json")) as file:
        record = json.load(file)
    with open(os.path.join(alone, "latest", "run.json")) as file:
        other = json.load(file)
    hold(record["counts"] == other["counts"], f"counts are {record['counts']}, not {other['counts']}")
    ends = {}
    with open(os.path.join(out, "runs", run_id, "progress.ndjson")) as file:
        for number, line in enumerate(file, 1):
            event = json.loads(line)
            hold(event["seq"] == number, f"line {number} of the log has the number {event['seq']}")
            if "status" in event:
                ends[event["job_id"]] = ends.get(event["job_id"], 0) + 1
    hold(len(ends) == record["counts"]["found"] and set(ends.values()) == {1}, "not one end for each video")
    hold(os.path.exists(os.path.join(out, "report", "index.html")), "no report")


def main(check):
    if len(sys.argv) != 2:
        print(f"usage: {os.path.basename(sys.argv[0])} BINARY", file=sys.stderr)
        return 64
    started = time.monotonic()
    try:
        check(os.path.abspath(sys.argv[1]))
    except Breach as breach:
        print(f"breach: {breach}", file=sys.stderr)
        return 1
    print(f"all held, in {time.monotonic() - started:.0f} s")
    return 0
