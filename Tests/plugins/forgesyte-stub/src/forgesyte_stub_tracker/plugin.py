"""Tools for videos with ForgeSyte's four shapes, a tool for images, and tools that go wrong."""

import logging

try:
    from app.plugins.base import BasePlugin
except ImportError:

    class BasePlugin:
        """Stands in where there is no server."""


from .inference.model import Model
from .inference.tracker import Tracker

logger = logging.getLogger(__name__)


def _frames(model, video_path, shape, progress_callback):
    frames = []
    for index, boxes in enumerate(Model(model)(video_path)):
        print("frame", index)
        frames.append({"frame_index": index, "detections": shape(boxes)})
        if progress_callback:
            # The total is a guess, as where a container tells none.
            progress_callback(index + 1, 100)
    return {"total_frames": len(frames), "frames": frames}


def _centers(boxes):
    return [[(x1 + x2) / 2, (y1 + y2) / 2] for x1, y1, x2, y2 in boxes]


def _tracking(video_path, device="cpu", progress_callback=None):
    tracker = Tracker.shared()
    tracker.begin()

    def shape(boxes):
        return {
            "tracked_objects": [
                {"track_id": tracker.number(each), "class_id": 0, "xyxy": box, "center": center}
                for each, (box, center) in enumerate(zip(boxes, _centers(boxes)))]}

    return _frames("players", video_path, shape, progress_callback)


def _ball(video_path, device="cpu", progress_callback=None):
    def shape(boxes):
        return {"xyxy": boxes, "confidence": [0.5] * len(boxes), "class_id": [1.0] * len(boxes)}

    return {"success": True, "result": _frames("ball", video_path, shape, progress_callback)}


def _pitch(video_path, device="cpu", progress_callback=None):
    def shape(boxes):
        return {"keypoints_xy": [[[1.0, 2.0], [3.0, 4.0]]], "keypoints_conf": [[0.9, float("nan")]]}

    result = _frames("ball", video_path, shape, progress_callback)
    for frame in result["frames"]:
        frame["frame_idx"] = frame.pop("frame_index")
    return result


def _radar(video_path, device="cpu", progress_callback=None):
    def shape(boxes):
        count = len(boxes)
        return {"xyxy": boxes, "centers": _centers(boxes), "confidence": [0.75] * count, "class_id": [0] * count}

    return _frames("players", video_path, shape, progress_callback)


def _fail(video_path, device="cpu", progress_callback=None):
    progress_callback(7, 20)
    raise RuntimeError("corrupted frame at index 7")


def _image(image_bytes, device="cpu", annotated=False):
    return {"detections": []}


class Plugin(BasePlugin):
    name = "stub-tracker"
    version = "0.1.0"
    description = "A plugin for tests"
    tools = {
        tool: {"description": tool, "input_schema": {}, "output_schema": {}, "handler": handler}
        for tool, handler in {
            "video_player_tracking": _tracking, "video_ball_detection": _ball, "video_pitch_detection": _pitch,
            "video_radar": _radar, "video_fail": _fail, "player_detection": _image}.items()}

    def run_tool(self, tool_name, args):
        if tool_name not in self.tools:
            raise ValueError(f"Unknown tool: {tool_name}")
        handler = self.tools[tool_name]["handler"]
        if tool_name.startswith("video_"):
            return handler(
                video_path=args.get("video_path"), device=args.get("device", "cpu"),
                progress_callback=args.get("progress_callback"))
        image = args.get("image_bytes")
        if not isinstance(image, (bytes, bytearray)):
            return {"error": "invalid_image_bytes", "message": f"image_bytes must be bytes, got {type(image).__name__}"}
        return handler(image)

    def on_load(self):
        logger.info("loaded")
