#!/usr/bin/env python3
"""Tests of samples/plugins/forgesyte: a plugin laid out as ForgeSyte's own, unmodified, behind the adapter."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

from fake_host import Failed, open_folder
from install_stub import MAKER, SOURCE, install

FRAMES = 3


class ForgeSyteTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plugin = install(cls.folder.name)
        cls.video = os.path.join(cls.folder.name, "a.y4m")
        with open(cls.video, "wb") as file:
            file.write(b"YUV4MPEG2 W4 H2 F25:1 Ip A1:1 Cmono\n" + FRAMES * (b"FRAME\n" + bytes(7) + b"\n"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def started(self):
        plugin, _ = open_folder(self.plugin)
        self.addCleanup(plugin.close)
        return plugin

    def run_tool(self, tool):
        """The answers by frame; the progress told before them is looked at here."""
        plugin = self.started()
        plugin.begin(tool, path=self.video)
        messages = plugin.rest()
        progress = [(each["current"], each["total"]) for each in messages if each["type"] == "progress"]
        self.assertEqual(progress, [(frame + 1, 100) for frame in range(FRAMES)])
        answers = [each for each in messages if each["type"] == "frame"]
        self.assertEqual([each["frame"] for each in answers], list(range(FRAMES)))
        status, log = plugin.close()
        self.assertEqual((status, log.count("frame ")), (0, FRAMES))
        return [each["detections"] for each in answers]

    def test_the_manifest_has_the_tools_for_videos_and_nothing_was_imported_for_it(self):
        with open(os.path.join(self.plugin, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.assertEqual((manifest["id"], manifest["version"], manifest["protocol"]), ("stub-tracker", "1.0.0", 1))
        self.assertEqual(
            [tool["id"] for tool in manifest["tools"]],
            ["video_player_tracking", "video_ball_detection", "video_pitch_detection", "video_radar", "video_fail"])
        for tool in manifest["tools"]:
            self.assertEqual((tool["mode"], tool["reuse"]), ("video", False))
            self.assertIn("streaming_video_analysis", tool["capabilities"])
        for name in manifest["files"]:
            self.assertTrue(os.path.isfile(os.path.join(self.plugin, name)), name)
        with open(os.path.join(self.plugin, "installed.json"), encoding="utf-8") as file:
            hashes = json.load(file)
        with open(os.path.join(SOURCE, "forgesyte_stub_tracker/models/players.txt"), "rb") as file:
            self.assertEqual(hashes["models/players.txt"], hashlib.sha256(file.read()).hexdigest())
        self.assertIn(os.path.realpath(SOURCE), manifest["read"])

    def test_tracked_objects(self):
        found = self.run_tool("video_player_tracking")[2]["tracked_objects"]
        self.assertEqual(
            found, [
                {"track_id": 100, "class_id": 0, "xyxy": [12, 5, 22, 15], "center": [17, 10]},
                {"track_id": 101, "class_id": 0, "xyxy": [32, 5, 42, 15], "center": [37, 10]}])

    def test_arrays_side_by_side_in_a_wrapper(self):
        self.assertEqual(
            self.run_tool("video_ball_detection")[1], {"xyxy": [[11, 5, 21, 15]], "confidence": [0.5], "class_id": [1]})

    def test_keypoints_with_frame_idx_and_a_number_that_is_none(self):
        self.assertEqual(
            self.run_tool("video_pitch_detection")[0],
            {"keypoints_xy": [[[1, 2], [3, 4]]], "keypoints_conf": [[0.9, None]]})

    def test_centers(self):
        self.assertEqual(
            self.run_tool("video_radar")[0], {
                "xyxy": [[10, 5, 20, 15], [30, 5, 40, 15]], "centers": [[15, 10], [35, 10]], "confidence": [0.75, 0.75],
                "class_id": [0, 0]})

    def failure(self, tool):
        plugin = self.started()
        plugin.begin(tool, path=self.video)
        with self.assertRaises(Failed) as caught:
            plugin.rest()
        return str(caught.exception)

    def test_a_tool_that_raises_fails_with_its_words(self):
        self.assertRegex(self.failure("video_fail"), r"^RuntimeError: corrupted frame at index 7 \(plugin.py:\d+\)$")

    def test_a_tool_for_images_fails_with_the_plugin_s_words(self):
        path = os.path.join(self.plugin, "manifest.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()

        def write(words):
            with open(path, "w", encoding="utf-8") as file:
                file.write(words)

        self.addCleanup(write, text)
        write(text.replace('"id": "video_fail"', '"id": "player_detection"'))
        self.assertRegex(self.failure("player_detection"), r"^RuntimeError: image_bytes must be bytes, got NoneType \(plugin.py:\d+\)$")

    def test_state_of_a_process_is_why_each_video_has_its_own(self):
        plugin = self.started()
        numbers = []
        for _ in range(2):
            plugin.begin("video_player_tracking", path=self.video)
            first = next(each for each in plugin.rest() if each["type"] == "frame")
            numbers.append(first["detections"]["tracked_objects"][0]["track_id"])
        self.assertEqual(numbers, [100, 200])

    def test_a_package_that_changed_since_is_refused(self):
        path = os.path.join(self.plugin, "installed-times.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        known = json.loads(text)
        known["files"]["models/ball.txt"][0] += 1

        def write(words):
            with open(path, "w", encoding="utf-8") as file:
                file.write(words)

        self.addCleanup(write, text)
        write(json.dumps(known))
        with self.assertRaises(EOFError) as caught:
            self.started()
        self.assertIn("models/ball.txt of ", str(caught.exception))
        self.assertIn("run it again", str(caught.exception))

    def test_a_plugin_that_is_not_there_or_has_no_manifest_is_refused_in_words(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "bare_plugin"))
            os.makedirs(os.path.join(folder, "bare-1.0.dist-info"))
            with open(os.path.join(folder, "bare_plugin/__init__.py"), "w", encoding="utf-8") as file:
                file.write("raise SystemExit('this must not be imported')")
            with open(os.path.join(folder, "bare-1.0.dist-info/METADATA"), "w", encoding="utf-8") as file:
                file.write("Metadata-Version: 2.1\nName: bare\nVersion: 1.0\n")
            with open(os.path.join(folder, "bare-1.0.dist-info/entry_points.txt"), "w", encoding="utf-8") as file:
                file.write("[forgesyte.plugins]\nbare = bare_plugin.plugin:Plugin\n")
            result = subprocess.run(
                [sys.executable, MAKER, os.path.join(folder, "out"), "bare", "gone"], capture_output=True, text=True, check=False,
                env={**os.environ, "PYTHONPATH": folder})
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("make_folder: bare: there is no manifest.json in ", result.stderr)
            self.assertIn("pip install --editable", result.stderr)
            self.assertIn("make_folder: gone: it is not installed; there are bare\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
