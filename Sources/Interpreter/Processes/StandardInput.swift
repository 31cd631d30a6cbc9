// What a command finds on its standard input: a file in memory, written in full before the command starts.
//
// A pipe would have to be fed, by a loop that must not wait, to a reader who may never come, or may leave half-way.
// A file has none of that: whoever does not read it, or closes it, disturbs nobody. It goes with its last reader.

import CLinux
import Codecs
import Effects
import Glibc

final class StandardInput {
    let descriptor: Int32

    /// Renders the document, secrets included. Nothing of it stays with us once the command has it.
    init(_ document: JSON, _ lookUp: (SecretRef) -> Bytes?) throws(StartProblem) {
        var text = Bytes()
        var isWhole = true
        document.encode(into: &text) { ref in
            let value = lookUp(ref)
            if value == nil { isWhole = false }
            return value
        }
        guard isWhole else { throw .secretGone }
        text.append(0x0a)
        let descriptor = oz_memfd_data("oz-input", text, text.count)
        guard descriptor >= 0 else { throw .failure(.host(errno: 0 &- descriptor)) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
