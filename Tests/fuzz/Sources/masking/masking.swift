// Secrets in an agent's output: the lines before the first empty one are the secrets, the rest is the output.
//
// What is hidden is what the plainest search finds, each form of a secret at each place; however the output arrives,
// the lines are the same; no byte of a secret is seen where a long line is cut.

import Codecs
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let lines = Course(start, count).bytes.parts(separatedBy: 0x0a)
    let secrets = Array(lines.prefix { !$0.isEmpty })
    let output = Bytes(lines.dropFirst(secrets.count + 1).joined(separator: [0x0a]))
    var values = MaskedValues()
    for secret in secrets {
        values.add(secret)
        values.addLeaves(of: secret)
    }
    let masker = Masker(values)
    let forms = secrets.flatMap { allForms(of: $0) }
    agreesWithTheNaive(masker, forms, output)
    // With enough behind it that it is cut.
    let filler = Bytes(repeating: 0x2d, count: Masker.longestPattern + 40)
    let long = output + filler + output
    var course = Course(long)
    for limit in [7, 200] {
        let whole = framed([long[...]], limit, masker)
        for pieces in course.splittings(longest: 500) {
            demandEqual(framed(pieces, limit, masker), whole, "limit \(limit), pieces of \(pieces.map(\.count))")
        }
        nothingIsSeen(whole, long, forms)
    }
    return 0
}

/// As it is, trimmed, its lines, also where their ends are written as `\n`, and the strings in it where it is JSON;
/// each also as JSON writes it. Then what a base64 text holds of it.
private func allForms(of secret: Bytes) -> [Bytes] {
    var values = [secret]
    if let document = try? JSON.parse(secret, limits: JSONLimits(depth: JSONLimits.deepest)) {
        values += document.leaves.compactMap { document.value(at: $0)?.asString }
    }
    var forms: [Bytes] = []
    for value in values {
        forms += [value, value.trimmed()]
        for text in [value, unfolded(value)] where text.contains(0x0d) || text.contains(0x0a) {
            let lines = text.split { $0 == 0x0a || $0 == 0x0d }
            forms += lines.map { $0.trimmed() }.filter { $0.count >= Masker.shortestLine }
        }
    }
    let quoted = forms.filter { Masker.isMasked($0) }.flatMap { form in
        [form, Bytes(JSON.string(form).encoded().dropFirst().dropLast())]
    }
    return quoted + values.map { $0.trimmed() }.flatMap { base64Forms(of: $0) }
}

/// With line feeds in the place of `\n` and `\r`.
private func unfolded(_ value: Bytes) -> Bytes {
    var output = Bytes()
    for byte in value {
        if output.last == 0x5c, byte == 0x6e || byte == 0x72 {
            output[output.count - 1] = 0x0a
        } else {
            output.append(byte)
        }
    }
    return output
}

/// The characters that are the same whatever stands around it, for each way to begin; and its lines.
private func base64Forms(of value: Bytes) -> [Bytes] {
    guard value.count >= Masker.shortestEncoded, Masker.isMasked(value) else { return [] }
    var forms: [Bytes] = []
    for offset in 0..<3 {
        let texts = [UInt8.min, .max].map { Base64.encode(Bytes(repeating: $0, count: offset) + value + [$0, $0]) }
        let common = texts[0].indices.filter { texts[0][$0] == texts[1][$0] && texts[0][$0] != 0x3d }
        let form = common.map { texts[0][$0] }
        forms += [form, form.map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 }]
        for width in [64, 76] where offset == 0 && form.count > width {
            for start in stride(from: 0, to: form.count, by: width) {
                let line = form[start...].prefix(width)
                if line.count >= 10 { forms.append(Bytes(line)) }
            }
        }
    }
    return forms
}

/// Which bytes of a line the plainest search hides.
private func hidden(_ line: Bytes, _ forms: [Bytes]) -> [Bool] {
    var hidden = [Bool](repeating: false, count: line.count)
    for form in forms where form.count <= line.count && !form.isEmpty {
        for start in 0...line.count - form.count
        where line[start] == form[0] && line[start...].starts(with: form) {
            for place in start..<start + form.count { hidden[place] = true }
        }
    }
    return hidden
}

private func agreesWithTheNaive(_ masker: Masker, _ forms: [Bytes], _ output: Bytes) {
    let masked = masker.masked(output)
    // Pieces of a longer one are hidden even where it is not whole.
    guard forms.allSatisfy({ $0.count <= Masker.longestPattern }) else { return }
    let flags = hidden(output, forms)
    var expected = Bytes()
    for (place, isHidden) in flags.enumerated() {
        if !isHidden { expected.append(output[place]) }
        if isHidden, place == 0 || !flags[place - 1] { expected.append(contentsOf: Masker.replacement) }
    }
    demandEqual(masked, expected, "what the plainest search hides")
}

private func framed(_ pieces: [ArraySlice<UInt8>], _ limit: Int, _ masker: Masker) -> [LineFramer.Line] {
    var framer = LineFramer(limit: limit)
    var lines: [LineFramer.Line] = []
    for piece in pieces {
        Bytes(piece).withUnsafeBufferPointer { framer.push($0, masker) { lines.append($0) } }
        demand(framer.waiting <= limit + Masker.longestPattern + piece.count, "what waits is bounded")
    }
    framer.finish(masker) { lines.append($0) }
    return lines
}

/// The lines without stars are the text without what has to be hidden.
private func nothingIsSeen(_ lines: [LineFramer.Line], _ text: Bytes, _ forms: [Bytes]) {
    guard !text.contains(0x2a), forms.allSatisfy({ $0.count <= Masker.longestPattern }) else { return }
    var seen: [Bytes] = [[]]
    for line in lines {
        seen[seen.count - 1] += line.bytes.filter { $0 != 0x2a }
        if !line.goesOn { seen.append([]) }
    }
    var expected: [Bytes] = []
    for given in text.parts(separatedBy: 0x0a) {
        let line = given.last == 0x0d ? Bytes(given.dropLast()) : given
        let flags = hidden(line, forms)
        expected.append(Bytes(line.indices.filter { !flags[$0] }.map { line[$0] }))
    }
    // The last line is there only where there is something in it.
    if text.last == 0x0a || text.isEmpty { expected.removeLast() }
    if seen.last == [] { seen.removeLast() }
    demandEqual(seen, expected, "what is seen of the lines")
}
