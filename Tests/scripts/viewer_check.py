#!/usr/bin/env python3
"""Uses the replay viewer in a headless Chromium as people do: from a disk, and served by the built binary.

usage: viewer_check.py BINARY [WORD…]      only the checks whose name has a word
       viewer_check.py BINARY --measure    how fast 400,000 events of 10,000 videos are
       viewer_check.py BINARY --shots DIR  pictures of several widths, light and dark, of a run of the samples

Prints a line a check. Exit status: 0 all hold, 1 one does not, 2 the browser is missing.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time

import cluster
from browser import Browser, chromium
from replay_server import Checks, MadeRun, Server, job_id, stamp, wait

HOSTILE = "</script><img src=x onerror=\"window.harmed = 1\"><script>harmed = 1</script>\u202egpj.mp4"
BLOCKED = """window.WebSocket = class {
  constructor() { setTimeout(() => { this.onclose && this.onclose({}); }, 5); }
  send() {} close() {}
};"""


def text(page, name):
    return page.evaluate(f"document.getElementById({json.dumps(name)}).textContent")


def seconds(clock):
    """`1:02:03.4` in seconds."""
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total


def choose(page, path):
    page.evaluate(f"[...document.querySelectorAll('#job-list .job')].find((row) => "
                  f"row.querySelector('.path').textContent === {json.dumps(path)}).click()")
    page.wait(f"document.getElementById('subject').textContent === {json.dumps(path)}")


def speed(page, value):
    page.evaluate(f"(() => {{ const select = document.getElementById('speed'); select.value = {json.dumps(value)};"
                  " select.dispatchEvent(new Event('change')); })()")


def server_clock(page, run):
    return page.evaluate(f"fetch('v1/runs/{run}/replay').then((answer) => answer.json())")


def night(folder):
    """A run with a gap, a failure, a retry, a second pass, a skipped video and a hostile name."""
    run = MadeRun(folder)
    run.begin(3)
    run.skip("known.mp4")
    run.plan("cam1/a.mp4", HOSTILE, "b.mp4")
    run.skip_many(3)
    run.start("cam1/a.mp4")
    run.start(HOSTILE, total=0)
    for frame in range(1, 101, 3):
        run.progress("cam1/a.mp4", frame, after=100)
        run.progress(HOSTILE, frame, total=0, after=40)
    run.progress("cam1/a.mp4", 100, after=100)
    run.complete("cam1/a.mp4", frames=4)
    run.emit({"type": "job_retry", "job_id": job_id(HOSTILE), "try": 2, "reason": "no frame for 60 s"}, 60_000)
    run.emit({"job_id": job_id(HOSTILE), "current_frame": 40, "total_frames": 200, "percent": 60,
              "current_tool": "plug/<radar>", "tools_total": 2, "tools_completed": 1}, 1000)
    run.fail(HOSTILE, "decode: worker killed by SIGSEGV at frame 40; <b>see</b> the log", after=700)
    run.start("b.mp4")
    for frame in range(1, 101, 4):
        run.progress("b.mp4", frame, after=100)
    run.progress("b.mp4", 100)
    run.complete("b.mp4")
    run.finish(3)
    return run


def report(binary, run):
    subprocess.run([binary, "report", run.folder, "--run", run.run], check=True, stdout=subprocess.DEVNULL)
    return "file://" + os.path.join(run.folder, "report", "replay.html")


def loaded(page):
    page.wait("/^[0-9,]+ of/.test(document.getElementById('event-count').textContent)"
              " && !/\\d read/.test(document.getElementById('run-facts').textContent)")


# From a disk.

def check_from_a_file_every_line_is_shown_as_it_stands_in_the_log(binary, folder):
    run = night(folder)
    with Browser() as browser, browser.page() as page:
        page.open(report(binary, run))
        loaded(page)
        page.key("Home")
        page.wait("document.getElementById('at').textContent === '0:00.0'")
        # The first six lines, all before the first start, are of the same millisecond.
        page.wait("document.getElementById('event-count').textContent.startsWith('6 of ')")
        assert "Skipped4" in text(page, "facts"), text(page, "facts")
        for left in range(5, 0, -1):
            page.key(",")
            page.wait(f"document.getElementById('event-count').textContent.startsWith('{left} of ')")
        shown = []
        for row in range(len(run.lines())):
            if row:
                page.key(".")
            page.wait(f"document.getElementById('event-count').textContent.startsWith('{row + 1} of ')")
            shown.append(text(page, "raw"))
        assert shown == run.lines(), [each for each in zip(shown, run.lines()) if each[0] != each[1]][:1]
        page.key(",")
        page.wait(f"document.getElementById('raw').textContent === {json.dumps(run.lines()[-2])}")
        assert page.errors == [], page.errors


def check_from_a_file_it_plays_seeks_and_jumps_gaps(binary, folder):
    run = night(folder)
    with Browser() as browser, browser.page() as page:
        page.open(report(binary, run))
        loaded(page)
        end = seconds(text(page, "at"))
        assert abs(end - run.clock / 1000) < 0.06, end
        assert text(page, "badge") == "■ Static copy"
        # At its end, play begins anew.
        page.key(" ")
        page.wait("document.getElementById('play').title.startsWith('Pause')")
        page.wait("parseFloat(document.getElementById('at').textContent.slice(2)) > 0.5")
        page.key(" ")
        stands = seconds(text(page, "at"))
        assert 0.4 < stands < 20, stands
        for key, shift, share, more in (
                ("5", False, 0.5, 0), ("ArrowLeft", False, 0.5, -5), ("ArrowRight", False, 0.5, 0),
                ("ArrowRight", True, 0.6, 0), ("0", False, 0, 0)):
            page.key(key, shift)
            wanted = end * share + more
            page.wait(f"Math.abs({wanted} - document.getElementById('at').textContent.split(':')"
                      ".reduce((sum, part) => 60 * sum + Number(part), 0)) < 0.06")
        # A gap of a minute is over after 5 s, here at 16 times the speed.
        speed(page, "16")
        page.key(" ")
        assert page.wait("document.getElementById('state').textContent.includes('finished')") < 15
        page.key("<")
        page.wait("document.getElementById('speed').value === '8'")
        # A press in the middle of the bar.
        box = page.evaluate("(() => { const box = document.getElementById('scrubber').getBoundingClientRect();"
                            " return [box.left + box.width / 2, box.top + box.height / 2]; })()")
        page.click(*box)
        page.wait("document.getElementById('state').textContent.includes('running')")
        assert page.errors == [], page.errors


def check_from_a_file_e_jumps_to_the_failure_and_a_link_comes_back_to_it(binary, folder):
    run = night(folder)
    address = report(binary, run)
    failure = next(line for line in run.lines() if '"status":"error"' in line)
    with Browser() as browser, browser.page() as page:
        page.open(address)
        loaded(page)
        page.key("0")
        page.key("e")
        page.wait(f"document.getElementById('raw').textContent === {json.dumps(failure)}")
        page.wait("document.getElementById('state').textContent === '✕ failed'")
        assert "SIGSEGV at frame 40; <b>see</b>" in text(page, "error")
        assert "\\u{202e}" in text(page, "subject"), text(page, "subject")
        assert "40 of 200" in text(page, "facts") and "2 of 2" in text(page, "facts"), text(page, "facts")
        link, moment = page.evaluate("location.hash"), text(page, "at")
        assert f"run={run.run}" in link and f"job={job_id(HOSTILE)}" in link and "t=" in link, link

        page.open(address + link)
        page.wait(f"document.getElementById('raw').textContent === {json.dumps(failure)}")
        assert text(page, "at") == moment and text(page, "state") == "✕ failed"
        page.open(f"{address}#run={run.run}&job={job_id('cam1/a.mp4')}&t=2&speed=4")
        page.wait("document.getElementById('subject').textContent === 'cam1/a.mp4'")
        page.wait("document.getElementById('at').textContent === '0:02.0'")
        page.wait("document.getElementById('speed').value === '4'")
        page.key("[")
        page.wait("document.getElementById('raw').textContent.includes('job_started')")
        page.open(f"{address}#run=20200101T000000Z-nobody&t=1")
        page.wait("document.getElementById('notice').textContent.includes('There is no run 20200101T000000Z-nobody')")
        assert page.errors == [], page.errors


def check_from_a_file_no_name_runs_a_script_and_results_are_linked(binary, folder):
    run = night(folder)
    with Browser() as browser, browser.page() as page:
        page.open(report(binary, run))
        loaded(page)
        choose(page, "cam1/a.mp4")
        page.wait("document.getElementById('results').textContent.includes('Verdict')")
        assert "4" in text(page, "result-facts")
        links = page.evaluate("[...document.querySelectorAll('#result-links a')].map((link) => link.href)")
        for link in links:
            assert os.path.exists(link.removeprefix("file://")), link
        assert len(links) == 2, links
        page.key("Escape")
        page.wait("document.getElementById('subject').textContent === 'Whole run'")
        assert page.evaluate("window.harmed === undefined && document.images.length === 0")
        assert page.errors == [], page.errors


def check_from_a_file_what_a_reader_has_to_tolerate(binary, folder):
    run = night(folder)
    with open(run.log, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    with open(run.log, "wb") as file:
        file.write(b"".join(lines[:20]) + b"not JSON\n\xff\xfe\n[1]\n" + b"".join(lines[20:-2]) + b'{"job_id":"torn')
    with Browser() as browser, browser.page() as page:
        page.open(report(binary, run))
        loaded(page)
        assert text(page, "state") == "✕ interrupted", text(page, "state")
        assert "Unreadable lines3" in text(page, "run-facts"), text(page, "run-facts")
        choose(page, "b.mp4")
        page.wait("document.getElementById('state').textContent === '✕ failed'")
        assert text(page, "error").startswith("interrupted: ")
        page.key("Home")
        page.key("e")
        page.wait("document.getElementById('error').textContent.includes('SIGSEGV')")
        page.key("e")
        page.wait("document.getElementById('state').textContent === '✕ interrupted'")
        # What is saved is the log, byte for byte, but for the torn line.
        saved = page.evaluate("""new Promise((saved) => {
          URL.createObjectURL = (blob) => { blob.arrayBuffer().then((bytes) =>
            saved([...new Uint8Array(bytes)].map((byte) => String.fromCharCode(byte)).join(''))); return '#'; };
          document.getElementById('download').click();
        })""")
        with open(run.log, "rb") as file:
            assert saved.encode("latin-1") == file.read().removesuffix(b'{"job_id":"torn')
        assert page.errors == [], page.errors


def check_from_a_file_it_is_usable_by_keyboard_and_on_a_narrow_screen(binary, folder):
    run = night(folder)
    with Browser() as browser, browser.page() as page:
        page.open(report(binary, run))
        loaded(page)
        for width, height in ((1440, 900), (1024, 768), (390, 844), (320, 640)):
            page.resize(width, height)
            page.wait(f"innerWidth === {width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        page.resize(1440, 900)
        page.evaluate("document.getElementById('job-list').focus()")
        page.key("ArrowDown")
        page.key("ArrowDown")
        page.wait("document.getElementById('subject').textContent === 'cam1/a.mp4'")
        option = "document.getElementById(document.getElementById('job-list').getAttribute('aria-activedescendant'))"
        page.wait(f"{option}.getAttribute('aria-selected') === 'true'")
        assert page.evaluate(f"{option}.getAttribute('aria-posinset')") == "2"
        page.key("?")
        page.wait("document.getElementById('help').open")
        page.key("Escape")
        page.wait("!document.getElementById('help').open")
        assert text(page, "subject") == "cam1/a.mp4"
        unnamed = page.evaluate("""[...document.querySelectorAll('button, select, input, a[href], [role]')]
            .filter((each) => each.checkVisibility())
            .filter((each) => !['status', 'group', 'presentation'].includes(each.getAttribute('role')))
            .filter((each) => !(each.getAttribute('aria-label') ?? each.textContent ?? '').trim()
                && !each.getAttribute('aria-labelledby') && !each.labels?.length).map((each) => each.outerHTML)""")
        assert unnamed == [], unnamed
        slider = page.evaluate("document.getElementById('scrubber').getAttribute('aria-valuetext')")
        assert " of " in slider, slider
        assert page.errors == [], page.errors


# Served.

def check_served_it_plays_with_the_servers_clock_and_comes_to_the_result(binary, folder):
    run = night(folder)
    with (Server(binary, folder, "--speed", "8", "--max-idle", "5s") as server,
          Browser() as browser, browser.page() as page):
        page.open(server.http + "/")
        page.wait("document.querySelectorAll('#job-list .job').length === 4")
        choose(page, "cam1/a.mp4")
        page.wait("document.getElementById('badge').textContent === '● Live'")
        page.wait("document.getElementById('state').textContent === '● completed'")
        page.wait("document.getElementById('result-facts').textContent.includes('Frames4')")
        links = page.evaluate("[...document.querySelectorAll('#result-links a')].map((link) => link.pathname)")
        assert f"/v1/jobs/{job_id('cam1/a.mp4')}/result" in links, links
        # What is done here moves the one clock.
        page.key("2")
        page.key(" ")
        here = seconds(text(page, "at"))
        wait(lambda: server.get("/v1/replay")[1]["playing"] is False)
        clock = server.get("/v1/replay")[1]
        assert abs(clock["at"] - here) < 0.6 and clock["speed"] == 8, (clock, here)
        page.wait("document.getElementById('state').textContent !== '● completed'"
                  " || document.getElementById('percent').textContent === '100 %'")
        # And the clock, moved by others, moves what is seen.
        server.put("/v1/replay", {"at": 1.5, "speed": 2})
        page.wait("document.getElementById('at').textContent === '0:01.5'")
        page.wait("document.getElementById('state').textContent === '◐ running'")
        page.wait("document.getElementById('speed').value === '2'")
        server.put("/v1/replay", {"speed": 64, "playing": True})
        page.wait("document.getElementById('state').textContent === '● completed'")
        assert page.errors == [], page.errors


def check_served_a_job_of_three_passes_says_which_tool_it_is_at(binary, folder):
    run = MadeRun(folder)
    run.begin(1)
    run.plan("a.mp4")
    run.start("a.mp4", total=4)
    for done, tool in enumerate(["forgebatch/frames", "people/people", "shots/<b>"]):
        for frame in range(1, 5):
            run.progress("a.mp4", frame, total=4, after=1000, percent=100 * (4 * done + frame) // 12,
                         current_tool=tool, tools_total=3, tools_completed=done)
    run.complete("a.mp4")
    run.finish()
    with Server(binary, folder, "--paused") as server, Browser() as browser, browser.page() as page:
        page.open(server.http + "/")
        page.wait("document.querySelectorAll('#job-list .job').length === 1")
        choose(page, "a.mp4")
        for at, percent, told in [(2.5, 16, "1 of 3, forgebatch/frames"), (6.5, 50, "2 of 3, people/people"),
                                  (12.5, 100, "3 of 3, shots/<b>")]:
            server.put("/v1/replay", {"at": at})
            page.wait(f"document.getElementById('facts').textContent.includes({json.dumps('Tool' + told)})")
            page.wait(f"document.getElementById('percent').textContent === '{percent} %'")
        assert page.errors == [], page.errors


def check_served_a_gap_that_the_server_would_play_is_jumped_for_all(binary, folder):
    run = night(folder)
    with Server(binary, folder) as server, Browser() as browser, browser.page() as page:
        page.open(f"{server.http}/#t=4.8&speed=2")
        page.wait("document.getElementById('at').textContent === '0:04.8'")
        loaded(page)
        page.key(" ")
        seen = []
        wait(lambda: seen.append(server.get("/v1/replay")[1]["at"]) or seen[-1] > 64.5)
        # Played to its end it lasts half a minute, and is looked at many times.
        assert not [at for at in seen if 10 < at < 60], seen
        page.wait("document.getElementById('state').textContent === '✕ finished, 1 failed'")
        assert page.errors == [], page.errors


def check_served_without_sockets_it_polls_and_comes_to_completed(binary, folder):
    run = night(folder)
    with (Server(binary, folder, "--speed", "4", "--max-idle", "5s") as server,
          Browser() as browser, browser.page() as page):
        page.before_scripts(BLOCKED)
        page.open(f"{server.http}/#job={job_id('b.mp4')}")
        page.wait("document.getElementById('badge').textContent === '○ Polling'")
        page.wait("document.getElementById('state').textContent === '◐ running'")
        page.wait("document.getElementById('state').textContent === '● completed'", 60)
        page.wait("document.getElementById('result-facts').textContent.includes('Frames4')")
        assert text(page, "badge") == "○ Polling"
        assert page.errors == [], page.errors


def check_served_a_link_moves_the_server_to_its_moment(binary, folder):
    run = night(folder)
    with Server(binary, folder) as server, Browser() as browser, browser.page() as page:
        page.open(f"{server.http}/#run={run.run}&job={job_id(HOSTILE)}&t=2.5&speed=4")
        page.wait("document.getElementById('at').textContent === '0:02.5'")
        wait(lambda: server.get("/v1/replay")[1]["at"] == 2.5)
        clock = server.get("/v1/replay")[1]
        assert clock["speed"] == 4 and clock["playing"] is False, clock
        assert page.evaluate("window.harmed === undefined")
        assert page.errors == [], page.errors


def check_served_killed_and_restarted_it_takes_its_moment_along(binary, folder):
    run = night(folder)
    server = Server(binary, folder, "--max-idle", "5s")
    port = server.port
    with Browser() as browser, browser.page() as page:
        try:
            page.open(f"{server.http}/")
            page.wait("document.querySelectorAll('#job-list .job').length === 4")
            choose(page, "b.mp4")
            page.wait("document.getElementById('badge').textContent === '● Live'")
            page.key("9")
            server.process.kill()
            server.process.wait()
            page.wait("document.getElementById('badge').textContent === '○ Polling'")
            page.wait("!document.getElementById('notice').hidden")
            assert page.evaluate("document.getElementById('play').title.startsWith('Pause')")
            page.key(" ")
            here = seconds(text(page, "at"))
            server.stop()
            server = Server(binary, folder, port=port)
            taken = page.wait("document.getElementById('badge').textContent === '● Live'"
                              " && document.getElementById('notice').hidden")
            wait(lambda: abs(server.get("/v1/replay")[1]["at"] - here) < 0.1)
            assert server.get("/v1/replay")[1]["playing"] is False
            assert seconds(text(page, "at")) == here
            print(f"      back {taken:.1f} s after the server was")
        finally:
            server.stop()


def check_served_a_growing_run_is_followed_over_a_restart(binary, folder):
    run = MadeRun(folder)
    run.begin(2)
    stop = threading.Event()

    def grow():
        run.start("live.mp4", total=100_000)
        frame = 0
        while not stop.is_set():
            frame += 1
            run.progress("live.mp4", frame, total=100_000, after=50)
            time.sleep(0.05)
        run.progress("live.mp4", 100_000, total=100_000)
        run.complete("live.mp4")
        run.finish()

    writer = threading.Thread(target=grow)
    writer.start()
    server = Server(binary, folder)
    port = server.port
    try:
        with Browser() as browser, browser.page() as page:
            page.open(f"{server.http}/#job={job_id('live.mp4')}")
            page.wait("document.getElementById('live').getAttribute('aria-pressed') === 'true'")
            page.wait("document.getElementById('badge').textContent === '● Live'")
            first = page.evaluate("document.getElementById('event-count').textContent")
            page.wait(f"document.getElementById('event-count').textContent !== {json.dumps(first)}")
            # Looked back, while it grows; and live again.
            page.key("Home")
            page.wait("document.getElementById('live').getAttribute('aria-pressed') === 'false'"
                      " && document.getElementById('at').textContent === '0:00.0'")
            page.key("l")
            page.wait("document.getElementById('live').getAttribute('aria-pressed') === 'true'")
            assert page.errors == [], page.errors

            server.process.kill()
            server.process.wait()
            page.wait("document.getElementById('badge').textContent === '○ Polling'")
            before = len(run.lines())
            wait(lambda: len(run.lines()) > before + 10)
            server.stop()
            server = Server(binary, folder, port=port)
            taken = page.wait("document.getElementById('badge').textContent === '● Live'")
            print(f"      back {taken:.1f} s after the server was")
            stop.set()
            writer.join()
            page.wait("document.getElementById('state').textContent === '● completed'")
            page.wait("document.getElementById('live').hidden")
            # Nothing was missed and nothing came twice.
            count = len(run.lines())
            page.wait(f"document.getElementById('event-count').textContent === '{count:,} of {count:,}'")
            # The report comes last of all.
            assert page.evaluate("document.getElementById('report').hidden")
            report(binary, run)
            page.wait("!document.getElementById('report').hidden")
    finally:
        stop.set()
        writer.join()
        server.stop()


def check_served_several_runs_can_be_chosen(binary, folder):
    night(folder)
    older = MadeRun(folder, run="20250101T000000Z-aaaaaa")
    older.begin(1)
    older.start("old.mp4")
    older.progress("old.mp4", 100)
    older.complete("old.mp4", content="old")
    older.finish()
    with Server(binary, folder) as server, Browser() as browser, browser.page() as page:
        page.open(server.http + "/")
        page.wait("document.getElementById('run-choice').options.length === 2")
        page.wait("document.querySelectorAll('#job-list .job').length === 4")
        page.evaluate("(() => { const choice = document.getElementById('run-choice');"
                      f" choice.value = {json.dumps(older.run)}; choice.dispatchEvent(new Event('change')); }})()")
        page.wait(f"document.getElementById('run').textContent === 'Run {older.run}'")
        page.wait("document.querySelectorAll('#job-list .job').length === 1")
        assert page.errors == [], page.errors
        page.open(f"{server.http}/#run={older.run}&job={job_id('old.mp4')}&t=0.01")
        page.wait("document.getElementById('subject').textContent === 'old.mp4'")
        assert page.errors == [], page.errors


def check_served_a_newer_run_is_offered_and_a_wall_turns_to_it(binary, folder):
    """From a folder in which no run has begun."""
    os.makedirs(os.path.join(folder, "runs"))
    with Server(binary, folder) as server, Browser() as browser, browser.page() as page:
        page.open(server.http + "/")
        page.wait("document.getElementById('notice').textContent.includes('no run in this folder yet')")
        first = MadeRun(folder, run="20260226T010203Z-aaaaaa")
        first.begin(2)
        first.plan("a.mp4", "b.mkv")
        page.wait(f"document.getElementById('run').textContent === 'Run {first.run}'")
        page.wait("document.querySelectorAll('#job-list .job.pending').length === 2")
        first.start("a.mp4")
        first.progress("a.mp4", 100)
        first.complete("a.mp4")
        first.start("b.mkv", total=0, estimated_total=200)
        first.progress("b.mkv", 50, total=0)
        choose(page, "b.mkv")
        page.wait("document.getElementById('percent').textContent === '~25 %'")
        assert "50 of about 200" in text(page, "facts"), text(page, "facts")
        first.progress("b.mkv", 210, total=210)
        first.complete("b.mkv")
        first.finish()
        page.wait("document.getElementById('percent').textContent === '100 %'")
        assert not page.evaluate("document.getElementById('newer').checkVisibility()")

        second = MadeRun(folder, run="20260227T010203Z-bbbbbb")
        second.begin(1)
        second.plan("c.mp4")
        second.skip_many(2)
        page.wait("document.getElementById('newer').checkVisibility()")
        assert text(page, "run") == f"Run {first.run}"
        # With a choice of runs the page has to fit a narrow screen, too, and the run's name stays on a line or two.
        for width in (1440, 390, 320):
            page.resize(width, 844)
            page.wait(f"innerWidth === {width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
            assert page.evaluate("document.getElementById('run').offsetHeight") < 70, width
        page.resize(1440, 900)
        page.evaluate("document.getElementById('watch-newer').click()")
        page.wait(f"document.getElementById('run').textContent === 'Run {second.run}'")
        page.wait("document.querySelectorAll('#job-list .job.pending').length === 1")
        page.wait("document.getElementById('facts').textContent.includes('Skipped2')")
        assert not page.evaluate("document.getElementById('newer').checkVisibility()")
        second.finish()

        page.open(server.http + "/#run=latest")
        page.wait(f"document.getElementById('run').textContent === 'Run {second.run}'")
        third = MadeRun(folder, run="20260228T010203Z-cccccc")
        third.begin(1)
        third.plan("d.mp4")
        page.wait(f"document.getElementById('run').textContent === 'Run {third.run}'")
        assert page.evaluate("location.hash").startswith("#run=latest"), page.evaluate("location.hash")
        assert page.errors == [], page.errors


def check_served_a_run_in_shards_is_followed_until_it_is_joined(binary, folder):
    videos, out = os.path.join(folder, "videos"), os.path.join(folder, "out")
    cluster.library(videos, 3, 50)
    plan, run = cluster.plan(binary, videos, out, 2)
    state = "document.getElementById('state').textContent"
    servers = [Server(binary, out)]
    with Browser() as browser, browser.page() as page:
        try:
            page.open(servers[0].http + "/")
            page.wait("document.querySelectorAll('#job-list .job.pending').length === 4")
            page.wait("document.getElementById('live').getAttribute('aria-pressed') === 'true'")
            cluster.run(binary, "run", "--plan", plan, "--shard", "0", expect=(0, 3))
            page.wait("document.querySelectorAll('#job-list .job.pending').length === 2")
            assert text(page, "state") == "◐ running", text(page, "state")
            # Another server has other numbers for the same lines, of which the page takes all.
            assert page.errors == [], page.errors
            servers[0].stop()
            page.wait("document.getElementById('badge').textContent === '○ Polling'")
            servers.append(Server(binary, out, port=servers[0].port))
            page.wait("document.getElementById('badge').textContent === '● Live'")
            page.errors.clear()
            cluster.run(binary, "run", "--plan", plan, "--shard", "1", expect=(0, 3))
            page.wait(f"{state} === '✕ done, not joined, 1 failed'")
            count = servers[1].request("GET", f"/v1/runs/{run}/log")[2].count(b"\n")
            page.wait(f"document.getElementById('event-count').textContent === '{count} of {count}'")
            assert "forgebatch merge" in text(page, "facts"), text(page, "facts")
            assert text(page, "percent") == "100 %" and page.evaluate("document.getElementById('error').hidden")
            page.wait("document.getElementById('run-facts').textContent.includes('not joined')")
            # One error: the video's, not the end of the log.
            page.key("e")
            page.wait("document.getElementById('subject').textContent === 'broken.mp4'")
            page.evaluate("[...document.querySelectorAll('#event-filters button')].find((button) => "
                          "button.textContent.startsWith('Notable')).click()")
            page.wait("document.getElementById('event-table').textContent.includes('of 2 on ')")
            page.key("End")
            page.evaluate("document.getElementById('whole-run').click()")
            cluster.run(binary, "merge", out, expect=(3,))
            page.wait(f"{state} === '✕ finished, 1 failed'")
            page.wait("document.getElementById('run-facts').textContent.includes('finished')")
            # The socket of the video that was looked at for a moment may not have been open yet.
            errors = [error for error in page.errors if "before the connection is established" not in error]
            assert errors == [], errors
        finally:
            for server in servers:
                server.stop()


# What is not a check.

def check_served_the_client_of_the_documentation_ends_with_its_job(binary, folder):
    night(folder)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples/client.js"),
              encoding="utf-8") as file:
        client = file.read()
    with Server(binary, folder, "--from", "100000") as server, Browser() as browser, browser.page() as page:
        page.open(server.http)
        for path, end in [("cam1/a.mp4", "completed"), (HOSTILE, "error")]:
            heard = page.evaluate(f"""(() => {{ {client}
              return new Promise((done) => {{
                const heard = [];
                follow({json.dumps(server.ws)}, {json.dumps(job_id(path))}, (text) => {{
                  heard.push(text);
                  if (!text.endsWith("%")) done(heard);
                }});
              }});
            }})()""")
            assert heard[-1] == end, heard


def crowd(folder, jobs=10_000, events=400_000):
    """A night of many videos, as a log alone."""
    numbers = random.Random(7)
    run = MadeRun(folder)
    steps = events // jobs - 2
    clock = 0
    with open(run.log, "w", encoding="utf-8") as file:
        def emit(event):
            nonlocal clock
            clock += numbers.choice((5, 20, 40, 60)) if numbers.random() < 0.9999 else 40_000
            run.clock, run.seq = clock, run.seq + 1
            file.write(json.dumps({**event, "ts": stamp(clock), "seq": run.seq}, separators=(",", ":")) + "\n")

        emit({"type": "run_started", "run_id": run.run, "version": "0", "jobs": jobs, "settings": "s"})
        for number in range(jobs):
            path, total = f"cam{number % 40:02d}/clip-{number:05d}.mp4", numbers.randint(200, 9000)
            job = job_id(path)
            emit({"type": "job_started", "job_id": job, "path": path, "total_frames": total, "size": 5})
            for step in range(1, steps + 1):
                frame = total * step // steps
                emit({"job_id": job, "current_frame": frame, "total_frames": total, "percent": 100 * frame // total})
            if number % 97 == 96:
                emit({"status": "error", "job_id": job, "message": f"{path}: worker killed by SIGSEGV"})
            else:
                emit({"status": "completed", "job_id": job})
        emit({"type": "run_finished", "counts": {}, "exit_status": 3})
    with open(os.path.join(run.path, "run.json"), "w", encoding="utf-8") as file:
        json.dump({"schema": "forgebatch/run/1", "run_id": run.run, "jobs": []}, file)
    run.age()
    return run


SEEK = """(async () => {
  const times = [];
  for (const key of '5273819046') {
    const begun = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await new Promise((drawn) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = drawn;
      port2.postMessage(0);
    }));
    times.push(Math.round(performance.now() - begun));
  }
  return times;
})()"""


def measure(binary, folder):
    run = crowd(folder)
    begun = time.monotonic()
    address = report(binary, run)
    print(f"{run.seq:,} events; the report took {time.monotonic() - begun:.1f} s")
    with Server(binary, folder) as server, Browser() as browser, browser.page() as page:
        for name, url in (("from a file", address), ("served", server.http + "/#t=1")):
            begun = time.monotonic()
            page.open(url)
            usable = page.wait("document.querySelectorAll('#job-list .job').length > 5") and time.monotonic() - begun
            loaded(page)
            whole = time.monotonic() - begun
            print(f"{name}: usable after {usable:.2f} s, all read after {whole:.2f} s; seeks, to the frame drawn, ms: "
                  f"{page.evaluate(SEEK)}; heap {page.evaluate('performance.memory.usedJSHeapSize') / 1e6:.0f} MB")


def shots(binary, target):
    os.makedirs(target, exist_ok=True)
    samples = os.path.join(os.path.dirname(__file__), "..", "..", "samples")
    output = os.path.join(target, "out")
    subprocess.run([binary, "run", samples, "-o", output, "--force", "--quiet"], check=False)
    address = "file://" + os.path.join(os.path.abspath(output), "report", "replay.html")
    with Browser() as browser, browser.page() as page:
        for dark in (False, True):
            page.theme(dark)
            for width, height in ((1440, 900), (1024, 768), (390, 844)):
                page.resize(width, height)
                page.open(address)
                loaded(page)
                page.screenshot(f"{target}/end-{width}-{'dark' if dark else 'light'}.png")
                page.key("e")
                page.wait("document.getElementById('state').textContent === '✕ failed'")
                page.screenshot(f"{target}/error-{width}-{'dark' if dark else 'light'}.png")


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    if not chromium():
        print("viewer_check: no Chromium; make deps-test installs it", file=sys.stderr)
        return 2
    binary, *words = arguments
    checks = Checks(binary)
    if words[:1] == ["--measure"]:
        return checks.run([measure], [])
    if words[:1] == ["--shots"]:
        shots(binary, words[1])
        return 0
    return checks.run([each for name, each in globals().items() if name.startswith("check_")], words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
