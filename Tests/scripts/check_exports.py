#!/usr/bin/env python3
"""Reads what forgebatch exports with the programs that others read it with, and holds it against the results.

usage: check_exports.py csv|coco|mot RESULTS EXPORT
       check_exports.py junit|metrics RUN_JSON EXPORT

RESULTS is the folder of results; EXPORT is a file, for mot a folder, for csv a folder with TABLE.csv for each table.
Ends with 1 and a sentence for the first thing that is wrong.
"""

import base64
import gzip
import json
import os
import sys


def results(folder):
    """Each result by the exact bytes of its video's path."""
    found = {}
    for root, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(root, name)
            with gzip.open(path) if name.endswith(b".gz") else open(path, "rb") as file:
                document = json.load(file)
            found[exact(document["source"])] = document
    assert found, "no results"
    return found


def exact(named):
    if named.get("path_bytes"):
        return base64.b64decode(named["path_bytes"])
    return named["path"].encode("utf-8")


def equal(left, right, what):
    assert left == right, f"{what}: {left!r} is not {right!r}"


def check_csv(folder, export):
    import pandas

    documents = results(folder)
    tables = {}
    for name in ("videos", "frames", "events", "objects"):
        # Empty fields are undefined values; a name may be "NA".
        table = pandas.read_csv(
            os.path.join(export, name + ".csv"), keep_default_na=False, na_values={},
            dtype={"path": str, "path_bytes": str, "job_id": str})
        table["exact"] = [exact(row) for row in table[["path", "path_bytes"]].to_dict("records")]
        tables[name] = table
    equal(set(tables["videos"]["exact"]), set(documents), "videos")
    for path, document in documents.items():
        def rows(name):
            table = tables[name]
            return table[table["exact"] == path].to_dict("records")

        (video,) = rows("videos")
        equal(int(video["total_frames"]), document["total_frames"], "total_frames")
        equal(video["verdict"], document["decode"]["verdict"], "verdict")
        equal(video["job_id"], document["job_id"], "job_id")
        stored = document["video"]
        shown = {"rotation": stored["rotation"], "mirrored": stored.get("mirrored"),
                 "sample_aspect_ratio": stored.get("sample_aspect_ratio"), "start_time": stored.get("start_time"),
                 "display_width": stored["display"]["width"], "display_height": stored["display"]["height"]}
        for column, value in shown.items():
            # A column with an empty field is one of text.
            told = video[column]
            if value is not None and not isinstance(value, str):
                told = json.loads(str(told).lower())
            equal(told, "" if value is None else value, f"{column} of {path}")
        frames = rows("frames")
        equal(len(frames), len(document["frames"]), f"frames of {path}")
        for row, frame in zip(frames, document["frames"]):
            equal(int(row["frame_index"]), frame["frame_index"], "frame_index")
            for column, value in row.items():
                if "." not in column:
                    continue
                tool, key = column.split(".")
                stored = frame.get(tool, {}).get(key)
                equal(None if value == "" else float(value), stored, f"{path} {column} of {frame['frame_index']}")
        events = rows("events")
        equal([(e["tool"], e["type"], int(e["start_frame"]), float(e["end"])) for e in events],
              [(e["tool"], e["type"], e["start_frame"], e["end"]) for e in document["events"]], f"events of {path}")
        for row, event in zip(events, document["events"]):
            equal(row["class"], event.get("class", ""), f"class of an event of {path}")
            for key, value in json.loads(row["values"] or "{}").items():
                equal(value, event[key], key)
        found = [(int(o["frame_index"]), int(o["track_id"]), o["class"],
                  [float(o[c]) for c in ("x1", "y1", "x2", "y2")],
                  None if o["confidence"] == "" else float(o["confidence"])) for o in rows("objects")]
        equal(found, [(frame, track, name, box, confidence)
                      for frame, track, name, box, _, confidence in objects(document)], "objects")


def objects(document):
    for frame in document["frames"]:
        for thing in frame["detections"].get("tracked_objects", []):
            yield frame["frame_index"], thing["track_id"], thing["class"], thing["xyxy"], thing["class_id"], thing.get("confidence")


