// swift-tools-version:6.2
import PackageDescription

// Rooms and the arrows between them; Tests/tidy holds the imports against this picture.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
    // Debug builds, which the tests are made with, look at run time whether two accesses to one variable overlap. In a
    // release that would be a tenth of all that the worker does for a task.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "oz-agent-worker",
    products: [.executable(name: "oz-agent-worker", targets: ["oz-agent-worker"])],
    targets: [
        // The pure rooms: standard library only.
        .target(name: "Codecs", swiftSettings: strict),
        .target(name: "Effects", dependencies: ["Codecs"], swiftSettings: strict),
        .target(name: "WorkerModel", dependencies: ["Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Check", dependencies: ["Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Recording", dependencies: ["WorkerModel", "Effects", "Codecs"], swiftSettings: strict),
        .target(name: "Simulation", dependencies: ["WorkerModel", "Effects", "Codecs"], swiftSettings: strict),
        // The hands.
        .target(name: "Configuration", dependencies: ["Codecs", "CLibyaml"], swiftSettings: strict),
        .target(name: "ControlPlane", dependencies: ["Codecs", "CLinux"], swiftSettings: strict),
        .target(
            name: "Interpreter",
            dependencies: [
                "Recording", "WorkerModel", "Check", "Effects", "Codecs", "CLinux", "CLibcurl", "SupervisorImage",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "oz-agent-worker",
            dependencies: [
                "Interpreter", "Recording", "WorkerModel", "Check", "Effects", "Codecs", "Simulation", "Configuration",
                "ControlPlane", "CLinux", "CLibyaml", "CLibcurl", "SupervisorImage", "TimelineImage",
            ],
            swiftSettings: strict),
        // C: what Swift can't say, and the libraries.
        .target(name: "CLinux"),
        .target(
            name: "SupervisorImage",
            cSettings: [.unsafeFlags(["-I", "\(Context.packageDirectory)/.build/supervisor"])]),
        .target(name: "TimelineImage", exclude: ["page"]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .testTarget(
            name: "ModelTests",
            dependencies: [
                "Codecs", "Effects", "Check", "WorkerModel", "Recording", "Simulation", "Configuration",
                "ControlPlane",
            ],
            path: "Tests/ModelTests", exclude: ["Configuration/Golden", "Journal/version-1.journal"],
            swiftSettings: strict),
    ]
)
