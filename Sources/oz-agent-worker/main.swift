// The entry: one word chooses a command, and without one it is `run`.

import Codecs
import Glibc

let arguments: [Bytes] = (0..<Int(CommandLine.argc)).compactMap { index in
    CommandLine.unsafeArgv[index].map { Bytes(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}
exit(Command.run(Array(arguments.dropFirst())))
