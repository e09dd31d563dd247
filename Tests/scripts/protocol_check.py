#!/usr/bin/env python3
"""Holds `forgebatch replay` to docs/protocol.md over real sockets, with a client library that knows nothing of it.

usage: protocol_check.py BINARY [WORD…]      only checks whose names hold a WORD

Prints a line a check. Exit status: 0 all hold, 1 one does not, 2 the module `websockets` is missing.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

try:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
except ImportError:
    print("protocol_check: no module websockets; make deps-test installs it", file=sys.stderr)
    sys.exit(2)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from replay_server import PATIENCE, Checks, MadeRun, Server, compact, job_id, wait  # noqa: E402

PING, PONG = '{"type":"ping"}', '{"type":"pong"}'


def two_jobs(folder, step=10, **more):
    """a.mp4 completes, b.mp4 fails; both told in ten steps."""
    run = MadeRun(folder, **more)
    run.begin(2)
    run.start("a.mp4", after=step)
    run.start("b.mp4", after=step)
    for frame in range(10, 101, 10):
        run.progress("a.mp4", frame, after=step)
        if frame <= 50:
            run.progress("b.mp4", frame, after=step)
        if frame == 50:
            run.fail("b.mp4", "b.mp4: decode: broken at frame 51 of 100", after=step)
    run.complete("a.mp4", after=step)
    run.finish(3, after=step)
    return run


def read(socket, until, seconds=PATIENCE):
    """Messages up to and with the first that `until` accepts."""
    messages = []
    end = time.monotonic() + seconds
    while True:
        messages.append(socket.recv(timeout=max(0.01, end - time.monotonic())))
        if until(messages[-1]):
            return messages


def terminal(text):
    return '"status":' in text


def quiet(socket, seconds=0.3):
    """Nothing comes."""
    try:
        text = socket.recv(timeout=seconds)
    except TimeoutError:
        return True
    raise AssertionError(f"unexpected {text}")


def alive(socket):
    socket.send(PING)
    read(socket, lambda text: text == PONG)


# The sockets of jobs.

def check_every_event_of_a_job_and_of_no_other(binary, folder):
    run = two_jobs(folder)
    with Server(binary, folder) as server:
        a = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        b = connect(f"{server.ws}/v1/ws/jobs/{job_id('b.mp4')}")
        assert read(a, terminal) == run.told("a.mp4")
        texts = read(b, terminal)
        assert texts[-1] == run.told("b.mp4")[-1] and set(texts) <= set(run.told("b.mp4"))
        assert [json.loads(t)["percent"] for t in run.told("a.mp4")[:-1]] == list(range(10, 101, 10))


def check_two_clients_of_a_job_get_the_same(binary, folder):
    run = two_jobs(folder, step=20)
    with Server(binary, folder, "--paused") as server:
        clients = [connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}") for _ in range(2)]
        assert server.put("/v1/replay", {"playing": True})[0] == 200
        assert [read(c, terminal) for c in clients] == [run.told("a.mp4")] * 2


def check_pings_are_answered_between_progress(binary, folder):
    two_jobs(folder, step=200)
    with Server(binary, folder) as server:
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        for text in [PING, "ping", '{"type":"ping","x":[1,{}]}', ' {"type" : "ping"}']:
            socket.send(text)
            read(socket, lambda got: got == PONG)
        read(socket, terminal)
        alive(socket)


def check_odd_frames_do_no_harm(binary, folder):
    two_jobs(folder)
    with Server(binary, folder, "--speed", "max") as server:
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        read(socket, terminal)
        odd = ['{"type":"subscribe"}', "{}", "[1]", "5", '"ping"', "null", "", b'{"type":"ping"}', '{"type":"PING"}',
               "{", "\u0000", '{"type":["ping"]}', "x" * 60000, b"\xff" * 60000, '{"type":"ping","type":"x"}']
        for frame in odd:
            socket.send(frame)
            quiet(socket, 0.05)
        alive(socket)


def check_a_late_subscriber_gets_the_last_event(binary, folder):
    run = two_jobs(folder, step=1000)
    with Server(binary, folder, "--paused") as server:
        server.put("/v1/replay", {"at": 9.5})
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        first = socket.recv(timeout=PATIENCE)
        assert first in run.told("a.mp4") and 0 < json.loads(first)["percent"] < 100
        quiet(socket)
        server.put("/v1/replay", {"at": 1e6})
        late = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        assert late.recv(timeout=PATIENCE) == run.told("a.mp4")[-1]
        quiet(late)
        failed = connect(f"{server.ws}/ws/jobs/{job_id('b.mp4')}")
        assert failed.recv(timeout=PATIENCE) == run.told("b.mp4")[-1]


def check_from_misses_nothing(binary, folder):
    run = two_jobs(folder)
    with Server(binary, folder, "--speed", "max") as server:
        told = run.told("a.mp4")
        for line in told:
            seq = json.loads(line)["seq"]
            socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}?from={seq}")
            assert read(socket, terminal) == told[told.index(line):]
            socket.close()
        beyond = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}?from=999")
        quiet(beyond)
        for wrong in ["x", "-1", "1.5", ""]:
            refused(server, f"/ws/jobs/{job_id('a.mp4')}?from={wrong}", 422)


def refused(server, path, status, **more):
    try:
        connect(server.ws + path, **more).close()
    except InvalidStatus as error:
        assert error.response.status_code == status, error.response.status_code
        body = json.loads(error.response.body)
        assert set(body) == {"detail"} and isinstance(body["detail"], str) and body["detail"], body
        return
    raise AssertionError(f"{path} was accepted")


def check_unknown_jobs_are_refused(binary, folder):
    two_jobs(folder)
    with Server(binary, folder) as server:
        for name in ["00000000-0000-4000-8000-000000000000", "abc", "%2e%2e%2f", "..", job_id("a.mp4") + "/"]:
            refused(server, f"/ws/jobs/{name}", 404)
        refused(server, f"/ws/jobs/{job_id('a.mp4')}?run=none", 404)
        refused(server, "/v1/ws/runs/none", 404)
        refused(server, "/ws/nothing", 404)


def check_an_error_keeps_the_socket_open(binary, folder):
    two_jobs(folder)
    with Server(binary, folder, "--speed", "max") as server:
        for path in ["a.mp4", "b.mp4"]:
            socket = connect(f"{server.ws}/ws/jobs/{job_id(path)}")
            read(socket, terminal)
            quiet(socket, 1)
            alive(socket)


def check_a_seek_gives_the_state_of_there(binary, folder):
    run = two_jobs(folder, step=1000)
    with Server(binary, folder, "--paused") as server:
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        seen = []
        for at in [15.5, 3.5, 1e9, 8.5]:
            status, clock = server.put("/v1/replay", {"at": at})
            assert status == 200 and clock["at"] <= clock["duration"]
            seen.append(json.loads(socket.recv(timeout=PATIENCE)))
        quiet(socket)
        # One client reads every place of the four: forward, back, over, back.
        assert seen[0]["seq"] > seen[1]["seq"] < seen[2]["seq"] > seen[3]["seq"]
        assert seen[2]["status"] == "completed" and seen[1]["percent"] == 10
        assert all(compact(event) in run.told("a.mp4") for event in seen)


def check_going_away_is_1001(binary, folder):
    two_jobs(folder)
    server = Server(binary, folder, "--speed", "max")
    sockets = [connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}") for _ in range(20)]
    for socket in sockets:
        read(socket, terminal)
    # The clients answer a close by themselves.
    status, seconds = server.stop()
    assert seconds < 60, seconds
    assert status in (0, 143, -15), status
    for socket in sockets:
        try:
            socket.recv(timeout=PATIENCE)
            raise AssertionError("more after the end")
        except ConnectionClosed as error:
            assert error.rcvd and error.rcvd.code == 1001, error


# The socket of a run.

def check_a_run_gets_every_line(binary, folder):
    run = two_jobs(folder)
    with Server(binary, folder) as server:
        socket = connect(f"{server.ws}/v1/ws/runs/{run.run}")
        texts = read(socket, lambda text: "run_finished" in text)
        clock = json.loads(texts[0])
        assert clock["type"] == "replay_clock" and clock["run_id"] == run.run and clock["live"] is False
        assert [t for t in texts if "replay_clock" not in t] == run.lines()
        again = connect(f"{server.ws}/v1/ws/runs/{run.run}?from=10")
        texts = read(again, lambda text: "run_finished" in text)
        assert [t for t in texts if "replay_clock" not in t] == run.lines()[9:]


def check_a_run_hears_of_its_clock(binary, folder):
    run = two_jobs(folder, step=1000)
    with Server(binary, folder, "--paused") as server:
        socket = connect(f"{server.ws}/v1/ws/runs/{run.run}?from=999")
        assert json.loads(socket.recv(timeout=PATIENCE))["playing"] is False
        server.put(f"/v1/runs/{run.run}/replay", {"speed": 8})
        assert json.loads(socket.recv(timeout=PATIENCE))["speed"] == 8
        server.put("/v1/replay", {"at": 6.5})
        texts = read(socket, lambda text: job_id("b.mp4") in text)
        assert [json.loads(t)["at"] for t in texts if "replay_clock" in t] == [6.5], texts


# One clock.

def check_http_completes_before_the_socket(binary, folder):
    run = two_jobs(folder)
    with Server(binary, folder, "--speed", "4") as server:
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        for text in iter(lambda: socket.recv(timeout=PATIENCE), None):
            status, job = server.get(f"/v1/jobs/{job_id('a.mp4')}?include=none")
            assert status == 200
            event = json.loads(text)
            if terminal(text):
                assert job["status"] == "completed", job
                break
            assert job["status"] == "completed" or job["progress"] >= event["percent"]
    assert run.told("a.mp4")


def check_the_clock_starts_with_a_question_about_a_job(binary, folder):
    two_jobs(folder, step=1000)
    with Server(binary, folder) as server:
        for path in ["/health", "/v1/jobs", "/v1/runs", "/v1/replay", f"/v1/runs/20260226T010203Z-abcdef/log"]:
            assert server.request("GET", path)[0] == 200
        time.sleep(0.3)
        assert server.get("/v1/replay")[1]["at"] == 0
        job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
        assert job["status"] == "pending" and job["progress"] is None and job["updated_at"]
        wait(lambda: server.get("/v1/replay")[1]["at"] > 0.05)


def check_polling_alone_sees_the_whole_replay(binary, folder):
    two_jobs(folder, step=60)
    with Server(binary, folder) as server:
        seen = []
        while True:
            job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
            seen.append((job["status"], job["progress"]))
            if job["status"] == "completed":
                break
            time.sleep(0.02)
        numbers = [p for _, p in seen if p is not None]
        assert numbers == sorted(numbers) and numbers[-1] == 100 and len(set(numbers)) > 5, seen
        assert {s for s, _ in seen} >= {"running", "completed"}


def check_replay_speed_seek_pause(binary, folder):
    two_jobs(folder, step=1000)
    with Server(binary, folder, "--paused", "--from", "4s") as server:
        clock = server.get("/v1/replay")[1]
        assert clock == {"run_id": "20260226T010203Z-abcdef", "at": 4, "duration": clock["duration"], "speed": 1,
                         "playing": False, "live": False, "max_idle": 5}
        server.put("/v1/replay", {"playing": True, "speed": 64})
        wait(lambda: server.get("/v1/replay")[1]["at"] == clock["duration"])
        assert server.get("/v1/replay")[1]["playing"] is False
        status, after = server.put("/v1/replay", {"at": 2, "speed": 1, "playing": False})
        assert status == 200 and after["at"] == 2
        for wrong in [{"at": -1}, {"at": "1"}, {"speed": 0}, {"speed": "fast"}, {"playing": 1}, {}, [], 5,
                      {"run_id": "other", "at": 1}]:
            status, body = server.put("/v1/replay", wrong)
            assert status == 422 and isinstance(body["detail"], str), (wrong, status)
        status, _, _ = server.request("PUT", "/v1/replay", body=b"{nonsense")
        assert status == 400
        assert server.get("/v1/replay")[1]["at"] == 2


def check_long_gaps_are_shortened(binary, folder):
    run = MadeRun(folder)
    run.begin()
    run.start("a.mp4")
    run.progress("a.mp4", 50)
    run.progress("a.mp4", 60, after=3_600_000)
    run.complete("a.mp4")
    run.finish()
    with Server(binary, folder, "--max-idle", "1s") as server:
        # Played as it was, the gap would outlast the test.
        assert read(connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}"), terminal) == run.told("a.mp4")
        assert server.get("/v1/replay")[1]["duration"] > 3600


# A client as the plan writes it: one GET before the socket, locked on completed, a new socket 2 s after any close, a
# second read when it is completed.

class PlanClient:
    def __init__(self, server, job):
        self.server, self.job = server, job
        self.status, self.progress, self.error, self.results = "pending", None, None, None
        self.sockets, self.running = 0, True
        self.poll()
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def poll(self):
        view = self.server.get(f"/v1/jobs/{self.job}")[1]
        if self.status != "completed":
            self.status, self.progress = view["status"], view["progress"]
        if view["status"] == "completed":
            self.results = view.get("results")
        if view["status"] == "failed":
            self.error = view["error_message"]

    def listen(self):
        while self.running and self.status != "completed":
            self.sockets += 1
            try:
                with self.server.connect(f"/ws/jobs/{self.job}") as socket:
                    while self.running:
                        try:
                            self.take(json.loads(socket.recv(timeout=0.2)))
                        except TimeoutError:
                            continue
            except (ConnectionClosed, InvalidStatus, OSError):
                pass
            for _ in range(20):
                if self.running:
                    time.sleep(0.1)

    def take(self, event):
        if event.get("job_id") not in (None, self.job) or self.status == "completed":
            return
        if event.get("status") == "completed":
            self.status = "completed"
            self.poll()
        elif event.get("status") == "error":
            self.status, self.error = "failed", event.get("message")
        elif "current_frame" in event:
            self.status, self.progress = "running", event["percent"]

    def stop(self):
        self.running = False
        self.thread.join()


def check_a_client_of_the_plan_ends_where_it_should(binary, folder):
    two_jobs(folder, step=40)
    with Server(binary, folder) as server:
        good, bad = (PlanClient(server, job_id(path)) for path in ["a.mp4", "b.mp4"])
        try:
            wait(lambda: good.status == "completed" and good.results and bad.status == "failed")
            time.sleep(10)
            assert good.status == "completed" and good.results["total_frames"] == 4
            assert bad.status == "failed" and "frame 51" in bad.error
            assert (good.sockets, bad.sockets) == (1, 1), (good.sockets, bad.sockets)
        finally:
            good.stop()
            bad.stop()


# HTTP.

JOB_KEYS = {
    "job_id", "status", "plugin_id", "run_id", "result_url", "summary", "tool", "tools", "job_type", "error_message",
    "progress", "current_tool", "tools_total", "tools_completed", "estimated_total", "estimated_progress", "created_at", "updated_at", "verdict",
    "superseded_by", "report_url"}
ITEM_KEYS = {
    "job_id", "status", "plugin", "created_at", "completed_at", "result_url", "summary", "error", "progress",
    "current_tool", "tools_total", "tools_completed", "estimated_progress"}


def check_jobs_over_http(binary, folder):
    two_jobs(folder)
    a, b = job_id("a.mp4"), job_id("b.mp4")
    with Server(binary, folder, "--speed", "max") as server:
        status, job = server.get(f"/v1/jobs/{a}")
        assert status == 200 and set(job) == JOB_KEYS | {"results"}, job
        assert job["status"] == "completed" and job["progress"] == 100 and job["result_url"] == f"/v1/jobs/{a}/result"
        assert job["summary"] == {"frame_count": 4, "detection_count": 7, "classes": ["moving"]}
        assert job["results"]["total_frames"] == 4 and len(job["results"]["frames"]) == 4
        assert job["tools"] == ["luma", "motion"] and job["job_type"] == "video"
        assert "results" not in server.get(f"/v1/jobs/{a}?include=none")[1]
        assert server.get(f"/v1/jobs/{a.upper()}?_t=1")[1] == job
        status, failed = server.get(f"/v1/jobs/{b}")
        assert status == 200 and set(failed) == JOB_KEYS and failed["status"] == "failed"
        assert failed["progress"] == 50 and "frame 51" in failed["error_message"] and failed["summary"] is None
        assert server.get(f"/v1/jobs/{b}/result")[0] == 404
        status, listing = server.get("/v1/jobs")
        assert status == 200 and listing["count"] == 2 and [i["job_id"] for i in listing["jobs"]] == [b, a]
        assert all(set(item) == ITEM_KEYS for item in listing["jobs"])
        assert [i["job_id"] for i in server.get("/v1/jobs?status=failed")[1]["jobs"]] == [b]
        assert server.get("/v1/jobs?limit=1&skip=1")[1]["jobs"][0]["job_id"] == a
        assert server.get("/v1/jobs?skip=999")[1] == {"jobs": [], "count": 2}
        for wrong in ["limit=0", "limit=101", "limit=abc", "skip=-1", "status=done"]:
            status, body = server.get(f"/v1/jobs?{wrong}")
            assert status == 422 and isinstance(body["detail"], str), wrong
        status, view = server.get(f"/v1/video/status/{a}")
        assert set(view) == {"job_id", "status", "progress", "estimated_progress", "created_at", "updated_at"}
        assert view["progress"] == view["estimated_progress"] == 100
        assert all(view[k].endswith("Z") for k in ["created_at", "updated_at"])


def check_passes_over_http_and_sockets(binary, folder):
    """A job of three passes: what ForgeSyte's hook makes of it is "Tool: 1 of 3", 2 of 3, 3 of 3, and one percentage."""
    run = MadeRun(folder)
    run.begin(1)
    run.plan("a.mp4")
    run.start("a.mp4", total=4)
    tools = ["forgebatch/frames", "people/people", "shots/shots"]
    lines = []
    for done, tool in enumerate(tools):
        for frame in range(1, 5):
            more = {"current_tool": tool, "tools_total": 3, "tools_completed": done}
            lines.append(run.progress("a.mp4", frame, total=4, after=1000, percent=100 * (4 * done + frame) // 12, **more))
    run.complete("a.mp4", after=1000)
    run.finish()
    a = job_id("a.mp4")
    with Server(binary, folder, "--paused") as server:
        seen = []
        for at in range(1, 13):
            assert server.put("/v1/replay", {"at": at + 0.5})[0] == 200
            job = server.get(f"/v1/jobs/{a}")[1]
            item = server.get("/v1/jobs")[1]["jobs"][0]
            keys = ["progress", "current_tool", "tools_total", "tools_completed"]
            assert [job[key] for key in keys] == [item[key] for key in keys], (job, item)
            assert job["job_type"] == "video_multi"
            seen.append((job["current_tool"], job["tools_completed"] + 1, job["tools_total"], job["progress"]))
        assert [entry[:3] for entry in seen] == [(tools[n // 4], n // 4 + 1, 3) for n in range(12)], seen
        assert [entry[3] for entry in seen] == [8, 16, 25, 33, 41, 50, 58, 66, 75, 83, 91, 100], seen
        server.put("/v1/replay", {"at": 1e6})
        job = server.get(f"/v1/jobs/{a}")[1]
        assert (job["current_tool"], job["tools_total"], job["tools_completed"]) == (None, 3, 3), job
    with Server(binary, folder, "--speed", "max") as server:
        told = read(connect(f"{server.ws}/v1/ws/jobs/{a}?from=1"), terminal)
        assert told[-13:-1] == lines, told


def check_an_estimate_stands_beside_the_progress(binary, folder):
    """A container that tells only duration and rate: the wire's percent stays 0 to the end."""
    run = MadeRun(folder)
    run.begin(2)
    run.plan("a.mkv", "b.mp4")
    run.start("a.mkv", total=0, estimated_total=200)
    run.start("b.mp4")
    a, b = job_id("a.mkv"), job_id("b.mp4")
    with Server(binary, folder) as server:
        def told(job):
            answer = server.get(f"/v1/jobs/{job}")[1]
            item = next(i for i in server.get("/v1/jobs")[1]["jobs"] if i["job_id"] == job)
            status = server.get(f"/v1/video/status/{job}")[1]
            # A line may come between two questions.
            if not answer["estimated_progress"] == item["estimated_progress"] == status["estimated_progress"]:
                return None
            return [answer[key] for key in ("status", "progress", "estimated_total", "estimated_progress")]

        wait(lambda: told(a) == ["running", 0, 200, 0] and told(b) == ["running", 0, None, 0])
        run.progress("a.mkv", 50, total=0)
        run.progress("b.mp4", 30)
        wait(lambda: told(a) == ["running", 0, 200, 25])
        wait(lambda: told(b) == ["running", 30, None, 30])
        run.progress("a.mkv", 260, total=0)
        wait(lambda: told(a) == ["running", 0, 200, 99])
        run.progress("a.mkv", 270, total=270)
        run.complete("a.mkv")
        wait(lambda: told(a) == ["completed", 100, 200, 100])


def check_health_plugins_and_runs(binary, folder):
    run = two_jobs(folder)
    with Server(binary, folder) as server:
        for path in ["/health", "/v1/health"]:
            status, body = server.get(path)
            assert status == 200 and set(body) == {"status", "plugins_loaded", "version"} and body["status"] == "healthy"
        health = server.get("/v1/worker/health")[1]
        assert set(health) == {"alive", "last_heartbeat"} and health["last_heartbeat"] > 1772067723, health
        assert server.get("/v1/plugins")[1][0]["name"] == "forgebatch"
        manifest = server.get("/v1/plugins/forgebatch/manifest")[1]
        assert "streaming_video_analysis" in manifest["capabilities"] and manifest["tools"]
        assert server.get("/v1/plugins/none/manifest")[0] == 404
        status, headers, page = server.request("GET", "/")
        assert status == 200 and headers["content-type"].startswith("text/html") and b"<script" in page
        assert server.request("GET", "/assets/replay.css")[0] == 200 and server.get("/assets/none")[0] == 404
        runs = server.get("/v1/runs")[1]
        assert runs["count"] == 1 and runs["runs"][0]["run_id"] == run.run and runs["runs"][0]["selected"] is True
        one = server.get(f"/v1/runs/{run.run}")[1]
        assert one == runs["runs"][0] and one["state"] == "finished" and one["exit_status"] == 3
        assert one["report_url"] is None
        os.makedirs(os.path.join(folder, "report"))
        with open(os.path.join(folder, "report/index.html"), "w", encoding="utf-8"):
            pass
        url = server.get("/v1/runs")[1]["runs"][0]["report_url"]
        assert url == "/report/index.html" and server.request("GET", url)[0] == 200
        assert server.get("/v1/runs/none")[0] == 404
        status, headers, body = server.request("GET", f"/v1/runs/{run.run}/log")
        assert status == 200 and body.decode().splitlines() == run.lines()
        assert headers["content-type"] == "application/x-ndjson"


def check_methods_head_and_errors(binary, folder):
    two_jobs(folder)
    a = job_id("a.mp4")
    with Server(binary, folder, "--speed", "max") as server:
        for method in ["DELETE", "POST", "PATCH", "PUT"]:
            status, headers, body = server.request(method, f"/v1/jobs/{a}", body=b"")
            assert status == 405 and "GET" in headers["allow"], (method, status)
            assert json.loads(body)["detail"]
        assert "PUT" in server.request("DELETE", "/v1/replay", body=b"")[1]["allow"]
        for path in [f"/v1/jobs/{a}", f"/v1/jobs/{a}/result", "/health", "/v1/runs", "/v1/jobs/none", "/"]:
            got = server.request("GET", path)
            head = server.request("HEAD", path)
            assert head[0] == got[0] and head[2] == b"" and head[1]["content-length"] == str(len(got[2])), path
            assert head[1]["content-type"] == got[1]["content-type"]
        for path in ["/v1/jobs/not-a-uuid", "/v1/jobs/00000000-0000-4000-8000-000000000000", f"/v1/jobs/{a}/nothing",
                     "/nothing", "/v1"]:
            status, headers, body = server.request("GET", path)
            assert status == 404 and headers["content-type"] == "application/json", (path, status)
            assert isinstance(json.loads(body)["detail"], str)
        assert server.request("GET", "/v1/jobs")[1]["cache-control"] == "no-store"
        assert server.request("PUT", "/v1/replay", body=b" " * 70000)[0] == 413


def check_ranges_and_tags(binary, folder):
    two_jobs(folder)
    path = f"/v1/jobs/{job_id('a.mp4')}/result"
    with Server(binary, folder, "--speed", "max") as server:
        status, headers, whole = server.request("GET", path)
        size, tag = len(whole), headers["etag"]
        assert status == 200 and headers["accept-ranges"] == "bytes" and not tag.startswith("W/")
        for wanted, part in [("0-9", whole[:10]), ("5-", whole[5:]), ("-7", whole[-7:]), ("0-99999", whole),
                             (f"{size - 1}-", whole[-1:])]:
            status, headers, body = server.request("GET", path, headers={"Range": f"bytes={wanted}"})
            first = size - len(part) if wanted.startswith("-") else int(wanted.split("-")[0])
            assert status == 206 and body == part, wanted
            assert headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{size}", headers
        for wanted in [f"{size}-", "99999-", "-0"]:
            status, headers, _ = server.request("GET", path, headers={"Range": f"bytes={wanted}"})
            assert status == 416 and headers["content-range"] == f"bytes */{size}", (wanted, status)
        for wrong in ["lines=1-2", "bytes=", "bytes=a-b", "bytes=9-1"]:
            status, _, body = server.request("GET", path, headers={"Range": wrong})
            assert (status == 200 and body == whole) or (status == 416 and wrong[0] == "b"), wrong
        status, _, body = server.request("GET", path, headers={"Range": "bytes=0-1,4-5"})
        assert (status == 200 and body == whole) or status == 416
        assert server.request("GET", path, headers={"If-None-Match": tag})[0] == 304
        assert server.request("GET", path, headers={"If-None-Match": '"x", ' + tag})[0] == 304
        assert server.request("GET", path, headers={"Range": "bytes=0-1", "If-Range": tag})[0] == 206
        assert server.request("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})[0] == 200


def check_a_video_is_served_while_it_is_unchanged(binary, folder):
    source = os.path.join(folder, "in")
    os.makedirs(source)
    video = os.path.join(source, "a.mp4")
    head = b"\0\0\0\x18ftypisom\0\0\2\0isomavc1"
    with open(video, "wb") as file:
        file.write(head)
    out = os.path.join(folder, "out")
    run = MadeRun(out)
    run.begin()
    run.start("a.mp4")
    run.complete("a.mp4", size=len(head))
    run.finish(roots=[{"path": source, "prefix": ""}])
    with Server(binary, out, "--speed", "max") as server:
        path = f"/v1/jobs/{job_id('a.mp4')}/video"
        status, headers, body = server.request("GET", path)
        assert status == 200 and body == head and headers["content-type"] == "video/mp4", (status, body)
        assert headers["content-security-policy"] == "sandbox" and "content-disposition" not in headers, headers
        status, headers, body = server.request("GET", path, headers={"Range": "bytes=4-5"})
        assert status == 206 and body == b"ft"
        with open(video, "ab") as file:
            file.write(b"!")
        assert server.get(path)[0] == 404
        os.remove(video)
        assert server.get(path)[0] == 404


def check_a_replaced_result_says_by_which_run(binary, folder):
    first = MadeRun(folder, run="20260226T010203Z-aaaaaa")
    first.begin()
    first.start("a.mp4")
    first.complete("a.mp4", frames=4)
    first.finish()
    second = MadeRun(folder, run="20260227T010203Z-bbbbbb")
    second.begin()
    second.start("a.mp4")
    second.complete("a.mp4", frames=6, content="b")
    second.finish()
    a = job_id("a.mp4")
    with Server(binary, folder, "--speed", "max") as server:
        assert server.get(f"/v1/jobs/{a}")[1]["results"]["total_frames"] == 6
        old = server.get(f"/v1/jobs/{a}?run={first.run}")[1]
        assert old["status"] == "completed" and old["result_url"] is None and old["run_id"] == first.run
        assert old["results"] == {"total_frames": 4, "superseded_by": second.run}
        status, body = server.get(f"/v1/jobs/{a}/result?run={first.run}")
        assert status == 404 and second.run in body["detail"]
    with Server(binary, folder, "--speed", "max", "--run", first.run) as server:
        assert server.get(f"/v1/jobs/{a}")[1]["run_id"] == first.run
        assert server.get("/v1/replay")[1]["run_id"] == first.run


def check_planned_jobs_wait_and_never_answer_with_older_events(binary, folder):
    """A second run of the same videos: pending until it starts them, whatever the first run made of them."""
    first = MadeRun(folder, run="20260226T010203Z-aaaaaa")
    first.begin(2)
    first.plan("a.mp4", "b.mp4")
    for path in ("a.mp4", "b.mp4"):
        first.start(path)
        first.progress(path, 100)
        first.complete(path)
    first.finish()
    second = MadeRun(folder, run="20260227T010203Z-bbbbbb")
    second.begin(2)
    a, b = job_id("a.mp4"), job_id("b.mp4")
    with second.lock(), Server(binary, folder) as server:
        # The plan is being written: who asks now waits for it.
        answers = []
        asking = threading.Thread(target=lambda: answers.append(server.get(f"/v1/jobs/{b}")))
        asking.start()
        second.plan("a.mp4")
        second.plan("b.mp4")
        asking.join()
        assert answers[0][1]["status"] == "pending" and answers[0][1]["run_id"] == second.run, answers
        listing = server.get("/v1/jobs?status=pending")[1]
        assert [i["job_id"] for i in listing["jobs"]] == [b, a] and listing["count"] == 2
        job = server.get(f"/v1/jobs/{a}")[1]
        assert job["progress"] is None and job["result_url"] is None and "results" not in job
        assert job["created_at"].endswith("Z")
        assert server.get(f"/v1/jobs/{a}/result")[0] == 404
        sockets = [connect(f"{server.ws}/ws/jobs/{job}") for job in (a, b)]
        assert all(quiet(each) for each in sockets)
        second.start("a.mp4")
        lines = [second.progress("a.mp4", 50), second.progress("a.mp4", 100), second.complete("a.mp4")]
        assert read(sockets[0], terminal) == lines
        quiet(sockets[1])
        # It never comes to b: that stays pending.
        second.finish()
        wait(lambda: server.get("/v1/replay")[1]["live"] is False)
        assert server.get(f"/v1/jobs/{b}")[1]["status"] == "pending"
        alive(sockets[1])
        # The next run takes it up, for the same socket.
        third = MadeRun(folder, run="20260228T010203Z-cccccc")
        third.begin(1)
        third.plan("b.mp4")
        third.start("b.mp4")
        lines = [third.progress("b.mp4", 100), third.complete("b.mp4", content="c")]
        third.finish()
        texts = read(sockets[1], terminal)
        assert texts in (lines, lines[-1:]), texts
        assert server.get(f"/v1/jobs/{b}")[1]["run_id"] == third.run
        quiet(sockets[0])
        third.clear()
    # Archived: at the first moment all wait, and one that no run processed is none.
    with Server(binary, folder, "--paused") as server:
        assert [i["status"] for i in server.get("/v1/jobs")[1]["jobs"]] == ["pending"] * 2
        assert server.get(f"/v1/jobs/{job_id('none.mp4')}")[0] == 404


def check_a_watched_run_stays_selected_when_a_newer_begins(binary, folder):
    first = two_jobs(folder, step=1000)
    a = job_id("a.mp4")
    with Server(binary, folder, "--paused") as server:
        server.put("/v1/replay", {"at": 9.5})
        socket = connect(f"{server.ws}/ws/jobs/{a}")
        assert socket.recv(timeout=PATIENCE) in first.told("a.mp4")
        second = MadeRun(folder, run="20260301T000000Z-ffffff")
        second.begin(1)
        second.plan("a.mp4")
        wait(lambda: server.get("/v1/replay?run=latest")[1]["run_id"] == first.run
             and server.get("/v1/runs?limit=1")[1]["runs"][0]["run_id"] == second.run)
        job = server.get(f"/v1/jobs/{a}")[1]
        assert job["run_id"] == first.run and job["status"] == "running", job
        assert server.get("/v1/jobs")[1]["count"] == 2
        # Who wants the newest says so.
        assert server.get(f"/v1/jobs/{a}?run=latest")[1]["run_id"] == second.run
        assert server.get("/v1/jobs?run=latest")[1]["count"] == 1
        assert server.get("/v1/runs?limit=1&skip=1")[1] == {
            "runs": [server.get(f"/v1/runs/{first.run}")[1]], "count": 2}
        # Its end, and what is asked right then, are still of the run that was watched.
        server.put("/v1/replay", {"at": 1e6})
        assert read(socket, terminal)[-1] == first.told("a.mp4")[-1]
        assert server.get(f"/v1/jobs/{a}")[1]["run_id"] == first.run
        socket.close()
        wait(lambda: server.get(f"/v1/jobs/{a}")[1]["run_id"] == second.run)
        # A run is selected by name, for all, until the newest is again.
        status, clock = server.put("/v1/replay", {"run_id": first.run})
        assert status == 200 and clock["run_id"] == first.run
        assert server.get(f"/v1/jobs/{a}")[1]["run_id"] == first.run
        selected = [r["selected"] for r in server.get("/v1/runs")[1]["runs"]]
        assert selected == [False, True], selected
        assert server.put("/v1/replay", {"run_id": "latest"})[1]["run_id"] == second.run
        assert server.get(f"/v1/jobs/{a}")[1]["run_id"] == second.run
        for wrong in ({"run_id": "none"}, {"run_id": 5}, {"run_id": second.run}):
            assert server.put("/v1/replay", wrong)[0] == 422, wrong


def check_at_speed_max_the_run_is_over_before_anybody_asks(binary, folder):
    two_jobs(folder)
    a, b = job_id("a.mp4"), job_id("b.mp4")
    with Server(binary, folder, "--speed", "max") as server:
        assert [i["job_id"] for i in server.get("/v1/jobs?status=failed")[1]["jobs"]] == [b]
        assert [i["job_id"] for i in server.get("/v1/jobs?status=completed")[1]["jobs"]] == [a]
        assert server.get("/v1/jobs?status=pending")[1]["count"] == 0
        clock = server.get("/v1/replay")[1]
        assert clock["at"] == clock["duration"] and clock["playing"] is False
        ended = server.get("/v1/jobs")[1]["jobs"]
        assert all(item["completed_at"] and item["completed_at"].endswith("Z") for item in ended), ended
    with Server(binary, folder, "--speed", "max", "--paused") as server:
        assert server.get("/v1/jobs?status=pending")[1]["count"] == 2


def check_a_log_or_a_folder_of_a_run_is_enough(binary, folder):
    out = os.path.join(folder, "out")
    run = two_jobs(out)
    older = MadeRun(out, run="20250101T000000Z-000000")
    older.begin(1)
    older.plan("old.mp4")
    older.start("old.mp4")
    older.fail("old.mp4", "old.mp4: broken")
    older.finish(3)
    os.symlink(os.path.join("runs", run.run), os.path.join(out, "latest"))
    alone = os.path.join(folder, "alone")
    os.makedirs(os.path.join(alone, "results"))
    for name, source in (("kept.log", run.log), ("results/secret", run.log)):
        with open(os.path.join(alone, name), "wb") as file, open(source, "rb") as log:
            file.write(log.read())
    os.utime(os.path.join(alone, "kept.log"), (1772067723, 1772067723))
    for path, wanted in ((older.path, older), (older.log, older), (os.path.join(out, "latest"), run),
                         (os.path.join(alone, "kept.log"), run)):
        with Server(binary, path, "--speed", "max") as server:
            assert server.get("/v1/replay")[1]["run_id"] == wanted.run, path
            name = "b.mp4" if wanted is run else "old.mp4"
            assert server.get(f"/v1/jobs/{job_id(name)}")[1]["status"] == "failed"
            if path.startswith(alone):
                assert server.get("/v1/runs")[1]["count"] == 1
                assert server.request("GET", f"/v1/runs/{run.run}/log")[2].decode().splitlines() == run.lines()
                # What lies beside it is nobody's business.
                assert server.request("GET", "/results/secret")[0] == 404
                assert server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]["status"] == "completed"
        tail = subprocess.run([binary, "tail", path, "--json"], capture_output=True, timeout=PATIENCE)
        assert tail.stdout.decode().splitlines() == wanted.lines(), (path, tail)
    for wrong in (os.path.join(folder, "none"), binary, alone):
        for command in ("replay", "tail"):
            refused = subprocess.run([binary, command, wrong], capture_output=True, timeout=PATIENCE)
            assert refused.returncode == 66 and refused.stderr, (wrong, refused)
    both = subprocess.run([binary, "tail", older.log, "--run", older.run], capture_output=True, timeout=PATIENCE)
    assert both.returncode == 64, both


def check_a_skipped_job_answers_from_the_run_that_processed_it(binary, folder):
    first = MadeRun(folder, run="20260226T010203Z-aaaaaa")
    first.begin(2)
    first.start("a.mp4")
    first.complete("a.mp4")
    first.finish()
    second = MadeRun(folder, run="20260227T010203Z-bbbbbb")
    second.begin()
    second.skip("a.mp4")
    second.start("c.mp4")
    second.complete("c.mp4")
    second.finish()
    with Server(binary, folder, "--speed", "max") as server:
        job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
        assert job["run_id"] == first.run and job["status"] == "completed" and job["result_url"]
        assert server.get("/v1/jobs")[1]["count"] == 1
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        assert socket.recv(timeout=PATIENCE) == first.told("a.mp4")[-1]
    # It has ended, wherever the replays of both runs are; so it is where that run's log is gone, and in a run by its name.
    third = MadeRun(folder, run="20260228T010203Z-cccccc")
    third.begin(1)
    third.plan("c.mp4")
    third.skip_many(1)
    third.start("c.mp4")
    third.complete("c.mp4", content="b")
    third.finish()
    for run, flags in ((third, []), (second, ["--run", second.run])):
        with Server(binary, folder, "--paused", *flags) as server:
            job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
            assert job["run_id"] == first.run and job["status"] == "completed" and job["results"]["total_frames"] == 4
            assert job["tools"] == ["luma", "motion"]
            socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
            assert socket.recv(timeout=PATIENCE) == first.told("a.mp4")[-1]
            alive(socket)
            assert server.get(f"/v1/jobs/{job_id('c.mp4')}")[1]["run_id"] == run.run
            assert server.get("/v1/jobs")[1]["count"] == 1
    os.remove(first.log)
    with Server(binary, folder, "--paused") as server:
        job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
        assert job["run_id"] == first.run and job["status"] == "completed" and job["result_url"]
        assert job["created_at"] == "2026-02-26T01:02:03.000Z"
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        event = json.loads(socket.recv(timeout=PATIENCE))
        assert event["status"] == "completed" and event["job_id"] == job_id("a.mp4") and set(event) > {"ts", "seq"}


def check_a_long_result_is_told_by_its_head(binary, folder):
    run = MadeRun(folder)
    run.begin()
    run.start("a.mp4")
    run.complete("a.mp4", frames=160_000)
    run.finish()
    with Server(binary, folder, "--speed", "max") as server:
        path = f"/v1/jobs/{job_id('a.mp4')}"
        job = server.get(path)[1]
        assert job["results"]["total_frames"] == 160_000 and "frames" not in job["results"]
        whole = json.loads(server.request("GET", job["result_url"])[2])
        assert len(whole["frames"]) == 160_000
        everything = server.get(path + "?include=all")[1]
        assert everything["results"] == whole and set(everything) == set(job)
        assert server.get(path + "?include=some")[0] == 422


def check_multi_pass_events_are_replayed_member_by_member(binary, folder):
    """The designed events of two jobs with two tools each: ForgeSyte's own sequence."""
    passes = []
    for tool, done in [("video_player_tracking", 0), ("video_ball_detection", 1)]:
        for frame in range(1, 9):
            passes.append({"current_frame": frame, "total_frames": 8, "percent": 100 * (done * 8 + frame) // 16,
                           "current_tool": tool, "tools_total": 2, "tools_completed": done})
    run = MadeRun(folder)
    run.begin(2)
    for path in ["a.mp4", "b.mp4"]:
        run.start(path, 8)
    for event in passes:
        for path in ["a.mp4", "b.mp4"]:
            run.emit({"job_id": job_id(path), **event})
    run.complete("a.mp4")
    run.fail("b.mp4", "late")
    run.finish(3)
    with Server(binary, folder) as server:
        texts = read(connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}"), terminal)
        assert texts == run.told("a.mp4") and len(texts) == 17
        # What is known of the passes stays known.
        for path, done, status in (("a.mp4", 2, "completed"), ("b.mp4", 1, "failed")):
            wait(lambda: server.get(f"/v1/jobs/{job_id(path)}")[1]["status"] == status)
            job = server.get(f"/v1/jobs/{job_id(path)}")[1]
            assert (job["tools_total"], job["tools_completed"], job["current_tool"]) == (2, done, None), job
            assert job["job_type"] == "video_multi"


def check_recorded_events_are_replayed_with_every_member_equal(binary, folder):
    """The recorded traffic of a real server, where the checkout has it beside itself."""
    recorded = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "transcripts",
                            "08-router-only-two-jobs-two-tools-designed-events.jsonl")
    if not os.path.exists(recorded):
        return
    run = MadeRun(folder)
    run.begin(2)
    wanted = {}
    with open(recorded, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        if row["ev"] == "ws" and row["dir"] == "s2c" and row["conn"] in ("A1", "B1") and "job_id" in row["raw"]:
            event = json.loads(row["raw"])
            wanted.setdefault(event["job_id"], []).append(event)
            run.emit(event)
    run.finish(0)
    assert wanted
    with Server(binary, folder) as server:
        sockets = {job: connect(f"{server.ws}/ws/jobs/{job}?from=1") for job in wanted}
        for job, events in wanted.items():
            got = [json.loads(text) for text in read(sockets[job], terminal)]
            for event, sent in zip(events, got, strict=True):
                assert {k: v for k, v in sent.items() if k not in ("ts", "seq")} == event


# A run that goes on.

def check_a_growing_run_is_followed(binary, folder):
    run = MadeRun(folder)
    run.begin(2)
    run.start("a.mp4")
    run.progress("a.mp4", 1)
    with Server(binary, folder) as server:
        assert server.get("/v1/replay")[1]["live"] is True
        assert server.put("/v1/replay", {"at": 0})[0] == 409
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        assert socket.recv(timeout=PATIENCE) == run.lines()[-1]
        for frame in [10, 20, 30]:
            line = run.progress("a.mp4", frame)
            assert socket.recv(timeout=PATIENCE) == line
        with open(run.log, "a", encoding="utf-8") as file:
            file.write("garbage that is no event\n")
            file.flush()
            file.write('{"job_id":"')
            file.flush()
            quiet(socket)
            file.truncate(os.path.getsize(run.log) - 11)
        line = run.complete("a.mp4")
        assert socket.recv(timeout=PATIENCE) == line
        job = server.get(f"/v1/jobs/{job_id('a.mp4')}")[1]
        assert job["status"] == "completed" and job["results"]["total_frames"] == 4
        run.finish()
        wait(lambda: server.get("/v1/replay")[1]["live"] is False)
        assert server.put("/v1/replay", {"at": 0})[0] == 200


def check_a_new_run_becomes_the_selected_one(binary, folder):
    two_jobs(folder)
    with Server(binary, folder, "--speed", "max") as server:
        assert server.get("/v1/replay")[1]["run_id"] == "20260226T010203Z-abcdef"
        second = MadeRun(folder, run="20260301T000000Z-ffffff")
        second.begin()
        second.start("new.mp4")
        second.progress("new.mp4", 5)
        wait(lambda: server.get("/v1/replay")[1]["run_id"] == second.run)
        assert server.get(f"/v1/jobs/{job_id('new.mp4')}")[1]["status"] == "running"
        assert [r["run_id"] for r in server.get("/v1/runs")[1]["runs"]] == [second.run, "20260226T010203Z-abcdef"]
        assert server.get(f"/v1/jobs/{job_id('b.mp4')}?run=20260226T010203Z-abcdef")[1]["status"] == "failed"


def check_a_run_that_dies_is_interrupted(binary, folder):
    run = MadeRun(folder)
    run.begin(1)
    run.start("a.mp4")
    run.progress("a.mp4", 10)
    run.age()
    a = job_id("a.mp4")
    with Server(binary, folder) as server:
        assert server.get("/v1/runs")[1]["runs"][0]["state"] == "interrupted"
        socket = connect(f"{server.ws}/ws/jobs/{a}")
        last = json.loads(read(socket, terminal)[-1])
        assert last["status"] == "error" and last["job_id"] == a and last["message"].startswith("interrupted")
        job = server.get(f"/v1/jobs/{a}")[1]
        assert job["status"] == "failed" and job["error_message"].startswith("interrupted")
        alive(socket)


def check_a_cut_log_starts_afresh(binary, folder):
    run = MadeRun(folder)
    run.begin(1)
    run.start("a.mp4")
    for frame in range(1, 50):
        run.progress("a.mp4", frame)
    with Server(binary, folder) as server:
        socket = connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}")
        socket.recv(timeout=PATIENCE)
        run.seq = run.clock = 0
        open(run.log, "w").close()
        time.sleep(0.1)
        run.begin(1)
        run.start("a.mp4")
        line = run.progress("a.mp4", 3)
        read(socket, lambda text: text == line)


def check_appends_arrive_within_100_ms(binary, folder):
    run = MadeRun(folder)
    run.begin(1)
    run.start("a.mp4", 1000)
    run.progress("a.mp4", 1, 1000)
    with Server(binary, folder) as server:
        clients = [connect(f"{server.ws}/ws/jobs/{job_id('a.mp4')}") for _ in range(2)]
        for client in clients:
            client.recv(timeout=PATIENCE)
        arrived = [{}, {}]

        def listen(number):
            while len(arrived[number]) < 998:
                text = clients[number].recv(timeout=PATIENCE)
                arrived[number][json.loads(text)["seq"]] = time.monotonic()

        threads = [threading.Thread(target=listen, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        sent, answers = {}, []
        for frame in range(2, 1000):
            run.progress("a.mp4", frame, 1000)
            sent[run.seq] = time.monotonic()
            time.sleep(0.005)
            if frame % 50 == 0:
                begun = time.monotonic()
                server.get("/health")
                answers.append(time.monotonic() - begun)
        for thread in threads:
            thread.join()
        lags = sorted(times[seq] - sent[seq] for times in arrived for seq in sent)
        print(f"      lag of {len(lags)} arrivals: median {lags[len(lags) // 2] * 1000:.1f} ms, "
              f"p99 {lags[len(lags) * 99 // 100] * 1000:.1f} ms")
        # Where a plain answer takes as long, it is the machine that is crowded.
        assert lags[len(lags) // 2] < max(0.1, 5 * sorted(answers)[len(answers) // 2])


# A run in shards, whose tasks write logs of their own.

def keeps_the_rules(events):
    """What the documentation says of every log: numbers without a gap, times and percentages that never fall, one end."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), [event["seq"] for event in events]
    times = [event["ts"] for event in events]
    assert times == sorted(times), times
    ended, percents = set(), {}
    for event in events:
        job = event.get("job_id")
        assert job is None or job not in ended, event
        if "percent" in event:
            assert event["percent"] >= percents.get(job, 0), event
            percents[job] = event["percent"]
        if "status" in event:
            ended.add(job)
    return ended


def check_a_run_in_shards_is_told_while_it_goes_on(binary, folder):
    videos, out = os.path.join(folder, "videos"), os.path.join(folder, "out")
    cluster.library(videos, 5, 50)
    cluster.clip(os.path.join(videos, "long.y4m"), 6000, 7)
    plan, run = cluster.plan(binary, videos, out, 3)
    log = f"/v1/runs/{run}/log"

    def task(shard):
        return subprocess.Popen(
            [binary, "run", "--plan", plan, "--shard", str(shard), "--jobs", "1"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    with Server(binary, out) as server:
        # The first question of all is answered with the plan.
        planned = [json.loads(line) for line in server.request("GET", log)[2].splitlines()]
        jobs = {event["job_id"] for event in planned if event["type"] == "job_planned"}
        assert len(jobs) == 7 and planned[0]["jobs"] == 7, planned
        assert server.get(f"/v1/runs/{run}")[1]["state"] == "running"
        assert server.get("/v1/jobs")[1]["count"] == 7
        socket = connect(f"{server.ws}/v1/ws/runs/{run}")
        told = []

        def read_on(until):
            told.extend(text for text in read(socket, until) if '"seq":' in text)

        # The longest video is the first shard's, whose first task is killed.
        first = task(0)
        read_on(lambda text: '"percent"' in text and job_id("long.y4m") in text)
        first.kill()
        was_killed = first.wait() == -9
        assert [task(shard).wait() for shard in (0, 1, 2)].count(3) == 1
        while len(keeps_the_rules([json.loads(text) for text in told])) < 7:
            read_on(terminal)
        assert keeps_the_rules([json.loads(text) for text in told]) == jobs
        retries = [text for text in told if '"job_retry"' in text]
        assert not was_killed or len(retries) == 1 and job_id("long.y4m") in retries[0], retries
        # Until somebody joins them it is a run whose writer is gone.
        wait(lambda: server.get(f"/v1/runs/{run}")[1]["state"] == "interrupted")
        cluster.run(binary, "merge", out, expect=(3,))
        read_on(lambda text: '"run_finished"' in text)
        wait(lambda: server.get(f"/v1/runs/{run}")[1]["state"] == "finished")
        assert keeps_the_rules([json.loads(text) for text in told]) == jobs
        # Who comes back goes on from where it was.
        middle = len(told) // 2
        again = connect(f"{server.ws}/v1/ws/runs/{run}?from={middle + 1}")
        texts = read(again, lambda text: '"run_finished"' in text)
        assert [text for text in texts if "replay_clock" not in text] == told[middle:]
        whole = "".join(text + "\n" for text in told).encode()
        assert server.request("GET", log)[2] == whole
        status, _, rest = server.request("GET", log, headers={"Range": "bytes=500-"})
        assert status == 206 and rest == whole[500:]
        job = server.get(f"/v1/jobs/{job_id('long.y4m')}")[1]
        assert job["status"] == "completed" and job["results"]["total_frames"] == 6000, job
    with Server(binary, out, "--speed", "max") as server:
        with open(os.path.join(out, "runs", run, "progress.ndjson"), "rb") as file:
            joined = file.read()
        assert server.request("GET", log)[2] == joined
        assert keeps_the_rules([json.loads(line) for line in joined.splitlines()]) == jobs


# Those who mean no good.

def check_foreign_origins_and_hosts(binary, folder):
    two_jobs(folder)
    a = job_id("a.mp4")
    with Server(binary, folder, "--allow-origin", "https://ok.example", "--allow-host", "box.example") as server:
        own = f"http://127.0.0.1:{server.port}"
        for origin in [own, "http://localhost:3000", "http://127.0.0.1:1", "https://ok.example", "http://[::1]:5"]:
            status, headers, _ = server.request("GET", "/v1/jobs", headers={"Origin": origin})
            assert status == 200 and headers["access-control-allow-origin"] == origin, origin
            assert "origin" in headers["vary"].lower()
            connect(f"{server.ws}/ws/jobs/{a}", origin=origin).close()
        for origin in ["https://evil.example", "null", f"{own}.evil.example", "http://localhost.evil.example",
                       "https://ok.example.evil", "file://"]:
            assert server.request("GET", "/v1/jobs", headers={"Origin": origin})[0] == 403, origin
            refused(server, f"/ws/jobs/{a}", 403, origin=origin)
        for host in [f"localhost:{server.port}", "box.example", f"[::1]:{server.port}", "127.0.0.1"]:
            assert server.request("GET", "/health", host=host)[0] == 200, host
        for host in ["evil.example", "127.0.0.1.evil.example", f"evil.example:{server.port}", "box.example.evil"]:
            for path in ["/health", "/", "/v1/jobs", "/report/index.html"]:
                assert server.request("GET", path, host=host)[0] in (421, 403), (host, path)
        status, headers, body = server.request(
            "OPTIONS", f"/v1/jobs/{a}", headers={
                "Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "content-type,x-api-key"})
        assert status in (200, 204) and headers["access-control-allow-origin"] == "http://localhost:3000"
        allowed = headers["access-control-allow-headers"].lower()
        assert "content-type" in allowed and "x-api-key" in allowed
        status, headers, _ = server.request("GET", "/v1/jobs/none", headers={"Origin": "http://localhost:3000"})
        assert status == 404 and headers["access-control-allow-origin"] == "http://localhost:3000"


def check_nothing_outside_is_served(binary, folder):
    out = os.path.join(folder, "out")
    two_jobs(out)
    with open(os.path.join(folder, "secret.txt"), "w", encoding="utf-8") as file:
        file.write("the secret")
    os.makedirs(os.path.join(out, "report"), exist_ok=True)
    with open(os.path.join(out, "report", "index.html"), "w", encoding="utf-8") as file:
        file.write("the report")
    os.symlink(os.path.join(folder, "secret.txt"), os.path.join(out, "report", "link.txt"))
    os.symlink(folder, os.path.join(out, "report", "folder"))
    tries = ["/report/../../secret.txt", "/report/%2e%2e/%2e%2e/secret.txt", "/report/..%2f..%2fsecret.txt",
             "/report/%252e%252e/secret.txt", "/report/..%5c..%5csecret.txt", "//secret.txt", "/report//etc/passwd",
             "/report/%00", "/report/link.txt", "/report/folder/secret.txt", "/../secret.txt", "/report/./index.html",
             "/v1/jobs/..%2f..%2fsecret.txt", "/v1/runs/..%2f..", "/v1/runs/%2e%2e/log", "/catalog.ndjson", "/lock",
             "/v1/jobs/%00/result", "/report/%ff%fe"]
    with Server(binary, out) as server:
        assert server.request("GET", "/report/index.html")[2] == b"the report"
        for path in tries:
            status, _, body = server.request("GET", path)
            assert status in (400, 404) and b"secret" not in body and b"root:" not in body, (path, status, body)


def raw(server, data, seconds=20):
    """What comes back for these bytes, up to the end of the connection; None when it does not end in time."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(seconds)
        connection.sendall(data)
        answer = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    return answer
                answer += piece
        except ConnectionResetError:
            return answer
        except TimeoutError:
            return None


def check_the_client_of_the_documentation_ends_with_its_job(binary, folder):
    two_jobs(folder)
    examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")
    with open(os.path.join(examples, "protocol.md"), encoding="utf-8") as file:
        page = file.read()
    for name, language in [("client.py", "python"), ("client.js", "javascript")]:
        with open(os.path.join(examples, "examples", name), encoding="utf-8") as file:
            assert f"```{language}\n{file.read()}```" in page, f"docs/protocol.md shows another {name}"
    with Server(binary, folder, "--paused") as server:
        client = os.path.join(examples, "examples/client.py")
        for path, end in [("a.mp4", "completed"), ("b.mp4", "error")]:
            server.put("/v1/replay", {"at": 0.05, "playing": False})
            with subprocess.Popen([sys.executable, client, server.ws, job_id(path)], stdout=subprocess.PIPE) as process:
                said = [process.stdout.readline()]
                server.put("/v1/replay", {"playing": True})
                said = b"".join(said + process.stdout.readlines()).decode().split("\n")
            assert process.returncode == 0 and said[0].endswith(" %") and said[-2:] == [end, ""], said
            assert ("100 %" in said) == (end == "completed"), said


def check_rude_connections_are_ended(binary, folder):
    two_jobs(folder)
    with Server(binary, folder) as server:
        host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        upgrade = (b"GET /ws/jobs/" + job_id("a.mp4").encode() + b" HTTP/1.1\r\n" + host
                   + b"Upgrade: websocket\r\nConnection: Upgrade\r\n" + key + b"\r\n")
        giant = upgrade + struct.pack(">BBQ4s", 0x81, 0xff, 1 << 30, b"abcd")
        answer = raw(server, giant)
        assert answer is not None and b"101" in answer.split(b"\r\n")[0] and answer.endswith(struct.pack(">H", 1009))
        answer = raw(server, b"GET /health HTTP/1.1\r\n" + host + b"X: " + b"x" * 70000 + b"\r\n\r\n")
        assert answer is not None and answer.split(b" ")[1] in (b"400", b"431"), answer
        for slow in [b"", b"GET /health HTTP/1.1\r\n" + host, b"rubbish\r\n\r\n"]:
            assert raw(server, slow) is not None, slow
        twice = b"GET /health HTTP/1.1\r\n" + host + b"Host: evil.example\r\nConnection: close\r\n\r\n"
        assert raw(server, twice).split(b" ")[1] == b"400"
        assert server.request("GET", "/health")[0] == 200


def check_a_taken_port_is_a_clear_error(binary, folder):
    two_jobs(folder)
    with Server(binary, folder) as server:
        try:
            Server(binary, folder, port=server.port).stop()
        except RuntimeError as error:
            assert str(server.port) in str(error) and "in use" in str(error).lower(), error
            return
        raise AssertionError("two servers on one port")


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]

if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(64)
    sys.exit(Checks(sys.argv[1]).run(CHECKS, sys.argv[2:]))
