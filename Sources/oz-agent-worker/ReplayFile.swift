// The files of a recording: those that were named, the older segments beside them, all in the order of their lives.

import Codecs
import Configuration
import Glibc
import Recording

struct ReplayFileProblem: Error {
    let words: String
    let code: Int32
}

struct ReplayFileError: Error {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }
}

struct ReplayFile {
    let path: Bytes
    let header: RecordingHeader

    /// No recording of ours is larger; what is, is not read into memory.
    private static let largest = 4 << 30

    var name: String { Terminal.shown(path) }

    static func find(_ paths: [Bytes], alone: Bool) throws(ReplayFileProblem) -> [ReplayFile] {
        var found: [ReplayFile] = []
        for path in paths {
            let file = try ReplayFile(path)
            found.append(file)
            if !alone { found += file.older() }
        }
        found.sort { one, other in
            if one.header.life != other.header.life {
                let (left, right) = (one.header.wall.nanoseconds, other.header.wall.nanoseconds)
                return left == right ? one.header.life.isLess(than: other.header.life) : left < right
            }
            return one.header.segment < other.header.segment
        }
        var unique: [ReplayFile] = []
        for file in found {
            let isKnown = unique.contains {
                $0.header.life == file.header.life && $0.header.segment == file.header.segment
            }
            if !isKnown { unique.append(file) }
        }
        return unique
    }

    init(_ path: Bytes) throws(ReplayFileProblem) {
        self.path = path
        let name = Terminal.shown(path)
        switch ReplayFile.read(path, atMost: 1 << 20) {
        case .failure(let failure):
            throw ReplayFileProblem(
                words: "\(name): \(String(cString: strerror(failure.number)))", code: ReplayCode.noInput)
        case .success(let front):
            switch front.withUnsafeBytes({ SegmentReader.header(of: $0) }) {
            case .success(let read): header = read
            case .failure(let problem):
                throw ReplayFileProblem(words: "\(name): \(problem.words)", code: ReplayCode.damaged)
            }
        }
    }

    /// The segments of the same life that are older and lie beside it: at `path.1`, `path.2` and so on.
    private func older() -> [ReplayFile] {
        let digits = path.reversed().prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        var base = path
        var number = 0
        if digits > 0, digits < 5, path.dropLast(digits).last == UInt8(ascii: "."),
            let own = Int(decimal: path.suffix(digits)), own > 0
        {
            base = Bytes(path.dropLast(digits + 1))
            number = own
        }
        var files: [ReplayFile] = []
        while true {
            number += 1
            let next = base + [UInt8(ascii: ".")] + Bytes(decimal: number)
            guard let file = try? ReplayFile(next), file.header.life == header.life else { return files }
            files.append(file)
        }
    }

    func content() -> Result<Bytes, ReplayFileError> { ReplayFile.read(path, atMost: ReplayFile.largest) }

    /// The front of a file, up to so many bytes.
    private static func read(_ path: Bytes, atMost limit: Int) -> Result<Bytes, ReplayFileError> {
        let characters = path.map { CChar(bitPattern: $0) } + [0]
        let descriptor = open(characters, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return .failure(ReplayFileError(errno)) }
        defer { close(descriptor) }
        var content = Bytes()
        var status = stat()
        if fstat(descriptor, &status) == 0 { content.reserveCapacity(min(limit, Int(status.st_size)) + 1) }
        var piece = Bytes(repeating: 0, count: 1 << 20)
        while content.count < limit {
            let wanted = min(piece.count, limit - content.count)
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return .failure(ReplayFileError(errno)) }
            if count == 0 { break }
            content += piece.prefix(count)
        }
        return .success(content)
    }
}
