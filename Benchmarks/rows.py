"""The sections of the benchmark: what each row compares."""

import json
import os
import shutil
import statistics
import subprocess
import time

from measuring import ONE, ROOT, Failed, Missing, measure, name, ratio, said, total, videos

LONG = 700
HD_GOALS = {"b1-montage-1080p.mp4": 1.18, "b3-camera-1080p.mp4": 1.25, "b5-animation-720p.mp4": 1.35}


def each(bench, files):
    """Rounds of decoding, the default set and PySceneDetect for each file in turn, all on one CPU."""
    detector = os.path.join(bench.peers, "scenedetect") if bench.has_peers("scenedetect") else None
    if detector is None:
        bench.skip("P4, no scenedetect in .venv-bench; install the peers with `make bench-peers`")

    def sides(file):
        found = {
            "decode": lambda: bench.theirs(bench.decode([file]), pinned=True),
            "ours": lambda: bench.ours(*ONE, files=[file], pinned=True),
        }
        if detector:
            command = [[detector, "-q", "-i", file, "detect-content", "list-scenes", "-n"]]
            found["peer"] = lambda: bench.theirs(command, pinned=True)
        return found

    return bench.in_turn(5, {file: sides(file) for file in files})


def of(found, file):
    return [one[file] for one in found]


def whole(found, files):
    sides = next(iter(found[0].values()))
    return [{side: total([one[file][side] for file in files]) for side in sides} for one in found]


def hd_set(bench):
    if not bench.hd:
        raise Missing(f"no videos in {bench.folder}; make some with `make bench-videos`")
    found = each(bench, bench.hd)
    together = whole(found, bench.hd)
    bench.compare("P1", "HD set, CPU: run, default tools, with report / decoding", together, goal=("<=", 1.25))
    for file in bench.hd:
        goal = HD_GOALS.get(name(file))
        bench.compare("P1", name(file), of(found, file), goal=goal and ("<=", goal))
    if "peer" in together[0]:
        bench.compare(
            "P4", "HD set, CPU: PySceneDetect detect-content / run, default tools", together, other="peer", inverse=True,
            goal=(">=", 1.4))
        for file in bench.hd:
            bench.compare("P4", name(file), of(found, file), other="peer", inverse=True)


def frames(file):
    """Packets of the video stream, which are its frames."""
    count = said([
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries", "stream=nb_read_packets",
        "-of", "csv=p=0", file])
    return int(count.strip(",")) if count.strip(",").isdigit() else 0


def sd_set(bench):
    if not bench.sd:
        raise Missing(f"no videos in {bench.folder}/sd; make some with `make bench-videos`")
    found = each(bench, bench.sd)
    ratios = [[ratio(one[file]["ours"]["cpu"], one[file]["decode"]["cpu"]) for file in bench.sd] for one in found]
    bench.add("P1", "median of the SD clips", [statistics.median(one) for one in ratios], goal=("<=", 1.9))
    bench.add("P1", "worst of the SD clips", [max(one) for one in ratios], goal=("<=", 2.6))
    for file in bench.sd:
        bench.compare("P1", name(file), of(found, file))
    if "peer" in found[0][bench.sd[0]]:
        for file in bench.sd:
            if frames(file) > LONG:
                bench.compare("P4", name(file), of(found, file), other="peer", inverse=True, goal=(">=", 1.3))


def first_tools(bench):
    found = bench.in_turn(2, {
        "decode": lambda: bench.theirs(bench.decode(bench.hd)),
        "ours": lambda: bench.ours(*ONE, "--tools", "luma,scene,black,freeze", files=bench.hd),
    })
    bench.compare("four", "CPU: run with luma, scene, black, freeze / decoding", found, goal=("<=", 1.15))


def no_tools(bench):
    found = bench.in_turn(2, {
        "decode": lambda: bench.theirs(bench.decode(bench.hd)),
        "ours": lambda: bench.ours(*ONE, "--tools", "none", "--no-stills", "--report", "none", files=bench.hd),
    })
    bench.compare("P3", "CPU: run without tools, stills and report / decoding", found, goal=("<=", 1.03))


def workers(bench):
    """All CPUs, and how much faster two workers are than one, beside ffmpeg's own."""
    cpus = len(os.sched_getaffinity(0))
    files = sorted(bench.hd, key=os.path.getsize, reverse=True)
    threads = ("--threads-per-job", "1")
    both = {
        "decode": lambda: bench.theirs(bench.decode(files), parallel=cpus),
        "ours": lambda: bench.ours(*threads, "--jobs", str(cpus), files=files),
    }
    bench.compare(
        "P2", f"wall: run on {cpus} CPUs / decoding on {cpus} CPUs, longest first", bench.in_turn(5, both), key="wall",
        goal=("<=", 1.25))
    found = bench.in_turn(2, {
        **both,
        "decode one": lambda: bench.theirs(bench.decode(files)),
        "run one": lambda: bench.ours(*ONE, files=files),
    })
    ours = [ratio(one["run one"]["wall"], one["ours"]["wall"]) for one in found]
    theirs = [ratio(one["decode one"]["wall"], one["decode"]["wall"]) for one in found]
    bench.add(
        "P8", f"speed-up from 1 to {cpus} workers / ffmpeg's own", [ratio(a, b) for a, b in zip(ours, theirs)],
        f"{statistics.median(ours):.2f}x", f"{statistics.median(theirs):.2f}x", goal=(">=", 0.95))


