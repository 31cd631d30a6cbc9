// swift-tools-version:6.2
import PackageDescription

// The reducer's own cost, measured without hands. A package of its own, since the main one offers no libraries; its
// sources are the main package's, by links.
let package = Package(
    name: "reducer",
    targets: [
        .target(name: "Codecs"),
        .target(name: "Effects", dependencies: ["Codecs"]),
        .target(name: "WorkerModel", dependencies: ["Effects", "Codecs"]),
        .executableTarget(name: "reducer", dependencies: ["WorkerModel", "Effects", "Codecs"]),
    ]
)
