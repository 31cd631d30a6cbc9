// The environment file that a setup command may write.
//
// A CRLF counts as a line feed; what has neither quotes nor names in it reads the same line by line; what was read
// can be written and is read as the same; every limit holds; a malformed line costs nothing but itself.

import Codecs
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Course(start, count).bytes
    let file = Dotenv.parse(bytes)
    check(file, bytes, Dotenv.Limits())
    let small = Dotenv.Limits(size: 1 << 20, entries: 2, expansion: 8, malformed: 1)
    check(Dotenv.parse(bytes, limits: small), bytes, small)
    lineEnds(file, bytes)
    lineByLine(file, bytes)
    writtenAgain(file)
    between(file, bytes)
    return 0
}

private func lines(_ bytes: Bytes) -> Int {
    bytes.count { $0 == 0x0a } + 1
}

private func check(_ file: Dotenv, _ bytes: Bytes, _ limits: Dotenv.Limits) {
    demand(file.entries.count <= limits.entries, "there are more names than the limit")
    demand(file.malformed.count == min(file.malformedCount, limits.malformed), "the malformed lines that are kept")
    demand(zip(file.malformed, file.malformed.dropFirst()).allSatisfy { $0 < $1 }, "malformed lines in their order")
    demand(file.malformed.allSatisfy { (1...lines(bytes)).contains($0) }, "malformed lines are lines of the file")
    let sum = file.entries.reduce(0) { $0 + $1.value.count }
    demand(sum <= bytes.count + limits.expansion, "the values are longer than the limit")
    for (index, entry) in file.entries.enumerated() {
        demand(!entry.name.isEmpty && entry.name.allSatisfy(isNameByte), "a name is one")
        demand(!entry.value.contains(0), "a value has no zero")
        demand(file[entry.name] == entry.value && file.entries.firstIndex { $0.name == entry.name } == index, "once")
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
    default: false
    }
}

/// Where no lone CR can meet a line feed.
private func lineEnds(_ file: Dotenv, _ bytes: Bytes) {
    guard !bytes.contains(0x0d) else { return }
    let windows = Bytes(bytes.map { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }.joined())
    demandEqual(Dotenv.parse(windows), file, "with line ends of CR LF")
}

private func lineByLine(_ file: Dotenv, _ bytes: Bytes) {
    guard !bytes.contains(where: { $0 == 0x27 || $0 == 0x22 || $0 == 0x24 }) else { return }
    var entries: [Dotenv.Entry] = []
    var malformed: [Int] = []
    for (index, line) in bytes.parts(separatedBy: 0x0a).enumerated() {
        // Only the first line may begin with a byte order mark.
        if index > 0, line.starts(with: [0xef, 0xbb, 0xbf]) { return }
        let alone = Dotenv.parse(line + [0x0a])
        demand(alone.entries.count + alone.malformedCount <= 1, "a line is one statement")
        if alone.malformedCount > 0 { malformed.append(index + 1) }
        guard let entry = alone.entries.first else { continue }
        if let place = entries.firstIndex(where: { $0.name == entry.name }) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }
    demandEqual(file.entries, entries, "line by line")
    demandEqual(file.malformed, Array(malformed.prefix(100)), "malformed lines, line by line")
}

private func writtenAgain(_ file: Dotenv) {
    var text = Bytes()
    for entry in file.entries {
        text.append(contentsOf: entry.name)
        text.append(text: "=\"")
        for byte in entry.value {
            switch byte {
            case 0x0d: text.append(text: "\\r")
            case 0x22, 0x24, 0x5c: text.append(contentsOf: [0x5c, byte])
            default: text.append(byte)
            }
        }
        text.append(text: "\"\n")
    }
    let limits = Dotenv.Limits(size: .max, expansion: 0)
    let again = Dotenv.parse(text, limits: limits)
    demandEqual(again.entries, file.entries, "what was read, written and read again")
    demand(again.malformedCount == 0 && again.exceeded == nil, "what is written is well-formed")
}

/// What stands before the file keeps its value unless the file has the name too; it adds no malformed lines.
private func between(_ file: Dotenv, _ bytes: Bytes) {
    guard !bytes.starts(with: [0xef, 0xbb, 0xbf]), file.exceeded == nil else { return }
    let name = Bytes(text: "WHAT-STOOD.BEFORE")
    let after = Dotenv.parse(name + Bytes(text: "='x' # y\n") + bytes)
    demandEqual(after.malformedCount, file.malformedCount, "malformed lines behind another line")
    if !file.entries.contains(where: { $0.name == name }), !bytes.contains(0x24) {
        demandEqual(after.entries, [Dotenv.Entry(name: name, value: [0x78])] + file.entries, "behind another line")
    }
}
