// The one place where the configuration meets the machine: this process's environment, its terminal, its files.

import Codecs
@preconcurrency import Glibc

public enum HostSystem {
    /// What this process was started with.
    public static func input(arguments: [Bytes]) -> ConfigurationInput {
        ConfigurationInput(
            arguments: arguments, environment: environment(), readFile: { read($0) },
            isTerminal: isatty(STDERR_FILENO) == 1)
    }

    public static func environment() -> [(name: Bytes, value: Bytes)] {
        var entries: [(name: Bytes, value: Bytes)] = []
        // After clearenv there is none, whatever the import says.
        let start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        guard var next = start else { return [] }
        while let entry = next.pointee {
            let text = Bytes(UnsafeRawBufferPointer(start: entry, count: strlen(entry)))
            if let sign = text.firstIndex(of: 0x3d) {
                entries.append((Bytes(text[..<sign]), Bytes(text[(sign + 1)...])))
            }
            next += 1
        }
        return entries
    }

    /// Where this process was started. The root, should that be gone.
    public static func workingDirectory() -> Bytes {
        guard let path = getcwd(nil, 0) else { return [0x2f] }
        defer { free(path) }
        let bytes = Bytes(UnsafeRawBufferPointer(start: path, count: strlen(path)))
        // A directory that this process can't reach is told as "(unreachable)...".
        return bytes.first == 0x2f ? bytes : [0x2f]
    }

    /// A whole file, bounded: configurations and keys are small.
    public static func read(_ path: Bytes, atMost limit: Int = 4 << 20) -> Result<Bytes, FileProblem> {
        let descriptor = (path + [0]).withUnsafeBytes { name in
            name.baseAddress.map { open($0.assumingMemoryBound(to: CChar.self), O_RDONLY | O_CLOEXEC) } ?? -1
        }
        guard descriptor >= 0 else { return .failure(lastProblem()) }
        defer { close(descriptor) }
        var content = Bytes()
        var chunk = Bytes(repeating: 0, count: 64 << 10)
        while content.count <= limit {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return .success(content) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .failure(lastProblem()) }
            content.append(contentsOf: chunk.prefix(count))
        }
        return .failure(FileProblem(words: "it has more than \(limit) bytes"))
    }

    private static func lastProblem() -> FileProblem {
        FileProblem(words: String(cString: strerror(errno)))
    }
}
