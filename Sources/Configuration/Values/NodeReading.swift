// From a node of the config file to a value, by the kind of the option.

import Codecs

struct NodeReading {
    let option: Option
    let path: ConfigPath

    func content(of node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        switch option.kind {
        case .volumes: return volumes(node, into: &diagnosis)
        case .environment: return environment(node, into: &diagnosis)
        case .images, .labels, .annotations: return pairs(node, into: &diagnosis)
        case .resources: return Manifests.resources(node, path, into: &diagnosis)
        case .podTemplate: return Manifests.podTemplate(node, path, into: &diagnosis)
        case .action, .text, .path, .command, .apiKey, .workerID, .image, .namespace, .quantity, .url, .choice,
            .toggle,
            .whole, .duration, .size:
            return single(node, into: &diagnosis)
        }
    }

    private func single(_ node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        guard case .scalar(let scalar) = node.content else { return wrong(node, into: &diagnosis) }
        // The empty text has always meant "not set" in these files.
        if scalar.text.isEmpty { return .empty }
        do {
            let value = try Value.read(scalar.text, as: option.kind)
            if let words = value.doubt(as: option.kind) { diagnosis.warn(at: node.mark, path, words) }
            return .value(value)
        } catch {
            diagnosis.error(at: node.mark, path, error.words)
            return .wrong
        }
    }

    private func wrong(_ node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        diagnosis.error(at: node.mark, path, "expected \(option.kind.expectation), found \(node.shape)")
        return .wrong
    }

    private func volumes(_ node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        guard case .sequence(let items) = node.content else { return wrong(node, into: &diagnosis) }
        var specs: [Bytes] = []
        for (index, item) in items.enumerated() where !item.isNull {
            let place = path.appending(index: index)
            guard let text = text(item, at: place, Volumes.form, into: &diagnosis) else { continue }
            if text.isEmpty {
                diagnosis.error(at: item.mark, place, "is empty; expected \(Volumes.form)")
            } else if let words = Volumes.doubt(text) {
                diagnosis.warn(at: item.mark, place, words)
            }
            specs.append(text)
        }
        return .value(.volumes(specs))
    }

    private func environment(_ node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        guard case .sequence(let items) = node.content else { return wrong(node, into: &diagnosis) }
        var requests = EnvironmentRequests()
        for (index, item) in items.enumerated() where !item.isNull {
            guard let request = variable(item, at: path.appending(index: index), into: &diagnosis) else { continue }
            if requests.set(request) {
                let words = "\(request.name.text) is set twice here; the later one counts"
                diagnosis.warn(request.place, words, path: request.path)
            }
        }
        return .value(.environment(requests.all))
    }

    /// `name: KEY` with an optional `value`.
    private func variable(
        _ node: YAMLNode, at place: ConfigPath, into diagnosis: inout Diagnosis
    ) -> EnvironmentRequest? {
        guard case .mapping(let pairs) = node.content else {
            let words = "expected `name: KEY` with an optional `value`, found \(node.shape)"
            diagnosis.error(at: node.mark, place, words)
            return nil
        }
        let problemsBefore = diagnosis.problems.count
        var name: (text: Bytes, mark: Mark)?
        var value: SecretBytes?
        for entry in YAMLMapping.entries(pairs, path: place, into: &diagnosis) {
            let inside = place.appending(entry.key)
            guard entry.key.equals("name") || entry.key.equals("value") else {
                let hint = Words.suggestion(entry.key, among: ["name", "value"]) ?? "expected name and value"
                diagnosis.error(at: entry.mark, inside, "unknown key; \(hint)")
                continue
            }
            if entry.value.isNull { continue }
            guard let text = text(entry.value, at: inside, "text", into: &diagnosis) else { return nil }
            if entry.key.equals("name") {
                name = (text, entry.value.mark)
            } else if text.contains(0) {
                diagnosis.error(at: entry.value.mark, inside, "holds a NUL byte, which no variable can")
                return nil
            } else {
                value = SecretBytes(text)
            }
        }
        guard let name else {
            // A misspelled key says it already.
            if diagnosis.problems.count > problemsBefore { return nil }
            diagnosis.error(at: node.mark, place, "lacks a name; expected `name: KEY` with an optional `value`")
            return nil
        }
        if let words = EnvironmentNames.complaint(name.text) {
            diagnosis.error(at: name.mark, place.appending(Bytes(text: "name")), words)
            return nil
        }
        return EnvironmentRequest(
            name: name.text, value: value, place: .file(diagnosis.file, name.mark), path: place)
    }

    private func pairs(_ node: YAMLNode, into diagnosis: inout Diagnosis) -> FileValue.Content {
        guard case .mapping(let pairs) = node.content else { return wrong(node, into: &diagnosis) }
        var texts: [NamedText] = []
        for entry in YAMLMapping.entries(pairs, path: path, into: &diagnosis) {
            let place = path.appending(entry.key)
            if let words = complaint(key: entry.key) { diagnosis.error(at: entry.mark, place, words) }
            if entry.value.isNull {
                diagnosis.warn(at: entry.mark, place, "has no value and is left out; write \"\" for an empty one")
                continue
            }
            guard let text = text(entry.value, at: place, "text", into: &diagnosis) else { continue }
            if let words = complaint(value: text) { diagnosis.error(at: entry.value.mark, place, words) }
            if let words = doubt(key: entry.key) { diagnosis.warn(at: entry.mark, place, words) }
            texts.append(NamedText(name: entry.key, value: text))
        }
        if option.kind == .annotations {
            let size = texts.reduce(0) { $0 + $1.name.count + $1.value.count }
            if size > KubernetesNames.annotationsMax {
                let words = "all annotations together have \(size) bytes; Kubernetes takes at most "
                diagnosis.error(at: node.mark, path, words + "\(KubernetesNames.annotationsMax)")
            }
        }
        return .value(.pairs(texts))
    }

    private func complaint(key: Bytes) -> String? {
        if option.kind == .labels { return KubernetesNames.complaint(labelKey: key) }
        // Kubernetes compares the keys of annotations in lower case.
        if option.kind == .annotations { return KubernetesNames.complaint(labelKey: key.lowercasedASCII) }
        return key.isBlank ? "the name of the harness is missing" : nil
    }

    private func complaint(value: Bytes) -> String? {
        if option.kind == .labels { return KubernetesNames.complaint(labelValue: value) }
        if option.kind == .annotations { return value.contains(0) ? "holds a NUL byte" : nil }
        do {
            _ = try Value.read(value, as: .image)
            return nil
        } catch {
            return error.words
        }
    }

    private func doubt(key: Bytes) -> String? {
        guard option.kind == .labels, KubernetesNames.reserved.contains(key.text) else { return nil }
        return "the worker sets this label itself, so this value is not used"
    }

    /// The text of a single value, whatever its type would be.
    private func text(
        _ node: YAMLNode, at place: ConfigPath, _ wanted: String, into diagnosis: inout Diagnosis
    ) -> Bytes? {
        if case .scalar(let scalar) = node.content { return scalar.text }
        diagnosis.error(at: node.mark, place, "expected \(wanted), found \(node.shape)")
        return nil
    }
}

enum Volumes {
    static let form = "HOST:CONTAINER[:MODE]"

    /// Commas are literal, which surprises people who know other tools.
    static func doubt(_ spec: Bytes) -> String? {
        let parts = spec.parts(separatedBy: 0x2c)
        guard parts.count > 1, parts.dropFirst().contains(where: { $0.contains(0x3a) }) else { return nil }
        return "\(Words.quoted(spec)) looks like two volumes; commas are literal, so give each its own"
    }
}
