internal import Bytes

/// Where the program of an external tool lies, what it has to read in order to run, and its environment.
struct ToolPlaces {
    /// The program as it is started: a venv is told from its path.
    var program: RawPath
    /// What the order does not name, and every such program needs. Some of it may not be there.
    var readable: [RawPath]

    /// Programs of the system come first: what the `PATH` of a person names first may be a script that chooses another one.
    static let systemPath = ["/usr/local/bin", "/usr/bin", "/bin"]

    /// Programs and libraries of the system, and what the loader and the C library read. Of `/etc` nothing that tells of
    /// people or of the machine's network. OpenSSL, which Python's `hashlib` loads, refuses to start when its settings are
    /// there and cannot be read; certificates and keys it does not need without a network.
    static let system = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf",
        "/etc/crypto-policies", "/etc/fonts",
    ].map { RawPath($0) }

    /// Folders of an installation that holds more than programs, such as `~/.local`, that a program may need.
    private static let parts = ["bin", "lib", "lib64", "libexec", "ssl"]

    /// Finds the program of an order.
    ///
    /// - Parameter path: the value of `PATH`.
    /// - Throws: `SystemError` when there is no such program.
    init(_ run: String, folder: RawPath, path: String?) throws(SystemError) {
        program = try ToolPlaces.find(run, folder: folder, path: path)
        readable = ToolPlaces.system
        let real = try Files.resolve(program)
        readable.append(real)
        readable += ToolPlaces.installation(of: real)
        let environment = program.parent.parent
        let settings = environment.appending("pyvenv.cfg")
        guard program.parent.lastComponent == RawPath("bin"), let text = try? Files.read(settings, limit: 1 << 16)
        else {
            return
        }
        readable.append(environment)
        if let home = ToolPlaces.home(text) {
            let name = real.lastComponent
            readable += ToolPlaces.installation(of: (try? Files.resolve(home.appending(name))) ?? home.appending(name))
        }
    }

    private static func find(_ run: String, folder: RawPath, path: String?) throws(SystemError) -> RawPath {
        let own = run.hasPrefix("/") ? RawPath(run) : folder.appending(run)
        if run.contains("/") {
            _ = try Files.status(own)
            return own
        }
        if isProgram(own) { return own }
        let places = systemPath + (path ?? "").split(separator: ":").map { String($0) }.filter { $0.hasPrefix("/") }
        for place in places {
            let program = RawPath(place).appending(run)
            if isProgram(program) { return program }
        }
        throw SystemError("exec", RawPath(run), code: SystemError.missing)
    }

    private static func isProgram(_ path: RawPath) -> Bool {
        (try? Files.status(path))?.kind == .file && Files.isExecutable(path)
    }

    /// The folders that a program in `PREFIX/bin` may need of its installation.
    private static func installation(of program: RawPath) -> [RawPath] {
        let prefix = program.parent.parent
        guard program.parent.lastComponent == RawPath("bin"), prefix != RawPath("/") else { return [] }
        return parts.map { prefix.appending($0) }
    }

    /// `home = /usr/bin` of a venv.
    private static func home(_ text: [UInt8]) -> RawPath? {
        for line in String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.split(separator: " ").joined(separator: " ") }
            if parts.count == 2, parts[0] == "home", parts[1].hasPrefix("/") { return RawPath(parts[1]) }
        }
        return nil
    }

    /// The environment of a tool: of the run's own only where programs are, so that results do not hang on who runs it.
    ///
    /// - Parameter own: the environment of this process.
    static func environment(_ order: ToolOrder, own: [String: String]) -> [String: String] {
        var result = ["LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"]
        let path = systemPath + (own["PATH"] ?? "").split(separator: ":").map { String($0) }
        result["PATH"] = path.joined(separator: ":")
        let folder = String(decoding: order.write.bytes, as: UTF8.self)
        for name in [
            "HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
            "XDG_RUNTIME_DIR",
        ] { result[name] = folder }
        for name in [
            "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
            "OPENCV_FOR_THREADS_NUM", "RAYON_NUM_THREADS",
        ] { result[name] = String(order.threads) }
        result["ORT_DISABLE_TELEMETRY"] = "1"
        result["PYTHONDONTWRITEBYTECODE"] = "1"
        // What is printed is in the log when the program dies, and sets come in one order.
        result["PYTHONUNBUFFERED"] = "1"
        result["PYTHONHASHSEED"] = "0"
        result["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        result["CUDA_VISIBLE_DEVICES"] = order.gpu.map { String($0) } ?? ""
        return result.merging(order.environment) { $1 }
    }

    /// What the driver of a GPU reads besides; nothing for the processor.
    static func facts(_ order: ToolOrder) -> [RawPath] {
        order.gpu == nil
            ? [] : ["/sys/bus/pci", "/sys/devices", "/sys/module/nvidia", "/sys/module/nvidia_uvm"].map { RawPath($0) }
    }

    /// The devices of a GPU's driver; none for the processor.
    static func devices(_ order: ToolOrder) -> [RawPath] {
        guard order.gpu != nil else { return [] }
        let names = ((try? Files.list(RawPath("/dev"))) ?? []).filter { $0.bytes.starts(with: Array("nvidia".utf8)) }
        return names.map { RawPath("/dev").appending($0) } + [RawPath("/proc/driver/nvidia")]
    }
}
