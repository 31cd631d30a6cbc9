// What the canary needs on the host, all in one directory: the stub agent, a key, a pipe by which the stub speaks to
// us, and the logs.

import CLinux
import Codecs
import Glibc
import Interpreter

struct CanaryGround {
    /// Every canary's id begins so.
    static let taskPrefix = "oz-check-"

    private let root: String
    /// Names everything of this run.
    let nonce: String
    /// Read by us, written by the stub: `complete PID GIT_CONFIG_GLOBAL`.
    let told: Int32
    let workerLog: Int32
    let planeLog: Int32

    private static let files = ["oz", "key", "told", "worker.log", "plane.log"]

    /// `marks`: the stub leaves a file by which its workspace is known, whatever it is renamed to.
    init?(marks: Bool) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/oz-check-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.root = root
        nonce = StateDirectory.passingID().prefix(12).text
        let mark = marks ? ": > \(CanaryGround.mark(nonce))\n" : ""
        let agent = """
            #!/bin/sh
            \(mark)echo "canary: a stub stands in for the agent, in $(pwd)"
            printf '%s %s %s\\n' "$OZ_CHECK" "$$" "$GIT_CONFIG_GLOBAL" > \(CanaryGround.quoted("\(root)/told"))
            if [ "$OZ_CHECK" = stay ]; then sleep 3600 & sleep 3600; fi
            echo "canary: done"
            """
        var path = Bytes(text: "\(root)/told")
        path.append(0)
        let made = path.withUnsafeBytes { raw in
            raw.baseAddress.map { mkfifo($0.assumingMemoryBound(to: CChar.self), 0o600) } ?? -1
        }
        // For both directions, so that it has a reader and a writer at all times and nobody waits for the other.
        told = made == 0 ? open("\(root)/told", O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1
        workerLog = open("\(root)/worker.log", O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        planeLog = open("\(root)/plane.log", O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        let isWhole =
            told >= 0 && workerLog >= 0 && planeLog >= 0
            && CanaryGround.put("\(root)/oz", agent, 0o700)
            && CanaryGround.put("\(root)/key", StateDirectory.passingID().text, 0o600)
        guard isWhole else {
            remove()
            return nil
        }
    }

    /// For a shell.
    private static func quoted(_ path: String) -> String {
        "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    static func mark(_ nonce: String) -> String { ".oz-check-\(nonce)" }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func remove() {
        for descriptor in [told, workerLog, planeLog] where descriptor >= 0 { close(descriptor) }
        for name in CanaryGround.files { unlink(path(name)) }
        rmdir(root)
    }

    /// The last lines of the worker's log, as sentences. Secrets are masked in it already.
    func lastOfLog(_ count: Int) -> [String] {
        guard case .success(let content) = HostFile.read(path("worker.log")) else { return [] }
        return content.parts(separatedBy: 0x0A).suffix(count &+ 1).compactMap { line in
            guard let record = try? JSON.parse(line) else { return line.isEmpty ? nil : line.text }
            let level = record["level"]?.asString?.text ?? "info"
            return "\(level): \((record["message"]?.asString ?? []).text)"
        }
    }

    private static func put(_ path: String, _ content: String, _ mode: mode_t) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Bytes(text: content + "\n")
        return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    }
}
