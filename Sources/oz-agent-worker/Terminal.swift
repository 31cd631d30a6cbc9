// Words for the person at the terminal; the daemon itself speaks through its log.

import Codecs
import Glibc

enum Terminal {
    static func say(_ line: String) { write(line, to: STDOUT_FILENO) }
    static func complain(_ line: String) { write(line, to: STDERR_FILENO) }

    /// Bytes from outside, so that none of them can move the cursor.
    static func shown(_ bytes: Bytes) -> String {
        let printable = bytes.prefix(200).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
        return Bytes(printable).text
    }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = ArraySlice(Bytes(text: line + "\n"))
        while !rest.isEmpty {
            let taken = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if taken < 0, errno == EINTR { continue }
            guard taken > 0 else { return }
            rest = rest.dropFirst(taken)
        }
    }
}
