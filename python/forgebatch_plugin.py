"""What a forgebatch plugin in Python needs: it speaks wire 1 and needs nothing but Python 3.8.

    from forgebatch_plugin import tool, main

    @tool("brightness")
    def brightness(settings):                # called for every video: state in here is fresh
        def frame(f):                        # called for every frame, in order
            return {"values": {"mean": sum(f.bytes) / len(f.bytes)}}
        return frame

    main()

forgebatch starts the program and puts this file in its path. docs/plugins.md describes the wire, the manifest that belongs
to it and what an answer may hold.
"""

import base64
import json
import math
import os
import signal
import stat
import sys
import threading
import traceback

__all__ = ["tool", "video_tool", "main", "Frame", "Settings", "Video"]

PROTOCOL = 1
FRAMES, ANSWERS = 3, 4  # the descriptors of the wire; 0 is empty, 1 and 2 are the log

_tools = {}


def tool(id, load=None):
    """Marks a function as the tool `id` of the manifest, in mode "frames".

    It is called with the settings of each video and returns the function that takes that video's frames, one after the other,
    and returns an answer for each. Where answers lag it returns two functions, (frame, end): `frame` then returns or yields
    the answers that are ready, none or several, the oldest frame's first, and `end` those that are still owed.

    `load` is called once, when the process starts, and what it returns is the second argument of every call: a model, say.
    """
    return _register(id, load, _FramesJob)


def video_tool(id, load=None):
    """Marks a function as the tool `id` of the manifest, in mode "video".

    It is called with each `Video`, reads the file itself and yields or returns its answers: one for each frame, or answers
    with the frame's number under "frame", ascending. It should call `video.progress` as it goes on.
    """
    return _register(id, load, _VideoJob)


class Settings(dict):
    """The settings of one video by their keys, and what else was told of it.

    `width` and `height` are those of the frames in pixels (for a video tool those of the video), `format` and `range` are
    theirs ("full" or "limited"; None for a video tool), `source` is a dict with the video's own `width`, `height` and
    `rotation`; `device` is "cpu" or "cuda:0"; `threads` is how many may compute.
    """

    def __init__(self, begin):
        super().__init__(begin.get("settings", {}))
        self.tool = begin["tool"]
        self.width, self.height = begin.get("width"), begin.get("height")
        self.format, self.range = begin.get("format"), begin.get("range")
        self.source = begin.get("source") or {key: begin.get(key) for key in ("width", "height", "rotation")}
        self.device, self.threads = begin.get("device", "cpu"), begin.get("threads", 1)


