// The output of a container as the daemon sends it: frames of a header of eight bytes (which stream, and how long) and
// what was written. The streams are not told apart here: what was written is given out in the order in which it came.

public struct DockerFrames: Sendable {
    private var header = Bytes()
    private var left = 0

    public init() {}

    public mutating func push(_ bytes: UnsafeBufferPointer<UInt8>, _ emit: (UnsafeBufferPointer<UInt8>) -> Void) {
        var start = 0
        while start < bytes.count {
            if left > 0 {
                let count = min(left, bytes.count &- start)
                emit(UnsafeBufferPointer(rebasing: bytes[start..<(start &+ count)]))
                left &-= count
                start &+= count
                continue
            }
            header.append(bytes[start])
            start &+= 1
            guard header.count == 8 else { continue }
            left = header[4...].reduce(0) { $0 << 8 | Int($1) }
            header.removeAll(keepingCapacity: true)
        }
    }
}
