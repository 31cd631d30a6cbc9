// The JSON reader: the tree, the view into the text, and the writer.
//
// Tree and view agree, also about what is wrong; what is written is read as the same; the limits of depth, size and
// number hold exactly; a text that is cut off is never taken for a whole one.

import Codecs
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    let bytes = course.bytes
    let tree = read(bytes)
    switch (tree, Result { () throws(JSONError) in try JSONText(bytes) }) {
    case (.success(let tree), .success(let text)):
        demandEqual(text.encoded(text.root), tree.encoded(), "the view writes what the tree writes")
        compare(tree, text.root, text)
        writtenAgain(tree, bytes)
        bounds(tree, bytes)
        cutOff(bytes, &course)
        scalars(tree)
    case (.failure(let one), .failure(let other)):
        demandEqual(one, other, "tree and view see the same fault")
        demand((0...bytes.count).contains(one.offset) && !one.words.isEmpty, "a fault lies within the text")
    case (.success, .failure), (.failure, .success): demand(false, "tree and view agree")
    }
    surrounded(bytes, tree)
    quoted(bytes)
    return 0
}

private func read(_ bytes: Bytes, _ limits: JSONLimits = JSONLimits()) -> Result<JSON, JSONError> {
    Result { () throws(JSONError) in try JSON.parse(bytes, limits: limits) }
}

private func problem(_ bytes: Bytes, _ limits: JSONLimits) -> JSONError.Problem? {
    if case .failure(let error) = read(bytes, limits) { error.problem } else { nil }
}

/// Value by value.
private func compare(_ tree: JSON, _ place: JSONText.Place, _ text: JSONText) {
    switch tree {
    case .null: demand(text.kind(place) == .null, "null")
    case .bool(let flag): demand(text.bool(place) == flag, "a flag")
    case .number: demand(text.kind(place) == .number && text.int(place) == tree.asInt, "a number")
    case .string(let content):
        demand(content.isUTF8, "a string is UTF-8")
        demand(text.string(place) == content, "a string")
    case .array(let elements):
        let places = Array(text.values(in: place))
        demand(text.kind(place) == .array && places.count == elements.count, "a list")
        demand(text.isEmpty(place) == elements.isEmpty, "an empty list")
        for (element, place) in zip(elements, places) { compare(element, place, text) }
    case .object(let members):
        let places = Array(text.values(in: place))
        demand(text.kind(place) == .object && places.count == members.count, "an object")
        for (member, place) in zip(members, places) {
            demand(text.name(of: place) == member.name, "the name of a member")
            compare(member.value, place, text)
        }
        if let found = text.member("a", of: place) {
            demandEqual(members.lastIndex { $0.name.equals("a") }, found.number, "the last member of a name")
            demand(text.encoded(found.value) == tree["a"]?.encoded(), "the member of a name")
        } else {
            demand(tree["a"] == nil, "no member of a name")
        }
    case .secret, .verbatim: demand(false, "nothing that is read is a secret")
    }
}

private func writtenAgain(_ tree: JSON, _ bytes: Bytes) {
    let written = tree.encoded()
    guard case .success(let again) = read(written) else { return demand(false, "what is written can be read") }
    demandEqual(again, tree, "what is written is read as the same")
    demandEqual(again.encoded(), written, "written twice")
    let state = try? encodeState(tree)
    demandEqual(state.flatMap { try? decodeState(JSON.self, from: $0) }, tree, "as a part of a state")
}

private func depth(_ tree: JSON) -> Int {
    switch tree {
    case .array(let elements): 1 + (elements.map(depth).max() ?? 0)
    case .object(let members): 1 + (members.map { depth($0.value) }.max() ?? 0)
    case .null, .bool, .number, .string, .secret, .verbatim: 0
    }
}

private func values(_ tree: JSON) -> Int {
    switch tree {
    case .array(let elements): elements.reduce(1) { $0 + values($1) }
    case .object(let members): members.reduce(1) { $0 + values($1.value) }
    case .null, .bool, .number, .string, .secret, .verbatim: 1
    }
}

/// Exactly what the text needs is enough, and one less is not.
private func bounds(_ tree: JSON, _ bytes: Bytes) {
    let limits = JSONLimits(depth: depth(tree), size: bytes.count, values: values(tree))
    demand(read(bytes, limits) == .success(tree), "the limits that are just enough")
    var less = limits
    less.depth -= 1
    if limits.depth > 0 { demand(problem(bytes, less) == .tooDeep, "one level too deep") }
    less = limits
    less.size -= 1
    demand(problem(bytes, less) == .tooLong, "one byte too long")
    less = limits
    less.values -= 1
    demand(problem(bytes, less) == .tooManyValues, "one value too many")
}

private func cutOff(_ bytes: Bytes, _ course: inout Course) {
    guard let end = bytes.last, end == 0x5d || end == 0x7d || end == 0x22 else { return }
    let cut = Bytes(bytes.prefix(course.below(bytes.count)))
    if case .success = read(cut) { demand(false, "a text that is cut off is read as a whole one") }
}

/// In a list, in white space and in a slice it is what it is alone.
private func surrounded(_ bytes: Bytes, _ alone: Result<JSON, JSONError>) {
    let text = Bytes(text: "[ 1 ,\n") + bytes + Bytes(text: "\t]\r ")
    if case .success(let value) = alone {
        if depth(value) < JSONLimits().depth {
            demand(read(text) == .success(.array([.number(1), value])), "a value in a list")
        }
        let slice = text[6..<text.count - 4]
        demand((try? JSON.parse(slice)) == value, "a value in a slice")
        demand(read(bytes + [0x2c]) != alone, "a comma behind the end")
    }
}

/// Any bytes as a string; what is UTF-8 comes back as it was.
private func quoted(_ bytes: Bytes) {
    let written = JSON.string(bytes).encoded()
    guard case .success(.string(let content)) = read(written) else { return demand(false, "a string can be read") }
    demand(bytes.isUTF8 ? content == bytes : content.isUTF8, "a string comes back")
    let number = JSON.number(bytes).encoded()
    if case .failure = read(number) { demand(false, "a number that is none is written as a string") }
}

private func scalars(_ tree: JSON) {
    guard case .number(let text) = tree else { return }
    if let whole = tree.asInt {
        demand(JSON.whole(text, as: Int128.self) == Int128(whole), "a whole number of another width")
        if whole.magnitude < 1 << 53 { demand(tree.asDouble == Double(whole), "a whole number as a fraction") }
    }
    _ = JSON.whole(text, as: UInt8.self)
}
