// What containers and volumes are made of, complete but for the secrets in it.

import Codecs
import Effects

enum DockerBodies {
    /// Where a volume is filled.
    static let fillPath = Bytes(text: "/target")
    /// On every volume that a worker made for a sidecar.
    static let sidecarLabel = Bytes(text: "oz-sidecar")

    private static let entryPoint = Text("/agent/entrypoint.sh")

    static func task(
        _ key: ExecutionKey, _ plan: TaskPlan, sidecars: [Bytes], _ docker: DockerSettings, _ worker: Settings
    ) -> JSON {
        var layer = EnvironmentLayer(over: plan.environment, expecting: docker.environment.count)
        layer.lay(docker.environment)
        let variables = layer.variables.map(setting)
        let binds = sidecars + docker.volumes
        var host = [JSONMember("Binds", .array(binds.map { .string($0) }))]
        if let vcpus = plan.shape.vcpus, vcpus > 0 { host.append(number("NanoCpus", vcpus, times: 1_000_000_000)) }
        if let memory = plan.shape.memoryGiB, memory > 0 {
            host.append(number("Memory", memory, times: 1 << 30))
            host.append(number("MemorySwap", memory, times: 1 << 30))
        }
        return .object([
            JSONMember("Image", .string(plan.image.name)),
            JSONMember("Cmd", .array(([entryPoint] + plan.arguments).map { JSON($0) })),
            JSONMember("Env", .array(variables)),
            JSONMember("WorkingDir", .string(Bytes(text: "/workspace"))),
            JSONMember("Labels", labels(key, worker)),
            JSONMember("HostConfig", .object(host)),
        ])
    }

    /// One that is never started. With a volume, that lies at the place where it is filled; what the image may have
    /// there is not copied into it.
    static func helper(_ key: ExecutionKey, image: Bytes, filling volume: (Bytes, labels: JSON)?, _ worker: Settings)
        -> JSON
    {
        let mount = volume.map { mounted($0, labels: $1) }
        return .object([
            JSONMember("Image", .string(image)),
            JSONMember("Entrypoint", .array([.string(Bytes(text: "/never-started"))])),
            JSONMember("Labels", labels(key, worker)),
            JSONMember(
                "HostConfig",
                .object([
                    JSONMember("Mounts", .array(mount.map { [$0] } ?? [])),
                    JSONMember("NetworkMode", .string(Bytes(text: "none"))),
                ])),
        ])
    }

    /// The labels go with it, for where somebody has removed the volume since it was made: Docker makes it anew then.
    private static func mounted(_ volume: Bytes, labels: JSON) -> JSON {
        .object([
            JSONMember("Type", .string(Bytes(text: "volume"))),
            JSONMember("Source", .string(volume)),
            JSONMember("Target", .string(fillPath)),
            JSONMember(
                "VolumeOptions", .object([JSONMember("NoCopy", .bool(true)), JSONMember("Labels", labels)])),
        ])
    }

    static func labels(_ key: ExecutionKey, _ worker: Settings) -> JSON {
        object(Labels.of(key, worker))
    }

    /// A volume that outlives the task: whoever made it does not own it.
    static func sharedLabels(_ image: Bytes, _ worker: Settings) -> JSON {
        object(Labels.ofInstance(worker) + [Label(name: sidecarLabel, value: image)])
    }

    static func ownLabels(_ image: Bytes, _ key: ExecutionKey, _ worker: Settings) -> JSON {
        object(Labels.of(key, worker) + [Label(name: sidecarLabel, value: image)])
    }

    private static func setting(_ variable: EnvironmentVariable) -> JSON {
        let front = variable.name + [UInt8(ascii: "=")]
        switch variable.value {
        case .literal(let value): return .string(front + value)
        case .secret, .joined: return .secret(.joined([.literal(front), variable.value]))
        }
    }

    private static func object(_ labels: [Label]) -> JSON {
        .object(labels.map { JSONMember(name: $0.name, value: .string($0.value)) })
    }

    /// Saturates: what no machine has is refused by the daemon.
    private static func number(_ name: StaticString, _ count: Int, times factor: Int) -> JSONMember {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return JSONMember(name, .number(Bytes(decimal: overflow ? Int.max : product)))
    }
}