class Frame:
    """One frame: `index` counts the video's frames from 0, `time` is in seconds or None, `bytes` has the pixels by rows."""

    __slots__ = ("index", "time", "width", "height", "format", "bytes")

    def __init__(self, index, time, settings, data):
        self.index, self.time, self.bytes = index, time, data
        self.width, self.height, self.format = settings.width, settings.height, settings.format

    @property
    def array(self):
        """The pixels as a numpy array that cannot be written: height x width for gray8, height x width x 3 for rgb24."""
        if self.format == "yuv420p":
            raise ValueError("a frame of yuv420p is three planes of two sizes: use .planes")
        shape = (self.height, self.width) + ((3,) if self.format == "rgb24" else ())
        return self._numpy().reshape(shape)

    @property
    def planes(self):
        """The planes of a yuv420p frame as numpy arrays: Y, U and V; U and V have half the size, rounded up."""
        if self.format != "yuv420p":
            raise ValueError(f"a frame of {self.format} is one array: use .array")
        small = ((self.height + 1) // 2, (self.width + 1) // 2)
        data, planes = self._numpy(), []
        for height, width in [(self.height, self.width), small, small]:
            planes.append(data[: height * width].reshape(height, width))
            data = data[height * width :]
        return tuple(planes)

    def _numpy(self):
        import numpy  # here, so that who does without it need not have it

        return numpy.frombuffer(self.bytes, numpy.uint8)


class Video:
    """A video for a video tool: the `path` of the file, how many `frames` it has, its `duration` in seconds or None."""

    def __init__(self, begin, settings, wire):
        # A name that is not UTF-8 comes as base64 besides; Python has a way to hold it in a text.
        name = base64.b64decode(begin["path_bytes"]) if "path_bytes" in begin else begin["path"].encode()
        self.path, self.settings, self._wire = os.fsdecode(name), settings, wire
        self.frames, self.duration = begin.get("frames"), begin.get("duration")

    def progress(self, current, total):
        """Tells that `current` of `total` frames are done. A tool that says nothing for long is taken for hung."""
        self._wire.send({"type": "progress", "current": int(current), "total": int(total)})


def main():
    """Serves videos until forgebatch has no more."""
    if not _tools:
        sys.exit('forgebatch_plugin: there is no tool; mark a function with @tool("id")')
    if not (_is_pipe(FRAMES) and _is_pipe(ANSWERS)):
        sys.exit(
            "This is a plugin of forgebatch and is started by it: forgebatch plugin check FOLDER tries it, and"
            f" forgebatch run VIDEOS --plugin-dir FOLDER --tools default,+PLUGIN/{next(iter(_tools))} uses it.")
    _leave_signals()
    wire = _Wire()
    for each in _tools.values():
        each.start()
    try:
        wire.send({"type": "hello", "protocol": PROTOCOL, "tools": list(_tools)})
        _serve(wire)
    except _Gone:
        pass


def _leave_signals():
    """Ignores what may be sent to all processes of a run to stop it: the run has its grace, and ends this one.

    Processes that a tool starts take these signals as ever, so that it can end them.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    numbers = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1]
    before = {each: signal.getsignal(each) for each in numbers}
    before = {each: does for each, does in before.items() if does in (signal.SIG_DFL, signal.default_int_handler)}

    def restore():
        for each, does in before.items():
            if signal.getsignal(each) is ignore:
                signal.signal(each, does)

    def ignore(number, place):
        pass

    for each in before:
        signal.signal(each, ignore)  # not SIG_IGN, which a program that is started would inherit
        signal.siginterrupt(each, False)
    os.register_at_fork(after_in_child=restore)


def _serve(wire):
    job = None  # the video that is under way; None between videos and after a failure
    while (message := wire.receive()) is not None:
        kind = message.get("type")
        data = wire.read(message["bytes"]) if kind == "frame" else b""
        try:
            if kind == "begin":
                if message["tool"] not in _tools:
                    raise _Mistake(f"the manifest has a tool '{message['tool']}', the program only {', '.join(_tools)}")
                job = _tools[message["tool"]].begin(message, wire)
                wire.send({"type": "begun"})
                job.run()
            elif kind == "frame" and job:
                job.frame(Frame(message["frame"], message.get("time"), job.settings, data))
            elif kind == "end" and job:
                job.end()
                job = None
            elif kind not in ("frame", "end"):
                sys.exit(f"forgebatch_plugin: a message of the type {kind!r} is not of wire {PROTOCOL}")
        except Exception as error:  # of this video alone; what is still sent of it is read and dropped
            job = None
            if not isinstance(error, _Mistake):
                traceback.print_exc()
            wire.send({"type": "failed", "message": _sentence(error)})


class _Tool:
    """A function that was marked, and what its `load` returned."""

    def __init__(self, id, load, function, job):
        self.id, self.load, self.function, self.job, self.loaded = id, load, function, job, ()

    def start(self):
        if self.load:
            self.loaded = (self.load(),)

    def begin(self, message, wire):
        return self.job(self, message, wire)


class _FramesJob:
    """One video of a tool that is fed with frames."""

    def __init__(self, tool, message, wire):
        self.name, self.wire, self.settings = f"tool '{tool.id}'", wire, Settings(message)
        self.owed = []  # the frames without an answer
        found = tool.function(self.settings, *tool.loaded)
        self.lags = isinstance(found, tuple)
        self.take, self.finish = found if self.lags and len(found) == 2 else (found, None)
        if not callable(self.take) or self.lags and not callable(self.finish):
            raise _Mistake(f"{self.name} has to return a function for frames, or two: (frame, end)")

    def run(self):
        pass

    def frame(self, frame):
        self.owed.append(frame.index)
        answer = self.take(frame)
        if self.lags:
            self.answer_all(answer)
        else:
            self.answer(answer)

    def end(self):
        if self.lags:
            self.answer_all(self.finish())
        if self.owed:
            raise _Mistake(f"{self.name} owes {len(self.owed)} answers at the end, the first for frame {self.owed[0]}")
        self.wire.send({"type": "ended"})

    def answer_all(self, answers):
        if isinstance(answers, dict):
            raise _Mistake(f"{self.name} answers with a lag, so it has to return a list of answers or to yield them")
        for answer in answers or ():
            self.answer(answer)

    def answer(self, answer):
        if not self.owed:
            raise _Mistake(f"{self.name} gives more answers than it got frames")
        _check(answer, f"{self.name}, frame {self.owed[0]}")
        self.wire.send({"type": "frame", "frame": self.owed.pop(0), **(answer or {})})


class _VideoJob:
    """One video of a tool that reads it itself."""

    def __init__(self, tool, message, wire):
        self.tool, self.wire, self.settings = tool, wire, Settings(message)
        self.video = Video(message, self.settings, wire)

    def run(self):
        least = 0  # the number that the next answer may have
        for answer in self.tool.function(self.video, *self.tool.loaded) or ():
            answer = dict(answer) if isinstance(answer, dict) else answer
            index = answer.pop("frame", least) if isinstance(answer, dict) else least
            where = f"tool '{self.tool.id}', frame {index}"
            if isinstance(index, (bool, str)) or int(index) != index or index < least:
                raise _Mistake(f"{where}: frames have whole numbers that ascend, and the next is {least} or more")
            _check(answer, where)
            self.wire.send({"type": "frame", "frame": int(index), **(answer or {})})
            least = int(index) + 1
        self.wire.send({"type": "ended"})

    def frame(self, frame):
        raise _Mistake(f"tool '{self.tool.id}' is a video tool; its mode in the manifest has to be \"video\"")

    def end(self):
        pass


class _Gone(BaseException):
    """forgebatch reads and writes no more. No plugin's `except Exception` keeps it."""


class _Mistake(Exception):
    """Something that the plugin's author has to change, in words that need no traceback."""


def _register(id, load, job):
    def decorate(function):
        if id in _tools:
            raise ValueError(f"there are two tools '{id}'")
        _tools[id] = _Tool(id, load, function, job)
        return function

    if callable(id):
        raise TypeError('write @tool("id") with the id that the manifest has')
    return decorate


# The members of detections that hold one entry for each object. Their lengths have to agree.
_PARALLEL = ("xyxy", "confidence", "class_id", "track_id", "centers", "keypoints_xy", "keypoints_conf")


def _check(answer, where):
    """Refuses what forgebatch would refuse, with words for the author."""
    if answer is None:
        return
    if not isinstance(answer, dict):
        raise _Mistake(f"{where}: an answer is a dict with 'values', 'detections' or both, not {type(answer).__name__}")
    for key in answer:
        if key not in ("values", "detections"):
            raise _Mistake(f"{where}: an answer has 'values' and 'detections', not {key!r}")
    values, detections = answer.get("values"), answer.get("detections")
    if values is not None:
        if not isinstance(values, dict):
            raise _Mistake(f"{where}: 'values' is a dict of numbers, not {type(values).__name__}")
        for key, value in values.items():
            if isinstance(value, (bool, str, list, tuple, dict)):
                raise _Mistake(f"{where}: the value {key!r} has to be a number, not {type(value).__name__}")
    if detections is None:
        return
    if not isinstance(detections, dict):
        raise _Mistake(f"{where}: 'detections' is a dict with 'xyxy' or 'tracked_objects', not {type(detections).__name__}")
    # An empty list beside a longer one means that nothing is known of it, as ForgeSyte's tools write it.
    lengths = {key: len(detections[key]) for key in _PARALLEL if len(detections.get(key, ()))}
    if len(set(lengths.values())) > 1:
        raise _Mistake(f"{where}: " + ", ".join(f"{count} {key}" for key, count in lengths.items()) + " do not belong together")


def _sentence(error):
    """One line for the report, with the place in the author's own code."""
    if isinstance(error, _Mistake):
        return str(error)
    words = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")[:500]
    own = [entry for entry in traceback.extract_tb(error.__traceback__) if entry.filename != __file__]
    return words + (f" ({os.path.basename(own[-1].filename)}:{own[-1].lineno})" if own else "")


class _Wire:
    """Lines of JSON on two pipes, each `frame` line followed by that frame's bytes."""

    def __init__(self):
        # A program that the plugin starts must not hold the wire open.
        for descriptor in (FRAMES, ANSWERS):
            os.set_inheritable(descriptor, False)
        self.reader = open(FRAMES, "rb", buffering=1 << 16)
        self.lock = threading.Lock()

    def receive(self):
        """The next message, or None at the end."""
        line = self.reader.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def read(self, count):
        data = self.reader.read(count)
        if len(data) != count:  # forgebatch went away in the middle of a frame
            raise _Gone
        return data

    def send(self, message):
        line = memoryview(_line(message))
        with self.lock:
            while line:
                try:
                    line = line[os.write(ANSWERS, line) :]
                except BrokenPipeError:
                    raise _Gone from None


def _line(message):
    try:
        text = json.dumps(message, allow_nan=False, default=_plain, separators=(",", ":"))
    except (ValueError, TypeError):
        text = json.dumps(_finite(message), separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def _plain(value):
    """The numbers, lists and dicts that numpy, torch and pydantic have types of their own for."""
    for name in ("tolist", "model_dump"):
        if callable(method := getattr(value, name, None)):
            return method()
    raise TypeError(f"{type(value).__name__} cannot be sent: numbers, text, lists and dicts can")


def _finite(value):
    """The same without NaN and infinity, which JSON does not have: they are sent as null, and the host counts them."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return _finite(_plain(value))


def _is_pipe(descriptor):
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
