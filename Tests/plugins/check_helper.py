#!/usr/bin/env python3
"""Tests of python/forgebatch_plugin.py, of the skeleton and of the brightness sample, with the host of fake_host.py."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest

from fake_host import HELPER, PATIENCE, ROOT, Failed, Plugin, open_folder


def has_numpy():
    return subprocess.run([sys.executable, "-c", "import numpy"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class HelperTests(unittest.TestCase):
    def plugin(self, code, **environment):
        """A started plugin whose program is this code, after its imports."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "plugin.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("from forgebatch_plugin import *\n" + textwrap.dedent(code) + "\nmain()\n")
        plugin = Plugin([sys.executable, path], folder.name, environment)
        self.addCleanup(plugin.close)
        return plugin

    def started(self, code, tools=None):
        plugin = self.plugin(code)
        hello = plugin.expect("hello")
        self.assertEqual(hello, {"type": "hello", "protocol": 1, "tools": tools or ["t"]})
        return plugin

    def failure(self, code, frames=(b"\1\2",), tool="t"):
        """The sentence with which the tool's first video fails, and the plugin, which must still be alive."""
        plugin = self.started(code)
        with self.assertRaises(Failed) as caught:
            plugin.one(tool, frames, 2, 1, "gray8")
        return str(caught.exception), plugin

    def test_state_is_fresh_for_every_video_and_a_model_is_loaded_once(self):
        plugin = self.started("""
            def load():
                print("loading")
                return 100
            @tool("t", load=load)
            def t(settings, model):
                count = [0]
                def frame(f):
                    count[0] += 1
                    return {"values": {"n": count[0] + model + settings["plus"]}}
                return frame
            """)
        for _ in range(2):
            answers = plugin.one("t", [b"\0"] * 3, 1, 1, "gray8", {"plus": 1000})
            self.assertEqual([answer["values"]["n"] for answer in answers], [1101, 1102, 1103])
            self.assertEqual([answer["frame"] for answer in answers], [0, 1, 2])
        status, log = plugin.close()
        self.assertEqual((status, log.count("loading")), (0, 1))

    def test_a_frame_has_its_number_time_size_and_pixels_and_settings_say_what_else_is_known(self):
        plugin = self.started("""
            @tool("t")
            def t(settings):
                def frame(f):
                    assert (f.width, f.height, f.format) == (2, 1, "gray8") == (settings.width, settings.height, settings.format)
                    assert settings.source == {"width": 2, "height": 1, "rotation": 0} and settings.device == "cpu"
                    return {"values": {"index": f.index, "time": -1 if f.time is None else f.time, "sum": sum(f.bytes)}}
                return frame
            """)
        plugin.begin("t", 2, 1, "gray8")
        plugin.frame(0, b"\1\2", 0.5)
        plugin.frame(7, b"\3\4")
        self.assertEqual(
            plugin.end(), [
                {"type": "frame", "frame": 0, "values": {"index": 0, "time": 0.5, "sum": 3}},
                {"type": "frame", "frame": 7, "values": {"index": 7, "time": -1, "sum": 7}}])

    @unittest.skipUnless(has_numpy(), "needs numpy")
    def test_arrays_have_the_shape_of_the_format(self):
        plugin = self.started("""
            @tool("t")
            def t(settings):
                def frame(f):
                    if f.format == "yuv420p":
                        y, u, v = f.planes
                        return {"values": {"h": y.shape[0], "w": y.shape[1], "uh": u.shape[0], "uw": v.shape[1], "v": v[1, 1]}}
                    return {"values": {"d": f.array.ndim, "last": f.array[-1, -1].mean()}}
                return frame
            """)
        values = lambda format, data: plugin.one("t", [bytes(data)], 3, 3, format)[0]["values"]
        self.assertEqual(values("gray8", range(9)), {"d": 2, "last": 8})
        self.assertEqual(values("rgb24", range(27)), {"d": 3, "last": 25})
        self.assertEqual(values("yuv420p", range(17)), {"h": 3, "w": 3, "uh": 2, "uw": 2, "v": 16})

    def test_answers_may_lag_and_their_numbers_are_those_of_the_frames(self):
        plugin = self.started("""
            @tool("t")
            def t(settings):
                kept = []
                def frame(f):
                    kept.append(f.bytes[0])
                    if len(kept) > 2:
                        yield {"values": {"v": kept.pop(0)}}
                def end():
                    return [{"values": {"v": value}} for value in kept]
                return frame, end
            """)
        plugin.begin("t", 1, 1, "gray8")
        for index, value in [(0, 5), (2, 6), (4, 7)]:
            plugin.frame(index, bytes([value]))
        self.assertEqual(plugin.receive(), {"type": "frame", "frame": 0, "values": {"v": 5}})
        self.assertEqual([(answer["frame"], answer["values"]["v"]) for answer in plugin.end()], [(2, 6), (4, 7)])

    def test_an_exception_is_of_one_video_with_its_place_and_the_next_video_is_right(self):
        code = """
            @tool("t")
            def t(settings):
                def frame(f):
                    if f.bytes[0] == 9:
                        raise KeyError("nine")
                    return None
                return frame
            """
        message, plugin = self.failure(code, [b"\1\0", b"\x09\0"] + [b"\1\0"] * 2000)
        self.assertEqual(message, "KeyError: 'nine' (plugin.py:7)")
        self.assertEqual(plugin.one("t", [b"\1\0"], 2, 1, "gray8"), [{"type": "frame", "frame": 0}])
        self.assertIn("Traceback", plugin.close()[1])

    def test_what_authors_get_wrong_is_said_in_words(self):
        def tool(body):
            return '@tool("t")\ndef t(settings):\n    return lambda f: ' + body

        for body, words in [
                ("3", "tool 't', frame 0: an answer is a dict with 'values', 'detections' or both, not int"),
                ("{'mean': 3}", "tool 't', frame 0: an answer has 'values' and 'detections', not 'mean'"),
                ("{'values': {'a': 'x'}}", "tool 't', frame 0: the value 'a' has to be a number, not str"),
                ("{'values': {'a': True}}", "tool 't', frame 0: the value 'a' has to be a number, not bool"),
                ("{'values': [1]}", "tool 't', frame 0: 'values' is a dict of numbers, not list"),
                ("{'detections': [[1, 2, 3, 4]]}",
                 "tool 't', frame 0: 'detections' is a dict with 'xyxy' or 'tracked_objects', not list"),
                ("{'detections': {'xyxy': [[1, 2, 3, 4]], 'confidence': [1, 1]}}",
                 "tool 't', frame 0: 1 xyxy, 2 confidence do not belong together"),
                ("{'values': {'a': {1, 2}}}", "TypeError: set cannot be sent: numbers, text, lists and dicts can"),
        ]:
            with self.subTest(body):
                self.assertEqual(self.failure(tool(body))[0], words)
        self.assertEqual(
            self.failure('@tool("t")\ndef t(settings):\n    pass')[0],
            "tool 't' has to return a function for frames, or two: (frame, end)")
        self.assertEqual(
            self.failure('@tool("t")\ndef t(settings):\n    return lambda f: [], lambda: []')[0],
            "tool 't' owes 1 answers at the end, the first for frame 0")
        self.assertEqual(
            self.failure('@tool("t")\ndef t(settings):\n    return lambda f: [None, None], lambda: []')[0],
            "tool 't' gives more answers than it got frames")
        self.assertEqual(
            self.failure('@tool("t")\ndef t(settings):\n    return lambda f: None', tool="u")[0],
            "the manifest has a tool 'u', the program only t")

    def test_prints_of_the_plugin_and_of_its_children_never_reach_the_wire(self):
        plugin = self.started("""
            import os, subprocess, sys
            @tool("t")
            def t(settings):
                print('{"type":"failed"}')
                def frame(f):
                    print("hello", f.index); os.write(1, b"raw\\n"); print("err", file=sys.stderr)
                    child = "import os\\ntry: os.write(4, b'x')\\nexcept OSError: print('no wire')"
                    subprocess.run([sys.executable, "-c", child], check=True)
                return frame
            """)
        self.assertEqual(len(plugin.one("t", [b"\0"] * 2, 1, 1, "gray8")), 2)
        status, log = plugin.close()
        self.assertEqual((status, log.count("hello"), log.count("raw"), log.count("no wire")), (0, 2, 2, 2))

    def test_numbers_that_json_does_not_have_are_null(self):
        plugin = self.started("""
            @tool("t")
            def t(settings):
                return lambda f: {"values": {"a": float("nan"), "b": float("-inf"), "c": 1.5, "d": None}}
            """)
        answer = plugin.one("t", [b"\0"], 1, 1, "gray8")[0]
        self.assertEqual(answer["values"], {"a": None, "b": None, "c": 1.5, "d": None})

    @unittest.skipUnless(has_numpy(), "needs numpy")
    def test_numpy_s_numbers_and_arrays_are_sent(self):
        plugin = self.started("""
            import numpy as np
            @tool("t")
            def t(settings):
                def frame(f):
                    boxes = np.array([[1, 2, 3, 4]], np.float32)
                    return {
                        "values": {"n": np.int64(3), "x": np.float32(0.5), "y": np.float64("nan"), "z": np.uint8(255)},
                        "detections": {"xyxy": boxes, "confidence": np.array([0.25]), "class_id": []}}
                return frame
            """)
        answer = plugin.one("t", [b"\0"], 1, 1, "gray8")[0]
        self.assertEqual(answer["values"], {"n": 3, "x": 0.5, "y": None, "z": 255})
        self.assertEqual(answer["detections"], {"xyxy": [[1, 2, 3, 4]], "confidence": [0.25], "class_id": []})

    def test_a_video_tool_gets_the_path_tells_its_progress_and_answers_by_number(self):
        plugin = self.started("""
            @video_tool("t", load=lambda: "model")
            def t(video, model):
                assert video.path == "/videos/a.mp4" and video.settings["k"] == 1 and model == "model"
                yield {"values": {"v": 0}}
                video.progress(1, 3)
                yield {"frame": 5, "values": {"v": 5}}
                yield None
            """)
        for _ in range(2):
            plugin.begin("t", settings={"k": 1}, path="/videos/a.mp4")
            self.assertEqual(
                plugin.rest(), [
                    {"type": "frame", "frame": 0, "values": {"v": 0}}, {"type": "progress", "current": 1, "total": 3},
                    {"type": "frame", "frame": 5, "values": {"v": 5}}, {"type": "frame", "frame": 6}])
            plugin.send({"type": "end"})  # a host that says more than it has to

    def test_a_video_s_name_need_not_be_utf_8(self):
        plugin = self.started("""
            import os
            @video_tool("t")
            def t(video):
                assert os.fsencode(video.path) == b"/v/\\xff.mp4", video.path
                assert (video.frames, video.duration, video.settings.source["width"]) == (7, 0.28, 64)
            """)
        plugin.begin("t", path="/v/\\xff.mp4", path_bytes="L3Yv/y5tcDQ=", frames=7, duration=0.28, width=64)
        self.assertEqual(plugin.rest(), [])

    def test_a_video_tool_s_numbers_have_to_ascend(self):
        plugin = self.started('@video_tool("t")\ndef t(video):\n    return [{"frame": 3}, {"frame": 3}]')
        plugin.begin("t", path="a")
        self.assertEqual(plugin.expect("frame")["frame"], 3)
        with self.assertRaises(Failed) as caught:
            plugin.rest()
        self.assertEqual(
            str(caught.exception), "tool 't', frame 3: frames have whole numbers that ascend, and the next is 4 or more")

    def test_a_model_that_cannot_be_loaded_ends_the_process_before_hello(self):
        plugin = self.plugin("""
            def load():
                open("net.pb")
            @tool("t", load=load)
            def t(settings, model):
                pass
            """)
        with self.assertRaises(EOFError):
            plugin.expect("hello")
        status, log = plugin.close()
        self.assertEqual(status, 1)
        self.assertIn("No such file or directory: 'net.pb'", log)

    def test_the_end_of_the_wire_ends_the_process_also_in_the_middle_of_a_video_and_of_a_frame(self):
        plugin = self.started('@tool("t")\ndef t(settings):\n    return lambda f: None')
        plugin.begin("t", 1000, 1, "gray8")
        os.write(plugin.frames, b'{"type":"frame","frame":0,"bytes":1000}\n123')
        self.assertEqual(plugin.close(), (0, ""))

    def test_started_by_hand_it_says_what_to_do(self):
        path = os.path.join(ROOT, "samples/plugins/brightness/plugin.py")
        result = subprocess.run(
            [sys.executable, path], env={**os.environ, "PYTHONPATH": HELPER}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertTrue(result.stderr.startswith("This is a plugin of forgebatch and is started by it:"), result.stderr)
        self.assertTrue(result.stderr.rstrip().endswith("+PLUGIN/brightness uses it."), result.stderr)

    def test_a_program_without_tools_or_with_one_twice_says_so(self):
        for code, words in [
                ("", 'there is no tool; mark a function with @tool("id")'),
                ('@tool\ndef t(settings): pass', 'write @tool("id") with the id that the manifest has'),
                ('tool("t")(print)\nvideo_tool("t")(print)', "there are two tools 't'")]:
            plugin = self.plugin(code)
            with self.subTest(words), self.assertRaises(EOFError):
                plugin.expect("hello")
            self.assertIn(words, plugin.close()[1])

    def test_signals_that_stop_a_run_are_left_to_the_run_and_end_what_the_tool_starts(self):
        plugin = self.started("""
            import os, signal, subprocess
            @tool("t")
            def t(settings):
                is_ready, ready = os.pipe()
                def frame(f):
                    reading, writing = os.pipe()
                    child = os.fork()
                    if child == 0:
                        os.close(writing)
                        os.write(ready, b".")
                        os.read(reading, 1)
                        os._exit(0)
                    os.read(is_ready, 1)
                    os.kill(child, signal.SIGTERM)
                    program = subprocess.Popen(["sleep", "600"])
                    program.terminate()
                    return {"values": {"forked": os.waitpid(child, 0)[1], "started": -program.wait()}}
                return frame
            """)
        plugin.begin("t", 2, 1, "gray8")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            plugin.process.send_signal(number)
        plugin.frame(0, b"\1\2")
        values = plugin.end()[0]["values"]
        self.assertEqual(values, {"forked": signal.SIGTERM, "started": signal.SIGTERM})
        self.assertEqual(plugin.close()[0], 0)

    def test_a_program_may_answer_signals_itself(self):
        plugin = self.started("""
            import signal
            signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
            import os
            @tool("t")
            def t(settings):
                return print
            """)
        plugin.process.terminate()
        self.assertEqual(plugin.process.wait(PATIENCE), 9)


class FolderTests(unittest.TestCase):
    def test_brightness_gives_the_mean_and_its_step(self):
        plugin, _ = open_folder(os.path.join(ROOT, "samples/plugins/brightness"))
        with plugin:
            for _ in range(2):
                answers = plugin.one("brightness", [bytes([10, 20]), bytes([100, 103])], 2, 1, "gray8")
                self.assertEqual([each["values"] for each in answers], [{"mean": 15}, {"mean": 101.5, "jump": 86.5}])

    def test_the_skeleton_works_as_it_is(self):
        plugin, _ = open_folder(os.path.join(HELPER, "skeleton"))
        with plugin:
            self.assertEqual(plugin.one("skeleton", [bytes([1, 2])], 2, 1, "gray8")[0]["values"], {"mean": 1.5})


if __name__ == "__main__":
    unittest.main()
