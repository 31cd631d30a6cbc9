// Files that a command writes for people: the whole of them, or not.

import Codecs
import Glibc

/// In the place of what was there.
func writeWhole(_ content: Bytes, to path: Bytes) -> Bool {
    let characters = path.map { CChar(bitPattern: $0) } + [0]
    let descriptor = open(characters, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o644)
    guard descriptor >= 0 else { return false }
    var done = 0
    while done < content.count {
        let count = content.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, content.count - done)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
            close(descriptor)
            return false
        }
        done += count
    }
    return close(descriptor) == 0
}
