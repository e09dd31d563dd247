#!/usr/bin/env python3
"""Counts the instructions of the pixel loops and holds them against recorded figures.

Valgrind's callgrind runs the driver (Tests/KernelWork), which marks where each loop begins and ends: the counts are the same
in every run, on a busy machine too. They are those of a debug build, in which these loops are optimised as well, file by file.

usage: instructions.py [--record] [--measured FILE] DRIVER RECORDED

  --record    write the figures to RECORDED instead of comparing
  --measured  take the figures from FILE, of the form of RECORDED, instead of counting

RECORDED says which compiler its figures are of. With that one no loop may take over 5 % more; with another one, whose
code is another, not over 30 %. A loop that the processor has no way of (AVX2) is not counted and not compared.

Exit status: 0 none takes more, 1 one does or has no figure, 2 it could not be counted.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

TOLERANCE, OTHER_COMPILER = 0.05, 0.30
HEADER = """# Instructions of the pixel loops for one picture, in a debug build: loop, size, way, instructions.
# Recorded anew by `make instructions`, which belongs into a change that has a reason for other figures.
"""


def fail(text):
    print(f"instructions: {text}", file=sys.stderr)
    sys.exit(2)


def count(driver):
    """The compiler, and the instructions of each loop by its name, size and way."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "part")
        try:
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", "--dump-before=fbt_mark", f"--callgrind-out-file={out}", driver],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        except OSError as error:
            fail(f"valgrind does not start ({error}); make deps-test installs it")
        if done.returncode != 0:
            fail(f"{driver} ended with {done.returncode} under valgrind:\n{done.stderr.decode('utf-8', 'replace')[-2000:]}")
        compiler, *names = done.stdout.decode().splitlines()
        totals = {}
        for part in glob.glob(out + ".*"):
            with open(part, encoding="utf-8", errors="replace") as file:
                found = re.findall(r"^totals: (\d+)", file.read(), re.MULTILINE)
            if found:
                totals[int(part.rsplit(".", 1)[1])] = int(found[0])
    # Two marks for each loop; the second one's part is what was done between them.
    if len(totals) < 2 * len(names):
        fail(f"{len(names)} loops were run, but only {len(totals)} parts counted")
    figures = {tuple(name.split("\t")): totals[2 * place + 2] for place, name in enumerate(names)}
    return compiler.split("\t")[1], figures


def read(path):
    compiler, figures = "", {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.rstrip("\n").split("\t")
            if words[0] == "compiler":
                compiler = words[1]
            elif len(words) == 4:
                figures[tuple(words[:3])] = int(words[3])
    return compiler, figures


def write(path, compiler, figures):
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER + f"compiler\t{compiler}\n")
        file.writelines("\t".join(name) + f"\t{number}\n" for name, number in figures.items())


def compare(recorded, measured, tolerance):
    """What is wrong, one line for each loop."""
    ways = {way for _, _, way in measured}
    for name, number in measured.items():
        if name not in recorded:
            yield f"{', '.join(name)}: {number} instructions, and no figure recorded"
        elif number > recorded[name] * (1 + tolerance):
            more = number / recorded[name] - 1
            yield f"{', '.join(name)}: {number} instructions, {more:.1%} more than the {recorded[name]} recorded"
    for name in recorded:
        if name not in measured and name[2] in ways:
            yield f"{', '.join(name)}: recorded, but not counted"


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--measured")
    parser.add_argument("driver")
    parser.add_argument("recorded")
    options = parser.parse_args()
    compiler, measured = read(options.measured) if options.measured else count(options.driver)
    if options.record:
        write(options.recorded, compiler, measured)
        print(f"instructions: {len(measured)} figures written to {options.recorded}")
        return 0
    known, recorded = read(options.recorded)
    tolerance = TOLERANCE if compiler == known else OTHER_COMPILER
    if compiler != known:
        print(f"instructions: recorded with {known}, counted with {compiler}: up to {tolerance:.0%} more is let pass")
    wrong = list(compare(recorded, measured, tolerance))
    print("\n".join(wrong) if wrong else f"instructions: {len(measured)} loops, none takes over {tolerance:.0%} more")
    if wrong:
        print("If the change is worth it, record the figures anew: make instructions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
