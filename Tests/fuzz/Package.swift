// swift-tools-version:6.2
import PackageDescription

// Fuzz targets, an executable each. A package of its own, so that nothing of the worker is ever built with a
// sanitizer; its sources are the main package's, by links. scripts/fuzz builds it, with the sanitizers.
let flags: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
    // A target may look into the modules that it tries.
    .unsafeFlags(["-enable-testing", "-parse-as-library"]),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: flags)
}

func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: ["Demands"] + dependencies, swiftSettings: flags)
}

let package = Package(
    name: "fuzz",
    targets: [
        module("Codecs"),
        module("Effects", ["Codecs"]),
        module("WorkerModel", ["Effects", "Codecs"]),
        module("Recording", ["WorkerModel", "Effects", "Codecs"]),
        module("Configuration", ["Codecs", "CLibyaml"]),
        .systemLibrary(name: "CLibyaml", pkgConfig: "yaml-0.1"),
        module("Demands", ["Codecs"]),
        fuzz("frames", ["Codecs"]),
        fuzz("http", ["Codecs"]),
        fuzz("answer", ["Codecs"]),
        fuzz("json", ["Codecs"]),
        fuzz("dotenv", ["Codecs"]),
        fuzz("masking", ["Codecs"]),
        fuzz("logline", ["Effects", "Codecs"]),
        fuzz("wire", ["Effects", "Codecs"]),
        fuzz("journal", ["Effects", "Codecs"]),
        fuzz("recording", ["Recording", "WorkerModel", "Effects", "Codecs"]),
        fuzz("configuration", ["Configuration", "Codecs"]),
    ]
)
