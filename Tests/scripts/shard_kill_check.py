#!/usr/bin/env python3
"""Kills plan, shards and merge at random moments, again and again, and holds the end against one machine's run.

usage: shard_kill_check.py BINARY [KILLS [SEED]]

KILLS (24) are shared out: a sixth hits plan, half of them shards, a third merge. Every second one hits the process alone, whose
workers have to go by themselves, the others all of its processes at once, as a power cut does. After each one nothing that was
done may be lost or have changed; what was killed is done again.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import cluster

# Seconds in which what a killed process started has to be gone by itself.
GRACE = 20
VIDEOS = 13


class Loop:
    def __init__(self, binary, folder, seed):
        self.binary, self.folder, self.dice = binary, folder, random.Random(seed)
        self.kills = self.exits = 0
        self.seen, self.ended = {}, 0

    def start(self, words):
        token = uuid.uuid4().hex
        process = subprocess.Popen(
            [self.binary, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            env=dict(os.environ, SHARD_KILL_TOKEN=token))
        return process, f"SHARD_KILL_TOKEN={token}".encode()

    def left(self, token):
        """Processes that a command started, itself included."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if token in file.read().split(b"\0"):
                        with open(f"/proc/{name}/stat") as stat:
                            if stat.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                                found.append(int(name))
            except OSError:
                pass
        return found

    def kill(self, most, *words):
        """Starts a command and kills it after a time up to `most` seconds; early ones are likelier."""
        process, token = self.start([str(word) for word in words])
        delay = 0.003 * (most / 0.003) ** self.dice.random()
        try:
            process.wait(delay)
            self.exits += 1
            error = process.stderr.read().decode()
            cluster.hold(process.returncode in (0, 3, 10), f"{words}: status {process.returncode}\n{error}")
        except subprocess.TimeoutExpired:
            self.kills += 1
            for each in [process.pid] if self.kills % 2 else self.left(token):
                try:
                    os.kill(each, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()
        process.stderr.close()
        cluster.eventually(f"all of {words} is gone", lambda: not self.left(token), GRACE)

    def look(self, out):
        """Nothing that was done is lost, and nothing of it has changed."""
        results = {path: digest for path, digest in cluster.results(out).items() if "/.fb-" not in path}
        changed = [path for path, digest in self.seen.items() if results.get(path) != digest]
        cluster.hold(not changed, f"gone or changed: {changed}")
        ended = cluster.status(self.binary, out)["ended"]
        cluster.hold(ended >= self.ended, f"{ended} videos have ended, and it were {self.ended}")
        self.seen, self.ended = results, ended


def temporaries(out):
    return [os.path.join(folder, name) for folder, _, names in os.walk(out) for name in names if name.startswith(".fb-")]


def timed(binary, *words, expect=(0,)):
    begun = time.monotonic()
    cluster.run(binary, *words, expect=expect)
    return time.monotonic() - begun


def check(binary, kills="24", seed="1"):
    kills = int(kills)
    with tempfile.TemporaryDirectory(prefix="forgebatch-kills-") as folder:
        videos, alone, out, trial = (f"{folder}/{name}" for name in ("videos", "alone", "out", "trial"))
        cluster.library(videos, VIDEOS - 1, 200)
        cluster.run(binary, "run", videos, "-o", alone, "--no-config", expect=(3,))
        loop, shards = Loop(binary, folder, seed), 3

        # What each takes from its start to its end.
        flags = [videos, "--no-config", "--shards", shards]
        planning = timed(binary, "plan", *flags, "-o", trial)
        plan = os.path.join(trial, "runs", os.listdir(os.path.join(trial, "runs"))[0])
        working = max(
            timed(binary, "run", "--plan", plan, "--shard", shard, "--jobs", 2, expect=(0, 3)) for shard in range(shards))
        merging = timed(binary, "merge", trial, expect=(3,))
        cluster.step(f"plan takes {planning:.2f} s, a shard up to {working:.2f} s, merge {merging:.2f} s")

        for _ in range(kills // 6):
            loop.kill(1.2 * planning, "plan", *flags, "-o", out)
            done = subprocess.run([binary, "status", out, "--json"], capture_output=True, text=True)
            # A plan is whole, or there is none.
            cluster.hold(done.returncode in (0, 66), f"status ends with {done.returncode}: {done.stderr}")
            if done.returncode == 0:
                cluster.hold(json.loads(done.stdout)["jobs"] == VIDEOS, f"a plan is not whole: {done.stdout}")
        plan, run_id = cluster.plan(binary, videos, out, shards)
        cluster.hold(not temporaries(out), f"left over: {temporaries(out)}")
        cluster.step("planned")

        for turn in range(kills // 2):
            loop.kill(1.2 * working, "run", "--plan", plan, "--shard", loop.dice.randrange(shards), "--jobs", 2)
            loop.look(out)
            if turn % 3 == 2:
                loop.kill(1.2 * merging, "merge", out, run_id, "--partial")
                loop.look(out)
            if turn % 6 == 5:
                cluster.run(binary, "merge", out, run_id, "--partial", expect=(3, 10))
                cluster.run(binary, "validate", out)
        for shard in range(shards):
            cluster.run(binary, "run", "--plan", plan, "--shard", shard, expect=(0, 3))
        loop.look(out)
        cluster.hold(loop.ended == VIDEOS, f"{loop.ended} of {VIDEOS} videos have ended")
        cluster.step("all shards are done")

        for _ in range(kills // 6):
            loop.kill(1.2 * merging, "merge", out, run_id)
            loop.look(out)
        cluster.check_joined(binary, out, alone, run_id)
        cluster.hold(not temporaries(out), f"left over: {temporaries(out)}")
        cluster.step(f"{loop.kills} kills, {loop.exits} that came too late, 0 problems")


if __name__ == "__main__":
    cluster.need()
    sys.exit(cluster.main(check))
