// swift-tools-version: 6.2
import PackageDescription

/// Settings that every target shares. A target's own extras stand beside the target.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "forgebatch",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // Without its trait it needs no Foundation.
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        // C libraries and shims.
        .systemLibrary(
            name: "CFFmpeg", pkgConfig: "libavformat libavcodec libavutil libswscale",
            providers: [.apt(["libavformat-dev", "libavcodec-dev", "libavutil-dev", "libswscale-dev"])]),
        .systemLibrary(name: "CSHA", pkgConfig: "libavutil", providers: [.apt(["libavutil-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLimits"),
        // The files of templates/ and the tools' costs, by C23's #embed.
        .target(name: "CAssets"),

        // Twins of pixel loops; without optimising, vectors are slower than the loops that they stand for.
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),

        // Leaves: they know nothing of each other.
        // The pixel loops are optimised in debug builds too: without it, tests over real videos take minutes.
        .target(
            name: "Frames", dependencies: ["CKernels"],
            swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        .target(name: "VideoFormats"),
        .target(name: "TemplateEngine"),
        .target(name: "Bytes", dependencies: ["CSHA", "CZlib"]),
        .target(
            name: "WebSocketChannel",
            dependencies: [
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),

        // The pixel half.
        .target(name: "Media", dependencies: ["Frames", "VideoFormats", "Bytes", "CFFmpeg"]),
        // What there is to know of a tool without running it.
        .target(name: "ToolModel", dependencies: ["Bytes", "CAssets"], exclude: ["tool-costs.json"]),
        .target(
            name: "FrameTools", dependencies: ["Frames", "ToolModel"],
            swiftSettings: [.strictMemorySafety(), .unsafeFlags(["-O"], .when(configuration: .debug))]),
        .target(name: "FrameResults", dependencies: ["Jobs", "Bytes"]),
        .target(name: "Analysis", dependencies: ["FrameTools", "ToolModel", "FrameResults", "Frames", "Bytes"]),
        .target(name: "Stills", dependencies: ["Frames", "Media", "CPNG"]),
        .target(
            name: "VideoWorker",
            dependencies: [
                "Media", "Analysis", "FrameTools", "ToolModel", "Stills", "FrameResults", "Jobs", "Frames", "Bytes",
                "CLimits",
            ],
        ),

        // The batch half.
        .target(name: "Jobs", dependencies: ["Bytes"]),
        .target(name: "Store", dependencies: ["Jobs", "Bytes"]),
        .target(
            name: "BatchRun",
            dependencies: [
                "Store", "Jobs", "ToolModel", "VideoFormats", "Bytes", "CLimits",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .target(
            name: "Archive",
            dependencies: ["Analysis", "FrameTools", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes"]),
        .target(
            name: "HTMLReport",
            dependencies: [
                "TemplateEngine", "Archive", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes", "CAssets",
            ]),
        .target(
            name: "ReplayServer",
            dependencies: [
                "WebSocketChannel", "Archive", "FrameResults", "Store", "Jobs", "VideoFormats", "Bytes",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "forgebatch",
            dependencies: [
                "BatchRun", "VideoWorker", "Archive", "HTMLReport", "ReplayServer", "Store", "Jobs", "Bytes",
                "FrameTools", "ToolModel",
                "VideoFormats", "CYAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // A binary with the Swift libraries in it would export all its symbols, and so keep what nobody calls.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(configuration: .release))]),

        // Stages of the work timed by themselves, for `make bench`; no product that anyone installs.
        .executableTarget(
            name: "Stages",
            dependencies: [
                "Media", "Analysis", "FrameTools", "ToolModel", "Stills", "FrameResults", "Frames", "Bytes",
            ],
            path: "Benchmarks/Stages"),

        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        // The pixel loops one after the other, for counting their instructions. Valgrind does not read what the compiler
        // writes down for debuggers.
        .executableTarget(
            name: "KernelWork", dependencies: ["Frames", "CTestSupport"], path: "Tests/KernelWork",
            linkerSettings: [.linkedLibrary("m"), .unsafeFlags(["-Xlinker", "--strip-debug"])]),
        .target(
            name: "TestSupport", dependencies: ["Store", "FrameResults", "Jobs", "Bytes", "Frames", "CTestSupport"],
            path: "Tests/TestSupport"),
        // Echoes on the server's own pipeline, for probes that want an echo.
        .executableTarget(
            name: "EchoServer", dependencies: ["ReplayServer", "WebSocketChannel", "Bytes"], path: "Tests/EchoServer"),
        .testTarget(
            name: "AnalysisTests",
            dependencies: ["Analysis", "FrameTools", "ToolModel", "FrameResults", "Frames", "Bytes", "TestSupport"]),
        .testTarget(
            name: "ArchiveTests",
            dependencies: [
                "Archive", "Analysis", "FrameTools", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes",
                "TestSupport",
            ]),
        .testTarget(name: "ArchitectureTests", dependencies: ["Jobs", "Bytes", "TestSupport"]),
        .testTarget(
            name: "BatchRunTests",
            dependencies: ["BatchRun", "ToolModel", "VideoFormats", "Bytes", "Store", "Jobs", "TestSupport"]),
        .testTarget(name: "BytesTests", dependencies: ["Bytes", "TestSupport"]),
        .testTarget(
            name: "CommandTests",
            dependencies: ["Archive", "ToolModel", "FrameResults", "Bytes", "Store", "Jobs", "TestSupport"]),
        .testTarget(name: "FrameResultsTests", dependencies: ["FrameResults", "Jobs", "Bytes", "TestSupport"]),
        .testTarget(
            name: "FrameToolsTests", dependencies: ["FrameTools", "ToolModel", "Frames", "Bytes", "TestSupport"]),
        .testTarget(name: "FramesTests", dependencies: ["Frames", "TestSupport"]),
        .testTarget(
            name: "HTMLReportTests",
            dependencies: ["HTMLReport", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes", "TestSupport"]),
        .testTarget(
            name: "InstructionTests", dependencies: ["Bytes", "KernelWork", "TestSupport"],
            exclude: ["instructions.tsv"]),
        .testTarget(name: "JobsTests", dependencies: ["Store", "Jobs", "Bytes", "TestSupport"]),
        .testTarget(name: "MediaTests", dependencies: ["Media", "Frames", "VideoFormats", "Bytes", "TestSupport"]),
        // Draws thousands of pictures.
        .testTarget(
            name: "MotionTests", dependencies: ["FrameTools", "ToolModel", "Frames", "TestSupport"],
            swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        .testTarget(name: "OracleTests", dependencies: ["Bytes", "TestSupport"]),
        .testTarget(
            name: "ReplayServerTests",
            dependencies: [
                "ReplayServer", "WebSocketChannel", "EchoServer", "Archive", "FrameResults", "Store", "Jobs",
                "VideoFormats", "Bytes", "TestSupport",
            ]),
        .testTarget(name: "StoreTests", dependencies: ["Store", "FrameResults", "Jobs", "Bytes", "TestSupport"]),
        .testTarget(name: "StillsTests", dependencies: ["Stills", "Media", "Frames", "Bytes", "TestSupport"]),
        .testTarget(name: "VideoFormatsTests", dependencies: ["VideoFormats"]),
        .testTarget(
            name: "TemplateEngineTests", dependencies: ["TemplateEngine", "Bytes", "TestSupport"],
            exclude: ["mustache-spec"]),
        .testTarget(
            name: "VideoWorkerTests",
            dependencies: [
                "VideoWorker", "FrameTools", "ToolModel", "FrameResults", "Frames", "Jobs", "Bytes", "CLimits",
                "TestSupport",
            ]),
        .testTarget(name: "ToolModelTests", dependencies: ["ToolModel", "FrameTools", "Bytes", "TestSupport"]),
        .testTarget(
            name: "WebSocketChannelTests",
            dependencies: [
                "WebSocketChannel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
    ],
    cLanguageStandard: .gnu2x
)

for target in package.targets where target.type == .regular || target.type == .executable || target.type == .test {
    if !["CLimits", "CAssets", "CKernels", "CTestSupport"].contains(target.name) {
        target.swiftSettings = strict + (target.swiftSettings ?? [])
    }
}

/// `make quick` builds only what needs no other package and no library but libavutil and zlib, and none of the tests that run
/// forgebatch; it does so in a build folder of its own, so that neither build undoes the other.
if Context.environment["FORGEBATCH_QUICK"] != nil {
    var left: Set = ["CFFmpeg", "CPNG", "CYAML", "CommandTests", "KernelWork", "OracleTests", "Stages"]
    func isLeft(_ dependency: Target.Dependency) -> Bool {
        switch dependency {
        case .productItem: true
        case .targetItem(let name, _), .byNameItem(let name, _): left.contains(name)
        @unknown default: true
        }
    }
    var count = 0
    while left.count != count {
        count = left.count
        for target in package.targets where target.dependencies.contains(where: isLeft) { left.insert(target.name) }
    }
    package.targets.removeAll { left.contains($0.name) }
    package.dependencies = []
}
