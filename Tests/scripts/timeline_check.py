#!/usr/bin/env python3
"""Holds the brightness timelines of an output folder against the results, with a PNG reader of its own.

usage: timeline_check.py OUT

For every result below OUT/results the timeline below OUT/stills must be an 8-bit grey PNG whose columns are equal, and
each column the mean of its frames' luma averages, within 1.

Exit status: 0 all good, 1 breaches found, 64 usage.
"""

import json
import os
import struct
import sys
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    """The chunks of a PNG, their checksums verified."""
    if data[:8] != SIGNATURE:
        raise ValueError("no PNG signature")
    place = 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place:place + 4])
        kind = data[place + 4:place + 8]
        body = data[place + 8:place + 8 + length]
        (checksum,) = struct.unpack(">I", data[place + 8 + length:place + 12 + length])
        if zlib.crc32(kind + body) != checksum:
            raise ValueError(f"checksum of {kind!r}")
        yield kind, body
        place += 12 + length


def paeth(a, b, c):
    estimate = a + b - c
    return min((abs(estimate - a), 0, a), (abs(estimate - b), 1, b), (abs(estimate - c), 2, c))[2]


def grey_rows(data):
    """The rows of an 8-bit grey PNG without interlacing."""
    parts = list(chunks(data))
    if parts[0][0] != b"IHDR" or parts[-1][0] != b"IEND":
        raise ValueError("does not begin with IHDR and end with IEND")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    if (depth, colour, compression, filtering, interlace) != (8, 0, 0, 0, 0):
        raise ValueError(f"not 8-bit grey: depth {depth}, colour type {colour}, interlace {interlace}")
    raw = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    if len(raw) != height * (width + 1):
        raise ValueError(f"{len(raw)} bytes for {width}x{height}")
    rows = []
    above = bytearray(width)
    for y in range(height):
        method = raw[y * (width + 1)]
        row = bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            left = row[x - 1] if x else 0
            corner = above[x - 1] if x else 0
            up = above[x]
            guess = (0, left, up, (left + up) // 2, paeth(left, up, corner))[method]
            row[x] = (row[x] + guess) & 255
        rows.append(row)
        above = row
    return rows


def check(result, picture):
    """What is wrong with one timeline, or None."""
    with open(result, encoding="utf-8") as file:
        averages = [frame["luma"]["avg"] for frame in json.load(file)["frames"]]
    with open(picture, "rb") as file:
        rows = grey_rows(file.read())
    columns = rows[0]
    if any(row != columns for row in rows):
        return "rows differ"
    # Slices of 1, 2, 4 … frames; the smallest that gives as many columns as there are.
    size = 1
    while -(-len(averages) // size) > len(columns):
        size *= 2
    slices = [averages[start:start + size] for start in range(0, len(averages), size)]
    if len(slices) != len(columns):
        return f"{len(columns)} columns for {len(averages)} frames"
    for index, (column, part) in enumerate(zip(columns, slices)):
        mean = sum(part) / len(part)
        if abs(column - mean) > 1:
            return f"column {index} is {column}, the mean of its frames {mean:.2f}"
    return None


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    out = arguments[0]
    breaches = []
    checked = 0
    for folder, _, names in os.walk(os.path.join(out, "results")):
        for name in sorted(names):
            result = os.path.join(folder, name)
            with open(result, encoding="utf-8") as file:
                job = json.load(file)["job_id"]
            picture = os.path.join(out, "stills", job[:2], job + "-luma.png")
            try:
                breach = check(result, picture)
            except (OSError, ValueError, IndexError, zlib.error) as error:
                breach = str(error)
            checked += 1
            if breach:
                breaches.append(f"{name}: {breach}")
    for breach in breaches:
        print(breach)
    print(f"{checked} timelines, {len(breaches)} breaches")
    return 1 if breaches or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
