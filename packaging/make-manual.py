#!/usr/bin/env python3
"""Writes the manual pages from the help of a built forgebatch: forgebatch.1 and one for each command.

usage: make-manual.py BINARY FOLDER

The same binary gives the same bytes. The date in the pages is SOURCE_DATE_EPOCH, or that of the last commit, or none.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import textwrap

EXAMPLES = {
    "": [
        ("Process a folder; results and report lie beside it:", "forgebatch run ./videos"),
        ("What failed, and why:", "forgebatch list videos.forgebatch --status failed"),
        ("What a verdict means for one video, and what to do:", "forgebatch show videos.forgebatch cam1/a.mp4"),
    ],
    "run": [
        ("Another place for the results:", "forgebatch run ./videos -o out"),
        ("Some of the videos, four at once:", "forgebatch run ./videos --include 'cam3/**' --jobs 4"),
        ("What would be done, and why:", "forgebatch run ./videos --dry-run"),
        ("One shard of a planned run:", "forgebatch run --plan /results/runs/20261129T024021Z-1a2b3c --shard 7"),
    ],
    "plan": [("A library in 64 shards, for Slurm or GNU Parallel:", "forgebatch plan /videos -o /results --shards 64")],
    "status": [("What is done and what is missing:", "forgebatch status /results")],
    "merge": [("Make a run of what the shards did:", "forgebatch merge /results")],
    "replay": [("Watch a run in the browser:", "forgebatch replay videos.forgebatch --open")],
    "tail": [("Follow one video:", "forgebatch tail videos.forgebatch cam1/a.mp4")],
    "report": [("Events by another threshold:", "forgebatch report videos.forgebatch --set scene.threshold=12")],
    "list": [("What failed:", "forgebatch list videos.forgebatch --status failed")],
    "show": [("One video:", "forgebatch show videos.forgebatch cam1/a.mp4")],
    "diff": [("What the last run changed:", "forgebatch diff videos.forgebatch previous latest")],
    "export": [("Every measure of every frame:", "forgebatch export videos.forgebatch --format csv -o frames.csv")],
    "validate": [("All of an output folder:", "forgebatch validate videos.forgebatch")],
    "tools": [("What luma stores:", "forgebatch tools luma")],
    "plugin new": [("A plugin that works, to begin with:", "forgebatch plugin new shapes")],
    "plugin check": [("Before it is used:", "forgebatch plugin check shapes")],
    "manifest check": [("Before a release:", "forgebatch manifest check released/manifest.json manifest.json")],
    "doctor": [("Before the first night:", "forgebatch doctor /var/lib/forgebatch")],
}


def paragraph(text):
    """Text on lines of a file, none of which is a request."""
    lines = textwrap.wrap(" ".join(text.split()), 72, break_long_words=False, break_on_hyphens=False)
    return "\n".join(roff(line) for line in lines)


def roff(text):
    """Text as roff shows it unchanged, on a line that is no request."""
    marks = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
    text = "".join(
        marks.get(mark, mark if ord(mark) < 128 else f"\\[u{ord(mark):04X}]") for mark in " ".join(text.split()))
    return "\\&" + text if text.startswith(".") else text


def quoted(text):
    """An argument of a request."""
    return '"' + roff(text) + '"'


def spelled(argument, is_bold=True):
    """The names of a flag with its value: -o, --out OUT."""
    bold = (lambda text: f"\\fB{roff(text)}\\fR") if is_bold else roff
    value = f"\\fI{roff(argument['valueName'])}\\fR"
    if argument["kind"] == "positional":
        return value
    short = [f"-{name['name']}" for name in argument["names"] if name["kind"] == "short"]
    long = [f"--{name['name']}" for name in argument["names"] if name["kind"] == "long"]
    names = ", ".join(bold(name) for name in short + long)
    return names if argument["kind"] == "flag" else f"{names} {value}"


def synopsis(name, arguments):
    words = [f"\\fB{roff(name)}\\fR"]
    if any(argument["kind"] != "positional" for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            value = spelled(argument) + (" ..." if argument["isRepeating"] else "")
            words.append(f"[{value}]" if argument["isOptional"] or "defaultValue" in argument else value)
    return " ".join(words)


def described(argument):
    text = argument.get("abstract", "")
    if "defaultValue" in argument and "(default" not in text:
        text += f" (default: {argument['defaultValue']})"
    return text or "See the description."


def title_of(command):
    """The name of a command's page: forgebatch-plugin-new."""
    return "-".join(["forgebatch"] + command["path"])


