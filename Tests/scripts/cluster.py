"""What the checks of runs in shards share: videos, one machine's run to compare with, how the joined one came out, and its
replay.

Exit status of a check: 0 all held, 1 something did not, 77 a program or the module `websockets` is missing.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from replay_server import Server

SKIPPED = 77
PING, PONG = '{"type":"ping"}', '{"type":"pong"}'


class Breach(Exception):
    pass


def need(*programs):
    """Ends the check where one of the programs, or what replays are listened to with, is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in programs if not shutil.which(name, path=path)]
    try:
        import websockets  # noqa: F401
    except ImportError:
        missing.append("websockets (make deps-test)")
    if missing:
        print(f"skipped: not installed: {', '.join(missing)}")
        sys.exit(SKIPPED)
    os.environ["PATH"] = path


started = time.monotonic()


def step(text):
    """Says what holds by now."""
    print(f"  {time.monotonic() - started:5.1f} s  {text}", flush=True)


def hold(condition, text):
    if not condition:
        raise Breach(text)


def eventually(text, condition, seconds=120, step=0.05):
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(step)
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


def files(out, *parts):
    """The paths of all files of these parts of an output folder."""
    return {
        os.path.relpath(os.path.join(folder, name), out)
        for part in parts for folder, _, names in os.walk(os.path.join(out, part)) for name in names}


def results(out):
    """Each result and still by its path, as a hash."""
    found = {}
    for path in files(out, "results", "stills"):
        with open(os.path.join(out, path), "rb") as file:
            found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


def plan(binary, videos, out, shards, *flags):
    """Plans a run: the plan's folder and the id of the run."""
    planned = json.loads(
        run(binary, "plan", videos, "-o", out, "--no-config", "--shards", shards, "--json", *flags))
    return planned["plan"], planned["run_id"]


def planned_jobs(plan):
    """The paths of the videos of each shard, in the order in which they are done."""
    with open(os.path.join(plan, "plan.ndjson"), "rb") as file:
        parts = json.loads(file.readline())["parts"]
        start = file.tell()
        shards = []
        for offset, length, _, _ in parts:
            file.seek(start + offset)
            shards.append([json.loads(line)["path"] for line in file.read(length).splitlines()])
        return shards


def status(binary, out):
    return json.loads(run(binary, "status", out, "--json"))


def numbers(ranges):
    """Of shards, from what `status` prints: 0,3-5."""
    found = []
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def attempt(plan, shard):
    """The process of a live attempt at a shard, from its lock."""
    try:
        with open(f"{plan}/shards/{shard}/lock") as file:
            found = re.search(r"process (\d+)", file.read())
        with open(f"/proc/{found[1]}/cmdline", "rb") as file:
            return int(found[1]) if b"--plan" in file.read() else None
    except (OSError, TypeError):
        return None


def parents():
    """The parent of each process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    found[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    return found


def worker(plan, shard, video=""):
    """The worker of a shard's live attempt that has opened this video, or any."""
    process = attempt(plan, shard)
    for child, of in parents().items() if process else ():
        try:
            opened = [os.readlink(f"/proc/{child}/fd/{name}") for name in os.listdir(f"/proc/{child}/fd")]
        except OSError:
            continue
        if of == process and any(path.endswith(video) for path in opened if path.endswith((".y4m", ".mp4"))):
            return child
    return None


def hold_worker(plan, shard, video=""):
    """Stops that worker once there is one, so that the attempt stays where it is."""
    process = eventually(f"shard {shard} is at work", lambda: worker(plan, shard, video), step=0.002)
    os.kill(process, signal.SIGSTOP)
    return process


def events(plan, shard):
    """Those of each attempt at a shard, the earliest attempt first."""
    folder, logs = f"{plan}/shards/{shard}", []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".ndjson") and not name.startswith("outcome"):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            logs.append([json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()])
    return logs


