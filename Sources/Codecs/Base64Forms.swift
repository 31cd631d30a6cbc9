// What a base64 text holds of a value, wherever in the encoded bytes the value begins.
//
// Three bytes become four characters, so there are three ways to begin. A character at an edge depends on the byte
// beside the value too, so up to three of them, which hold a few bits of it, are left out. Both alphabets are known,
// and the lines that programs break base64 into by themselves, where the value comes first.

enum Base64Forms {
    /// The forms together take at most so many times the value's own room.
    static let growth = 11
    /// What `base64` and what `openssl` put into a line.
    private static let widths = [76, 64]
    /// A shorter rest of a line might be another's by chance.
    private static let shortestRest = 10

    static func of(_ value: Bytes) -> [Bytes] {
        var forms: [Bytes] = []
        for offset in 0..<3 {
            let form = encoded(value, behind: offset)
            forms.append(form)
            let safe = inSafeAlphabet(form)
            if safe != form { forms.append(safe) }
            guard offset == 0 else { continue }
            for width in widths where form.count > width { forms += lines(form, width) }
        }
        return forms
    }

    private static func lines(_ form: Bytes, _ width: Int) -> [Bytes] {
        stride(from: 0, to: form.count, by: width).compactMap { start in
            let line = Bytes(form[start..<min(start &+ width, form.count)])
            return line.count < shortestRest ? nil : line
        }
    }

    /// The characters that depend on nothing but the value, where so many bytes stand before it.
    private static func encoded(_ value: Bytes, behind offset: Int) -> Bytes {
        let whole = Base64.encode(Bytes(repeating: 0, count: offset) + value)
        let first = (offset &* 8 &+ 5) / 6
        let end = (offset &+ value.count) &* 8 / 6
        return first < end ? Bytes(whole[first..<end]) : []
    }

    /// The alphabet for URLs and file names.
    private static func inSafeAlphabet(_ form: Bytes) -> Bytes {
        form.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }
    }
}
