"""The recorded figures (figures.json) and the part of docs/performance.md that is made of them."""

import json
import math
import os
import platform
import re
import time

from measuring import ROOT, said

FIGURES = os.path.join(ROOT, "Benchmarks", "figures.json")
PAGE = os.path.join(ROOT, "docs", "performance.md")
SCHEMA = "forgebatch/figures/1"
BEGIN = "<!-- figures: made by `make bench BENCH=--record` of Benchmarks/figures.json; what is written here is lost -->"
END = "<!-- figures: end -->"
FOLD = "fold of "


class Malformed(Exception):
    """The recorded figures, or the page, are not what they should be."""


def machine():
    cpu = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = re.search(r"model name\s*:\s*(.*)", file.read()).group(1)
    except (OSError, AttributeError):
        pass
    return f"{len(os.sched_getaffinity(0))} CPUs of {' '.join(cpu.split())}, Linux {platform.release()}"


def versions(binary, peers):
    """What was measured: program and version."""
    found = {"forgebatch": said([binary, "--version"]).removeprefix("forgebatch").strip()}
    commit = said(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"])
    if commit:
        found["checkout"] = commit
    ffmpeg = re.match(r"ffmpeg version (\S+)", said(["ffmpeg", "-version"]))
    found["FFmpeg"] = ffmpeg.group(1) if ffmpeg else ""
    script = "import importlib.metadata as m\nfor n in ('scenedetect', 'dvr-scan', 'opencv-python-headless'): print(n, m.version(n))"
    for line in said([os.path.join(peers, "python"), "-c", script]).splitlines():
        found[line.split()[0]] = line.split()[1]
    return {name: version for name, version in found.items() if version}


def section(title, bench, started, load, found):
    """What is recorded of a section that was measured."""
    counts = sorted(set(bench.counts))
    return {
        "title": title, "date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine(), "versions": found,
        "load": round(load, 1), "rounds": counts[-1] if counts else 0,
        "minutes": round((time.monotonic() - started) / 60, 2), "rows": bench.rows, "stages": bench.stages,
        "notes": bench.notes,
    }


def empty():
    return {"schema": SCHEMA, "sections": {}}


def read(path=FIGURES):
    if not os.path.exists(path):
        return empty()
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(figures, path=FIGURES):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1, ensure_ascii=False)
        file.write("\n")


def check(figures):
    """Raises Malformed when a figure is missing, is not a number, or stands outside its own range."""
    if figures.get("schema") != SCHEMA:
        raise Malformed(f"figures.json is not of {SCHEMA}")
    for key, part in figures["sections"].items():
        for field in ("title", "date", "machine", "versions", "load", "rounds", "minutes", "rows", "stages", "notes"):
            if field not in part:
                raise Malformed(f"figures.json: {key} has no {field}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", part["date"]) or "forgebatch" not in part["versions"]:
            raise Malformed(f"figures.json: {key} has no date, or no version of forgebatch")
        for row in part["rows"]:
            numbers = [row["low"], row["median"], row["high"]]
            if not all(isinstance(number, (int, float)) and math.isfinite(number) and number >= 0 for number in numbers):
                raise Malformed(f"figures.json: {key}, {row['row']}: a figure is no number")
            if numbers != sorted(numbers) or row["rounds"] < 1:
                raise Malformed(f"figures.json: {key}, {row['row']}: the median lies outside its range")
        for line in part["stages"]:
            if not all(math.isfinite(number) and number >= 0 for number in line["stages"].values()):
                raise Malformed(f"figures.json: {key}, {line['file']}: a stage is no number")


def text(number):
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def reached(row):
    """The goal of a row and whether it is reached."""
    if "goal" not in row:
        return ""
    sign, number = row["goal"]
    holds = row["median"] <= number if sign == "<=" else row["median"] >= number
    return f"{'≤' if sign == '<=' else '≥'} {number:,}{'' if holds else ', **missed**'}"


def cell(value):
    return str(value).replace("|", "\\|").replace("\n", " ")


