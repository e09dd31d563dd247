#!/usr/bin/env python3
"""Measures forgebatch as ratios to other programs, on the same files in the same run.

usage: bench.py [--rounds N] [--only WORD,…] [--record] [--binary FILE] [FOLDER]
       bench.py --page | --check

FOLDER holds the videos as `make bench-videos` lays them out (default .videos; else ../shared/videos; else samples). The
sides of every comparison take turns, so that they meet the machine in the same moods; what is printed is the median of
the rounds' ratios, with the lowest and the highest. Seconds are CPU time of the whole process tree unless a row says wall.
All of it takes about an hour on two CPUs; --only picks sections, --rounds 1 is quicker and says less.

--record writes what was measured into Benchmarks/figures.json, section by section, and docs/performance.md of it; and the
costs that `forgebatch tools` shows. --page writes the page of the recorded figures, --check tells whether it is so.

What cannot be measured for want of videos or of another program is told, and is no failure.

Exit status: 0 measured, 1 a command failed or the page is not that of the figures, 64 usage.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import figures
from measuring import ROOT, Bench, Failed, Missing
from rows import NEED_HD, SECTIONS


def write_costs(costs):
    """Where `forgebatch tools` reads what each tool costs."""
    with open(os.path.join(ROOT, "Sources", "ToolModel", "tool-costs.json"), "w", encoding="utf-8") as file:
        json.dump({"schema": "forgebatch/tool-costs/1", "tools": costs}, file, separators=(",", ":"))
        file.write("\n")


def take(bench, word, found):
    """Measures one section; the figures of it, or None when a command failed."""
    title, body = SECTIONS[word]
    bench.begin()
    started, load = time.monotonic(), os.getloadavg()[0]
    print(f"{title} ({word})", file=sys.stderr, flush=True)
    try:
        if word in NEED_HD and not bench.hd:
            raise Missing(f"no videos in {bench.folder}; make some with `make bench-videos`")
        body(bench)
    except Missing as missing:
        bench.skip(missing)
    except Failed as failure:
        print(f"bench: {word}: {failure}", file=sys.stderr)
        return None
    return figures.section(title, bench, started, load, found)


def page_only(arguments):
    """Writes or checks the page; the exit status."""
    try:
        recorded = figures.read(arguments.figures)
        figures.check(recorded)
        if arguments.page:
            figures.write_page(recorded, SECTIONS, arguments.document)
        else:
            figures.check_page(recorded, SECTIONS, arguments.document)
    except (figures.Malformed, KeyError, ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][len("usage: "):])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build", "release", "forgebatch"))
    # For tests: other places than the repository's.
    parser.add_argument("--peers", default=os.path.join(ROOT, ".venv-bench", "bin"), help=argparse.SUPPRESS)
    parser.add_argument("--figures", default=figures.FIGURES, help=argparse.SUPPRESS)
    parser.add_argument("--document", default=figures.PAGE, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?")
    try:
        arguments = parser.parse_args()
    except SystemExit as stop:
        return 64 if stop.code else 0
    if arguments.page or arguments.check:
        return page_only(arguments)
    sections = arguments.only.split(",") if arguments.only else list(SECTIONS)
    unknown = set(sections) - set(SECTIONS)
    if unknown or (arguments.rounds is not None and arguments.rounds < 1):
        print(f"bench: sections are {', '.join(SECTIONS)}; rounds are 1 or more", file=sys.stderr)
        return 64
    choices = [os.path.join(ROOT, ".videos"), os.path.join(ROOT, "..", "shared", "videos"), os.path.join(ROOT, "samples")]
    folder = os.path.abspath(arguments.folder or next(path for path in choices if os.path.isdir(path)))
    found = figures.versions(arguments.binary, arguments.peers)
    failed = False
    measured = figures.empty()
    with tempfile.TemporaryDirectory(prefix="forgebatch-bench-") as scratch:
        bench = Bench(os.path.abspath(arguments.binary), folder, arguments.rounds, scratch, arguments.peers)
        for word in sections:
            part = take(bench, word, found)
            if part is None:
                failed = True
                continue
            measured["sections"][word] = part
            # What is recorded stays recorded when a later section fails or is interrupted.
            if arguments.record and (part["rows"] or part["stages"]):
                recorded = figures.read(arguments.figures)
                recorded["sections"][word] = part
                figures.write(recorded, arguments.figures)
                figures.write_page(recorded, SECTIONS, arguments.document)
                if word == "tools" and arguments.figures == figures.FIGURES:
                    write_costs(bench.costs)
    print(figures.rendered(measured, SECTIONS))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