def below(command, path=()):
    """The commands of a command and theirs, each with the words that lead to it."""
    found = []
    for each in command.get("subcommands", []):
        if each["commandName"] != "help":
            each["path"] = [*path, each["commandName"]]
            found += [each] + below(each, each["path"])
    return found


def page(command, version, date, commands):
    """One manual page as text."""
    name = " ".join(command["path"])
    is_root = not command["path"]
    title = title_of(command)
    parts = commands if is_root else below(command, command["path"])
    arguments = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    lines = [
        ".\\\" Made from the help by packaging/make-manual.py.",
        f'.TH {quoted(title.upper())} 1 "{date}" {quoted("forgebatch " + version)} "User Commands"',
        ".nh", ".ad l", ".SH NAME", f"{roff(title)} \\- {roff(command['abstract'].rstrip('.'))}", ".SH SYNOPSIS",
    ]
    if parts:
        lines += [f"\\fB{roff(' '.join(['forgebatch'] + command['path']))}\\fR \\fIcommand\\fR [\\fIoptions\\fR] ..."]
    else:
        lines += [synopsis(f"forgebatch {name}", arguments)]
    paragraphs = [part for part in re.split(r"\n\s*\n", command.get("discussion", "")) if part.strip()]
    status = []
    body = []
    for text in paragraphs:
        before, found, after = text.partition("Exit status: ")
        if before.strip():
            body.append(before)
        if found:
            status.append(after)
    lines += [".SH DESCRIPTION"]
    for index, text in enumerate(body or [command["abstract"]]):
        lines += ([".PP"] if index else []) + [paragraph(text)]
    section = None
    for argument in arguments:
        own = argument.get("sectionTitle") or ("Arguments" if argument["kind"] == "positional" else "Options")
        if own != section:
            lines += [f".SH {quoted(own.upper())}"]
            section = own
        lines += [".TP", spelled(argument), paragraph(described(argument))]
    if parts:
        lines += [".SH COMMANDS"]
        for other in parts:
            lines += [".TP", f"\\fB{roff(title_of(other))}\\fR(1)", paragraph(other["abstract"])]
    if status:
        lines += [".SH EXIT STATUS"]
        items = re.findall(r"(\d[\d/]*) (.*?)(?=, \d[\d/]* |\.\s*$|$)", " ".join(" ".join(status).split()))
        for code, words in items:
            lines += [".TP", f"\\fB{roff(code)}\\fR", paragraph(words.rstrip(". ") or "done")]
    if name == "run" or is_root:
        lines += [".SH ENVIRONMENT", ".TP", "\\fBFORGEBATCH_\\fR\\fIFLAG\\fR",
                  paragraph("Each flag of run by its long name, in capitals and with _ for -, as FORGEBATCH_JOBS=4.")]
        lines += [".SH FILES"]
        for path, words in [
            ("forgebatch.yaml", "flags of run by their long names, read in the working directory unless an input lies there"),
            ("$XDG_CONFIG_HOME/forgebatch/config.yaml", "the same for a user; ~/.config where the variable is not set"),
            ("/etc/forgebatch.yaml", "the same for the machine"),
        ]:
            lines += [".TP", f"\\fI{roff(path)}\\fR", paragraph(words)]
    examples = EXAMPLES.get("" if is_root else name, [])
    if examples:
        lines += [".SH EXAMPLES"]
        for words, line in examples:
            lines += [".TP", roff(words), f"\\fB{roff(line)}\\fR"]
    others = [] if is_root else ["forgebatch"]
    others += [title_of(other) for other in commands if other is not command]
    lines += [".SH SEE ALSO", ",\n".join(f"\\fB{roff(other)}\\fR(1)" for other in others)]
    return "\n".join(lines) + "\n"


def commit_date(folder):
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        result = subprocess.run(
            ["git", "-C", folder, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False)
        seconds = result.stdout.strip()
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%d") if seconds else ""


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    binary, folder = arguments
    help_text = subprocess.run([binary, "--experimental-dump-help"], capture_output=True, check=True).stdout
    root = json.loads(help_text)["command"]
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    date = commit_date(os.path.dirname(os.path.abspath(__file__)))
    root["path"] = []
    commands = below(root)
    os.makedirs(folder, exist_ok=True)
    for command in [root] + commands:
        with open(os.path.join(folder, title_of(command) + ".1"), "w", encoding="ascii") as file:
            file.write(page(command, version, date, commands))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
