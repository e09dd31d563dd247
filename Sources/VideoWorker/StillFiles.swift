internal import Bytes
internal import Jobs

/// The files for a video's stills, open before the worker is confined.
struct StillFiles: ~Copyable {
    private var open: [(kind: StagedFiles.Kind, path: RawPath, descriptor: FileDescriptor)] = []

    /// - Parameter request: none are opened where it asks for no stills.
    init(_ request: JobRequest) throws(SystemError) {
        guard request.stills else { return }
        let files = StagedFiles(request)
        for kind in StagedFiles.Kind.allCases where kind.still != nil {
            let path = files.temporary(kind)
            try Files.makeDirectory(path.parent)
            open.append((kind, path, try Files.open(path, Files.createExclusive)))
        }
    }

    /// Writes one still to the disk: its result vouches for it, and a run does not look at it again. One that could not be
    /// made is left empty.
    func write(_ bytes: [UInt8]?, _ kind: StagedFiles.Kind) throws(SystemError) {
        guard let bytes, let file = open.first(where: { $0.kind == kind }) else { return }
        try Files.write(bytes, to: file.descriptor, path: file.path)
        try Files.syncData(file.descriptor, path: file.path)
    }

    deinit { for file in open { Files.close(file.descriptor) } }
}
