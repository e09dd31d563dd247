#!/usr/bin/env python3
"""Runs the tests that were built, a few at a time, and says what each cost, and which were skipped and why.

`swift test` counts all tests as started at once, so that the times it prints hold the wait for a free place. Here each
group of tests runs in a process of its own, one test after another, and as many groups at once as there are processors,
and one more for tests that only wait: a test's time is what it costs, and a test that kills its process costs one group.
A group is a target; of targets that have many slow tests it is a suite. Groups that were short the last time come first.

usage: run_tests.py [--filter REGEX] [--workers N] [--costs FILE] [--slowest N] [words for `swift build`, which say where
                    the tests were built]

  --filter   only tests whose id (Target.Suite/test()) has a match
  --costs    every test's seconds and name, the longest first; read for the order of groups, then written
  --slowest  how many of the slowest are printed at the end (default 10)

Exit status: 0 all passed, 1 one did not.
"""
import argparse
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time

# Their suites share nothing that is expensive to make, and run other programs for minutes.
SPLIT = {"CommandTests"}
# Seconds. Groups below it come first, the shortest first; then the others, the longest first.
SHORT = 20


class Group:
    """Tests that one process runs."""

    def __init__(self, name):
        self.name, self.tests = name, []
        self.pattern = "^" + re.escape(name) + ("/" if "." in name else r"\.")
        self.costs, self.names, self.skipped, self.failed, self.seconds = {}, {}, [], [], 0
        self.status, self.console, self.has_ended = None, "", False

    def run(self, binary, wanted):
        pattern = self.pattern
        if wanted:
            ahead = wanted[1:] if wanted.startswith("^") else f".*?(?:{wanted})"
            pattern = f"^(?={ahead})" + pattern[1:]
        with tempfile.TemporaryDirectory() as folder:
            events = os.path.join(folder, "events")
            begun = time.monotonic()
            done = subprocess.run(
                [binary, "--testing-library", "swift-testing", "--no-parallel", "--filter", pattern,
                 "--experimental-event-stream-output", events, "--experimental-event-stream-version", "0"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                env={**os.environ, "SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH": "1"})
            self.seconds = time.monotonic() - begun
            self.status = done.returncode
            self.console = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode("utf-8", "replace"))
            if os.path.exists(events):
                self.read(events)

    def read(self, events):
        functions, begun = set(), {}
        with open(events, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # Torn, where the process died.
                payload = record.get("payload", {})
                kind, test = payload.get("kind"), payload.get("testID")
                if record.get("kind") == "test":
                    self.names[payload["id"]] = payload.get("displayName") or payload["name"]
                    if kind == "function":
                        functions.add(payload["id"])
                elif kind == "testStarted":
                    begun[test] = payload["instant"]["absolute"]
                elif kind == "testEnded" and test in functions:
                    self.costs[test] = payload["instant"]["absolute"] - begun.pop(test)
                    if any(message.get("symbol") == "fail" for message in payload.get("messages", [])):
                        self.failed.append(test)
                elif kind == "testSkipped":
                    texts = [message["text"] for message in payload.get("messages", [])]
                    self.skipped.append(f'{self.name.split(".")[0]}: {" ".join(texts)}')
                elif kind == "runEnded":
                    self.has_ended = True
        # A test that was running when its process died.
        self.failed += [test for test in begun if test in functions and not self.has_ended]

    @property
    def passed(self):
        return self.status == 0 and self.has_ended and not self.failed

    def place(self, test):
        return f'{test.split(".")[0]} "{self.names.get(test, test)}"'

    def tell(self):
        if self.passed:
            print(f"✔ {self.name}: {len(self.costs)} tests in {self.seconds:.1f} s", flush=True)
            return
        print(f"✘ {self.name}: status {self.status} after {self.seconds:.1f} s", flush=True)
        quiet = ("◇", "✔", "➜")
        lines = [line for line in self.console.splitlines() if not line.startswith(quiet)]
        print("\n".join("    " + line for line in lines[-400:]), flush=True)


def listed(binary):
    """The ids of all tests."""
    text = subprocess.run(
        [binary, "--testing-library", "swift-testing", "--list-tests"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return [line for line in text.splitlines() if re.match(r"\w+Tests\.", line)]


def groups_of(tests):
    groups = {}
    for test in tests:
        target, rest = test.split(".", 1)
        suite = rest.split("/")[0] if "/" in rest else ""
        name = f"{target}.{suite}" if target in SPLIT and suite else target
        groups.setdefault(name, Group(name)).tests.append(test)
    return list(groups.values())


def ordered(groups, costs_file):
    """By what they cost the last time; those that nobody knows come as they are."""
    known = {}
    if costs_file and os.path.exists(costs_file):
        with open(costs_file, encoding="utf-8") as file:
            for line in file:
                seconds, name = line.split("\t")[:2]
                known[name] = known.get(name, 0) + float(seconds)

    def rank(group):
        seconds = known.get(group.name, 0)
        return (seconds >= SHORT, -seconds if seconds >= SHORT else seconds)

    return sorted(groups, key=rank)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--filter")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)) + 1)
    parser.add_argument("--costs")
    parser.add_argument("--slowest", type=int, default=10)
    options, build = parser.parse_known_args()
    folder = subprocess.run(
        ["swift", "build", *build, "--show-bin-path"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    binary = os.path.join(folder, "forgebatchPackageTests.xctest")
    tests = [test for test in listed(binary) if not options.filter or re.search(options.filter, test)]
    if not tests:
        print("run_tests: no such test", file=sys.stderr)
        return 1
    groups = ordered(groups_of(tests), options.costs)
    waiting, telling = queue.SimpleQueue(), threading.Lock()
    for group in groups:
        waiting.put(group)

    def work():
        while True:
            try:
                group = waiting.get_nowait()
            except queue.Empty:
                return
            group.run(binary, options.filter)
            with telling:
                group.tell()

    begun = time.monotonic()
    workers = [threading.Thread(target=work) for _ in range(max(1, options.workers))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return summarise(groups, options, time.monotonic() - begun)


def summarise(groups, options, seconds):
    ranked = sorted(
        ((cost, group.name, group.place(test)) for group in groups for test, cost in group.costs.items()),
        key=lambda row: (-row[0], row[2]))
    if options.costs and not options.filter:
        with open(options.costs, "w", encoding="utf-8") as file:
            file.writelines(f"{cost:.3f}\t{name}\t{place}\n" for cost, name, place in ranked)
    print(f"\nThe slowest of {len(ranked)} tests, in seconds of their own:")
    for cost, _, place in ranked[:options.slowest]:
        print(f"{cost:9.3f}  {place}")
    skipped = sorted(text for group in groups for text in group.skipped)
    print(f"\nSkipped, and why ({len(skipped)}):" if skipped else "\nNothing was skipped.")
    for text in skipped:
        print(f"  {text}")
    failed = [group.place(test) for group in groups for test in group.failed]
    broken = [group.name for group in groups if not group.passed]
    if broken:
        print(f"\nFailed ({len(failed)} tests, in {', '.join(broken)}):")
        for place in failed:
            print(f"  {place}")
    print(f"\n{len(ranked)} tests in {seconds:.0f} s: {'failed' if broken else 'passed'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