def catalog(out):
    """What counts of each video, without what differs from run to run."""
    found = {}
    with open(os.path.join(out, "catalog.ndjson")) as file:
        for line in file:
            entry = json.loads(line)
            if "path" in entry:
                found[entry["path"]] = {
                    key: value for key, value in entry.items() if key not in ("run_id", "seconds", "cpu_seconds")}
    return found


def remembered(out):
    """The videos whose failures later runs know."""
    with open(os.path.join(out, "failures.ndjson")) as file:
        return {json.loads(line)["job_id"] for line in file}


def check_same(out, alone):
    """Holds what lies in an output folder against one machine's."""
    for ours, theirs in [(results(out), results(alone)), (catalog(out), catalog(alone))]:
        differing = sorted(path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path))
        hold(not differing, f"not as one machine makes it: {differing}")
    hold(remembered(out) == remembered(alone), "other failures are remembered")


def check_replay(binary, out, run_id, jobs):
    """Replays the run over WebSockets: each line of its log once, and each job's end once."""
    with open(os.path.join(out, "runs", run_id, "progress.ndjson")) as file:
        lines = file.read().splitlines()
    with Server(binary, out, "--speed", "max") as server:
        def told(path):
            """What comes up to the answer to a ping behind the last line."""
            with server.connect(path) as socket:
                texts = [socket.recv(timeout=60)]
                while not is_last(texts[-1]):
                    texts.append(socket.recv(timeout=60))
                socket.send(PING)
                while texts[-1] != PONG:
                    texts.append(socket.recv(timeout=60))
            return [text for text in texts[:-1] if "replay_clock" not in text]

        def is_last(text):
            return "run_finished" in text if job is None else '"status":' in text

        job = None
        hold(told(f"/v1/ws/runs/{run_id}?from=1") == lines, "the replay of the run is not its log")
        for job in jobs:
            texts = told(f"/v1/ws/jobs/{job}?from=1")
            own = [line for line in lines if f'"job_id":"{job}"' in line]
            # What was planned is the run's; a job's own begin with its start.
            hold(own[-len(texts):] == texts, f"the replay of job {job} is not its part of the log")
            ends = [text for text in texts if '"status":' in text]
            hold(len(ends) == 1 and texts[-1] == ends[0], f"job {job} ends {len(ends)} times")


def check_joined(binary, out, alone, run_id):
    """Joins, and holds what comes out against one machine's run."""
    run(binary, "merge", out, run_id, expect=(3,))
    check_same(out, alone)
    run(binary, "validate", out)
    with open(os.path.join(out, "runs", run_id, "run.json")) as file:
        record = json.load(file)
    with open(os.path.join(alone, "latest", "run.json")) as file:
        other = json.load(file)
    hold(record["counts"] == other["counts"], f"counts are {record['counts']}, not {other['counts']}")
    hold(record["exit_status"] == other["exit_status"], f"the run's status is {record['exit_status']}")
    ends = {}
    with open(os.path.join(out, "runs", run_id, "progress.ndjson")) as file:
        for number, line in enumerate(file, 1):
            event = json.loads(line)
            hold(event["seq"] == number, f"line {number} of the log has the number {event['seq']}")
            if "status" in event:
                ends[event["job_id"]] = ends.get(event["job_id"], 0) + 1
    hold(len(ends) == record["counts"]["found"] and set(ends.values()) == {1}, "not one end for each video")
    ours, theirs = files(out, "report"), files(alone, "report")
    hold("report/index.html" in ours, "there is no report")
    hold(ours == theirs, f"the report's files differ: {sorted(ours ^ theirs)}")
    check_replay(binary, out, run_id, ends)


def main(check):
    """Runs a check with the words of the command line: the program, and what that check takes besides."""
    if len(sys.argv) < 2:
        print(f"usage: {os.path.basename(sys.argv[0])} BINARY", file=sys.stderr)
        return 64
    try:
        check(os.path.abspath(sys.argv[1]), *sys.argv[2:])
    except Breach as breach:
        print(f"breach: {breach}", file=sys.stderr)
        return 1
    print(f"all held, in {time.monotonic() - started:.0f} s")
    return 0
