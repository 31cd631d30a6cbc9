// The API key. One that lies in a file is read again at every dial, so that it can be changed without a restart.

import Codecs
import Effects
import Glibc

public enum DialKey: Sendable {
    case fixed(Bytes)
    case file(Bytes)
}

/// Why there is no key, in words that never hold it.
struct KeyProblem: Error {
    let detail: Detail
}

extension DialKey {
    private static let longest = 65_536

    func read() throws(KeyProblem) -> Bytes {
        switch self {
        case .fixed(let key): return key
        case .file(let path):
            let key = try Self.content(of: path).trimmed()
            if key.isEmpty { throw Self.problem("is empty", path) }
            // It becomes a header field: visible ASCII.
            guard key.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw Self.problem("holds characters that no API key has", path)
            }
            return key
        }
    }

    private static func content(of path: Bytes) throws(KeyProblem) -> Bytes {
        guard !path.contains(0) else { throw problem("can't be opened: its name holds a NUL", path) }
        // Not to wait where somebody named a pipe.
        let descriptor = (path + [0]).withUnsafeBytes { name in
            name.baseAddress.map { open($0.assumingMemoryBound(to: CChar.self), O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
                ?? -1
        }
        guard descriptor >= 0 else { throw problem("can't be opened", path, errno) }
        defer { close(descriptor) }
        var content = Bytes()
        var piece = Bytes(repeating: 0, count: 4_096)
        while content.count <= longest {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return content }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw problem("can't be read", path, errno) }
            content.append(contentsOf: piece.prefix(count))
        }
        throw problem("is too long for an API key", path)
    }

    private static func problem(_ words: StaticString, _ path: Bytes, _ number: Int32 = 0) -> KeyProblem {
        let start = Bytes(text: "the file ") + path + [0x20] + Bytes(text: words)
        let cause = number == 0 ? [] : Wording.errno(number)
        return KeyProblem(detail: Wording(masked: { $0 }).detail(start, cause))
    }
}
