// Header fields of HTTP/1.1: which bytes may stand where, one line read strictly, and looking them up.

public struct HTTPField: Sendable, Equatable {
    public var name: Bytes
    public var value: Bytes

    public init(_ name: Bytes, _ value: Bytes) {
        self.name = name
        self.value = value
    }

    public init(_ name: StaticString, _ value: Bytes) {
        self.init(Bytes(text: name), value)
    }

    /// Name and value hold nothing that would end the line or begin another.
    public var canBeWritten: Bool {
        !name.isEmpty && name.allSatisfy(HTTPSyntax.isToken) && value.allSatisfy(HTTPSyntax.isValueByte)
    }
}

public struct HTTPFields: Sendable, Equatable {
    public private(set) var list: [HTTPField]

    public init(_ list: [HTTPField] = []) {
        self.list = list
    }

    public mutating func append(_ field: HTTPField) {
        list.append(field)
    }

    /// Every value of this name, in order. The name is given in lower case.
    public func all(_ lowercaseName: StaticString) -> [Bytes] {
        list.filter { $0.name.lowercasedASCII.equals(lowercaseName) }.map(\.value)
    }

    public func first(_ lowercaseName: StaticString) -> Bytes? {
        all(lowercaseName).first
    }

    /// Whether a field that is a list of words, over all its lines, holds this one.
    public func hasToken(_ lowercaseName: StaticString, _ lowercaseToken: StaticString) -> Bool {
        all(lowercaseName).contains { value in
            value.parts(separatedBy: 0x2C).contains { $0.trimmed().lowercasedASCII.equals(lowercaseToken) }
        }
    }
}

public enum HTTPFieldFault: Error, Sendable, Equatable {
    /// A line that begins with white space: the obsolete way to continue a value.
    case folded
    case noColon
    case badName
    case badValue
}

enum HTTPSyntax {
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Visible, blank or tab, or above ASCII.
    static func isValueByte(_ byte: UInt8) -> Bool {
        byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
    }

    static func isVisible(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F
    }

    /// Blanks and tabs at both ends go; nothing else counts as white space here.
    static func withoutBlanks(_ bytes: ArraySlice<UInt8>) -> Bytes {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return Bytes(rest)
    }

    /// One header line without its line end.
    static func field(_ line: ArraySlice<UInt8>) throws(HTTPFieldFault) -> HTTPField {
        if let first = line.first, first == 0x20 || first == 0x09 { throw .folded }
        guard let colon = line.firstIndex(of: 0x3A) else { throw .noColon }
        let name = Bytes(line[..<colon])
        guard !name.isEmpty, name.allSatisfy(isToken) else { throw .badName }
        let value = withoutBlanks(line[(colon + 1)...])
        guard value.allSatisfy(isValueByte) else { throw .badValue }
        return HTTPField(name, value)
    }

    /// Digits only: no sign, no blanks. Nil for what does not fit as well.
    static func wholeNumber(_ digits: Bytes) -> Int? {
        guard let first = digits.first, first >= 0x30, first <= 0x39 else { return nil }
        return Int(decimal: digits)
    }
}
