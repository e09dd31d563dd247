internal import Bytes
internal import Glibc

/// What `forgebatch doctor` finds of an output folder, by files of its own that are removed again.
struct FolderCheck {
    private static let advice = "choose another folder with -o DIR"
    /// Bytes of the longest name that a result gets: see `OutputLayout.result`.
    private static let longestName = 200

    private let root: RawPath
    private let scratch: RawPath

    static func all(_ root: RawPath) -> [Finding] {
        let made: [RawPath]
        let check = FolderCheck(root: root, scratch: root.appending(Files.temporaryName()))
        do throws(SystemError) {
            made = try FolderCheck.makeFolders(check.scratch)
        } catch {
            return [Finding(.missing, "output folder", "\(root.display): cannot write here: \(error.reason)", advice)]
        }
        defer { for folder in made.reversed() { remove(folder) } }
        return [
            Finding(.ok, "output folder", root.display), check.space(), check.writing(), check.links(), check.lock(),
            check.modes(), check.longNames(), check.oddNames(), check.letterCase(), check.times(),
        ]
    }

    /// Makes a folder and those above it that are missing; they are the answer, from the top down.
    private static func makeFolders(_ path: RawPath) throws(SystemError) -> [RawPath] {
        guard !Files.exists(path) else { return [] }
        let parent = path.parent
        let above = parent.isEmpty || parent == path ? [] : try makeFolders(parent)
        do throws(SystemError) {
            try Files.makeDirectory(path, durable: false)
        } catch {
            for folder in above.reversed() { remove(folder) }
            throw error
        }
        return above + [path]
    }

    /// Removes an empty folder.
    private static func remove(_ folder: RawPath) { _ = folder.withCString { rmdir($0) } }

    // MARK: Checks

    private func space() -> Finding {
        var raw = statvfs()
        guard root.withCString({ statvfs($0, &raw) }) == 0, let free = try? Files.freeSpace(root) else {
            return Finding(.warning, "free space", "unknown", "--min-free 0 does without the check")
        }
        let text = "\(Quantity.size(free)) free"
        if raw.f_files > 0, raw.f_favail == 0 {
            return Finding(.missing, "free space", "\(text), but no more files can be made", FolderCheck.advice)
        }
        return free < 1 << 30
            ? Finding(
                .missing, "free space", "\(text), less than a run starts a video with",
                "make room, or lower --min-free")
            : Finding(.ok, "free space", text)
    }

    /// As a result is written: whole or not at all.
    private func writing() -> Finding {
        let (name, other) = (scratch.appending("a"), scratch.appending("b"))
        defer { for path in [name, other] { Files.remove(path) } }
        let bytes = (0..<1 << 16).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        do throws(SystemError) {
            try AtomicFile.write([1], to: name)
            try AtomicFile.write(bytes, to: other)
            try Files.rename(other, to: name)
            try Files.syncDirectory(scratch)
            guard try Files.read(name) == bytes else {
                return Finding(.missing, "writing", "what was written reads otherwise", FolderCheck.advice)
            }
            return Finding(.ok, "writing", "create, write, fsync, rename over a file, fsync of the folder")
        } catch {
            return Finding(.missing, "writing", "\(error.call): \(error.reason)", FolderCheck.advice)
        }
    }

    private func links() -> Finding {
        let path = scratch.appending("link")
        defer { Files.remove(path) }
        do throws(SystemError) {
            try Files.link(RawPath("nowhere"), at: path)
            return Finding(.ok, "links", "symbolic links can be made")
        } catch {
            return Finding(
                error.isUnsupported ? .warning : .missing, "links", "\(error.call): \(error.reason)",
                error.isUnsupported
                    ? "`latest` is no link here: latest.txt names the latest run" : FolderCheck.advice)
        }
    }

