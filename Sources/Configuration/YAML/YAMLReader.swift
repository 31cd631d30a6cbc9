// Reads a YAML text by libyaml's events into a tree. This is the only file that talks to libyaml.
// One document, UTF-8, bounded in size, depth and in what aliases may expand to.

import CLibyaml
import Codecs

struct YAMLLimits {
    var size = 1 << 20
    var depth = 64
    /// What aliases may add in all, in the unit of `YAMLNode.cost`.
    var expansion = 2 << 20
}

/// Why a text is no YAML document that we read.
struct YAMLError: Error, Equatable {
    var mark: Mark
    var words: String
}

enum YAML {
    /// The document, or nil where there is none: an empty file, or only comments.
    static func read(_ bytes: Bytes, limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= limits.size else {
            let words = "the file has \(bytes.count) bytes; at most \(limits.size) are read"
            throw YAMLError(mark: Mark(line: 1, column: 1), words: words)
        }
        if let bad = firstBadCharacter(bytes) { throw bad }
        // libyaml takes a byte order mark for a character when it was told the encoding.
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Bytes(bytes.dropFirst(3)) : bytes
        var builder = YAMLBuilder(limits: limits)
        try text.withUnsafeBufferPointer { buffer throws(YAMLError) in
            // The parser keeps its own address, so it must not move.
            let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
            defer { parser.deallocate() }
            guard yaml_parser_initialize(parser) == 1 else {
                throw YAMLError(mark: Mark(line: 1, column: 1), words: "no memory for the YAML parser")
            }
            defer { yaml_parser_delete(parser) }
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            while try takeEvent(parser, text, into: &builder) {}
        }
        return builder.root
    }

    /// Hands one event on; false at the end of the stream.
    private static func takeEvent(
        _ parser: UnsafeMutablePointer<yaml_parser_t>, _ text: Bytes, into builder: inout YAMLBuilder
    ) throws(YAMLError) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure(of: parser.pointee, in: text) }
        defer { yaml_event_delete(&event) }
        let mark = Mark(event.start_mark)
        switch event.type {
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return false
        case YAML_DOCUMENT_START_EVENT: try builder.startDocument(at: mark)
        case YAML_ALIAS_EVENT: try builder.alias(bytes(event.data.alias.anchor) ?? [], at: mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let tag = scalar.plain_implicit == 1 ? nil : bytes(scalar.tag)
            let node = YAMLScalar(
                text: Bytes(UnsafeBufferPointer(start: scalar.value, count: scalar.length)),
                isPlain: scalar.plain_implicit == 1, tag: tag, mark: mark)
            try builder.scalar(node, anchor: bytes(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT:
            try builder.open(.sequence, anchor: bytes(event.data.sequence_start.anchor), at: mark)
        case YAML_MAPPING_START_EVENT:
            try builder.open(.mapping, anchor: bytes(event.data.mapping_start.anchor), at: mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: try builder.close()
        default: break
        }
        return true
    }

    private static func bytes(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> Bytes? {
        guard let pointer else { return nil }
        return Bytes(UnsafeBufferPointer(start: pointer, count: length(pointer)))
    }

    private static func length(_ pointer: UnsafeMutablePointer<yaml_char_t>) -> Int {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return count
    }

    private static func failure(of parser: yaml_parser_t, in text: Bytes) -> YAMLError {
        let problem = parser.problem.map { String(cString: $0) } ?? "it is no YAML"
        if parser.error == YAML_READER_ERROR {
            return YAMLError(mark: place(behind: text.prefix(parser.problem_offset)), words: problem)
        }
        var words = problem
        // libyaml ends a last line that has no line feed, and takes the end to lie on a line that is not there.
        let end = place(behind: text)
        let mark = Mark(parser.problem_mark).line > end.line ? end : Mark(parser.problem_mark)
        if let context = parser.context.map({ String(cString: $0) }) {
            let start = Mark(parser.context_mark)
            words += ", \(context)"
            if start != mark { words += " that starts at \(start.line):\(start.column)" }
        }
        if character(at: mark, in: text) == 0x09 {
            words += "; YAML is indented with spaces, and this is a tab"
        }
        return YAMLError(mark: mark, words: words)
    }

    /// The first byte of the character there, when the line is ASCII up to it.
    private static func character(at mark: Mark, in text: Bytes) -> UInt8? {
        let lines = text.split(separator: 0x0a, maxSplits: mark.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return lines[mark.line - 1].dropFirst(mark.column - 1).first
    }

    /// The place behind the last character, or behind those before the first byte that is no UTF-8. Lines end where
    /// libyaml ends them, so that all places in a file are counted alike.
    private static func place(behind text: some Collection<UInt8>) -> Mark {
        var mark = Mark(line: 1, column: 1)
        var last: Unicode.Scalar?
        var decoder = UTF8()
        var rest = text.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&rest) {
            switch scalar {
            case "\n" where last == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": mark = Mark(line: mark.line + 1, column: 1)
            default: mark.column += 1
            }
            last = scalar
        }
        return mark
    }

    /// libyaml names only the offset of a bad byte, and takes UTF-16 for granted where it sees its mark.
    private static func firstBadCharacter(_ bytes: Bytes) -> YAMLError? {
        if bytes.isUTF8 { return nil }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            let words = "the file is UTF-16; save it as UTF-8"
            return YAMLError(mark: Mark(line: 1, column: 1), words: words)
        }
        return YAMLError(mark: place(behind: bytes), words: "a byte here is not UTF-8; save the file as UTF-8")
    }
}

extension Mark {
    init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
    }
}
