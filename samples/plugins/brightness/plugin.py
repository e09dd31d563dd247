from forgebatch_plugin import main, tool


@tool("brightness")
def brightness(settings):
    before = None

    def frame(f):
        nonlocal before
        mean = sum(f.bytes) / len(f.bytes)
        values = {"mean": mean} if before is None else {"mean": mean, "jump": mean - before}
        before = mean
        return {"values": values}

    return frame


main()
