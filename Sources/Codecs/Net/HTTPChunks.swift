// A chunked body, read piece by piece: size line -> data -> line end -> size line ... -> trailers -> done.
// Chunk extensions and trailers are checked for their form and dropped.

enum HTTPChunkFault: Error, Sendable, Equatable {
    case badSize
    case badLineEnd
    case badTrailer
    case tooLarge
}

struct HTTPChunks: Sendable {
    private enum Phase: Sendable {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailers(left: Int)
        case done
    }

    private static let sizeLineMax = 256

    private let bodyMax: Int
    private let trailersMax: Int
    private var phase = Phase.size
    private(set) var body: Bytes = []

    init(bodyMax: Int, trailersMax: Int = 8_192) {
        self.bodyMax = bodyMax
        self.trailersMax = trailersMax
    }

    /// Takes what it can from the input; true once the whole body is there.
    mutating func read(_ input: inout InputBuffer) throws(HTTPChunkFault) -> Bool {
        while true {
            switch phase {
            case .done:
                return true
            case .size:
                guard let line = try Self.line(&input, limit: Self.sizeLineMax, orElse: .badSize) else { return false }
                let size = try Self.size(line)
                guard size <= bodyMax - body.count else { throw .tooLarge }
                phase = size == 0 ? .trailers(left: trailersMax) : .data(remaining: size)
            case .data(let remaining):
                let amount = min(remaining, input.count)
                guard amount > 0 else { return false }
                body.append(contentsOf: input.slice(count: amount))
                input.consume(amount)
                phase = amount == remaining ? .dataEnd : .data(remaining: remaining - amount)
            case .dataEnd:
                guard let line = try Self.line(&input, limit: 0, orElse: .badLineEnd) else { return false }
                guard line.isEmpty else { throw .badLineEnd }
                phase = .size
            case .trailers(let left):
                guard let line = try Self.line(&input, limit: left, orElse: .badTrailer) else { return false }
                if line.isEmpty {
                    phase = .done
                } else {
                    do { _ = try HTTPSyntax.field(line[...]) } catch { throw .badTrailer }
                    phase = .trailers(left: max(0, left - line.count - 2))
                }
            }
        }
    }

    /// One line without its line end, which must be CR LF.
    private static func line(
        _ input: inout InputBuffer, limit: Int, orElse fault: HTTPChunkFault
    ) throws(HTTPChunkFault) -> Bytes? {
        let seen = input.slice(count: limit + 2)
        guard let end = seen.firstIndex(of: 0x0A) else {
            if seen.count >= limit + 2 { throw fault }
            // A line that may only be empty is wrong from its first byte on.
            if limit == 0, let first = seen.first, first != 0x0D { throw fault }
            return nil
        }
        let line = seen[..<end]
        guard line.last == 0x0D else { throw fault }
        let content = Bytes(line.dropLast())
        guard content.allSatisfy(HTTPSyntax.isValueByte) else { throw fault }
        input.consume(content.count + 2)
        return content
    }

    private static func size(_ line: Bytes) throws(HTTPChunkFault) -> Int {
        var value = 0
        var digits = 0
        var rest = line[...]
        while let first = rest.first, let digit = hexValue(first) {
            // Fifteen digits fit any Int; no honest chunk is longer.
            guard digits < 15 else { throw .badSize }
            value = value << 4 | Int(digit)
            digits += 1
            rest.removeFirst()
        }
        guard digits > 0 else { throw .badSize }
        let extensions = HTTPSyntax.withoutBlanks(rest)
        guard extensions.isEmpty || extensions.first == 0x3B else { throw .badSize }
        return value
    }
}
