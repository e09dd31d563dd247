/// What a word or a code says of a video, for people who have never seen it, and what they can do. Lists, messages, the
/// report and docs/verdicts.md take their sentences from here.
package struct VerdictWords: Equatable, Sendable {
    /// One sentence or two.
    package var meaning: String
    package var advice: String

    package init(_ meaning: String, _ advice: String) {
        self.meaning = meaning
        self.advice = advice
    }
}

extension VideoStatus {
    package var words: VerdictWords {
        switch self {
        case .ok: VerdictWords("Every frame was decoded and nothing is wrong with the file.", "Nothing.")
        case .warning:
            VerdictWords(
                "The result is whole, but something about the file is worth knowing; the reasons say what.",
                "Read the reasons. The numbers can be used.")
        case .damaged:
            VerdictWords(
                "Pictures are missing or broken: the result tells of less than the video should have.",
                "Copy the file again from where it came from, or repair it; the next run takes a changed file by itself. What was decoded is in the result and can be used as far as it goes."
            )
        case .failed:
            VerdictWords(
                "There is no result. The message says at which stage it ended and why.",
                "Do what the message says. A changed file is taken by the next run; an unchanged one with --retry-failed."
            )
        case .quarantined:
            VerdictWords(
                "The process that decodes it crashed or ran out of time or memory in two runs, so runs leave it alone now.",
                "Repair or replace the file: a changed one is tried again by itself, and so is one that gets more memory. --retry-quarantined tries it as it is, as with a higher --timeout where it was only slow; --exclude leaves it out for good."
            )
        case .skipped:
            VerdictWords(
                "It was left alone, because its result is up to date or an earlier run already failed on it.",
                "Nothing; --force does it again.")
        case .running: VerdictWords("It is being decoded now.", "Wait, or follow it with forgebatch tail.")
        case .pending: VerdictWords("It waits for its turn.", "Wait, or follow the run with forgebatch tail.")
        case .unfinished:
            VerdictWords(
                "The run was stopped before it was done; there is no new result.",
                "Run the same command again: it does the rest.")
        }
    }
}

extension Reason {
    package var words: VerdictWords {
        switch self {
        case .decodeErrors:
            VerdictWords(
                "The decoder met broken data: some pictures are missing or wrong.",
                "Play the video at the frames that decode.errors of the result names. Fetch the file again if the original is better."
            )
        case .corruptFrames:
            VerdictWords(
                "Pictures came out that the decoder itself calls broken: they show blocks, smears or old content.",
                "Fetch the file again if the original is better. Distrust events in those frames.")
        case .truncated:
            VerdictWords(
                "The file stops in the middle: it was cut off, as by an interrupted copy, a full disk or a recorder without power.",
                "Compare its size with the original's and copy it again.")
        case .endsEarly:
            VerdictWords(
                "The last picture ends well before the length that the file claims (over a second and over 1 %).",
                "Compare with the original. If only the claim is wrong, nothing: frames and times in the result are counted, not claimed."
            )
        case .corruptPackets:
            VerdictWords(
                "Data were lost or marked as broken before they were stored, as in a broadcast or a network recording.",
                "Look at the video for broken pictures; check the reception or the network of the recorder.")
        case .containerFaults:
            VerdictWords(
                "The file breaks the rules of its format in places. Whether that cost pictures is not known.",
                "Play it. If nothing is missing, nothing; else fetch it again.")
        case .frameCount:
            VerdictWords(
                "Another number of pictures was decoded than the file claims, though the time they cover is whole.",
                "Trust total_frames, which is counted. Otherwise nothing.")
        case .gaps:
            VerdictWords(
                "For over a second there is no picture: the recorder paused or dropped frames.",
                "Check the recorder if it should not pause. Nothing that happened in a gap is in the result.")
        case .backwardTimestamps:
            VerdictWords(
                "The times that the file gives its pictures step back in places.",
                "Trust the order of the frames; take their times there as near, not exact.")
        case .clockRestarts:
            VerdictWords(
                "The file's clock starts anew or jumps, as where recordings were joined. The parts were put one behind the other.",
                "Nothing, if it was joined on purpose. Times behind the jump count from the beginning of the file, not of the part."
            )
        case .missingTimestamps:
            VerdictWords(
                "Many pictures have no time of their own: it was counted by the frame rate.",
                "Trust the numbers of frames; take their times as estimates.")
        }
    }
}
