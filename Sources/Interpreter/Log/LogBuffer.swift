// The lines that wait to be written: bounded, first in first out, whole lines only.

import Codecs

struct LogBuffer {
    /// Lines below `warn` leave this much of the room to the others.
    private let reserve: Int
    private let capacity: Int
    private var bytes = Bytes()
    private var head = 0
    /// Lines that found no room since this was last asked.
    private(set) var dropped = 0

    init(capacity: Int) {
        self.capacity = capacity
        reserve = capacity / 4
    }

    var isEmpty: Bool { head == bytes.count }
    var count: Int { bytes.count &- head }

    /// Whether there is room for a word about what was dropped.
    var hasRoom: Bool { count < capacity / 2 }

    mutating func append(_ line: Bytes, isUrgent: Bool) {
        let room = (isUrgent ? capacity : capacity &- reserve) &- count
        guard line.count <= room else {
            dropped &+= 1
            return
        }
        if head > 0, head >= bytes.count / 2 {
            bytes.removeFirst(head)
            head = 0
        }
        bytes.append(contentsOf: line)
    }

    /// The next piece of at most that many bytes; the closure says how many of them are done with.
    mutating func write(atMost limit: Int, _ body: (UnsafeRawBufferPointer) -> Int) -> Int {
        let end = min(bytes.count, head &+ limit)
        let done = bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head..<end])) }
        head = min(end, head &+ max(0, done))
        if isEmpty {
            head = 0
            bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
        }
        return done
    }

    mutating func takeDropped() -> Int {
        let count = dropped
        dropped = 0
        return count
    }

    mutating func clear() {
        head = 0
        bytes = []
    }
}
