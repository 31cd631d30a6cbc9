// Any Codable value straight out of JSON text, without a tree in between: for what is decoded often.
//
// One pass over the text notes where each value begins and ends; types then pick from it. No white space between
// values, since the writer makes none. What can't be read here is an error without a place; whoever wants the place
// asks the tree. Total: no text traps, and none is followed deeper than the stack allows.

public final class StateReader {
    enum Kind: UInt8 {
        case object, array, number, plain, escaped, yes, no, null
    }

    struct Mark {
        let kind: Kind
        /// The content: of strings without the quotes.
        var start: Int32
        var end: Int32
        /// The mark behind this value and all that is in it.
        var next: Int32
    }

    /// Deeper than any state, and safe for the stack.
    private static let deepest = 200

    private(set) var marks: [Mark] = []
    private var bytes = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0

    public init() {}

    public func read<Value: Decodable>(
        _ type: Value.Type, from text: UnsafeBufferPointer<UInt8>
    ) throws(StateCodingError) -> Value {
        guard text.count < Int(Int32.max) else { throw StateCodingError(.malformedText, at: nil) }
        bytes = text
        position = 0
        marks.removeAll(keepingCapacity: true)
        // The text is somebody else's, and is not looked at behind this call.
        defer { bytes = UnsafeBufferPointer(start: nil, count: 0) }
        guard scan(0), position == text.count else { throw StateCodingError(.malformedText, at: nil) }
        do {
            return try decoded(type, at: 0)
        } catch {
            throw StateCodingError(wrapping: error)
        }
    }

    public func read<Value: Decodable>(_ type: Value.Type, from text: Bytes) throws(StateCodingError) -> Value {
        try text.withUnsafeBufferPointer { buffer throws(StateCodingError) in try read(type, from: buffer) }
    }

    // MARK: - Scanning

    /// Marks the value that begins here. False where there is none.
    private func scan(_ depth: Int) -> Bool {
        guard position < bytes.count, depth < StateReader.deepest else { return false }
        switch bytes[position] {
        case 0x22: return scanString()
        case 0x7b: return scanItems(.object, until: 0x7d, depth)
        case 0x5b: return scanItems(.array, until: 0x5d, depth)
        case 0x74: return scanWord("true", .yes)
        case 0x66: return scanWord("false", .no)
        case 0x6e: return scanWord("null", .null)
        default: return scanNumber()
        }
    }

    private func note(_ kind: Kind, _ start: Int, _ end: Int) {
        marks.append(
            Mark(
                kind: kind, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
                next: Int32(truncatingIfNeeded: marks.count &+ 1)))
    }

    private func scanItems(_ kind: Kind, until close: UInt8, _ depth: Int) -> Bool {
        let place = marks.count
        note(kind, position, position)
        position &+= 1
        if position < bytes.count, bytes[position] == close {
            position &+= 1
            marks[place].end = Int32(truncatingIfNeeded: position)
            return true
        }
        while true {
            if kind == .object {
                guard position < bytes.count, bytes[position] == 0x22, scanString() else { return false }
                guard position < bytes.count, bytes[position] == 0x3a else { return false }
                position &+= 1
            }
            guard scan(depth &+ 1), position < bytes.count else { return false }
            let byte = bytes[position]
            position &+= 1
            if byte == 0x2c { continue }
            guard byte == close else { return false }
            marks[place].end = Int32(truncatingIfNeeded: position)
            marks[place].next = Int32(truncatingIfNeeded: marks.count)
            return true
        }
    }

