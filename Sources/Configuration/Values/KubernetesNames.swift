// What Kubernetes accepts as labels, annotations, namespaces and quantities; checked here so that it is not found out
// with the first task.

import Codecs

enum KubernetesNames {
    static let nameMax = 63
    static let prefixMax = 253
    static let annotationsMax = 256 << 10

    /// The labels that the worker puts on everything.
    static let reserved = ["worker", "instance", "task", "execution"].flatMap { ["oz-\($0)-id", "oz-\($0)-hash"] }

    static func complaint(namespace text: Bytes) -> String? {
        guard text.count <= nameMax, isLowercaseLabel(text) else {
            return "\(Words.quoted(text)) is no namespace; expected at most \(nameMax) lower-case letters, digits and "
                + "dashes, with a letter or digit at both ends"
        }
        return nil
    }

    /// A qualified name: `name` or `prefix/name`.
    static func complaint(labelKey key: Bytes) -> String? {
        let parts = key.parts(separatedBy: 0x2f)
        guard let name = parts.last, parts.count <= 2 else {
            return "\(Words.quoted(key)) has more than one slash; expected NAME or PREFIX/NAME"
        }
        if parts.count == 2, let prefix = parts.first, !isSubdomain(prefix) {
            return "\(Words.quoted(prefix)) is no DNS name, which the part before the slash must be"
        }
        guard name.count <= nameMax, isName(name) else {
            return "\(Words.quoted(name)) is no name for Kubernetes; expected \(nameRule)"
        }
        return nil
    }

    static func complaint(labelValue value: Bytes) -> String? {
        guard value.isEmpty || (value.count <= nameMax && isName(value)) else {
            return "\(Words.quoted(value)) is no value for a label; expected nothing, or \(nameRule)"
        }
        return nil
    }

    private static let nameRule =
        "at most \(nameMax) letters, digits, '-', '_' and '.', with a letter or digit at both ends"

    private static func isName(_ text: Bytes) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        return CharacterSets.isAlphanumeric(first) && CharacterSets.isAlphanumeric(last)
            && text.allSatisfy { CharacterSets.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
    }

    private static func isSubdomain(_ text: Bytes) -> Bool {
        text.count <= prefixMax && text.parts(separatedBy: 0x2e).allSatisfy { isLowercaseLabel($0) }
    }

    private static func isLowercaseLabel(_ text: Bytes) -> Bool {
        func isLowercase(_ byte: UInt8) -> Bool { CharacterSets.isDigit(byte) || byte &- 0x61 < 26 }
        guard let first = text.first, let last = text.last else { return false }
        return isLowercase(first) && isLowercase(last) && text.allSatisfy { isLowercase($0) || $0 == 0x2d }
    }
}

/// Amounts as Kubernetes writes them: `500m`, `4Gi`, `1.5`, `1e3`.
enum Quantity {
    static func complaint(_ text: Bytes) -> String? {
        if isQuantity(text) { return text.first == 0x2d ? "\(text.text) is negative" : nil }
        return "\(Words.quoted(text)) is no quantity; expected a number with or without a unit, such as 500m, 2 or 4Gi"
    }

    private static func isQuantity(_ text: Bytes) -> Bool {
        let unsigned = text.dropFirst(text.first == 0x2d || text.first == 0x2b ? 1 : 0)
        let integer = unsigned.prefix(while: CharacterSets.isDigit)
        var rest = unsigned.dropFirst(integer.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == 0x2e {
            fraction = rest.dropFirst().prefix(while: CharacterSets.isDigit)
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard !integer.isEmpty || !fraction.isEmpty else { return false }
        return isSuffix(Bytes(rest))
    }

    private static func isSuffix(_ suffix: Bytes) -> Bool {
        switch suffix.text {
        case "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E": return true
        default: break
        }
        guard let first = suffix.first, first | 0x20 == 0x65 else { return false }
        let exponent = suffix.dropFirst()
        let digits = exponent.dropFirst(exponent.first == 0x2d || exponent.first == 0x2b ? 1 : 0)
        return !digits.isEmpty && digits.allSatisfy(CharacterSets.isDigit)
    }
}
