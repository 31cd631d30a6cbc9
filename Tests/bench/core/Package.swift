// swift-tools-version:6.2
import PackageDescription

// What the core costs by itself, measured without hands. A package of its own, since the main one offers no libraries;
// its sources are the main package's, by links.
let package = Package(
    name: "core",
    targets: [
        .target(name: "Codecs"),
        .target(name: "Effects", dependencies: ["Codecs"]),
        .target(name: "WorkerModel", dependencies: ["Effects", "Codecs"]),
        .target(name: "Recording", dependencies: ["WorkerModel", "Effects", "Codecs"]),
        .target(name: "Faultless", dependencies: ["WorkerModel", "Effects", "Codecs"]),
        .executableTarget(name: "reducer", dependencies: ["Faultless", "WorkerModel", "Effects", "Codecs"]),
        .executableTarget(
            name: "recording", dependencies: ["Faultless", "Recording", "WorkerModel", "Effects", "Codecs"]),
    ]
)
