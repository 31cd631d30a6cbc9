// What is to be sent, in blocks that stay where they are once they were offered to the transport.
//
// TLS wants what it could not take offered again unchanged: the same address, and no shorter. So a block that was
// offered is pinned; what comes later goes into blocks behind it, control frames too.

import Codecs
import Effects

final class SendBuffer {
    private static let smallest = 4_096
    private static let largest = 65_536

    private struct Block {
        var base: UnsafeMutableRawPointer
        var capacity: Int
        var fill = 0
        var taken = 0
        /// How much from `taken` on was offered and not taken yet; not 0 pins the block.
        var offered = 0
    }

    private struct Mark {
        /// Position in the whole stream of the byte after the frame.
        let end: UInt64
        let id: EffectID
    }

    private var blocks: [Block] = []
    private var marks: [Mark] = []
    private var appended: UInt64 = 0
    private var accepted: UInt64 = 0

    /// Bytes that the transport has not taken.
    var backlog: Int { Int(clamping: appended &- accepted) }
    var isEmpty: Bool { appended == accepted }

    deinit {
        for block in blocks { block.base.deallocate() }
    }

    /// `id` is told of once the transport took the last of these bytes.
    func append(_ bytes: Bytes, id: EffectID?) {
        bytes.withUnsafeBytes { source in
            var done = 0
            while done < source.count {
                let room = roomInLast(atMost: source.count - done)
                let last = blocks.count - 1
                let part = UnsafeRawBufferPointer(rebasing: source[done..<(done + room)])
                UnsafeMutableRawBufferPointer(start: blocks[last].base + blocks[last].fill, count: room)
                    .copyMemory(from: part)
                blocks[last].fill += room
                done += room
            }
        }
        appended &+= UInt64(bytes.count)
        if let id { marks.append(Mark(end: appended, id: id)) }
    }

    /// The next piece for the transport; the same one until it was taken, whole or in part.
    func offer() -> UnsafeRawBufferPointer? {
        guard let first = blocks.first, first.taken < first.fill else { return nil }
        if first.offered == 0 { blocks[0].offered = first.fill - first.taken }
        return UnsafeRawBufferPointer(start: first.base + first.taken, count: blocks[0].offered)
    }

    /// The transport took so many bytes of the piece. Gives the sends that are complete with them.
    func took(_ count: Int) -> [EffectID] {
        guard !blocks.isEmpty else { return [] }
        let count = min(max(0, count), blocks[0].offered)
        blocks[0].taken += count
        blocks[0].offered = 0
        accepted &+= UInt64(count)
        if blocks[0].taken == blocks[0].fill { blocks.removeFirst().base.deallocate() }
        let complete = marks.prefix { $0.end <= accepted }.map(\.id)
        marks.removeFirst(complete.count)
        return complete
    }

    /// The bytes still go out, but nobody waits for them; the sends that are not complete, in order.
    func forgetIDs() -> [EffectID] {
        let ids = marks.map(\.id)
        marks = []
        return ids
    }

    /// Gives up; the sends that are not complete, in order.
    func giveUp() -> [EffectID] {
        let ids = forgetIDs()
        for block in blocks { block.base.deallocate() }
        blocks = []
        accepted = appended
        return ids
    }

    /// Room at the end of the last block: in it as it is, by growing it, or in a new one.
    private func roomInLast(atMost wanted: Int) -> Int {
        if let last = blocks.last, last.offered == 0 {
            if last.fill == last.capacity, last.capacity < Self.largest { growLast(by: wanted) }
            let room = blocks[blocks.count - 1].capacity - last.fill
            if room > 0 { return min(room, wanted) }
        }
        let capacity = min(max(Self.smallest, wanted), Self.largest)
        blocks.append(Block(base: .allocate(byteCount: capacity, alignment: 16), capacity: capacity))
        return min(capacity, wanted)
    }

    private func growLast(by wanted: Int) {
        let index = blocks.count - 1
        let old = blocks[index]
        let capacity = min(max(old.capacity * 2, old.fill + wanted), Self.largest)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        base.copyMemory(from: old.base, byteCount: old.fill)
        old.base.deallocate()
        blocks[index].base = base
        blocks[index].capacity = capacity
    }
}
