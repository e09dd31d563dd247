#!/usr/bin/env python3
"""Checks an output folder from outside, with a JSON reader that shares no code with forgebatch.

usage: check_results.py OUT SCHEMA [MANIFEST]

Every result below OUT/results is read strictly, held against SCHEMA (JSON Schema 2020-12) and counted; the progress
log of the latest run must keep the rules of docs/protocol.md. With MANIFEST (samples/manifest.json) the number of
frames of each clip must be the true one.

Exit status: 0 all good, 1 breaches found, 4 the jsonschema module is missing and nothing else was wrong, 64 usage.
"""

import gzip
import json
import os
import sys
from collections import Counter

try:
    import jsonschema
except ImportError:
    jsonschema = None

LONGEST_LINE = 64 * 1024
SHOWN = 50


def refuse_constant(text):
    raise ValueError(f"{text} is not JSON")


def finite(text):
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} does not fit a double")
    return value


def unique(pairs):
    members = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"repeated key {key!r}")
        members[key] = value
    return members


def parse(data):
    """Strict JSON from bytes: valid UTF-8, finite numbers, no key twice."""
    return json.loads(
        data.decode("utf-8"), parse_constant=refuse_constant, parse_float=finite, object_pairs_hook=unique)


class Checker:
    def __init__(self, schema, manifest):
        self.breaches = []
        self.counts = Counter()
        self.job_ids = set()
        self.manifest = manifest
        self.validator = None
        if jsonschema is not None:
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validator = jsonschema.Draft202012Validator(schema)

    def breach(self, where, what):
        self.breaches.append(f"{where}: {what}")

    def result(self, path, name):
        self.counts["results"] += 1
        try:
            document = parse(read(path))
        except (EOFError, OSError, ValueError, RecursionError) as error:
            return self.breach(name, f"not strict JSON: {error}")
        if self.validator is not None:
            for error in list(self.validator.iter_errors(document))[:5]:
                place = "/".join(str(part) for part in error.absolute_path) or "top"
                self.breach(name, f"schema: {place}: {error.message[:200]}")
        if not isinstance(document, dict):
            return self.breach(name, "not an object")
        self.frames(document, name)
        job_id = document.get("job_id")
        if job_id in self.job_ids:
            self.breach(name, f"job {job_id} has another result already")
        self.job_ids.add(job_id)
        source = document.get("source")
        clip = self.manifest.get(source.get("path")) if isinstance(source, dict) else None
        if clip is not None:
            self.counts["clips of the manifest"] += 1
            if clip["frames"] != document.get("total_frames"):
                self.breach(name, f"total_frames {document.get('total_frames')}, the manifest says {clip['frames']}")

    def frames(self, document, name):
        frames = document.get("frames")
        if not isinstance(frames, list):
            return self.breach(name, "no list of frames")
        self.counts["frames"] += len(frames)
        if document.get("total_frames") != len(frames):
            self.breach(name, f"total_frames {document.get('total_frames')}, but {len(frames)} frames")
        last_time = None
        for position, frame in enumerate(frames):
            index = frame.get("frame_index") if isinstance(frame, dict) else None
            if type(index) is not int or index != position:
                return self.breach(name, f"frame {position} has frame_index {index!r}")
            time = frame.get("time")
            if isinstance(time, (int, float)):
                if last_time is not None and time < last_time:
                    self.breach(name, f"time falls from {last_time} to {time} at frame {position}")
                last_time = time

    def log(self, path):
        name = "progress.ndjson"
        data = read(path)
        if not data:
            return self.breach(name, "empty")
        if not data.endswith(b"\n"):
            self.breach(name, "the last line is torn")
        last_seq = 0
        planned = Counter()
        expected = None
        started = Counter()
        terminal = {}
        progress = {}
        for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
            where = f"{name}:{number}"
            self.counts["log lines"] += 1
            if len(line) > LONGEST_LINE:
                self.breach(where, f"{len(line)} bytes long")
            try:
                event = parse(line)
            except (ValueError, RecursionError) as error:
                self.breach(where, f"not strict JSON: {error}")
                continue
            if not isinstance(event, dict):
                self.breach(where, "not an object")
                continue
            seq = event.get("seq")
            if type(seq) is not int or seq != last_seq + 1:
                self.breach(where, f"seq {seq!r} after {last_seq}")
            last_seq = seq if type(seq) is int else last_seq + 1
            if event.get("type") == "run_started":
                expected = event.get("jobs")
            if event.get("type") == "jobs_skipped":
                self.counts["jobs skipped"] += event["count"]
                if event["count"] != sum(event["reasons"].values()):
                    self.breach(where, f"{event['count']} skipped, but reasons for {sum(event['reasons'].values())}")
            job_id = event.get("job_id")
            if job_id is None:
                continue
            if event.get("type") == "job_planned":
                planned[job_id] += 1
                if started:
                    self.breach(where, f"job {job_id} is planned after the first start")
                continue
            if planned and not planned[job_id]:
                self.breach(where, f"job {job_id} was not planned")
            if job_id in terminal:
                self.breach(where, f"job {job_id} had ended already")
            if event.get("type") == "job_started":
                started[job_id] += 1
                if "estimated_total" in event and (event["total_frames"] or event["estimated_total"] < 1):
                    self.breach(where, f"estimated_total {event['estimated_total']} beside {event['total_frames']}")
            if "percent" in event:
                self.progress(event, progress.get(job_id), where)
                progress[job_id] = event
            if event.get("status") in ("completed", "error"):
                terminal[job_id] = event["status"]
                self.counts[event["status"]] += 1
                if job_id not in started:
                    self.breach(where, f"job {job_id} ended without a job_started")
        if planned and expected != planned.total() or planned and max(planned.values()) > 1:
            self.breach(name, f"{planned.total()} lines plan {len(planned)} jobs, run_started says {expected}")
        self.counts["jobs planned"] = len(planned)
        self.ends(name, started, terminal, progress)

    def progress(self, event, before, where):
        percent = event["percent"]
        if type(percent) is not int or not 0 <= percent <= 100:
            self.breach(where, f"percent {percent!r}")
        elif before is not None and type(before["percent"]) is int and percent < before["percent"]:
            self.breach(where, f"percent falls from {before['percent']} to {percent}")
        if type(event.get("current_frame")) is not int:
            self.breach(where, f"current_frame {event.get('current_frame')!r}")

    def ends(self, name, started, terminal, progress):
        self.counts["jobs started"] = sum(started.values())
        for job_id, times in started.items():
            if times > 1:
                self.breach(name, f"job {job_id} started {times} times")
            if job_id not in terminal:
                self.breach(name, f"job {job_id} has no terminal event")
        for job_id, status in terminal.items():
            if status != "completed":
                continue
            last = progress.get(job_id)
            if last is None or last["percent"] != 100:
                self.breach(name, f"completed job {job_id} ends at {last and last['percent']} percent")
            elif last.get("current_frame") != last.get("total_frames"):
                self.breach(name, f"completed job {job_id} ends at frame {last.get('current_frame')}")
            if job_id not in self.job_ids:
                self.breach(name, f"completed job {job_id} has no result")


