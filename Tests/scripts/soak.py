#!/usr/bin/env python3
"""Many nights of forgebatch over one folder: what it keeps, takes and costs has to stay as it is.

    Tests/scripts/soak.py .build/release/forgebatch --nights 300 --videos 2000

Each night is a day later by a faked clock (a shim made with cc and LD_PRELOAD). One in a hundred videos changes, some are
renamed, deleted or new; every tenth night a second run finds nothing to do, and is what is measured. Prints a line for each of
those, and fails when size, time or memory of the last third are over those of the middle third by more than a tenth (time: a
half), or validate finds a breach. No part of the test suite: it takes hours.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long offset(void) { const char *text = getenv("SOAK_OFFSET"); return text ? atol(text) : 0; }
int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset();
    return result;
}
time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
"""


def clip(seed):
    """Five grey pictures, 32 x 24."""
    shade = random.Random(seed).randrange(30, 200)
    body = b"".join(
        b"FRAME\n" + bytes([shade + n]) * (32 * 24) + bytes([128]) * (32 * 24 // 2) for n in range(5))
    return b"YUV4MPEG2 W32 H24 F25:1 Ip A1:1 C420jpeg Xseed=%d\n" % seed + body


def size(folder):
    total = 0
    for root, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(root, name)).st_size for name in names)
    return total


class Soak:
    def __init__(self, options):
        self.options = options
        self.home = tempfile.mkdtemp(prefix="forgebatch-soak-")
        self.videos, self.out = os.path.join(self.home, "in"), os.path.join(self.home, "out")
        self.seed = 0
        self.random = random.Random(1)
        source, self.shim = os.path.join(self.home, "shim.c"), os.path.join(self.home, "shim.so")
        with open(source, "w") as file:
            file.write(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim, source, "-ldl"], check=True)
        self.names = [f"cam{n % 20:02}/{n:05}.y4m" for n in range(options.videos)]
        for name in self.names:
            self.write(name)

    def write(self, name):
        self.seed += 1
        path = os.path.join(self.videos, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(clip(self.seed))

    def change(self, night):
        """One per cent of the videos change; one is renamed, one goes, one comes."""
        for name in self.random.sample(self.names, max(1, len(self.names) // 100)):
            self.write(name)
        index = self.random.randrange(len(self.names))
        renamed = f"{self.names[index].split('/')[0]}/renamed{night:04}.y4m"
        os.rename(os.path.join(self.videos, self.names[index]), os.path.join(self.videos, renamed))
        self.names[index] = renamed
        index = self.random.randrange(len(self.names))
        os.remove(os.path.join(self.videos, self.names[index]))
        self.names[index] = f"cam{night % 20:02}/new{night:04}.y4m"
        self.write(self.names[index])

    def call(self, night, *words):
        """Runs forgebatch on a night. Returns wall seconds, processor seconds and peak memory in MB."""
        environment = dict(os.environ, LD_PRELOAD=self.shim, SOAK_OFFSET=str(night * 86400))
        began = time.monotonic()
        process = subprocess.Popen([self.options.forgebatch, *words], env=environment, cwd=self.home)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"night {night}: {' '.join(words)}: status {os.waitstatus_to_exitcode(status)}")
        return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def run(self, night):
        return self.call(
            night, "run", "in", "-o", "out", "--no-config", "--keep-runs", str(self.options.keep), "--jobs", "2")

    def nights(self):
        measured = []
        print("night  size KB  runs  quiet s  CPU s  MB", flush=True)
        for night in range(self.options.nights):
            if night:
                self.change(night)
            self.run(night)
            if night % 30 == 29:
                self.call(night, "prune", "out", "--gone")
            if night % 10 == 9:
                runs = len(os.listdir(os.path.join(self.out, "runs")))
                wall, processor, memory = self.run(night)
                # What a video costs does not count, and each has its result.
                bytes_ = size(self.out)
                measured.append((bytes_, processor, memory))
                print(f"{night + 1:5} {bytes_ // 1024:8} {runs:5} {wall:8.2f} {processor:6.2f} {memory:5.0f}", flush=True)
        self.call(self.options.nights, "validate", "out")
        return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forgebatch")
    parser.add_argument("--nights", type=int, default=300)
    parser.add_argument("--videos", type=int, default=2000)
    parser.add_argument("--keep", type=int, default=30)
    options = parser.parse_args()
    options.forgebatch = os.path.abspath(options.forgebatch)
    soak = Soak(options)
    try:
        measured = soak.nights()
    finally:
        shutil.rmtree(soak.home)
    third = len(measured) // 3
    if third == 0:
        sys.exit("fewer than 30 nights tell nothing of growth")
    for index, (what, most) in enumerate([("size", 1.1), ("processor time", 1.5), ("memory", 1.1)]):
        middle = max(row[index] for row in measured[third:2 * third])
        last = max(row[index] for row in measured[2 * third:])
        print(f"{what}: at most {middle:.2f} in the middle third, {last:.2f} in the last")
        if last > middle * most:
            sys.exit(f"{what} grows")


if __name__ == "__main__":
    main()
