// The instance id: whose the things outside are. Stable for a state directory; where there is no writable one, it
// lasts for this life only.

import CLinux
import Codecs
import Configuration
import Glibc

enum Instance {
    struct Identity {
        let id: Bytes
        let warning: String?
    }

    static func identity(_ environment: [(name: Bytes, value: Bytes)]) -> Identity {
        for directory in directories(environment) {
            if let id = kept(in: directory) { return Identity(id: id, warning: nil) }
        }
        let warning =
            "no state directory is writable ($STATE_DIRECTORY, $XDG_STATE_HOME/oz-agent-worker, "
            + "/var/lib/oz-agent-worker); the instance id of this worker lasts until it ends"
        return Identity(id: fresh(), warning: warning)
    }

    private static func directories(_ environment: [(name: Bytes, value: Bytes)]) -> [Bytes] {
        func value(_ name: String) -> Bytes? {
            environment.first { $0.name == Bytes(text: name) && !$0.value.isEmpty }?.value
        }
        if let given = value("STATE_DIRECTORY") {
            // systemd lists several with colons between them.
            return [Bytes(given.prefix { $0 != UInt8(ascii: ":") })]
        }
        if let state = value("XDG_STATE_HOME") { return [state + Bytes(text: "/oz-agent-worker")] }
        return [Bytes(text: "/var/lib/oz-agent-worker")]
    }

    private static func kept(in directory: Bytes) -> Bytes? {
        let path = directory + Bytes(text: "/instance-id")
        if let id = read(path) { return id }
        _ = withPath(directory) { mkdir($0, 0o700) }
        let id = fresh()
        let descriptor = withPath(path) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else {
            // Another worker may have been first.
            return read(path)
        }
        defer { close(descriptor) }
        let line = id + [UInt8(ascii: "\n")]
        return line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == line.count ? id : nil
    }

    private static func read(_ path: Bytes) -> Bytes? {
        guard case .success(let content) = HostSystem.read(path, atMost: 256) else { return nil }
        let id = content.trimmed()
        return id.isEmpty ? nil : id
    }

    private static func withPath(_ path: Bytes, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        (path + [0]).withUnsafeBytes { raw in
            raw.baseAddress.map { body($0.assumingMemoryBound(to: CChar.self)) } ?? -1
        }
    }

    static func fresh() -> Bytes {
        var bytes = Bytes(repeating: 0, count: 16)
        _ = bytes.withUnsafeMutableBytes { oz_random($0.baseAddress, $0.count) }
        return bytes.hex
    }
}
