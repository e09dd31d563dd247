#!/usr/bin/env python3
"""Makes an output folder as `forgebatch run` leaves it, without videos: to measure the report on many results.

    Benchmarks/make-results.py OUT [--videos 10000] [--runs 1] [--frames 12] [--seed 1] [--stills]

Paths are 60 bytes on average, 1 % of them hostile; 3 % of the videos fail from 12 causes, 1 % are damaged, 2 % have
warnings; 0 to 200 events each; summaries of all default tools. With `--runs 2` a run before differs in known ways, which
OUT/differences.json lists. The same arguments give the same bytes.
"""
import argparse
import base64
import datetime
import hashlib
import json
import os
import random
import uuid

VERSION = "0.1.0"
LIBRARIES = {"libavformat": "59.27.100", "libavcodec": "59.37.100", "libavutil": "57.28.100", "libswscale": "6.7.100"}
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "forgebatch/job/1")
DIGEST = "72ab69b421ba9a0b"
WORKERS = 4
CAUSES = [
    ("content", "open: not a video container that forgebatch reads (see `forgebatch formats`)"),
    ("content", "open: Invalid data found when processing input"),
    ("content", "open: the file ends before its index (moov) begins"),
    ("content", "decode: no video frames of {n} declared: [h264] no start code"),
    ("content", "decode: no video frames: [hevc] PPS id out of range: {n}"),
    ("content", "demux: no video stream among {n} streams"),
    ("content", "decode: picture of {n}x{n} pixels is over the limit"),
    ("death", "worker killed by SIGSEGV at frame {n}"),
    ("death", "worker killed by SIGABRT at frame {n}"),
    ("timeout", "no frame for 60 s (--stall) at frame {n}"),
    ("timeout", "not done after 600 s (--timeout) at frame {n}"),
    ("memory", "decode: out of memory at frame {n} (--memory-limit)"),
]
TOOLS = [
    {"id": "luma", "version": "1.0.0", "settings": {"histogram": "off"}},
    {"id": "scene", "version": "1.0.0", "settings": {"threshold": 10}},
    {"id": "black", "version": "1.0.0", "settings": {"pixel": 0.1, "picture": 0.98, "duration": 2}},
    {"id": "freeze", "version": "1.0.0", "settings": {"noise": 0.001, "duration": 2}},
    {"id": "cuts", "version": "1.0.0", "settings": {"hue": 1, "saturation": 1, "brightness": 1, "threshold": 27,
                                                    "ratio": 3, "min_content": 15, "min_scene": 0.6}},
    {"id": "sharpness", "version": "1.0.0", "settings": {}},
    {"id": "motion", "version": "1.0.1", "settings": {
        "threshold": 30, "alpha": 0.01, "area": 10, "lightning": 0.8, "absorb": 10, "score": 0.15, "frames": 2,
        "before": 1.5, "after": 2, "overlap": 0.2, "hits": 6, "gap": 0.8, "still": 2}},
]
HOSTILE = [
    b"\"quoted\" 'both' &amp;.mp4", b"</script><img src=x onerror=alert(1)>.mp4", b"new\nline.mp4",
    "right\u202e4pm.mp4".encode(), b"bad\xff\xfe name.mp4", b"-rf.mp4", b"#?%20&x=1.mp4", b"javascript:alert(1).mp4",
    "line\u2028break\u2029.mp4".encode(), b"a]]>--><!--{{raw}}{{{x}}}.mp4", b"`$(reboot)`.mp4", b"tab\tand\x1b[31m.mp4",
]


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def visible(raw):
    out, rest = "", raw
    while rest:
        for length in (1, 2, 3, 4):
            try:
                scalar = rest[:length].decode()
                break
            except UnicodeDecodeError:
                scalar = None
        if scalar is None:
            out, rest = out + "\\x%02x" % rest[0], rest[1:]
            continue
        rest = rest[len(scalar.encode()):]
        code = ord(scalar)
        named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(scalar)
        hidden = code < 0x20 or 0x7F <= code < 0xA0 or code in (0xAD, 0x61C, 0x180E, 0xFEFF) or \
            0x200B <= code <= 0x200F or 0x2028 <= code <= 0x202E or 0x2060 <= code <= 0x206F
        out += named or ("\\u{%x}" % code if hidden else scalar)
    return out


