"""A tracker that one process has one of: it goes on counting in the next video, as ForgeSyte's does."""


class Tracker:
    _instance = None

    @classmethod
    def shared(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def __init__(self):
        self.videos = 0

    def begin(self):
        self.videos += 1

    def number(self, each):
        return 100 * self.videos + each