def read(path):
    """A file's content, unpacked where it is compressed."""
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        return file.read()


def load(path):
    return parse(read(path))


def main(arguments):
    if len(arguments) not in (2, 3):
        print("usage: check_results.py OUT SCHEMA [MANIFEST]", file=sys.stderr)
        return 64
    out = arguments[0]
    clips = load(arguments[2])["clips"] if len(arguments) == 3 else []
    checker = Checker(load(arguments[1]), {clip["path"]: clip for clip in clips})
    results = os.path.join(out, "results")
    for folder, folders, files in os.walk(results):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(folder, file)
            name = os.path.relpath(path, out).encode("utf-8", "backslashreplace").decode("utf-8")
            if file.endswith((".json", ".json.gz")):
                checker.result(path, name)
            else:
                checker.breach(name, "not a result")
    if clips and not checker.counts["clips of the manifest"]:
        checker.breach("results", "none is of a clip of the manifest")
    log = os.path.join(out, "latest", "progress.ndjson")
    if not os.path.isfile(log) and os.path.isfile(log + ".gz"):
        log += ".gz"
    if os.path.isfile(log):
        checker.log(log)
    else:
        checker.breach("latest/progress.ndjson", "missing")

    for breach in checker.breaches[:SHOWN]:
        print(breach)
    if len(checker.breaches) > SHOWN:
        print(f"and {len(checker.breaches) - SHOWN} more")
    print(", ".join(f"{name} {count}" for name, count in checker.counts.items()) or "nothing found")
    print(f"breaches {len(checker.breaches)}")
    if checker.validator is None:
        print("jsonschema missing, schema not checked")
    if checker.breaches:
        return 1
    return 4 if checker.validator is None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
