#!/usr/bin/env python3
"""Runs the programs of docs/plugins.md: the sample in Python is the one in samples/, the one in C compiles and speaks the wire."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from fake_host import ROOT, open_folder


def blocks(language):
    with open(os.path.join(ROOT, "docs/plugins.md"), encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)


class DocumentedTests(unittest.TestCase):
    def test_the_program_in_python_is_the_sample(self):
        with open(os.path.join(ROOT, "samples/plugins/brightness/plugin.py"), encoding="utf-8") as file:
            self.assertEqual(blocks("python"), [file.read()])

    @unittest.skipUnless(shutil.which("cc"), "needs a C compiler")
    def test_the_program_in_c_is_a_plugin(self):
        (program,), (manifest,) = blocks("c"), blocks("json")
        with tempfile.TemporaryDirectory() as folder:
            for name, text in [("mean.c", program), ("manifest.json", manifest)]:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "mean", "mean.c"], cwd=folder, check=True)
            plugin, found = open_folder(folder)
            self.assertEqual(found, json.loads(manifest))
            with plugin:
                for _ in range(2):
                    answers = plugin.one("mean", [bytes([1, 2]), bytes([10] * 2)], 2, 1, "gray8")
                    self.assertEqual([(each["frame"], each["values"]) for each in answers], [(0, {"mean": 1.5}), (1, {"mean": 10})])
                self.assertEqual(plugin.close(), (0, ""))
            alone = subprocess.run(["./mean"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, close_fds=True)
            self.assertEqual((alone.returncode, alone.stderr.decode()), (1, "This is a plugin of forgebatch, which starts it.\n"))


if __name__ == "__main__":
    unittest.main()
