// Any Codable value straight into JSON text, without a tree in between: for what is encoded often.
//
// The text is the one that the tree would give; a test holds the two together. Containers have to be used one inside
// another, each finished before the one around it goes on, which is what the compiler's encoding does; a type that
// does otherwise gets an error.

public final class StateWriter {
    fileprivate var output = Bytes()
    /// For each container under way: is it an object, and is something in it.
    private var levels: [UInt8] = []
    private var conflict = false

    private static let object: UInt8 = 1
    private static let filled: UInt8 = 2

    public init() {}

    /// Appends the value's text. Of a value that can't be encoded nothing stays.
    public func append<Value: Encodable>(_ value: Value, to target: inout Bytes) throws(StateCodingError) {
        swap(&output, &target)
        defer { swap(&output, &target) }
        let start = output.count
        levels.removeAll(keepingCapacity: true)
        conflict = false
        do {
            try write(value)
            if conflict { throw StateCodingError(.conflict, at: nil) }
        } catch {
            output.removeLast(output.count &- start)
            throw StateCodingError(wrapping: error)
        }
    }

    var depth: Int { levels.count }

    /// A value where one is due; whatever it opened is closed behind it.
    func write<Value: Encodable>(_ value: Value) throws {
        if Value.self == Bytes.self {
            return withUnsafeBytes(of: value) { StateWriter.write(bytes: $0.load(as: Bytes.self), into: &output) }
        }
        if Value.self == JSON.self, let document = value as? JSON {
            return StateDocument.write(document).encode(into: &output) { _ in nil }
        }
        let level = levels.count
        let start = output.count
        try value.encode(to: StateTextEncoder(writer: self))
        // A type that encoded nothing is an empty object.
        if output.count == start { open(isObject: true) }
        close(to: level)
    }

    private static func write(bytes: Bytes, into output: inout Bytes) {
        JSON.quote(StateText.write(bytes), into: &output)
    }

    func open(isObject: Bool) {
        output.append(isObject ? 0x7b : 0x5b)
        levels.append(isObject ? StateWriter.object : 0)
    }

    func close(to level: Int) {
        while levels.count > level, let top = levels.popLast() {
            output.append(top & StateWriter.object != 0 ? 0x7d : 0x5d)
        }
    }

    /// Before an element or a member of the container at this level.
    @inline(__always)
    fileprivate func proceed(at level: Int) {
        if levels.count > level { close(to: level) }
        guard level > 0, levels.count == level else {
            conflict = true
            return
        }
        if levels[level &- 1] & StateWriter.filled != 0 {
            output.append(0x2c)
        } else {
            levels[level &- 1] |= StateWriter.filled
        }
    }

    func member(_ key: some CodingKey, at level: Int) {
        proceed(at: level)
        var name = key.stringValue
        name.withUTF8 { bytes in
            // Names of Swift are plain; others are written as any string.
            if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
                output.append(0x22)
                output.append(contentsOf: bytes)
                output.append(0x22)
            } else {
                JSON.quote(Bytes(bytes), into: &output)
            }
        }
        output.append(0x3a)
    }

    func element(at level: Int) {
        proceed(at: level)
    }

    func write(json: JSON) {
        json.encode(into: &output) { _ in nil }
    }

    func write(flag: Bool) {
        output.append(text: flag ? "true" : "false" as StaticString)
    }

    @inline(__always)
    func write<Number: FixedWidthInteger>(number: Number) {
        if number.bitWidth <= 64 {
            if number < 0 { output.append(0x2d) }
            output.append(digits: UInt64(truncatingIfNeeded: number.magnitude))
        } else {
            output.append(decimal: number)
        }
    }
}

extension Array where Element == UInt8 {
    public mutating func append(signed number: Int64) {
        if number < 0 { append(0x2d) }
        append(digits: number.magnitude)
    }

    /// A number in decimal digits, made in one go.
    public mutating func append(digits number: UInt64) {
        if number < 10 { return append(0x30 &+ UInt8(truncatingIfNeeded: number)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = number
            var first = 20
            repeat {
                let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
                first &-= 1
                digits.initializeElement(at: first, to: 0x30 &+ UInt8(truncatingIfNeeded: digit))
                rest = tens
            } while rest != 0
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[first..<20]))
        }
    }
}
