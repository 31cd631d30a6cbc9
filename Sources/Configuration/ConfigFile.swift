// The config file against the table: which keys there are, what shape their values have, and what they say.

import Codecs

/// What the file says about one option.
struct FileValue {
    enum Content {
        case value(Value)
        /// Written, and wrong; that is reported already.
        case wrong
        /// Written as an empty text, which counts as absent.
        case empty
    }

    var option: OptionName
    var path: ConfigPath
    var mark: Mark
    var content: Content
}

struct ConfigFile {
    private(set) var values: [FileValue] = []
    /// The blocks under `backend`, in the order of the file.
    private(set) var blocks: [(name: BackendName, mark: Mark)] = []
    /// The file could not be read, or holds no keys at all, so nothing is known of what it lacks.
    private(set) var isUnreadable = false

    static let none = ConfigFile()
    static let unreadable = ConfigFile(isUnreadable: true)

    private init(isUnreadable: Bool = false) {
        self.isUnreadable = isUnreadable
    }

    init(_ content: Bytes, into diagnosis: inout Diagnosis) {
        do {
            guard let root = try YAML.read(content), !root.isNull else { return }
            if case .mapping = root.content {} else { isUnreadable = true }
            block(root, at: ConfigPath(), into: &diagnosis)
        } catch {
            diagnosis.error(at: error.mark, ConfigPath(), error.words)
            isUnreadable = true
            return
        }
        if blocks.count > 1, let first = blocks.first {
            for other in blocks.dropFirst() {
                let words = "only one backend may be configured, and \(first.name.rawValue) is, at \(first.mark.text)"
                diagnosis.error(at: other.mark, ConfigPath("backend.\(other.name.rawValue)"), words)
            }
        }
    }

    /// What the file says about an option, for the backend that was chosen.
    func value(_ option: Option, for backend: BackendName) -> FileValue? {
        let prefix = "backend.\(backend.rawValue)."
        return values.first {
            $0.option == option.name && (!$0.path.text.hasPrefix("backend.") || $0.path.text.hasPrefix(prefix))
        }
    }

    private mutating func block(_ node: YAMLNode, at path: ConfigPath, into diagnosis: inout Diagnosis) {
        guard case .mapping(let pairs) = node.content else {
            diagnosis.error(at: node.mark, path, ConfigFile.wrongBlock(node, path))
            return
        }
        let known = KnownKeys(under: path)
        for entry in YAMLMapping.entries(pairs, path: path, into: &diagnosis) {
            let place = path.appending(entry.key)
            guard known.names.contains(where: { $0.utf8.elementsEqual(entry.key) }) else {
                diagnosis.error(at: entry.mark, place, known.complaint(about: entry.key))
                continue
            }
            if let option = optionTable.first(where: { $0.keys.contains(place.text) }) {
                add(option, entry, at: place, into: &diagnosis)
            } else {
                enter(entry, at: place, into: &diagnosis)
            }
        }
    }

    /// `backend`, or the block of one backend.
    private mutating func enter(_ entry: YAMLEntry, at path: ConfigPath, into diagnosis: inout Diagnosis) {
        let backend = BackendName.allCases.first { path.text == "backend.\($0.rawValue)" }
        if entry.value.isNull {
            if let backend {
                let words = "is empty, which counts as absent; write \(backend.rawValue): {} to choose this backend"
                diagnosis.warn(at: entry.mark, path, words)
            }
            return
        }
        if let backend { blocks.append((backend, entry.mark)) }
        block(entry.value, at: path, into: &diagnosis)
    }

    private mutating func add(
        _ option: Option, _ entry: YAMLEntry, at path: ConfigPath, into diagnosis: inout Diagnosis
    ) {
        if entry.value.isNull { return }
        let content = NodeReading(option: option, path: path).content(of: entry.value, into: &diagnosis)
        values.append(FileValue(option: option.name, path: path, mark: entry.value.mark, content: content))
    }

    private static func wrongBlock(_ node: YAMLNode, _ path: ConfigPath) -> String {
        let found = "expected a block of keys, found \(node.shape)"
        if path.text.isEmpty { return "\(found); a config file begins with keys such as worker_id: NAME" }
        guard path.text == "backend", case .scalar(let scalar) = node.content,
            let name = BackendName.allCases.first(where: { Bytes(text: $0.rawValue) == scalar.text })
        else { return found }
        return "\(found); write backend: {\(name.rawValue): {}}"
    }
}

extension Mark {
    var text: String { "\(line):\(column)" }
}

/// The keys that the table knows in one block.
private struct KnownKeys {
    var names: [String] = []
    private let path: ConfigPath

    init(under path: ConfigPath) {
        self.path = path
        let prefix = path.text.isEmpty ? "" : path.text + "."
        for index in optionTable.indices {
            for key in optionTable[index].keys where key.utf8.starts(with: prefix.utf8) {
                let name = String(Substring(key.utf8.dropFirst(prefix.utf8.count).prefix { $0 != 0x2e }))
                if !names.contains(name) { names.append(name) }
            }
        }
    }

    func complaint(about key: Bytes) -> String {
        "unknown key; " + (flagHint(key) ?? placeHint(key) ?? Words.suggestion(key, among: names) ?? list)
    }

    private var list: String { "expected " + Words.either(names) }

    /// Some options are flags only.
    private func flagHint(_ key: Bytes) -> String? {
        let name = Bytes(key.map { $0 == 0x5f ? 0x2d : $0 }).text
        guard path.text.isEmpty, let option = optionTable.first(where: { $0.flag == name }), option.keys.isEmpty else {
            return nil
        }
        let variable = option.variable.map { " or the variable \($0)" } ?? ""
        return "this is not read from the file; give the flag --\(name)\(variable)"
    }

    /// The same key elsewhere.
    private func placeHint(_ key: Bytes) -> String? {
        if path.text == "backend.kubernetes", key.equals("environment") {
            return "variables go into the containers of pod_template here, or into the flag --env"
        }
        let places = optionTable.flatMap(\.keys).compactMap { other -> String? in
            let parts = Bytes(other.utf8).parts(separatedBy: 0x2e)
            guard parts.last == key else { return nil }
            let block = parts.dropLast().map(\.text).joined(separator: ".")
            return block.isEmpty ? "the top level" : block
        }
        return places.isEmpty ? nil : "it belongs to " + Words.either(places)
    }
}