def check_coco(folder, export):
    import contextlib
    import io

    from pycocotools.coco import COCO

    documents = results(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(export)
    by_job = {document["job_id"]: document for document in documents.values()}
    images = coco.loadImgs(coco.getImgIds())
    equal(len(images), sum(len(d["frames"]) for d in documents.values()), "images")
    equal(len({image["file_name"] for image in images}), len(images), "file names")
    wanted, classes = {}, {}
    for document in documents.values():
        for frame, track, name, box, class_id, confidence in objects(document):
            wanted.setdefault((document["job_id"], frame), []).append((track, name, box, class_id, confidence))
            classes.setdefault(class_id, set()).add(name)
    count = 0
    for image in images:
        document = by_job[image["job_id"]]
        runs = [run for run in document["video"].get("sizes", []) if run["first_frame"] <= image["frame_index"]]
        size = runs[-1] if runs else document["video"]
        equal((image["width"], image["height"]), (size["width"], size["height"]), f"size of {image['file_name']}")
        found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        stored = wanted.get((image["job_id"], image["frame_index"]), [])
        equal(len(found), len(stored), f"objects of {image['file_name']}")
        for annotation, (track, name, box, class_id, confidence) in zip(found, stored):
            x, y, width, height = annotation["bbox"]
            assert x >= 0 and y >= 0 and x + width <= image["width"] and y + height <= image["height"], "outside"
            for got, value in zip((x, y, x + width, y + height), box):
                assert abs(got - value) < 1e-6, f"{image['file_name']}: {annotation['bbox']} is not {box}"
            assert abs(annotation["area"] - width * height) < 1e-6, "area"
            equal(coco.loadCats(annotation["category_id"])[0]["name"], name, "category")
            if len(classes[class_id]) == 1:
                equal(annotation["category_id"], class_id + 1, "category_id")
            equal(annotation["track_id"], track, "track_id")
            equal(annotation.get("score"), confidence, "score")
            count += 1
    names = [category["name"] for category in coco.loadCats(coco.getCatIds())]
    equal(len(set(names)), len(names), "categories")
    assert count > 0, "no object to compare"
    equal(count, len(coco.getAnnIds()), "annotations")


def check_mot(folder, export):
    documents = results(folder)
    count = 0
    for root, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            result = os.path.join(root, name)
            relative = os.path.relpath(result, os.fsencode(folder))
            with open(result, encoding="utf-8") as file:
                document = json.load(file)
            with open(os.path.join(os.fsencode(export), relative[:-5] + b".txt"), encoding="ascii") as file:
                lines = [[float(field) for field in line.split(",")] for line in file]
            wanted = list(objects(document))
            equal(len(lines), len(wanted), f"lines of {relative}")
            for line, (frame, track, name, box, class_id, confidence) in zip(lines, wanted):
                equal(len(line), 10, "columns")
                equal(line[:2], [frame + 1, track], "frame and id")
                equal(line[6:8], [1 if confidence is None else confidence, -1 if name == "motion" else class_id + 1],
                      "confidence and class")
                for got, value in zip((line[2], line[3], line[2] + line[4], line[3] + line[5]), box):
                    assert abs(got - value) < 1e-6, f"{relative}: {line} is not {box}"
                count += 1
    assert documents and count > 0, "no object to compare"


def check_junit(record, export):
    from junitparser import Error, Failure, JUnitXml, Skipped

    with open(record, encoding="utf-8") as file:
        run = json.load(file)
    xml = JUnitXml.fromfile(export)
    (suite,) = xml
    cases = list(suite)
    counts = run["counts"]
    equal(suite.tests, len(cases), "tests")
    equal(len(cases), counts["found"], "test cases")

    def having(kind):
        return [case for case in cases if any(isinstance(result, kind) for result in case.result)]

    equal(len(having(Error)), counts["failed"], "errors")
    equal(suite.errors, counts["failed"], "errors that are told")
    equal(len(having(Failure)), counts["damaged"], "failures")
    equal(suite.failures, counts["damaged"], "failures that are told")
    skipped = sum(counts[key] for key in ("skipped", "skipped_failed", "skipped_damaged", "quarantined"))
    equal(len(having(Skipped)), skipped, "skipped")
    failed = [job["message"] for job in run["jobs"] if job["status"] == "failed"]
    equal(sorted(case.result[0].message for case in having(Error)), sorted(failed), "messages")
    plain = {os.path.basename(job["path"]) for job in run["jobs"] if job["path"].isprintable()}
    assert plain <= {case.name for case in cases}, "names"


def check_metrics(record, export):
    from prometheus_client.parser import text_string_to_metric_families

    with open(record, encoding="utf-8") as file:
        run = json.load(file)
    with open(export, encoding="utf-8") as file:
        families = {family.name: family for family in text_string_to_metric_families(file.read())}
    for family in families.values():
        equal(family.type, "gauge", family.name)
        assert family.documentation, family.name
        assert all(sample.labels["output"].startswith("/") for sample in family.samples), family.name
    videos = {s.labels["status"]: s.value for s in families["forgebatch_run_videos"].samples}
    for status in ("ok", "warning", "damaged", "failed", "skipped", "skipped_failed", "quarantined"):
        equal(videos[status], run["counts"][status], status)

    def value(name):
        (sample,) = families["forgebatch_" + name].samples
        return sample.value

    equal(value("run_exit_status"), run["exit_status"], "exit status")
    equal(value("run_frames"), run["frames"], "frames")
    equal(value("run_interrupted"), float(run["interrupted"]), "interrupted")
    assert value("run_finished_timestamp_seconds") > 1.7e9
    (build,) = families["forgebatch_build_info"].samples
    equal(build.labels["version"], run["version"], "version")


if __name__ == "__main__":
    checks = {"csv": check_csv, "coco": check_coco, "mot": check_mot, "junit": check_junit, "metrics": check_metrics}
    if len(sys.argv) != 4 or sys.argv[1] not in checks:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(64)
    kind, first, second = sys.argv[1:]
    try:
        checks[kind](first, second)
    except AssertionError as error:
        print(f"{kind}: {error}")
        sys.exit(1)
    print(f"{kind}: equal")
