"""A plugin that does what its setting `how` says, on the bare wire: mostly what no plugin should.

Its tools see one thing in each frame, whose box moves with the frame's number. Only the standard library.
"""
import ctypes
import json
import os
import signal
import sys
import time

frames = open(3, "rb", buffering=1 << 16)


def send(message):
    send_text(json.dumps(message))


def send_text(text):
    data = memoryview(text.encode() + b"\n")
    while data:
        data = data[os.write(4, data):]


def sleep():
    while True:
        time.sleep(1000)


def box(index):
    left = 2 + index % 8
    return [left, 3, left + 5, 9]


def answer(index, data, **more):
    mean = sum(data) / len(data)
    detections = {"xyxy": [box(index), [0, 0, 4, 4]], "confidence": [0.9, 0.2], "class_id": [0, 1]}
    return {"type": "frame", "frame": index, "values": {"mean": mean}, "detections": detections, **more}


def misbehave(how, index, data):
    """Returns whether the frame is answered as it should be all the same."""
    good = answer(index, data)
    if how == "print":
        print("frame", index, flush=True)
        print("of", len(data), "bytes", file=sys.stderr, flush=True)
        return True
    if index < 3:
        return True
    if how == "shout":
        if index == 3:
            for _ in range(200):
                os.write(2, b"x" * (1 << 20))
        return True
    if how == "null":
        good["values"]["mean"] = None
        good["detections"]["confidence"][1] = None
        send(good)
    elif how == "exit":
        print("last words", file=sys.stderr, flush=True)
        os._exit(7)
    elif how == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "once":
        # Fails the first time, and is good when it is tried again: what it leaves is its own folder alone, which is new.
        if os.environ.get("EVIL_GOOD"):
            return True
        os._exit(9)
    elif how == "hang":
        sleep()
    elif how == "stubborn":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        sleep()
    elif how == "flood":
        while True:
            send(good)
            good["frame"] += 1
    elif how == "line":
        send_text('{"type":"frame","frame":3,"x":"' + "y" * (20 << 20) + '"}')
    elif how == "daemon":
        if os.fork() == 0:
            if os.fork() == 0:
                sleep()
            os._exit(0)
        os._exit(1)
    elif how == "forks":
        while True:
            try:
                if os.fork() == 0:
                    sleep()
            except OSError:
                time.sleep(0.01)
    elif how == "memory":
        held = []
        while True:
            held.append(b"z" * (64 << 20))
    elif how == "nan":
        send_text('{"type":"frame","frame":%d,"values":{"mean":NaN}}' % index)
    elif how == "twice":
        send_text('{"type":"frame","frame":%d,"values":{"mean":1},"values":{"mean":2}}' % index)
    elif how == "deep":
        send_text('{"type":"frame","frame":%d,"x":%s%s}' % (index, "[" * 100000, "]" * 100000))
    elif how == "wrong":
        send(answer(index + 1, data))
    elif how == "reversed":
        good["detections"]["xyxy"][0] = [9, 3, 4, 9]
        send(good)
    elif how == "outside":
        good["detections"]["xyxy"][0] = [100, 100, 120, 130]
        send(good)
    elif how == "unasked":
        send(good)
        send({"type": "frame", "frame": index + 2})
        sleep()
    elif how == "early":
        send({"type": "ended"})
        sleep()
    elif how == "refuse":
        send({"type": "failed", "message": "this video is not for me"})
        return None
    else:
        return True
    return False


def corner(index, data, width):
    """The box around what is light."""
    light = [(place % width, place // width) for place, value in enumerate(data) if value > 128]
    xs, ys = [x for x, _ in light], [y for _, y in light]
    boxes = [[min(xs), min(ys), max(xs) + 1, max(ys) + 1]] if light else []
    return {"type": "frame", "frame": index, "values": {"process": os.getpid(), "nice": os.getpriority(os.PRIO_PROCESS, 0), "width": width, **card()},
            "detections": {"xyxy": boxes, "confidence": [1] * len(boxes)}}


def card():
    """The one graphics card that the process may see."""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return {"card": int(seen)} if seen else {}


def watch(message, how):
    """A pass of its own: it reads the file, which is all that it may read of its folder."""
    with open(message["path"], "rb") as file:
        size = len(file.read())
    if how == "peek":
        try:
            others = os.listdir(os.path.dirname(message["path"]))
        except OSError as error:
            others = error.errno
        print("others:", others, file=sys.stderr, flush=True)
        os._exit(0)
    count = message["frames"]
    for index in range(count):
        # A guess, as tools of ForgeSyte make one.
        send({"type": "progress", "current": 100 * (index + 1) // count, "total": 100})
        if how == "exit" and index == 2:
            os._exit(4)
        if how == "fail" and index == 2:
            send({"type": "failed", "message": "two frames are enough"})
            return
    for index in reversed(range(count)):
        send({"type": "frame", "frame_idx": index, "success": True, "values": {"size": size},
              "result": {"values": {"size": size}, "detections": {"xyxy": [[1, 2, 11, 12]], "confidence": [0.75]}}})
    if how == "beyond":
        send({"type": "frame", "frame_index": count, "values": {"size": 1}})
    if how == "double":
        send({"type": "frame", "frame_index": 0, "values": {"size": 1}})
    send({"type": "ended"})


def serve():
    send({"type": "hello", "protocol": 1, "tools": ["evil", "late", "some", "whole", "again", "corner", "glance"]})
    tool, how, owed, seen = None, "good", [], 0
    for line in frames:
        message = json.loads(line)
        if message["type"] == "begin":
            tool, how, owed, seen = message["tool"], message["settings"].get("how", "good"), [], 0
            width = message.get("width")
            send({"type": "begun"})
            if tool in ("whole", "again"):
                watch(message, how)
                tool = None
            if how == "deaf":
                sleep()
        elif message["type"] == "frame":
            data = frames.read(message["bytes"])
            if tool is None:
                continue
            if tool in ("corner", "glance"):
                send(corner(message["frame"], data, width))
                continue
            if tool == "late":
                owed.append((message["frame"], data))
                if len(owed) > 100:
                    send(plain(*owed.pop(0)))
                continue
            seen += 1
            fine = misbehave(how, message["frame"], data)
            if fine:
                send(answer(message["frame"], data))
            elif fine is None:
                tool = None
        elif message["type"] == "end" and tool:
            for pair in owed:
                send(plain(*pair))
            if how == "short" and seen < 100:
                send({"type": "failed", "message": "%d frames are too few" % seen})
            else:
                send({"type": "ended"})
            tool = None


def plain(index, data):
    return {"type": "frame", "frame": index, "values": {"mean": sum(data) / len(data)}}


serve()
