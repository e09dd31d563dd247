#!/usr/bin/env python3
"""Runs the commands and programs of docs/exports.md as they stand there, and looks at what they give.

usage: check_documented.py EXPORTS_MD FORGEBATCH FOLDER

FOLDER holds an output folder `out`. Blocks marked sh and python are run in it in their order, with FORGEBATCH as
`forgebatch`; RESULT and VIDEO stand for a result and its video. Ends with 1 and a sentence for the first thing that is wrong.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile


def main(arguments):
    page, program, folder = map(os.path.abspath, arguments)
    os.chdir(folder)
    documents = {}
    for root, _, names in os.walk("out/results"):
        for name in names:
            path = os.path.join(root, name)
            opened = gzip.open(path) if name.endswith(".gz") else open(path, "rb")
            with opened as file:
                documents[path] = json.load(file)
    (result,) = (path for path in documents if "vfr.mkv" in path)
    text = open(page, encoding="utf-8").read()
    tools = tempfile.mkdtemp(dir=folder)
    os.symlink(program, os.path.join(tools, "forgebatch"))
    environment = dict(os.environ, PATH=tools + os.pathsep + os.environ["PATH"])
    spaces = {}
    ran = 0
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        block = block.replace("RESULT", result).replace("VIDEO", "vfr.mkv").replace("OUT", "out")
        ran += 1
        if language == "python":
            exec(compile(block, page, "exec"), spaces)
            continue
        for line in block.splitlines():
            line = re.sub(r"\s+#.*", "", line)
            is_plain_only = line.startswith("head -1 " + result) and result.endswith(".gz")
            if not line or is_plain_only or " jq " in f" {line} " and not shutil.which("jq"):
                continue
            done = subprocess.run(["bash", "-ec", line], env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}: {done.stderr}"
            if "summary" in line:
                assert json.loads(done.stdout) == documents[result]["summary"], f"{line}: {done.stdout[:200]}"
    assert ran >= 4, f"{ran} blocks in {page}"

    frames = [(document, frame) for document in documents.values() for frame in document["frames"]]
    table = spaces["table"]
    assert len(table) == len(frames), f"{len(table)} rows, {len(frames)} frames"
    assert "NA.y4m" in set(table["path"]), "a video called NA lost its name"
    measures = [column for column in table if "." in column]
    assert len(measures) > 10, measures
    for column in ["time", "objects", *measures]:
        assert table[column].dtype.kind in "fiu", f"{column} is {table[column].dtype}"
    tool, key = "luma", "avg"
    stored = [frame[tool][key] for _, frame in frames if key in frame.get(tool, {})]
    assert abs(table[f"{tool}.{key}"].mean() - sum(stored) / len(stored)) < 1e-9, "the mean is another"

    import duckdb

    assert os.path.getsize("frames.parquet") > 1000
    ((rows, mean),) = duckdb.sql("SELECT count(*), avg(luma.avg) FROM 'frames.parquet'").fetchall()
    assert rows == len(frames), f"{rows} rows of Parquet, {len(frames)} frames"
    assert abs(mean - sum(stored) / len(stored)) < 1e-9, "the mean of Parquet is another"
    names = {name for (name,) in duckdb.sql("SELECT DISTINCT path FROM 'frames.parquet'").fetchall()}
    assert names == set(table["path"]), names
    shutil.rmtree(tools)
    print(f"{ran} blocks, {rows} frames: equal")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
