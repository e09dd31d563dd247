#!/usr/bin/env python3
"""Watches runs as the web client of ForgeSyte's v0.10.0 plan does: sections 7.3 (the hook) and 8.3 (the component).

usage: plan_client.py BINARY FOLDER

FOLDER is empty and writable. Videos are put into FOLDER/in, `forgebatch run` processes them into FOLDER/out, one at a time,
while `forgebatch replay` serves that folder from before the first run to after the second, which is `run --force`. Clients
come before their video is started, while it is at work and after its end. Each has one socket, and has to see its own
video alone come to its right end, with the events of the run that goes on, and the result by HTTP as the plan reads it.

Exit status: 0 all came to their right ends, 1 not so, 2 the module `websockets` is missing.
"""

import json
import os
import subprocess
import sys
import threading
import time

try:
    from websockets.sync.client import connect
except ImportError:
    print("plan_client: no module websockets; make deps-test installs it", file=sys.stderr)
    sys.exit(2)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from replay_server import PATIENCE, Server, job_id, wait  # noqa: E402

# The largest is processed first. The broken one is the smallest, so that it is the last.
VIDEOS = {"first.y4m": 2500, "second.y4m": 2000, "third.y4m": 1500, "last.mp4": 0}


def film(frames, shade):
    picture = b"FRAME\n" + bytes([shade]) * (64 * 48) + bytes([128]) * (64 * 48 // 2)
    return b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n" + picture * frames


class PlanClient:
    """useJobProgress and JobStatus: a socket that is opened again 2 s after a close, and polling while there is none."""

    def __init__(self, server, name):
        self.server, self.name, self.job = server, name, job_id(name)
        self.status, self.error, self.percents, self.events = "pending", None, [], []
        self.poll_status, self.poll_error, self.results = "pending", None, None
        self.sockets, self.is_connected, self.is_stopped = 0, False, False
        # The component polls from the moment on in which it is shown: once, before its socket opens.
        self.poll()
        self.thread = threading.Thread(target=self.keep, daemon=True)
        self.thread.start()

    def keep(self):
        while not self.is_stopped:
            self.sockets += 1
            try:
                with connect(f"{self.server.ws}/ws/jobs/{self.job}") as socket:
                    self.is_connected = True
                    while not self.is_stopped:
                        try:
                            self.take(json.loads(socket.recv(timeout=0.2)))
                        except TimeoutError:
                            continue
            except Exception as error:  # noqa: BLE001: any end of a socket is a close
                self.error = f"WebSocket connection error: {error}"
            self.is_connected = False
            if self.is_stopped:
                return
            self.poll()
            time.sleep(2)

    def take(self, event):
        self.events.append(event)
        if event.get("job_id") and event["job_id"] != self.job:
            return
        if event.get("status") == "completed":
            self.status = "completed"
        elif event.get("status") == "error":
            self.status, self.error = "failed", event.get("message") or "Job failed"
        elif "current_frame" in event:
            self.percents.append(event["percent"])
            self.status = "running"

    def poll(self):
        status, job = self.server.get(f"/v1/jobs/{self.job}")
        if status != 200:
            self.poll_error = job["detail"]
            return
        self.poll_status = job["status"]
        if job["status"] == "completed":
            self.results = job["results"]
        elif job["status"] == "failed":
            self.poll_error = job["error_message"]

    def shown(self):
        """The status on the page: by the socket unless there is none, or nothing was heard by it."""
        return self.status if self.is_connected and self.status != "pending" else self.poll_status

    def stop(self):
        self.is_stopped = True
        self.thread.join(PATIENCE)


def check(condition, *more):
    if not condition:
        raise AssertionError(" ".join(str(each) for each in more))


def status_of(server, name):
    status, job = server.get(f"/v1/jobs/{job_id(name)}?include=none")
    return job["status"] if status == 200 else None


def watch_a_run(binary, folder, server, flags, before):
    """Starts a run and has clients come at all times.

    before: ids of the runs that there were.
    """
    run = subprocess.Popen(
        [binary, "run", os.path.join(folder, "in"), "--out", os.path.join(folder, "out"), "--jobs", "1", "--quiet", *flags],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    clients = []
    try:
        new = wait(lambda: [r["run_id"] for r in server.get("/v1/runs")[1]["runs"] if r["run_id"] not in before])[0]
        wait(lambda: server.get("/v1/jobs")[1]["count"] == len(VIDEOS))
        # All videos are there at once, and those that have their turn later wait.
        listing = server.get("/v1/jobs")[1]["jobs"]
        check({each["job_id"] for each in listing} == {job_id(name) for name in VIDEOS}, listing)
        check(server.get(f"/v1/jobs/{job_id('last.mp4')}")[1]["run_id"] == new, "not of the new run")
        early = [PlanClient(server, name) for name in VIDEOS]
        clients += early
        wait(lambda: all(each.is_connected for each in early))
        for name in ("second.y4m", "third.y4m"):
            wait(lambda name=name: status_of(server, name) != "pending")
            clients.append(PlanClient(server, name))
        wait(lambda: all(each.shown() in ("completed", "failed") for each in clients))
        clients += [PlanClient(server, name) for name in VIDEOS]
        check(run.wait(PATIENCE) == 3, run.returncode, run.stderr.read())
        clients += [PlanClient(server, name) for name in VIDEOS]
        wait(lambda: all(each.shown() in ("completed", "failed") for each in clients))
        for each in clients:
            # A page that saw the end asks for the result.
            each.poll()
        with open(os.path.join(folder, "out", "runs", new, "progress.ndjson"), encoding="utf-8") as log:
            lines = [json.loads(line) for line in log]
        for each in clients:
            judge(each, lines)
        for each in early:
            told = [e for e in lines if e.get("job_id") == each.job and "type" not in e]
            check([e for e in each.events if "type" not in e] == told, each.name, "did not hear all")
        return new
    finally:
        for each in clients:
            each.stop()
        if run.poll() is None:
            run.kill()
            run.wait()
        run.stderr.close()


def judge(client, lines):
    where = f"{client.name}: {client.status}, {client.poll_status}, {client.error}, {client.poll_error}"
    right = "failed" if client.name == "last.mp4" else "completed"
    check(client.shown() == right, where)
    check(client.sockets == 1 and client.is_connected, where, f"{client.sockets} sockets")
    check(client.percents == sorted(client.percents), where, client.percents)
    # Each event is one of this run, of this job.
    check(all(event in lines and event["job_id"] == client.job for event in client.events), where, client.events)
    if right == "completed":
        check(client.error is None and client.poll_error is None, where)
        check(client.results["total_frames"] == VIDEOS[client.name], where)
        check(len(client.results["frames"]) == VIDEOS[client.name], where)
    else:
        check("open:" in client.poll_error, where)


def main(binary, folder):
    for number, (name, frames) in enumerate(VIDEOS.items()):
        path = os.path.join(folder, "in", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(film(frames, 40 + number) if frames else b"This is no video.\n")
    os.makedirs(os.path.join(folder, "out", "runs"))
    try:
        with Server(binary, os.path.join(folder, "out")) as server:
            check(server.get("/v1/jobs")[1] == {"jobs": [], "count": 0}, "jobs without a run")
            check(server.get(f"/v1/jobs/{job_id('last.mp4')}")[0] == 404, "a job without a run")
            first = watch_a_run(binary, folder, server, [], [])
            print(f"ok    the first run, {first}", flush=True)
            second = watch_a_run(binary, folder, server, ["--force"], [first])
            print(f"ok    the second run, {second}", flush=True)
    except AssertionError as error:
        import traceback
        place = traceback.extract_tb(error.__traceback__)
        print(f"FAIL  {error}; " + ", ".join(f"line {each.lineno}" for each in place), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
