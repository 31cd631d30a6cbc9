// The entry: one word chooses a command, and without one it is `run`.

import CLinux
import Codecs
import Glibc

let arguments: [Bytes] = (0..<oz_argument_count()).compactMap { index in
    oz_argument(index).map { Bytes(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}
exit(Command.run(Array(arguments.dropFirst())))
