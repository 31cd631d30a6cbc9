// What a dispatch command reads on its standard input: one JSON document, version 1.
//
// Built out of references; the executor puts the secrets in at the last moment. Fields may be added to a version, and
// are never renamed or removed.

import Codecs
import Effects

enum DispatchPayload {
    static let version = 1

    static func document(_ key: ExecutionKey, _ plan: TaskPlan, _ worker: Settings) -> JSON {
        .object([
            JSONMember("version", .number(Bytes(decimal: version))),
            JSONMember("run_id", .string(key.task.bytes)),
            JSONMember("execution_id", .string(key.execution?.bytes ?? [])),
            JSONMember("server_root_url", .string(worker.serverRootURL)),
            JSONMember("worker_id", .string(worker.workerID)),
            JSONMember("docker_image", .string(plan.image.name)),
            JSONMember("base_args", .array(plan.arguments.map { JSON($0) })),
            JSONMember("env", .object(plan.environment.map { JSONMember(name: $0.name, value: JSON($0.value)) })),
            JSONMember("sidecars", .array(plan.sidecars.map(sidecar))),
            JSONMember("task", plan.document.map { .verbatim($0) } ?? .null),
        ])
    }

    private static func sidecar(_ sidecar: Sidecar) -> JSON {
        .object([
            JSONMember("image", .string(sidecar.image)),
            JSONMember("mount_path", .string(sidecar.mountPath)),
            JSONMember("read_write", .bool(sidecar.readWrite)),
        ])
    }
}
