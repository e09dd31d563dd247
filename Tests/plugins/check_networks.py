#!/usr/bin/env python3
"""Holds the sample plugins with networks against known answers.

usage: check_networks.py PLUGINS people VIDEO | PLUGINS shots VIDEO

PLUGINS is what `make plugins` made; VIDEO is OpenCV's vtest.avi for people, and samples/h264-scenes.mp4 for shots.
"""

import itertools
import os
import subprocess
import sys

from fake_host import frames_of, open_folder

# People of frame 100 who are seen with 0.4 or more, in pixels of 768 x 576.
PEOPLE = [(496, 149, 532, 225), (370, 193, 404, 268), (581, 150, 618, 239), (337, 194, 377, 274)]
# The first frames of the second to the sixth shot.
SHOTS = [39, 74, 104, 134, 169]


def shared(one, other):
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0, width) * max(0, height)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return common / (area(one) + area(other) - common)


def people(plugins, video):
    plugin, manifest = open_folder(os.path.join(plugins, "people"))
    with plugin:
        width, height, format, frames = frames_of(video, manifest["tools"][0]["frames"])
        plugin.begin("people", width, height, format)
        plugin.frame(100, next(itertools.islice(frames, 100, None)), 10)
        frames.close()
        found = plugin.end()[0]["detections"]
    boxes = [
        [side * size / 300 for side, size in zip(box, (768, 576, 768, 576))]
        for box, confidence in zip(found["xyxy"], found["confidence"]) if confidence >= 0.4]
    nearest = [max((shared(box, known), box) for box in boxes) for known in PEOPLE]
    for known, (share, box) in zip(PEOPLE, nearest):
        print(known, [round(side) for side in box], f"{share:.2f}")
    return len(boxes) == len(PEOPLE) and min(share for share, _ in nearest) >= 0.8


def shots(plugins, video):
    plugin, manifest = open_folder(os.path.join(plugins, "shots"))
    tool = manifest["tools"][0]
    with plugin:
        width, height, format, frames = frames_of(video, tool["frames"])
        frames = list(frames)
        answers = plugin.one("shots", frames, width, height, format)
        # A video that is shorter than what the network looks at, a frame alone, and none.
        counts = [len(plugin.one("shots", frames[:count], width, height, format)) for count in (49, 1, 0, 76)]
    found = [answer["frame"] for answer in answers if answer["values"]["last"] > tool["inputs"]["threshold"]["default"]]
    print(found, len(answers), counts)
    dense = [answer["frame"] for answer in answers] == list(range(len(frames)))
    return found == SHOTS and dense and counts == [49, 1, 0, 76]


def main(words):
    if len(words) != 3 or words[1] not in ("people", "shots"):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    check = {"people": people, "shots": shots}[words[1]]
    return 0 if check(words[0], words[2]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
