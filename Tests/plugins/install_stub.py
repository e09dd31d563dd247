#!/usr/bin/env python3
"""Puts the test plugin of ForgeSyte into a folder as an editable install would, and makes a forgebatch plugin of it.

usage: install_stub.py FOLDER    makes FOLDER/site and FOLDER/plugins/stub-tracker

No pip and no network: FOLDER/site is what an editable install leaves in site-packages, and the program of the made plugin
begins with it in its path.
"""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "forgesyte-stub/src")
MAKER = os.path.join(HERE, "../../samples/plugins/forgesyte/make_folder.py")


def install(folder):
    """The folder of the made plugin."""
    record = os.path.join(folder, "site/forgesyte_stub_tracker-0.1.0.dist-info")
    os.makedirs(record, exist_ok=True)
    for name, text in [
            ("METADATA", "Metadata-Version: 2.1\nName: forgesyte-stub-tracker\nVersion: 0.1.0\n"),
            ("entry_points.txt", "[forgesyte.plugins]\nstub-tracker = forgesyte_stub_tracker.plugin:Plugin\n")]:
        with open(os.path.join(record, name), "w", encoding="utf-8") as file:
            file.write(text)
    site = os.path.join(os.path.abspath(folder), "site")
    plugins = os.path.join(folder, "plugins")
    subprocess.run(
        [sys.executable, MAKER, plugins, "stub-tracker"], check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([site, SOURCE])})
    path = os.path.join(plugins, "stub-tracker/manifest.json")
    with open(path, encoding="utf-8") as file:
        manifest = json.load(file)
    # In an environment of its own the program would find both by itself.
    start = f"import sys, runpy; sys.path[1:1] = {[site, SOURCE]!r}; sys.argv = sys.argv[1:]; runpy.run_path('plugin.py', run_name='__main__')"
    manifest["run"] = [sys.executable, "-c", start] + manifest["run"][1:]
    manifest["read"] += [site]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
    return os.path.dirname(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    print(install(sys.argv[1]))
