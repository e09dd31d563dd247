#!/usr/bin/env python3
"""Compares a run over samples/ with the samples' manifest and prints one line.

usage: samples_summary.py OUT MANIFEST

Exit status 1 when a sound clip failed or was found damaged, when a clip that is broken on purpose passed for sound,
or when a clip was not processed at all.
"""

import json
import os
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(arguments):
    if len(arguments) != 2:
        print("usage: samples_summary.py OUT MANIFEST", file=sys.stderr)
        return 64
    out, manifest = arguments
    jobs = {job["path"]: job for job in load(os.path.join(out, "latest", "run.json"))["jobs"]}
    processed = broken = 0
    wrong = []
    for clip in load(manifest)["clips"]:
        path = clip["path"]
        job = jobs.pop(path, None)
        if job is None:
            wrong.append(f"{path}: not in the run")
            continue
        completed = job["status"] == "completed"
        sound = completed and job.get("verdict") != "damaged"
        found = f"status {job['status']}, verdict {job.get('verdict')}"
        processed += completed
        if clip["broken"] is None:
            if not sound:
                wrong.append(f"{path}: a sound clip, yet {found}")
        elif sound:
            wrong.append(f"{path}: broken on purpose ({clip['broken']}), yet {found}")
        else:
            broken += 1
    wrong += [f"{path}: not in the manifest" for path in jobs]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{processed} processed, {broken} broken on purpose")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