    private func lock() -> Finding {
        let path = scratch.appending("lock")
        defer { Files.remove(path) }
        do throws(SystemError) {
            let (one, two) = (
                try Files.open(path, Files.readWriteOrCreate), try Files.open(path, Files.readWriteOrCreate)
            )
            defer { for descriptor in [one, two] { Files.close(descriptor) } }
            guard try Files.lock(one, path: path) else {
                return Finding(.missing, "lock", "cannot be taken", FolderCheck.advice)
            }
            let isTaken = try !Files.lock(two, path: path)
            return isTaken
                ? Finding(.ok, "lock", "keeps a second run out")
                : Finding(
                    .warning, "lock", "does not keep a second run out", "never run twice into this folder at once")
        } catch {
            return Finding(
                .missing, "lock", "\(error.call): \(error.reason)",
                FolderCheck.advice + ", or run with --lock none if no other run writes there")
        }
    }

    private func modes() -> Finding {
        let path = scratch.appending("mode")
        defer { Files.remove(path) }
        var raw = stat()
        guard (try? AtomicFile.write([1], to: path, durable: false)) != nil,
            path.withCString({ chmod($0, 0o640) }) == 0, path.withCString({ stat($0, &raw) }) == 0,
            raw.st_mode & 0o777 == 0o640
        else {
            return Finding(
                .warning, "modes", "permissions are not kept", "who may read the results is up to how this is mounted")
        }
        return Finding(.ok, "modes", "permissions are kept")
    }

    private func longNames() -> Finding {
        let name = [UInt8](repeating: UInt8(ascii: "n"), count: FolderCheck.longestName)
        let refused = tried(RawPath(bytes: name))
        return refused.map {
            Finding(
                .warning, "long names", "\(FolderCheck.longestName) bytes: \($0)",
                "results of such names get shorter ones; their paths are in the catalog")
        } ?? Finding(.ok, "long names", "\(FolderCheck.longestName) bytes")
    }

    private func oddNames() -> Finding {
        let names: [(String, [UInt8])] = [
            ("no UTF-8", [0x61, 0xff]), ("a line feed", [0x61, 0x0a]), ("a colon", Array("a:b".utf8)),
            ("a question mark", Array("a?".utf8)), ("a backslash", Array("a\\b".utf8)), ("a quote", Array("a\"b".utf8)),
            ("a space at the end", Array("a ".utf8)), ("a dot at the end", Array("a.".utf8)),
        ]
        let refused = names.filter { tried(RawPath(bytes: $0.1)) != nil }.map(\.0)
        return refused.isEmpty
            ? Finding(.ok, "odd names", "any bytes")
            : Finding(
                .warning, "odd names", "refused: \(refused.joined(separator: ", "))",
                "results of such names get plain ones; their paths are in the catalog")
    }

    /// Why a file of this name cannot be made and found again; nil when it can.
    private func tried(_ name: RawPath) -> String? {
        let path = scratch.appending(name)
        defer { Files.remove(path) }
        do throws(SystemError) {
            try AtomicFile.write([1], to: path, durable: false)
            return try Files.list(scratch).contains(name) ? nil : "it is stored under another name"
        } catch {
            return error.reason
        }
    }

    private func letterCase() -> Finding {
        let path = scratch.appending("Case")
        defer { Files.remove(path) }
        guard (try? AtomicFile.write([1], to: path, durable: false)) != nil else {
            return Finding(.warning, "case of letters", "not tested")
        }
        // Results are named so that both do.
        return Finding(
            .ok, "case of letters",
            Files.exists(scratch.appending("case")) ? "makes no difference" : "makes a difference")
    }

    private func times() -> Finding {
        let path = scratch.appending("time")
        defer { Files.remove(path) }
        let wanted: Int64 = 1_700_000_001_123_456_789
        var both = [timespec](repeating: timespec(tv_sec: 1_700_000_001, tv_nsec: 123_456_789), count: 2)
        guard (try? AtomicFile.write([1], to: path, durable: false)) != nil,
            path.withCString({ utimensat(AT_FDCWD, $0, &both, 0) }) == 0,
            let kept = (try? Files.status(path))?.modified
        else { return Finding(.warning, "times", "cannot be set", "nothing that forgebatch needs") }
        let off = abs(kept - wanted)
        let exactness =
            off == 0 ? "to the nanosecond" : off < 1_000_000_000 ? "to a fraction of a second" : "to seconds"
        return off <= 2_000_000_000
            ? Finding(.ok, "times", exactness)
            : Finding(.warning, "times", "another one is kept", "nothing that forgebatch needs")
    }
}
