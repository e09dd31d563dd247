#!/usr/bin/env python3
"""Checks an output folder between two runs that were killed.

usage: kill_check.py OUT STATE [EXPECTED]

STATE is a file that remembers what earlier calls saw: results must never become fewer, no published result may change,
and no job may be completed twice. With EXPECTED (the output folder of an undisturbed run) the check is final: the
results must be equal, byte for byte, and no temporary file may be left.

Exit status: 0 all good, 1 a breach, 64 usage.
"""

import hashlib
import json
import os
import sys


def results(out):
    found = {}
    for folder, _, names in os.walk(os.path.join(out, "results")):
        for name in names:
            if name.startswith(".fb-"):
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                data = file.read()
            json.loads(data)
            found[os.path.relpath(path, out)] = hashlib.sha256(data).hexdigest()
    return found


def completed(out):
    """How often each job was completed, over all logs."""
    counts = {}
    runs = os.path.join(out, "runs")
    for run in os.listdir(runs) if os.path.isdir(runs) else []:
        path = os.path.join(runs, run, "progress.ndjson")
        if not os.path.exists(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
            event = json.loads(line)
            if event["seq"] != number:
                raise ValueError(f"{run}: seq {event['seq']} in line {number}")
            if event.get("status") == "completed":
                counts[event["job_id"]] = counts.get(event["job_id"], 0) + 1
    return counts


def temporary(out):
    return [os.path.join(folder, name) for folder, _, names in os.walk(out) for name in names if name.startswith(".fb-")]


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    out, state = arguments[:2]
    breaches = []
    now = results(out)
    seen = {}
    if os.path.exists(state):
        with open(state) as file:
            seen = json.load(file)
    for path, digest in seen.items():
        if path not in now:
            breaches.append(f"{path}: gone")
        elif now[path] != digest:
            breaches.append(f"{path}: changed")
    breaches += [f"job {job}: completed {count} times" for job, count in completed(out).items() if count > 1]
    if len(arguments) == 3:
        expected = results(arguments[2])
        for path in sorted(set(expected) | set(now)):
            if expected.get(path) != now.get(path):
                breaches.append(f"{path}: not as in the undisturbed run")
        breaches += [f"{path}: left over" for path in temporary(out)]
    with open(state, "w") as file:
        json.dump(now, file)
    for breach in breaches:
        print(breach, file=sys.stderr)
    print(f"{len(now)} results, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