def memory(bench):
    """Peak memory on one file, and on the same ten times as long."""
    file = max(bench.hd, key=os.path.getsize)
    found = bench.in_turn(2, {
        "decode": lambda: bench.theirs(bench.decode([file])), "ours": lambda: bench.ours(*ONE, files=[file]),
    })
    bench.compare("P9", f"peak memory: a worker / ffmpeg decoding ({name(file)})", found, key="memory", goal=("<=", 1.15))
    small = min((file for file in bench.hd if file.endswith(".mp4")), key=os.path.getsize, default=file)
    longer = os.path.join(bench.scratch, "longer.mp4")
    measure([[
        "ffmpeg", "-v", "error", "-nostdin", "-y", "-stream_loop", "9", "-i", small, "-map", "0:v:0", "-c", "copy", longer]])
    found = bench.in_turn(2, {
        "decode": lambda: bench.ours(*ONE, files=[small]), "ours": lambda: bench.ours(*ONE, files=[longer]),
    })
    os.remove(longer)
    bench.compare("P10", f"peak memory: ten times as long / once ({name(small)})", found, key="memory", goal=("<=", 1.05))


def fixed_cost(bench):
    """What a file costs that has nothing in it: 100 files of one frame, wall clock, one worker."""
    folder = os.path.join(bench.scratch, "tiny")
    os.makedirs(folder, exist_ok=True)
    first = os.path.join(folder, "0.mp4")
    measure([["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=0.1", first]])
    count = 100
    for number in range(1, count):
        shutil.copy(first, os.path.join(folder, f"{number}.mp4"))
    found = bench.in_turn(3, {"ours": lambda: bench.ours("--jobs", "1", files=[folder])})
    bench.add(
        "P13", "ms a file, wall: 100 files of one frame, one worker", [one["ours"]["wall"] / count * 1000 for one in found],
        goal=("<=", 15), digits=1)


def stage_program(bench, *arguments):
    program = os.path.join(os.path.dirname(bench.binary), "Stages")
    if not os.path.exists(program):
        raise Missing("no Stages beside the binary; build it with `make bench`")
    process = subprocess.run([program, *arguments], capture_output=True, check=False)
    if process.returncode:
        raise Failed(f"Stages {' '.join(arguments)}: {process.stderr.decode(errors='replace').strip()}")
    return {key: float(value) for key, value in (line.split("\t") for line in process.stdout.decode().splitlines())}


def default_tools(bench):
    return [tool["id"] for tool in tools(bench) if tool["default"]]


def tools(bench):
    listed = said([bench.binary, "tools", "--json"])
    if not listed:
        raise Failed(f"{bench.binary} lists no tools")
    return json.loads(listed)["tools"]


def stages(bench):
    """Milliseconds of a frame that each stage takes, in one process; P12."""
    json_times = bench.in_turn(2, {"json": lambda: stage_program(bench, "json", bench.scratch)["json"]})
    bench.add(
        "P12", "ns: one frame's JSON with three objects", [one["json"] for one in json_times], goal=("<=", 1000), digits=0)
    chosen = ",".join(default_tools(bench))
    files = {"HD": bench.hd, "SD": bench.sd}
    found = bench.in_turn(2, {
        file: lambda file=file: stage_program(bench, "video", file, bench.scratch, chosen)
        for file in bench.hd + bench.sd
    })
    for group, members in files.items():
        medians = []
        for file in members:
            rounds = of(found, file)
            one = {stage: statistics.median(times[stage] for times in rounds) for stage in rounds[0]}
            medians.append(one)
            bench.stages.append({"group": group, "file": name(file), "stages": rounded(one)})
        if not medians:
            continue
        count = sum(one["frames"] for one in medians)
        mean = {
            stage: sum(one.get(stage, 0) * one["frames"] for one in medians) / count
            for stage in medians[0] if stage != "frames"
        }
        bench.stages.append({"group": group, "file": "all", "stages": rounded({"frames": count, **mean})})


def rounded(times):
    return {stage: round(value, 4) for stage, value in times.items()}


def tool_costs(bench):
    """What each tool costs by itself, as a multiple of decoding: also what `forgebatch tools` shows."""
    files = [next((file for file in bench.hd if "camera-1080p" in file), bench.hd[0])]
    costs = []
    for tool in tools(bench):
        alone = (*ONE, "--tools", tool["id"], "--no-stills", "--report", "none")
        found = bench.in_turn(3, {
            "decode": lambda: bench.theirs(bench.decode(files), pinned=True),
            "ours": lambda: bench.ours(*alone, files=files, pinned=True),
        })
        bench.compare("tool", f"{tool['id']}, CPU: run with it alone / decoding ({name(files[0])})", found)
        costs.append({
            "id": tool["id"], "version": tool["version"], "decode_ratio": round(bench.rows[-1]["median"], 2),
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
        })
    bench.costs = costs


