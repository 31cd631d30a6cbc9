// A YAML document as a tree in which every node knows its place in the file. Aliases are already resolved: they share
// the storage of what they point to. Merge keys and duplicates are left in; `YAMLMapping.swift` deals with them, since
// only the walker knows the path that a problem should name.

import Codecs

/// A place in a file, counted from 1 as editors do; columns count characters.
public struct Mark: Hashable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

struct YAMLNode: Sendable {
    enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    var content: Content
    var mark: Mark
    /// How much memory the node takes when it is expanded; what an alias to it adds.
    var cost: Int

    /// How a person would call it.
    var shape: String {
        switch content {
        case .scalar(let scalar): scalar.isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a block of keys"
        }
    }

    /// A null stands for absence wherever it is met.
    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.isNull } else { false }
    }
}

struct YAMLPair: Sendable {
    var key: YAMLNode
    var value: YAMLNode
}

struct YAMLScalar: Sendable {
    var text: Bytes
    /// Written without quotes and without a tag, so that its type follows from how it looks.
    var isPlain: Bool
    /// The full tag, when one was written.
    var tag: Bytes?
    var mark: Mark

    static let tagPrefix = Bytes(text: "tag:yaml.org,2002:")

    /// The short name of a standard tag: `str` for `!!str`.
    var standardTag: Bytes? {
        guard let tag, tag.hasPrefix(YAMLScalar.tagPrefix) else { return nil }
        return Bytes(tag.dropFirst(YAMLScalar.tagPrefix.count))
    }

    var isNull: Bool {
        if let standardTag { return standardTag.equals("null") }
        return isPlain && YAMLWords.null(text)
    }

    var isMergeKey: Bool {
        text.equals("<<") && (isPlain || standardTag?.equals("merge") == true)
    }
}

/// The words that YAML 1.1 gives a meaning.
enum YAMLWords {
    static func null(_ text: Bytes) -> Bool {
        switch text.text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    static func bool(_ text: Bytes) -> Bool? {
        switch text.text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
        default: nil
        }
    }

    /// Infinities and "not a number": YAML has them, JSON has not.
    static func isNotFinite(_ text: Bytes) -> Bool {
        switch text.text {
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF": true
        case "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF": true
        default: false
        }
    }
}