    private func scanString() -> Bool {
        position &+= 1
        let start = position
        var isEscaped = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 {
                note(isEscaped ? .escaped : .plain, start, position)
                position &+= 1
                return !isEscaped || parsed(at: marks.count &- 1) != nil
            }
            if byte == 0x5c {
                isEscaped = true
                position &+= 2
            } else if byte < 0x80 {
                guard byte >= 0x20 else { return false }
                position &+= 1
            } else {
                guard let length = characterLength(bytes, at: position) else { return false }
                position &+= length
            }
        }
        return false
    }

    private func scanWord(_ word: StaticString, _ kind: Kind) -> Bool {
        let start = position
        let end = start &+ word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let wanted = word.utf8Start
        for offset in 0..<word.utf8CodeUnitCount where bytes[start &+ offset] != wanted[offset] { return false }
        note(kind, start, end)
        position = end
        return true
    }

    private func scanNumber() -> Bool {
        let start = position
        skip(0x2d)
        let first = position
        guard digits() else { return false }
        // No zeros before a number.
        if bytes[first] == 0x30, position &- first > 1 { return false }
        if skip(0x2e), !digits() { return false }
        if position < bytes.count, bytes[position] | 0x20 == 0x65 {
            position &+= 1
            if !skip(0x2b) { skip(0x2d) }
            guard digits() else { return false }
        }
        note(.number, start, position)
        return true
    }

    @discardableResult
    private func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// At least one.
    private func digits() -> Bool {
        let first = position
        while position < bytes.count, bytes[position] &- 0x30 < 10 { position &+= 1 }
        return position > first
    }

    // MARK: - Picking

    func kind(at place: Int) -> Kind { marks[place].kind }

    func next(_ place: Int) -> Int { Int(marks[place].next) }

    func text(at place: Int) -> UnsafeBufferPointer<UInt8> {
        let mark = marks[place]
        return UnsafeBufferPointer(rebasing: bytes[Int(mark.start)..<Int(mark.end)])
    }

    /// The member of that name: where its value is marked.
    func member(_ key: some CodingKey, of object: Int) -> Int? {
        var name = key.stringValue
        return name.withUTF8 { wanted in
            var place = object &+ 1
            let end = next(object)
            while place < end {
                if isName(place, wanted) { return place &+ 1 }
                place = next(place &+ 1)
            }
            return nil
        }
    }

    private func isName(_ place: Int, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        let mark = marks[place]
        if mark.kind == .escaped { return (try? content(at: place))?.elementsEqual(wanted) ?? false }
        let start = Int(mark.start)
        guard Int(mark.end) &- start == wanted.count else { return false }
        for offset in 0..<wanted.count where bytes[start &+ offset] != wanted[offset] { return false }
        return true
    }

    /// A string's content.
    func content(at place: Int) throws -> Bytes {
        switch marks[place].kind {
        case .plain: return Bytes(text(at: place))
        case .escaped:
            guard let value = parsed(at: place), case .string(let content) = value else { throw fault(.malformedText) }
            return content
        case .object, .array, .number, .yes, .no, .null: throw fault(.wrongKind(expected: .string))
        }
    }

    /// The tree of what stands there.
    private func parsed(at place: Int) -> JSON? {
        let mark = marks[place]
        let quote = mark.kind == .plain || mark.kind == .escaped ? 1 : 0
        let range = Int(mark.start) &- quote..<Int(mark.end) &+ quote
        return try? JSON.parse(UnsafeBufferPointer(rebasing: bytes[range]), limits: JSONLimits())
    }

    func fault(_ problem: StateCodingError.Problem) -> StateCodingError { StateCodingError(problem, at: nil) }

    func string(at place: Int) throws -> String { try content(at: place).text }

    func flag(at place: Int) throws -> Bool {
        switch marks[place].kind {
        case .yes: return true
        case .no: return false
        case .object, .array, .number, .plain, .escaped, .null: throw fault(.wrongKind(expected: .bool))
        }
    }

    func integer<Number: FixedWidthInteger>(at place: Int) throws -> Number {
        guard marks[place].kind == .number else { throw fault(.wrongKind(expected: .number)) }
        let digits = text(at: place)
        // Nineteen digits can't overflow, and nearly all numbers are these.
        if digits.count <= 19, let value = StateReader.short(digits) {
            guard let number = Number(exactly: value) else { throw fault(.outOfRange) }
            return number
        }
        guard let number = Number(decimal: digits) else { throw fault(.outOfRange) }
        return number
    }

    @inline(__always)
    private static func short(_ digits: UnsafeBufferPointer<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            let number = digit &- 0x30
            guard number < 10 else { return nil }
            value = value &* 10 &+ UInt64(number)
        }
        return value
    }

    func real<Number: BinaryFloatingPoint & LosslessStringConvertible>(at place: Int) throws -> Number {
        guard let tree = parsed(at: place) else { throw fault(.malformedText) }
        return try StateDecoder(value: tree, path: nil).decodedReal()
    }

    func decoded<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
        if type == Bytes.self {
            let content = try content(at: place)
            guard let read = StateText.read(content) else { throw fault(.malformedText) }
            return withUnsafeBytes(of: read) { $0.load(as: Value.self) }
        }
        if type == JSON.self {
            guard let tree = parsed(at: place), let document = StateDocument.read(tree) as? Value else {
                throw fault(.malformedText)
            }
            return document
        }
        return try Value(from: StateTextDecoder(reader: self, place: place))
    }
}
