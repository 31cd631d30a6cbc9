// What is wrong with a configuration, and where. Problems are collected, never thrown: the operator sees all at once.
// No text here ever quotes an API key or the value of an environment variable.

import Codecs

public struct Problem: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// A required option was not given.
        case missing(OptionName)
        case other
    }

    public enum Place: Equatable, Sendable {
        /// As it was written: `--worker-id`, `-e`.
        case flag(String)
        case variable(String)
        case file(Bytes, Mark?)
        case none
    }

    public var kind: Kind
    public var place: Place
    /// Where in the file's tree; empty where the place says it all.
    public var path: ConfigPath
    public var words: String

    public init(kind: Kind = .other, place: Place = .none, path: ConfigPath = ConfigPath(), words: String) {
        self.kind = kind
        self.place = place
        self.path = path
        self.words = words
    }

    /// One line: `file:line:column: path: what is wrong`.
    public var rendered: String {
        [place.rendered, path.text, words].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

extension Problem.Place {
    public var rendered: String {
        switch self {
        case .flag(let name), .variable(let name): name
        case .file(let file, .some(let mark)): "\(Words.shown(file)):\(mark.line):\(mark.column)"
        case .file(let file, .none): Words.shown(file)
        case .none: ""
        }
    }
}

/// The keys that lead to a place in the config file: `backend.docker.volumes[0]`.
public struct ConfigPath: Equatable, Sendable {
    public private(set) var text = ""

    public init(_ text: String = "") {
        self.text = text
    }

    /// Keys that would not be read as one word are quoted.
    func appending(_ key: Bytes) -> ConfigPath {
        let isWord = key.allSatisfy { $0 == 0x5f || $0 == 0x2d || $0 == 0x3c || CharacterSets.isAlphanumeric($0) }
        let name = isWord && !key.isEmpty ? key.text : Words.quoted(key)
        return ConfigPath(text.isEmpty ? name : "\(text).\(name)")
    }

    func appending(index: Int) -> ConfigPath {
        ConfigPath("\(text)[\(index)]")
    }
}

/// Collects what is found in the config file and beside it.
struct Diagnosis {
    /// As the operator named it; what places in the file are called by.
    var file: Bytes = []
    private(set) var problems: [Problem] = []
    private(set) var warnings: [Problem] = []

    mutating func error(_ problem: Problem) {
        problems.append(problem)
    }

    mutating func error(at mark: Mark?, _ path: ConfigPath, _ words: String) {
        problems.append(Problem(place: .file(file, mark), path: path, words: words))
    }

    mutating func error(_ place: Problem.Place, _ words: String, path: ConfigPath = ConfigPath()) {
        problems.append(Problem(place: place, path: path, words: words))
    }

    mutating func warn(at mark: Mark?, _ path: ConfigPath, _ words: String) {
        warnings.append(Problem(place: .file(file, mark), path: path, words: words))
    }

    mutating func warn(_ place: Problem.Place, _ words: String, path: ConfigPath = ConfigPath()) {
        warnings.append(Problem(place: place, path: path, words: words))
    }
}