def ffmpeg_filters(bench):
    """The measures that FFmpeg has filters for, at full size, on the first 300 frames of a 1080p video."""
    source = next((file for file in bench.hd if "1080p" in file), bench.hd[0])
    file = os.path.join(bench.scratch, "filters.mp4")
    measure([["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, "-map", "0:v:0", "-frames:v", "300", "-c", "copy", file]])
    chain = "blackdetect,freezedetect,blurdetect,scdet,signalstats,metadata=print:file=/dev/null"
    same = ("--tools", "luma,scene,black,freeze,blur,chroma", "--set", "luma.histogram=full")
    found = bench.in_turn(2, {
        "decode": lambda: bench.theirs(bench.decode([file], chain)), "ours": lambda: bench.ours(*ONE, *same, files=[file]),
    })
    bench.compare(
        "P7", "CPU: ffmpeg with blackdetect, freezedetect, blurdetect, scdet, signalstats / run with the same measures",
        found, inverse=True, goal=(">=", 6))


def scenedetect(bench):
    command = bench.peer("scenedetect")
    theirs = [[command, "-q", "-i", file, "detect-content", "list-scenes", "-n"] for file in bench.hd]
    found = bench.in_turn(2, {"peer": lambda: bench.theirs(theirs), "ours": lambda: bench.ours(files=bench.hd)})
    bench.compare(
        "P5", "wall: PySceneDetect, file by file / run, all CPUs, HD set", found, other="peer", key="wall", inverse=True,
        goal=(">=", 1.8))


def motion(bench):
    """Motion on one 720p video: DVR-Scan and a plain loop over OpenCV's MOG2."""
    file = next((file for file in bench.hd if "street-720p" in file), min(bench.hd, key=os.path.getsize))
    dvr = [[bench.peer("dvr-scan"), "-q", "-so", "-i", file]]
    loop = [[bench.peer("python"), os.path.join(ROOT, "Benchmarks", "mog2.py"), file]]
    for peer, command, goal in (("DVR-Scan -so", dvr, 6), ("an OpenCV MOG2 loop", loop, 8)):
        found = bench.in_turn(2, {
            "peer": lambda command=command: bench.theirs(command), "ours": lambda: bench.ours(files=[file]),
        })
        bench.compare(
            "P6", f"wall: {peer} / run, default tools, all CPUs ({name(file)})", found, other="peer", key="wall",
            inverse=True, goal=(">=", goal))


def long_video(bench):
    """One long video on all CPUs: threads as they are chosen against one thread."""
    files = videos(os.path.join(bench.folder, "long"))
    if not files:
        raise Missing(f"no videos in {bench.folder}/long; make some with `make bench-videos`")
    for file in files:
        found = bench.in_turn(2, {
            "decode": lambda file=file: bench.ours(*ONE, files=[file]), "ours": lambda file=file: bench.ours(files=[file]),
        })
        bench.compare(
            "long", f"wall: threads as chosen / one thread, ten minutes ({name(file)})", found, key="wall",
            goal=("<=", 0.65))


def small_clips(bench):
    """Many small clips: what a file costs beside its frames."""
    folder = os.path.join(bench.folder, "small")
    files = videos(folder)
    if not files:
        raise Missing(f"no clips in {folder}; make some with `make bench-videos`")
    cpus = len(os.sched_getaffinity(0))
    found = bench.in_turn(2, {
        "decode": lambda: bench.theirs(bench.decode(files), parallel=cpus), "ours": lambda: bench.ours(files=[folder]),
    })
    bench.compare(
        "small", f"wall: run, all CPUs / ffmpeg decoding one after the other on all CPUs, {len(files):,} clips of five"
        " seconds, 320x240", found, key="wall")


# Name, title on the page, and what measures it; in the order in which they are measured.
SECTIONS = {
    "hd": ("HD videos", hd_set),
    "sd": ("SD videos", sd_set),
    "workers": ("All CPUs", workers),
    "long": ("One long video", long_video),
    "small": ("Many small clips", small_clips),
    "fixed": ("A file of one frame", fixed_cost),
    "four": ("The four cheapest tools", first_tools),
    "none": ("No tools", no_tools),
    "memory": ("Memory", memory),
    "filters": ("FFmpeg's filters", ffmpeg_filters),
    "scenedetect": ("PySceneDetect", scenedetect),
    "motion": ("Programs for motion", motion),
    "tools": ("Each tool alone", tool_costs),
    "stages": ("Stages", stages),
}
NEED_HD = {"workers", "four", "none", "memory", "filters", "scenedetect", "motion", "tools"}
