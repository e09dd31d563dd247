#!/usr/bin/env python3
"""Makes a forgebatch plugin of each installed plugin of ForgeSyte that has tools for videos.

usage: make_folder.py FOLDER [ENTRY_POINT ...]    FOLDER gets a folder for each; without names for all that are installed

Run it with the Python in whose environment they are installed: that Python will run them. A plugin's own manifest.json says
which tools it has; nothing of the plugin is imported here. Run it again after the plugin was changed or installed anew.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys

GROUP = "forgesyte.plugins"
# Arguments that the adapter gives, or that mean nothing for a video; the others become settings.
GIVEN = ("video_path", "device", "progress_callback", "output_path", "annotated")


class Refused(Exception):
    """Why a plugin gets no folder."""


def package_of(entry):
    """The folder of the package of an entry point."""
    name = entry.value.split(":")[0].split(".")[0]
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Refused(f"its package {name} cannot be found")
    return os.path.realpath(list(spec.submodule_search_locations)[0])


def own_manifest(package):
    path = os.path.join(package, "manifest.json")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise Refused(
            f"there is no manifest.json in {package}; an ordinary pip install may leave files out: install it from its source"
            " folder with pip install --editable") from None


def is_for_videos(tool):
    return "video" in tool.get("input_types", []) or "video_path" in tool.get("inputs", {})


def settings_of(tool):
    """Inputs with a type and a default, as settings that change what is measured."""
    inputs = {}
    for key, entry in tool.get("inputs", {}).items():
        if key in GIVEN or not isinstance(entry, dict) or "default" not in entry:
            continue
        if entry.get("type") in ("number", "integer", "boolean") or "enum" in entry:
            kept = ("type", "default", "minimum", "maximum", "enum", "description")
            inputs[key] = {**{each: entry[each] for each in kept if each in entry}, "kind": "measuring"}
    return inputs


def tool_of(tool):
    capabilities = tool.get("capabilities", [])
    if "streaming_video_analysis" not in capabilities:
        capabilities = capabilities + ["streaming_video_analysis"]
    confidence = {
        "type": "number", "default": 0, "minimum": 0, "maximum": 1, "kind": "concluding",
        "description": "objects that are less likely are left out"}
    return {
        "id": tool["id"], "title": tool.get("title") or tool["id"], "description": tool.get("description", ""), "mode": "video",
        "reuse": False, "input_types": ["video"], "output_types": ["frames", "detections"], "capabilities": capabilities,
        "inputs": {**settings_of(tool), "confidence": confidence}, "outputs": {"frame": {}},
        "conclude": {"detections": {"above": "confidence", "track": True}}}


def files_of(package):
    """The files of a package by their paths in it, without what Python leaves there."""
    found = []
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        found += [os.path.relpath(os.path.join(folder, name), package) for name in sorted(names) if not name.endswith(".pyc")]
    return found


def manifest_for(entry, package):
    own = own_manifest(package)
    tools = [tool_of(tool) for tool in own.get("tools", []) if is_for_videos(tool)]
    if not tools:
        raise Refused("it has no tool for videos")
    for name in [own.get("id", entry.name)] + [tool["id"] for tool in tools]:
        if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
            raise Refused(f"forgebatch has no ids like '{name}': small letters, digits, _ and -")
    version = own.get("version", "")
    read = [] if package.startswith(os.path.realpath(sys.prefix) + os.sep) else [os.path.dirname(package)]
    return {
        "id": own.get("id", entry.name), "name": own.get("name", entry.name),
        "version": version if re.fullmatch(r"\d+\.\d+\.\d+", version) else "0.0.0", "type": "custom", "protocol": 1,
        "description": own.get("description", ""), "author": own.get("author", ""), "license": own.get("license", ""),
        "run": [sys.executable, "plugin.py", entry.name],
        "files": ["plugin.py", "installed.json"],
        "read": read + [os.path.realpath(sys.prefix)],
        # Networks bring large libraries, and answers may all come at the end, after the last progress.
        "limits": {"memory": 8 << 30, "processes": 64, "start_seconds": 300, "stall_seconds": 300},
        "capabilities": sorted({each for tool in tools for each in tool["capabilities"]}), "tools": tools}


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")


def describe(package, folder):
    """Writes what the package's files are, by content into installed.json, of which results depend, and by size and time into
    installed-times.json, by which the adapter notices that they are others by now."""
    hashes, times = {}, {}
    for name in files_of(package):
        path = os.path.join(package, name)
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        hashes[name] = digest.hexdigest()
        times[name] = [os.stat(path).st_size, os.stat(path).st_mtime_ns]
    write(os.path.join(folder, "installed.json"), hashes)
    write(os.path.join(folder, "installed-times.json"), {"folder": package, "files": times})


def make(entry, into):
    package = package_of(entry)
    manifest = manifest_for(entry, package)
    folder = os.path.join(into, manifest["id"])
    os.makedirs(folder, exist_ok=True)
    shutil.copyfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "plugin.py"), os.path.join(folder, "plugin.py"))
    describe(package, folder)
    write(os.path.join(folder, "manifest.json"), manifest)
    return folder, manifest


def main(words):
    if not words:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    entries = {each.name: each for each in importlib.metadata.entry_points(group=GROUP)}
    status = 0
    if not entries:
        print(f"make_folder: {sys.executable} has no plugin of the entry-point group {GROUP}", file=sys.stderr)
        return 1
    for name in words[1:] or sorted(entries):
        try:
            if name not in entries:
                raise Refused(f"it is not installed; there are {', '.join(sorted(entries))}")
            folder, manifest = make(entries[name], words[0])
            print(f"{folder}: " + ", ".join(f"{manifest['id']}/{tool['id']}" for tool in manifest["tools"]))
        except Refused as error:
            print(f"make_folder: {name}: {error}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
