// The first word of a supervisor that an earlier life has left: what it kept for whoever comes.

import CLinux
import Codecs
import Glibc
import SupervisorImage

struct Greeting {
    /// What is to be kept out of the log, as `Vault.handOver` wrote it; nil where there is none to be had.
    let words: Bytes?
    /// The end of what was printed while nobody read it.
    let kept: Bytes
    /// How much of it was lost before that.
    let lost: Int64
    /// The pipe, for what is still to come; the receiver's to close.
    let output: Int32?

    enum Outcome {
        case none
        case refused
        case came(Greeting)
    }

    private static let size = 16
    private static let ring: Int64 = 256 << 10
    private static let wordsMost = 64 << 20

    /// Reads it, where it is there. It comes whole.
    static func receive(_ control: Int32) -> Outcome {
        var record = Bytes(repeating: 0, count: size)
        var passed: [Int32] = [-1, -1, -1, -1]
        var count = 0
        let got = record.withUnsafeMutableBytes { oz_receive_with_fds(control, $0.baseAddress, size, &passed, &count) }
        if got == -Int(EAGAIN) { return .none }
        var descriptors = Array(passed.prefix(count))
        guard got == size, record[0] == OZ_RECORD_ADOPTED, record[1] == UInt8(OZ_ADOPTED_VERSION) else {
            for descriptor in descriptors { close(descriptor) }
            return .refused
        }
        let (flags, printed) = record.withUnsafeBytes {
            ($0.loadUnaligned(fromByteOffset: 4, as: Int32.self), $0.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        }
        func next(_ flag: Int32) -> Int32? {
            flags & flag != 0 && !descriptors.isEmpty ? descriptors.removeFirst() : nil
        }
        let words = next(OZ_ADOPTED_WORDS).flatMap { whole($0, wordsMost) }
        let kept = next(OZ_ADOPTED_KEPT).flatMap { whole($0, Int(ring)) } ?? []
        let output = next(OZ_ADOPTED_OUTPUT)
        for descriptor in descriptors { close(descriptor) }
        return .came(
            Greeting(
                words: words, kept: unrolled(kept, printed), lost: max(0, printed - Int64(kept.count)), output: output)
        )
    }

    /// All of a file in memory, which is closed.
    private static func whole(_ descriptor: Int32, _ most: Int) -> Bytes? {
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= 0, status.st_size <= most else { return nil }
        var content = Bytes(repeating: 0, count: Int(status.st_size))
        let count = content.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return count == content.count ? content : nil
    }

    /// Byte n of what was printed lies at n modulo the ring's size.
    private static func unrolled(_ kept: Bytes, _ printed: Int64) -> Bytes {
        guard printed > ring, kept.count == Int(ring) else { return kept }
        let cut = Int(printed % ring)
        return Bytes(kept[cut...] + kept[..<cut])
    }
}