def members(raw, key="path"):
    try:
        return {key: raw.decode()}
    except UnicodeDecodeError:
        return {key: visible(raw), key + "_bytes": base64.b64encode(raw).decode()}


def cause_of(message):
    out, inside = "", False
    for letter in message:
        if letter.isdigit():
            out, inside = out + ("" if inside else "#"), True
        else:
            out, inside = out + letter, False
    return out[:200]


class Video:
    """One video's facts, drawn once; what a run makes of it is added by the run."""

    def __init__(self, number, chance, frames):
        self.number = number
        self.path = self.name(number, chance)
        self.job = str(uuid.uuid5(NAMESPACE, self.path.decode("utf-8", "surrogateescape"))) \
            if self.is_text() else self.uuid5(self.path)
        self.codec, self.container = chance.choice([("h264", "mov"), ("h264", "mov"), ("hevc", "mov"), ("vp9", "mkv"),
                                                    ("mpeg4", "avi"), ("av1", "mkv")])
        self.width, self.height = chance.choice([(1920, 1080), (1920, 1080), (1280, 720), (640, 480), (3840, 2160)])
        self.rate = chance.choice([25, 25, 30, 50, 15])
        self.frames = frames
        # As if each stored frame stood for many: results stay small, counts and durations do not matter to the report.
        self.seconds = frames / self.rate
        self.size = chance.randrange(200_000, 80_000_000)
        self.spend = round(chance.lognormvariate(-1.6, 0.5), 3)
        self.fingerprint = "x1:" + hashlib.sha256(b"content of " + self.path).hexdigest()
        self.luma = round(chance.gauss(105, 14), 4)
        self.sharp = round(max(1, chance.gauss(55, 9)), 4)
        self.still = 0
        roll = chance.random()
        if roll < 0.004:
            self.luma, self.sharp = round(chance.uniform(16, 22), 4), round(chance.uniform(1, 4), 4)
        elif roll < 0.008:
            self.still = frames - 1
        self.events = chance.choice([0, 1, 3, 4, 6, 9, 14, 24, 60, 200])
        self.tracks = chance.randrange(0, 9)
        roll = chance.random()
        self.fate = "failed" if roll < 0.03 else "damaged" if roll < 0.04 else "warning" if roll < 0.06 else "ok"
        self.cause = chance.randrange(len(CAUSES))
        self.mtime = 1795572924250555988 + number

    def is_text(self):
        try:
            self.path.decode()
            return True
        except UnicodeDecodeError:
            return False

    @staticmethod
    def uuid5(raw):
        digest = bytearray(hashlib.sha1(NAMESPACE.bytes + raw).digest()[:16])
        digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
        return str(uuid.UUID(bytes=bytes(digest)))

    @staticmethod
    def name(number, chance):
        site = chance.choice(["warehouse-north", "warehouse-south", "gate", "loading-dock", "car-park", "office"])
        folder = f"{site}/camera-{number % 24:02d}/2026-11-{1 + number % 28:02d}"
        if number % 100 == 50:
            return folder.encode() + b"/%d " % number + HOSTILE[number // 100 % len(HOSTILE)]
        if number % 1200 == 7:
            return HOSTILE[5] if number == 7 else folder.encode() + b"/-%d.mp4" % number
        word = chance.choice(["motion", "continuous", "alarm-triggered", "scheduled"])
        return f"{folder}/{word}_{number % 24:02d}{number % 60:02d}{number % 59:02d}_{number:06d}.mp4".encode()

    @property
    def result(self):
        parts = [part if len(part) + 5 <= 200 else part[:120] + b"~" + self.job.encode()
                 for part in self.path.split(b"/")]
        return b"results/" + b"/".join(parts) + b".json"


def event(video, index, count):
    last = video.frames - 1
    start = min(last, index * video.frames // max(1, count))
    kind = ["scene", "track", "black", "freeze", "motion", "track"][index % 6]
    end = start if kind == "scene" else min(last, start + 2)
    entry = {"tool": "motion" if kind == "track" else kind, "type": kind, "start_frame": start, "end_frame": end,
             "start": round(start / video.rate, 4), "end": round(end / video.rate, 4)}
    if kind == "track":
        entry |= {"track_id": index // 3 + 1, "distance": 10 + index}
    if kind == "scene":
        entry["score"] = 31.5
    return entry


def summaries(video, drift):
    return {
        "luma": {"min": 16, "avg": round(video.luma + drift, 4), "max": 235, "dif": 2.8,
                 "darkest_avg": video.luma - 4, "brightest_avg": video.luma + 4},
        "scene": {"events": video.events // 6, "mafd_avg": 1.1, "mafd_max": 31.5, "score_max": 31.5},
        "black": {"events": 0, "seconds": 0, "ratio_avg": 0.02},
        "freeze": {"events": 1 if video.still else 0, "seconds": round(video.still / video.rate, 4),
                   "frames": video.still},
        "cuts": {"cuts": 0, "content_cuts": 0, "content_avg": 3.07, "content_max": 3.9},
        "sharpness": {"si_avg": video.sharp, "si_min": round(video.sharp * 0.8, 4),
                      "si_max": round(video.sharp * 1.2, 4), "laplacian_avg": round(video.sharp * 12, 4),
                      "laplacian_min": round(video.sharp * 9, 4)},
        "motion": {"events": 1, "seconds": 2, "tracks": video.tracks, "score_avg": 4.5, "score_max": 12.5},
    }


def frame(video, index):
    wave = abs(index % 20 - 10)
    objects = [{"track_id": t + 1, "class_id": 0, "class": "motion",
                "xyxy": [20 + 9 * index + 60 * t, 30, 60 + 9 * index + 60 * t, 90],
                "center": [40 + 9 * index + 60 * t, 60]} for t in range(min(2, video.tracks))]
    entry = {"frame_index": index, "time": round(index / video.rate, 4), "detections": {"tracked_objects": objects},
             "luma": {"min": 16, "avg": round(video.luma + wave, 4), "max": 230}}
    if index:
        entry["luma"]["dif"] = 2.1
        entry["scene"] = {"mafd": 0.8, "score": round(0.3 * wave, 4)}
    entry["black"] = {"ratio": round(wave / 100, 4)}
    if index and index <= video.still:
        entry["freeze"] = {"difference": 0.0004}
    elif index in (7, 9):  # frames alone
        entry["freeze"] = {"difference": index / 10_000}
    if index:
        entry["cuts"] = {"content": round(1.3 + wave / 10, 4)}
    entry["sharpness"] = {"si": round(video.sharp + wave / 2, 4), "laplacian": round(video.sharp * 12, 4)}
    entry["motion"] = {"score": round(wave * 1.5, 4)}
    return entry


def result(video, drift):
    damaged, warning = video.fate == "damaged", video.fate == "warning"
    reasons = ["decode_errors", "ends_early"] if damaged else ["gaps"] if warning else []
    errors = [{"frame": min(video.frames - 1, k), "text": f"[{video.codec}] error while decoding MB {k} 14"}
              for k in range(7 if damaged else 0)]
    head = {
        "schema": "forgebatch/result/1", "job_id": video.job, "status": "completed",
        "source": members(video.path) | {"size": video.size, "fingerprint": video.fingerprint},
        "video": {"container": video.container, "codec": video.codec, "width": video.width, "height": video.height,
                  "pixel_format": "yuv420p", "rotation": 0, "frame_rate": {"r": f"{video.rate}/1", "avg": f"{video.rate}/1"},
                  "time_base": "1/12800", "start_time": 0, "duration": round(video.seconds, 4),
                  "field_order": "progressive", "stream_index": 0, "video_streams": 1,
                  "libraries": LIBRARIES},
        "total_frames": video.frames, "declared_frames": video.frames * (3 if damaged else 1),
        "decode": {"demuxed_packets": video.frames, "decoded_frames": video.frames, "corrupt_frames": 0,
                   "concealed_frames": 0, "error_count": len(errors), "errors": errors,
                   "timestamps": {"missing": 0, "repeated": 0, "backward": 0, "gaps": 2 if warning else 0,
                                  "variable": video.number % 97 == 0},
                   "size_changes": 0, "truncated": damaged, "verdict": video.fate, "reasons": reasons},
        "tools": TOOLS, "sanitized": {"dropped_values": 0, "dropped_objects": 0},
        "summary": summaries(video, drift),
        "events": [event(video, index, video.events) for index in range(video.events)],
    }
    lines = b",\n".join(compact(frame(video, index)) for index in range(video.frames))
    return compact(head)[:-1] + b',"frames":[\n' + lines + b"\n]}\n", reasons


class Log:
    def __init__(self, path, start):
        self.file = open(path, "wb")
        self.start, self.seq = start, 0

    def add(self, seconds, entry):
        self.seq += 1
        moment = self.start + datetime.timedelta(seconds=seconds)
        entry |= {"ts": moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (moment.microsecond // 1000), "seq": self.seq}
        self.file.write(compact(entry) + b"\n")


class Run:
    """One run over a list of videos. `was` holds the jobs that an earlier run did and this one skips."""

    def __init__(self, root, run_id, start, catalog, failures):
        self.root, self.id, self.start = root, run_id, start
        self.catalog, self.failures = catalog, failures
        os.makedirs(f"{root}/runs/{run_id}", exist_ok=True)
        self.log = Log(f"{root}/runs/{run_id}/progress.ndjson", start)
        self.jobs, self.skipped, self.moment = [], {}, [0.0] * WORKERS
        self.counts = dict.fromkeys(["found", "completed", "ok", "warning", "damaged", "failed", "skipped",
                                     "skipped_failed", "skipped_damaged", "quarantined", "not_started", "unreadable"], 0)

    def skip(self, video, source):
        kind = {"failed": "failed", "damaged": "damaged"}.get(video.fate, "up_to_date")
        self.skipped.setdefault((source, kind), []).append(video.job)
        self.counts["found"] += 1
        self.counts[{"failed": "skipped_failed", "damaged": "skipped_damaged"}.get(kind, "skipped")] += 1

    def process(self, videos, drift=lambda video: 0, factor=lambda video: 1):
        self.log.add(0, {"type": "run_started", "run_id": self.id, "version": VERSION, "jobs": len(videos),
                         "settings": DIGEST})
        for video in videos:
            self.log.add(0, {"type": "job_planned", "job_id": video.job, **members(video.path), "size": video.size})
        reasons = {}
        for (_, kind), jobs in self.skipped.items():
            reasons[kind] = reasons.get(kind, 0) + len(jobs)
        if reasons:
            self.log.add(0, {"type": "jobs_skipped", "count": sum(reasons.values()), "reasons": reasons})
        events = []
        for video in videos:
            worker = min(range(WORKERS), key=lambda index: self.moment[index])
            begin = self.moment[worker]
            spend = video.spend * factor(video)
            end = self.moment[worker] = round(begin + spend + 0.004, 3)
            job = {"job_id": video.job}
            events.append((begin, len(events), {"type": "job_started", **job, **members(video.path),
                                                "total_frames": video.frames, "size": video.size}))
            record = self.fail(video, spend) if video.fate == "failed" else self.complete(video, spend, drift(video))
            for share in (0, 50, 100) if video.fate != "failed" else (0, 25):
                events.append((begin + spend * share / 100, len(events), {
                    **job, "current_frame": max(1, video.frames * share // 100), "total_frames": video.frames,
                    "percent": max(1, video.frames * share // 100) * 100 // video.frames}))
            events.append((end, len(events), {"status": "error", **job, "message": record["message"]}
                           if video.fate == "failed" else {"status": "completed", **job}))
            self.jobs.append((end, record))
        for moment, _, entry in sorted(events, key=lambda item: item[:2]):
            self.log.add(moment, entry)
        self.jobs = [record for _, record in sorted(self.jobs, key=lambda item: item[0])]

    def complete(self, video, spend, drift):
        document, reasons = result(video, drift)
        path = os.path.join(os.fsencode(self.root), video.result)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(document)
        sha = hashlib.sha256(document).hexdigest()
        facts = {"codec": video.codec, "width": video.width, "height": video.height,
                 "duration": round(video.seconds, 4), "events": video.events}
        times = {"seconds": round(spend, 3), "cpu_seconds": round(spend * 0.9, 3)}
        base = {"job_id": video.job, **members(video.path), **members(video.result, "result")}
        self.catalog.write(compact({
            **base, "size": video.size, "mtime": video.mtime, "inode": str(5308661 + video.number),
            "fingerprint": video.fingerprint, "digest": DIGEST, "verdict": video.fate, "frames": video.frames,
            "sha256": sha, "run_id": self.id, **times, **facts}) + b"\n")
        self.counts["found"] += 1
        self.counts["completed"] += 1
        self.counts[video.fate] += 1
        return {**base, "status": "completed", "verdict": video.fate, "reasons": reasons, "frames": video.frames,
                "declared": video.frames * (3 if video.fate == "damaged" else 1), **times, "size": video.size,
                "fingerprint": video.fingerprint, "sha256": sha, "result_size": len(document), "tries": 1, **facts,
                "summaries": summaries(video, drift)}

    def fail(self, video, spend):
        kind, text = CAUSES[video.cause]
        reached = 0 if kind == "content" else video.number % 400
        message = visible(video.path) + ": " + text.format(n=reached or video.number % 90 + 1)
        short = text.format(n=reached or video.number % 90 + 1)
        base = {"job_id": video.job, **members(video.path)}
        self.failures.write(compact({
            **base, "kind": kind, "message": message, "cause": cause_of(short), "size": video.size, "mtime": video.mtime,
            "inode": str(5308661 + video.number), "digest": DIGEST, "version": VERSION, "run_id": self.id,
            "time": self.start.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "time_ms": int(self.start.timestamp() * 1000),
            "runs": 1, "quarantined": False}) + b"\n")
        self.counts["found"] += 1
        self.counts["failed"] += 1
        return {**base, "status": "failed", "frames": 0, "frame_reached": reached, "seconds": round(spend, 3),
                "cpu_seconds": round(spend * 0.9, 3), "size": video.size, "message": message,
                "cause": cause_of(short), "kind": kind, "tries": 1 if kind == "content" else 2,
                "stderr": [f"[{video.codec} @ #] {short}", "[worker] last line"]}

    def finish(self):
        seconds = round(max(self.moment), 3)
        self.log.add(seconds + 0.01, {"type": "run_finished", "counts": self.counts, "exit_status": 3})
        self.log.file.close()
        head = {
            "schema": "forgebatch/run/1", "run_id": self.id, "version": VERSION,
            "started": self.start.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "finished": (self.start + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "seconds": seconds, "exit_status": 3, "interrupted": False, "counts": self.counts,
            "frames": sum(job["frames"] for job in self.jobs),
            "cpu_seconds": round(sum(job["cpu_seconds"] for job in self.jobs), 3), "settings_digest": DIGEST,
            "scope": "a5b1c2d3e4f50617"}
        document = head | {
            "input": ["videos"], "command": ["forgebatch", "run", "videos", "-o", "out", "--jobs", str(WORKERS)],
            "workers": WORKERS, "libraries": LIBRARIES,
            "settings": {"tools": ",".join(tool["id"] for tool in TOOLS), "jobs": WORKERS, "threads-per-job": "auto",
                         "timeout": "default", "stall": 60, "retries": 1, "fingerprint": "stat", "stills": True},
            "tools": TOOLS,
            "skipped": [{"run_id": run, "kind": kind, "jobs": jobs} for (run, kind), jobs in self.skipped.items()],
            "jobs": self.jobs}
        with open(f"{self.root}/runs/{self.id}/run.json", "wb") as file:
            file.write(compact(document) + b"\n")
        with open(f"{self.root}/history.jsonl", "ab") as file:
            file.write(compact(head) + b"\n")
        latest = f"{self.root}/latest"
        if os.path.lexists(latest):
            os.remove(latest)
        os.symlink(f"runs/{self.id}", latest)


def differ(videos, rest):
    """Takes ten videos whose fate the second run changes; returns the lists by what became of them."""
    plain = [video for video in videos if video.fate == "ok" and video.spend > 0.05]
    changes = {"newly_failing": plain[0:2], "fixed": plain[2:4], "changed": plain[4:5], "drifted": plain[5:6],
               "slower": plain[6:7], "removed": plain[7:9], "new": rest}
    for video in changes["slower"]:
        video.spend = 4.0
    return changes


def stills(root, videos):
    """The same small picture for each: 8x8 grey, as JPEG."""
    picture = base64.b64decode(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"
        "CgwSExIQEw8QEBD/yQALCAAIAAgBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=")
    for video in videos:
        folder = f"{root}/stills/{video.job[:2]}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{video.job}.jpg", "wb") as file:
            file.write(picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--videos", type=int, default=10000)
    parser.add_argument("--runs", type=int, choices=[1, 2], default=1)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stills", action="store_true")
    arguments = parser.parse_args()
    root = arguments.out
    os.makedirs(f"{root}/runs")
    chance = random.Random(arguments.seed)
    videos = [Video(number, chance, arguments.frames) for number in range(arguments.videos)]
    videos.sort(key=lambda video: video.path)
    day = datetime.datetime(2026, 11, 24, 2, 0, 0, tzinfo=datetime.timezone.utc)
    with open(f"{root}/catalog.ndjson", "wb") as catalog, open(f"{root}/failures.ndjson", "wb") as failures:
        if arguments.runs == 2:
            sound = [video for video in videos if video.fate == "ok"]
            changes = differ(sound[:-3], sound[-3:])
            new, removed = set(changes["new"]), set(changes["removed"])
            for video in changes["fixed"]:
                video.fate = "failed"
            first = Run(root, "20261123T020000Z-5a11ce", day - datetime.timedelta(days=1), catalog, failures)
            first.process([video for video in videos if video not in new])
            first.finish()
            for video in changes["fixed"]:
                video.fate = "ok"
            for video in changes["newly_failing"]:
                video.fate = "failed"
            for video in changes["changed"]:
                video.size += 4096
                video.fingerprint = "x1:" + hashlib.sha256(b"new content of " + video.path).hexdigest()
            drifted, slower = set(changes["drifted"]), set(changes["slower"])
            videos = [video for video in videos if video not in removed]
            with open(f"{root}/differences.json", "wb") as file:
                file.write(compact({key: [members(video.path)["path"] for video in group]
                                    for key, group in changes.items()}) + b"\n")
        else:
            drifted, slower = set(), set()
        last = Run(root, "20261124T020000Z-7f3a9b", day, catalog, failures)
        last.process(videos, drift=lambda video: 0.5 if video in drifted else 0,
                     factor=lambda video: 2 if video in slower else 1)
        last.finish()
    if arguments.stills:
        stills(root, videos)
    names = [len(video.path) for video in videos]
    print(f"{len(videos)} videos, paths of {sum(names) / max(1, len(names)):.1f} bytes, "
          f"{sum(video.fate == 'failed' for video in videos)} failed")


if __name__ == "__main__":
    main()
