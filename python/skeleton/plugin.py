"""What this program does is said in manifest.json; how the two belong together is in forgebatch's docs/plugins.md."""

from forgebatch_plugin import main, tool


@tool("skeleton")
def measure(settings):
    # Called for every video, so what is kept here is fresh. settings["KEY"] has the measuring settings of the manifest.
    def frame(f):
        # f.index, f.time, f.width, f.height; f.bytes has the pixels, f.array the same for numpy.
        return {"values": {"mean": sum(f.bytes) / len(f.bytes)}}

    return frame


main()
