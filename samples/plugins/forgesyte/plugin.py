"""Runs one installed plugin of ForgeSyte, as it is, in video mode. The folder and its manifest are made by make_folder.py.

usage: plugin.py ENTRY_POINT    the plugin's name in the entry-point group forgesyte.plugins
"""

import abc
import importlib.metadata
import json
import os
import sys
import types

from forgebatch_plugin import main, video_tool

GROUP = "forgesyte.plugins"
# What forgebatch takes of a frame's detections: ForgeSyte's four shapes are made of these.
SHAPES = ("tracked_objects", "xyxy", "confidence", "class_id", "track_id", "centers", "keypoints_xy", "keypoints_conf")


HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def check_package():
    """Results say by the hashes in installed.json of which files they came; so these must be the files."""
    known = read("installed-times.json")
    for name, (size, time) in known["files"].items():
        try:
            found = os.stat(os.path.join(known["folder"], name))
        except FileNotFoundError:
            found = None
        if found is None or (found.st_size, found.st_mtime_ns) != (size, time):
            sys.exit(f"{name} of {known['folder']} is another file now than when make_folder.py was run: run it again")


def load():
    """The plugin, made as ForgeSyte's registry makes it."""
    name = sys.argv[1]
    check_package()
    found = [each for each in importlib.metadata.entry_points(group=GROUP) if each.name == name]
    if not found:
        sys.exit(f"there is no plugin '{name}' in the entry-point group {GROUP} of {sys.executable}")
    try:
        made = found[0].load()()
    except ModuleNotFoundError as error:
        # A plugin may inherit from the server's base class without bringing a stand-in.
        if (error.name or "").split(".")[0] != "app":
            raise
        sys.modules.update(server_modules())
        made = found[0].load()()
    for step in ("validate", "on_load"):
        if callable(getattr(made, step, None)):
            getattr(made, step)()
    return made


def server_modules():
    """The modules of ForgeSyte's server that plugins import, with the contract of their base class and nothing else."""

    class BasePlugin(abc.ABC):
        name, version, description, tools = "", "", "", {}

        @abc.abstractmethod
        def run_tool(self, tool_name, args):
            """Runs a tool."""

        def validate(self):
            pass

    modules = {name: types.ModuleType(name) for name in ("app", "app.plugins", "app.plugins.base", "app.models")}
    modules["app.plugins.base"].BasePlugin = BasePlugin
    for record in ("AnalysisResult", "PluginMetadata"):
        setattr(modules["app.models"], record, type(record, (types.SimpleNamespace,), {}))
    return modules


def run(tool, video, plugin):
    """One video: the answers by frame, from the result that a ForgeSyte tool returns at its end."""
    result = plugin.run_tool(tool, {
        **video.settings, "video_path": video.path, "device": video.settings.device, "progress_callback": video.progress})
    frames = frames_of(result, tool)
    return [{"frame": index, **answer(frames[index])} for index in sorted(frames)]


def frames_of(result, tool):
    """The frames of a result by their number."""
    result = as_dict(result)
    if result.get("success") is False or result.get("error"):
        raise RuntimeError(result.get("message") or result.get("error") or f"tool '{tool}' tells of no success")
    if isinstance(as_dict(result.get("result")), dict) and "frames" not in result:
        return frames_of(result["result"], tool)
    if "frames" not in result:
        raise RuntimeError(f"tool '{tool}' returned no frames but {', '.join(map(str, result)) or 'nothing'}; is it a video tool?")
    frames = {}
    for position, frame in enumerate(result["frames"]):
        frame = as_dict(frame)
        index = frame.get("frame_index", frame.get("frame_idx", position))
        frames[int(index)] = frame
    return frames


def answer(frame):
    detections = frame.get("detections", frame)
    if isinstance(detections, (list, tuple)):
        detections = {"tracked_objects": detections}
    detections = as_dict(detections)
    kept = {key: detections[key] for key in SHAPES if detections.get(key) is not None}
    if "tracked_objects" in kept:
        kept["tracked_objects"] = [as_dict(each) for each in kept["tracked_objects"]]
    return {"detections": kept} if kept else {}


def as_dict(value):
    """A dict, or a record that can become one."""
    for name in ("model_dump", "dict"):
        if not isinstance(value, dict) and callable(getattr(value, name, None)):
            return getattr(value, name)()
    return {} if value is None else value


def serve():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    tools = [tool["id"] for tool in read("manifest.json")["tools"]]
    # All tools belong to one plugin, which is made once.
    made = []

    def load_once():
        if not made:
            made.append(load())
        return made[0]

    for tool in tools:
        video_tool(tool, load=load_once)(lambda video, plugin, tool=tool: run(tool, video, plugin))
    main()


serve()
