#!/usr/bin/env python3
"""Writes manifest.json and the clip table of README.md.

Usage: make-manifest.py COMMANDS

COMMANDS is the file make-samples.sh records: one line a clip, holding the
clip's path and, after a tab, the command that made it. The description of a
clip is its "#: NAME - TEXT" line in make-samples.sh. Everything else is
measured with ffprobe. The order of the clips is that of COMMANDS.
"""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BROKEN = {"truncated.mp4": "truncated", "not-a-video.mp4": "not a video"}
BEGIN, END = "<!-- clips: begin -->", "<!-- clips: end -->"


def descriptions():
    text = (HERE / "make-samples.sh").read_text(encoding="utf-8")
    return dict(re.findall(r"^#: (\S+) - (.+)$", text, flags=re.M))


def probe(path, *options):
    """First video stream as ffprobe prints it, or {} if there is none."""
    done = subprocess.run(
        ["ffprobe", "-threads", "1", "-v", "error", "-select_streams", "v:0",
         *options, "-of", "json", path],
        cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    streams = json.loads(done.stdout or b"{}").get("streams", [])
    return streams[0] if streams else {}


def number(value):
    return int(value) if value is not None and str(value).isdigit() else None


def describe(path, command, what):
    fields = "codec_name,pix_fmt,width,height,nb_frames"
    info = probe(path, "-show_entries", "stream=" + fields)
    counted = probe(path, "-count_frames", "-show_entries", "stream=nb_read_frames")
    return {
        "path": path,
        "frames": number(counted.get("nb_read_frames")),
        "declared": number(info.get("nb_frames")),
        "codec": info.get("codec_name"),
        "pixel_format": info.get("pix_fmt"),
        "width": info.get("width"),
        "height": info.get("height"),
        "command": command,
        "sha256": hashlib.sha256((HERE / path).read_bytes()).hexdigest(),
        "broken": BROKEN.get(path),
        "what": what,
    }


def table(clips):
    def cell(value):
        return "–" if value is None else str(value)

    rows = ["| clip | codec | pixel format | size | frames | what it is for |",
            "|---|---|---|---|---:|---|"]
    for clip in clips:
        size = f"{clip['width']}×{clip['height']}" if clip["width"] else None
        frames = cell(clip["frames"])
        if clip["broken"] == "truncated":
            frames += f" of {clip['declared']}"
        rows.append("| " + " | ".join([
            f"`{clip['path']}`", cell(clip["codec"]), cell(clip["pixel_format"]),
            cell(size), frames, clip["what"]]) + " |")
    return "\n".join(rows)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make-manifest.py COMMANDS")
    what = descriptions()
    clips = []
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        path, command = line.split("\t", 1)
        if path not in what:
            sys.exit(f"make-samples.sh has no '#: {path} - …' line")
        clips.append(describe(path, command, what[path]))

    (HERE / "manifest.json").write_text(
        json.dumps({"clips": clips}, indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8")

    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    readme.write_text(f"{head}{BEGIN}\n{table(clips)}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