def table(head, lines):
    made = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return made + ["| " + " | ".join(cell(value) for value in line) + " |" for line in lines]


def ratios(part):
    lines = []
    for row in part["rows"]:
        spread = f"{text(row['low'])}–{text(row['high'])}"
        lines.append((row["row"], row["what"], text(row["median"]), spread, row["rounds"], row["ours"], row["other"], reached(row)))
    return table(("Row", "What", "Median", "Range", "Rounds", "forgebatch", "Other", "Goal"), lines)


def stage_tables(part):
    """Milliseconds of a frame: one line a file, and what each tool's fold costs of it."""
    names = list(dict.fromkeys(name for line in part["stages"] for name in line["stages"] if name != "frames"))
    plain = [name for name in names if not name.startswith(FOLD)]
    lines = []
    for line in part["stages"]:
        found = line["stages"]
        values = [found.get(name, 0) for name in plain]
        ratio = sum(values) / found["decode"] if found.get("decode") else 0
        label = f"{line['group']}: {line['file']}"
        lines.append([label, f"{found['frames']:.0f}", *(f"{value:.3f}" for value in values), f"{sum(values):.2f}", f"{ratio:.2f}"])
    made = table(("Video", "Frames", *plain, "Sum", "Sum / decode"), lines)
    folds = [name for name in names if name.startswith(FOLD)]
    whole = [line for line in part["stages"] if line["file"] == "all"]
    if folds and whole:
        made += ["", "Of the folds, each tool's, in microseconds:", ""]
        made += table(
            ("Videos", *(name.removeprefix(FOLD) for name in folds)),
            [[line["group"], *(f"{line['stages'].get(name, 0) * 1000:.1f}" for name in folds)] for line in whole])
    return made


def took(minutes):
    return f"{minutes * 60:.0f} s" if minutes < 1 else f"{minutes:.0f} min"


def circumstances(parts):
    """When, where and with what the sections were measured: a line for all that share it."""
    shared = {}
    for part in parts:
        programs = ", ".join(f"{name} {version}" for name, version in part["versions"].items())
        shared.setdefault((part["date"], part["machine"], programs), []).append(part)
    made = []
    for (date, place, programs), members in shared.items():
        titles = "all" if len(members) == len(parts) > 1 else ", ".join(part["title"] for part in members)
        time = took(sum(part["minutes"] for part in members))
        made.append(f"- {titles}: measured on {date}, on {place}; {programs}; in {time}.")
    return made


def rendered(figures, order):
    """The generated part of the page, without its markers."""
    parts = {key: figures["sections"][key] for key in order if key in figures["sections"]}
    made = [*circumstances(list(parts.values())), ""]
    for key, part in parts.items():
        made += [
            f"### {part['title']}", "",
            f"`--only {key}`, {took(part['minutes'])}; load {part['load']:g} before.", ""]
        if part["rows"]:
            made += [*ratios(part), ""]
        if part["stages"]:
            made += ["Milliseconds of processor time that a frame takes:", "", *stage_tables(part), ""]
        made += [f"Not measured: {note}." for note in part["notes"]] + ([""] if part["notes"] else [])
    return "\n".join(made).rstrip("\n")


def page(content, figures, order):
    """The page with the figures between its markers."""
    if content.count(BEGIN) != 1 or content.count(END) != 1 or content.index(BEGIN) > content.index(END):
        raise Malformed("the page has no place for figures: its two markers, each once")
    before, rest = content.split(BEGIN)
    return f"{before}{BEGIN}\n\n{rendered(figures, order)}\n\n{END}{rest.split(END)[1]}"


def write_page(figures, order, path=PAGE):
    with open(path, encoding="utf-8") as file:
        content = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(page(content, figures, order))


def check_page(figures, order, path=PAGE):
    with open(path, encoding="utf-8") as file:
        content = file.read()
    if page(content, figures, order) != content:
        raise Malformed(f"{os.path.basename(path)} does not say what figures.json says; write it with `bench.py --page`")
