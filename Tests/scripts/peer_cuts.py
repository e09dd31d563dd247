"""What PySceneDetect finds in a video, as one JSON object on standard output.

  peer_cuts.py VIDEO

content: the content value of each frame in the order in which frames come; content_cuts, cuts: what the content and the
adaptive detector call a cut, by the same order. PySceneDetect's own frame numbers come from timestamps and a rate, so
that frames of variable rate, or without a time, have numbers that are off or that repeat: they are not used.
"""

import json
import sys

from scenedetect import AdaptiveDetector, ContentDetector, SceneManager, open_video

MINIMUM = "0.6s"


def ordered(base):
    """A detector that keeps its values, and the place of each frame."""

    class Ordered(base):
        def __init__(self):
            super().__init__(min_scene_len=MINIMUM)
            self.content, self.times, self.found = [], [], []

        def process_frame(self, timecode, frame):
            self.times.append(timecode)
            cuts = super().process_frame(timecode, frame)
            self.content.append(self._frame_score)
            # A cut is one of the times handed in before; of equal ones the last.
            for cut in cuts:
                places = [place for place, time in enumerate(self.times) if time is cut]
                self.found.append(places[-1])
            return cuts

    return Ordered()


def main():
    content, adaptive = ordered(ContentDetector), ordered(AdaptiveDetector)
    manager = SceneManager()
    manager.add_detector(content)
    manager.add_detector(adaptive)
    manager.detect_scenes(open_video(sys.argv[1], backend="opencv"))
    assert content.content == adaptive.content
    print(json.dumps({
        "content": [round(float(value), 6) for value in content.content],
        "content_cuts": content.found,
        "cuts": adaptive.found,
    }))


main()
