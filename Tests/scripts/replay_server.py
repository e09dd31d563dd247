"""What the checks of the replay server share: made-up runs, the server as a process, HTTP without a library's opinion."""

import fcntl
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from urllib.parse import urlsplit

# Seconds, after which something hangs: no answer comes that late on the most crowded machine.
PATIENCE = 300
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "forgebatch/job/1")


def job_id(path):
    return str(uuid.uuid5(NAMESPACE, path))


def stamp(milliseconds):
    whole, rest = divmod(1772067723000 + milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class MadeRun:
    """An output folder whose runs are made up, log line by log line."""

    def __init__(self, folder, run="20260226T010203Z-abcdef"):
        self.folder, self.run, self.seq, self.clock = folder, run, 0, 0
        self.path = os.path.join(folder, "runs", run)
        os.makedirs(self.path, exist_ok=True)
        self.log = os.path.join(self.path, "progress.ndjson")
        self.jobs, self.records = {}, []
        self.begun = False

    def emit(self, event, after=10):
        """Appends a line, so many milliseconds after the one before."""
        self.clock += after
        self.seq += 1
        line = compact({**event, "ts": stamp(self.clock), "seq": self.seq})
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(line + "\n")
        return line

    def begin(self, jobs=1):
        return self.emit({"type": "run_started", "run_id": self.run, "version": "0", "jobs": jobs, "settings": "s"}, 0)

    def plan(self, *paths):
        """The lines with which this version says what a run will do; runs of 0.1.0 have none."""
        return [self.emit({"type": "job_planned", "job_id": job_id(path), "path": path, "size": 5}, 0) for path in paths]

    def skip_many(self, count):
        return self.emit({"type": "jobs_skipped", "count": count, "reasons": {"up_to_date": count}}, 0)

    def start(self, path, total=100, after=10, **more):
        self.jobs[path] = job_id(path)
        return self.emit(
            {"type": "job_started", "job_id": job_id(path), "path": path, "total_frames": total, "size": 5, **more}, after)

    def skip(self, path, after=0):
        return self.emit({"type": "job_skipped", "job_id": job_id(path), "path": path, "reason": "known"}, after)

    def progress(self, path, frame, total=100, after=10, **more):
        percent = 100 * frame // total if total else 0
        return self.emit({"job_id": job_id(path), "current_frame": frame, "total_frames": total, "percent": percent, **more}, after)

    def complete(self, path, after=10, frames=4, content="a", size=5):
        """A result of a few frames, and the line that says it is there."""
        document = {
            "schema": "forgebatch/result/1", "job_id": job_id(path), "status": "completed",
            "source": {"path": path, "size": 5, "fingerprint": "x1:" + content}, "total_frames": frames,
            "summary": {}, "events": [],
        }
        head = compact(document)[:-1] + ',"frames":[\n'
        body = ",\n".join(compact({"frame_index": n, "time": n / 25, "detections": {}}) for n in range(frames))
        data = (head + body + "\n]}\n").encode()
        result = os.path.join("results", path + ".json")
        os.makedirs(os.path.dirname(os.path.join(self.folder, result)), exist_ok=True)
        with open(os.path.join(self.folder, result), "wb") as file:
            file.write(data)
        sha = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.folder, "catalog.ndjson"), "a", encoding="utf-8") as file:
            file.write(compact({
                "job_id": job_id(path), "path": path, "result": result, "size": size, "digest": "s", "verdict": "ok",
                "frames": frames, "sha256": sha, "run_id": self.run, "codec": "h264", "events": 0, "detections": 7,
                "classes": ["moving"]}) + "\n")
        self.records.append({"job_id": job_id(path), "path": path, "status": "completed", "frames": frames, "sha256": sha})
        return self.emit({"status": "completed", "job_id": job_id(path)}, after)

    def fail(self, path, message, after=10):
        return self.emit({"status": "error", "job_id": job_id(path), "message": message}, after)

    def finish(self, status=0, after=10, roots=()):
        counts = {"completed": len(self.records), "failed": 0, "skipped": 0}
        line = self.emit({"type": "run_finished", "counts": counts, "exit_status": status}, after)
        with open(os.path.join(self.path, "run.json"), "w", encoding="utf-8") as file:
            file.write(compact({
                "schema": "forgebatch/run/1", "run_id": self.run, "tools": [{"id": "luma"}, {"id": "motion"}],
                "roots": list(roots), "jobs": self.records}) + "\n")
        self.age()
        return line

    def lock(self):
        """Is its writer, as far as anybody can tell, until the file that is returned is closed."""
        file = open(os.path.join(self.folder, "lock"), "w", encoding="utf-8")  # noqa: SIM115
        file.write(f"run {self.run}, process 1, since {stamp(0)}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def clear(self):
        """As if it had never been, but for its results."""
        shutil.rmtree(self.path)

    def age(self):
        """Nobody has written to the log for long."""
        os.utime(self.log, (1772067723, 1772067723))

    def lines(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read().splitlines()

    def told(self, path):
        """The lines that a client of a job gets."""
        return [l for l in self.lines() if f'"job_id":"{job_id(path)}"' in l and ('"type"' not in l or '"job_retry"' in l)]


class Server:
    """`forgebatch replay` on a port that the system picks."""

    def __init__(self, binary, folder, *flags, port=0):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [binary, "replay", folder, "--port", str(port), *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.log)
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://([0-9.]+|\[[0-9a-f:]+\]):(\d+)", line)
        if not found:
            self.stop()
            raise RuntimeError(f"no address in {line!r}; {self.errors()}")
        self.host, self.port = found[1], int(found[2])
        self.http, self.ws = f"http://127.0.0.1:{self.port}", f"ws://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, headers=None, host=None):
        """Status, headers (lower case) and body; nothing is followed, quoted or repaired on the way."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"127.0.0.1:{self.port}")
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, data
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, data = self.request("GET", path, headers=headers)
        return status, json.loads(data)

    def put(self, path, value):
        status, _, data = self.request(
            "PUT", path, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
        return status, json.loads(data)

    def connect(self, path):
        from websockets.sync.client import connect
        return connect(self.ws + path)

    def errors(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    def stop(self):
        """Ends it as systemd would, and says how that went: its status, and the seconds it took."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        return self.process.returncode, time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Checks:
    """Runs functions named check_…, each in a folder of its own, and says what failed."""

    def __init__(self, binary):
        self.binary, self.failed = binary, 0

    def run(self, functions, words):
        for function in functions:
            name = function.__name__.removeprefix("check_").replace("_", " ")
            if words and not any(word in name for word in words):
                continue
            folder = tempfile.mkdtemp(prefix="forgebatch-check-")
            try:
                function(self.binary, folder)
                print(f"ok    {name}", flush=True)
            except Exception as error:  # noqa: BLE001: any trouble is a failed check
                self.failed += 1
                import traceback
                place = traceback.extract_tb(error.__traceback__)
                here = next((f for f in reversed(place) if "scripts" in f.filename), place[-1])
                print(f"FAIL  {name}: line {here.lineno}: {here.line}: {type(error).__name__}: {error}", flush=True)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        return 1 if self.failed else 0


def wait(question, seconds=PATIENCE):
    """Asks until the answer is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = question()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def host_of(url):
    return urlsplit(url).netloc
