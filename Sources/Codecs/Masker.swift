// Replaces secrets in a line by `***`.
//
// A prepared set: the values of at most `longestPattern` bytes (longer ones are cut into pieces that cover them),
// sorted, behind a filter over their first four bytes. Every place of the line is asked for the longest value that
// starts there, and the union of all that was found is hidden, so values that overlap leave nothing of each other.
//
// Seen are a value as it is, its single lines, and both as a JSON string writes them; and its base64, wherever in an
// encoded text it begins (Base64Forms.swift). Not seen are other encodings (hexadecimal, percent) and a value that is
// spread over several lines of output in another way than its own lines or those of base64.

public struct Masker: Sendable {
    public static let shortest = 4
    public static let shortestLine = 8
    /// Shorter ones have forms that other texts hold by chance.
    public static let shortestEncoded = 8
    /// Bytes of encoded forms in one masker: the forms of a value take up to eleven times its own room.
    public static let encodedRoom = 256 << 10
    public static let longestPattern = 1_024
    public static let replacement = Bytes(text: "***")

    private let patterns: PatternSet

    public static let nothing = Masker(MaskedValues())

    public init(_ values: MaskedValues) {
        patterns = PatternSet(values.patterns)
    }

    public var isEmpty: Bool { patterns.isEmpty }

    /// Whether a value is hidden at all: short and trivial ones would turn every line into stars and hide nothing.
    public static func isMasked(_ value: Bytes) -> Bool {
        value.count >= shortest && !isTrivial(value)
    }

    public func masked(_ line: Bytes) -> Bytes {
        let regions = regions(in: line[...])
        guard !regions.isEmpty else { return line }
        var output = Bytes()
        output.reserveCapacity(line.count)
        Masker.append(line[...], without: regions[...], to: &output)
        return output
    }

    /// What has to be hidden: apart from each other and in order, as indices of the slice.
    func regions(in line: ArraySlice<UInt8>) -> [Range<Int>] {
        if patterns.isEmpty { return [] }
        let start = line.startIndex
        var found: [Range<Int>] = []
        line.withUnsafeBufferPointer { bytes in
            patterns.search(bytes) { place, length in
                let region = start &+ place..<start &+ place &+ length
                if let last = found.last, last.upperBound >= region.lowerBound {
                    found[found.count &- 1] = last.lowerBound..<max(last.upperBound, region.upperBound)
                } else {
                    found.append(region)
                }
            }
        }
        return found
    }

    /// The regions lie within the line, in order.
    static func append(_ line: ArraySlice<UInt8>, without regions: ArraySlice<Range<Int>>, to output: inout Bytes) {
        var position = line.startIndex
        for region in regions {
            output.append(contentsOf: line[position..<region.lowerBound])
            output.append(contentsOf: replacement)
            position = region.upperBound
        }
        output.append(contentsOf: line[position...])
    }

    private static func isTrivial(_ value: Bytes) -> Bool {
        let word = value.count <= 5 ? value.lowercasedASCII : []
        if word.equals("true") || word.equals("false") || word.equals("null") { return true }
        var digits = 0
        for (index, byte) in value.enumerated() {
            if byte &- 0x30 < 10 {
                digits &+= 1
            } else if byte != 0x2e && !(index == 0 && (byte == 0x2d || byte == 0x2b)) {
                return false
            }
            if digits >= 6 { return false }
        }
        return true
    }
}

/// Collects what a masker shall hide.
public struct MaskedValues: Sendable {
    fileprivate private(set) var patterns: [Bytes] = []
    private var encodedRoom = Masker.encodedRoom

    public init() {}

    public mutating func add(_ value: Bytes) {
        addForms(value)
        let trimmed = value.trimmed()
        if trimmed.count != value.count { addForms(trimmed) }
        addEncoded(trimmed)
        addLines(value)
        // A key that was written in one line, with `\n` between those of its own.
        if let unfolded = MaskedValues.unfolded(value) { addLines(unfolded) }
    }

    private mutating func addLines(_ value: Bytes) {
        guard value.contains(0x0a) || value.contains(0x0d) else { return }
        for line in value.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            // Without its indentation, which is common to many lines and secret in none.
            let content = line.trimmed()
            if content.count >= Masker.shortestLine { addForms(content) }
        }
    }

    /// A JSON text: its string leaves. What is no JSON is hidden as a whole.
    public mutating func addLeaves(of document: Bytes) {
        let limits = JSONLimits(depth: JSONLimits.deepest, size: .max, values: .max)
        do {
            addLeaves(of: try JSON.parse(document, limits: limits))
        } catch {
            add(document)
        }
    }

    private mutating func addLeaves(of value: JSON) {
        switch value {
        case .string(let content): add(content)
        case .array(let elements): for element in elements { addLeaves(of: element) }
        case .object(let members): for member in members { addLeaves(of: member.value) }
        case .null, .bool, .number, .secret, .verbatim: break
        }
    }

    /// As it is, and as it stands in a JSON string.
    private mutating func addForms(_ value: Bytes) {
        guard Masker.isMasked(value) else { return }
        addPieces(value)
        // Written the same in a JSON string, as most are.
        if value.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c && $0 < 0x80 }) { return }
        var quoted = Bytes()
        JSON.quote(value, into: &quoted)
        if quoted.count != value.count &+ 2 { addPieces(Bytes(quoted.dropFirst().dropLast())) }
    }

    private mutating func addEncoded(_ value: Bytes) {
        guard value.count >= Masker.shortestEncoded, Masker.isMasked(value) else { return }
        // Of what is too much, nothing is seen; smaller values behind it still are.
        guard value.count <= encodedRoom / Base64Forms.growth else { return }
        for form in Base64Forms.of(value) {
            encodedRoom &-= form.count
            addPieces(form)
        }
    }

    /// With line ends where it has `\n` or `\r`; nil where it has none.
    private static func unfolded(_ value: Bytes) -> Bytes? {
        var output = Bytes()
        var place = 0
        var wasFolded = false
        while place < value.count {
            let next = place &+ 1 < value.count ? value[place &+ 1] : 0
            let isFold = value[place] == 0x5c && (next == 0x6e || next == 0x72)
            output.append(isFold ? 0x0a : value[place])
            wasFolded = wasFolded || isFold
            place &+= isFold ? 2 : 1
        }
        return wasFolded ? output : nil
    }

    /// Pieces that cover it together; the last one ends where it ends.
    private mutating func addPieces(_ value: Bytes) {
        let size = Masker.longestPattern
        guard value.count > size else { return patterns.append(value) }
        var start = 0
        while start &+ size <= value.count {
            patterns.append(Bytes(value[start..<start &+ size]))
            start &+= size
        }
        if start < value.count { patterns.append(Bytes(value.suffix(size))) }
    }
}
