// The parts of the configuration that are Kubernetes objects. They are passed on as they are; what is looked at here
// is only what would fail every task, or what shows a misunderstanding.

import Codecs

enum Manifests {
    /// A ResourceRequirements: quantities must parse.
    static func resources(
        _ node: YAMLNode, _ path: ConfigPath, into diagnosis: inout Diagnosis
    ) -> FileValue.Content {
        guard case .mapping(let pairs) = node.content else {
            diagnosis.error(at: node.mark, path, "expected \(ValueKind.resources.expectation), found \(node.shape)")
            return .wrong
        }
        // Merges and duplicates are reported by the conversion; here only the fields are looked at.
        var unheard = Diagnosis()
        for entry in YAMLMapping.entries(pairs, path: path, into: &unheard) {
            let place = path.appending(entry.key)
            switch entry.key.text {
            case "requests", "limits": quantities(entry.value, place, into: &diagnosis)
            case "claims": break
            default:
                let hint = Words.suggestion(entry.key, among: ["requests", "limits", "claims"])
                diagnosis.warn(
                    at: entry.mark, place, "Kubernetes knows no such field here" + (hint.map { "; \($0)" } ?? ""))
            }
        }
        return .value(.json(node.json(path: path, into: &diagnosis)))
    }

    private static func quantities(_ node: YAMLNode, _ path: ConfigPath, into diagnosis: inout Diagnosis) {
        if node.isNull { return }
        guard case .mapping(let pairs) = node.content else {
            diagnosis.error(at: node.mark, path, "expected a block of resource: quantity, found \(node.shape)")
            return
        }
        var unheard = Diagnosis()
        for entry in YAMLMapping.entries(pairs, path: path, into: &unheard) {
            let place = path.appending(entry.key)
            guard case .scalar(let scalar) = entry.value.content, !scalar.isNull else {
                diagnosis.error(at: entry.value.mark, place, "expected a quantity, found \(entry.value.shape)")
                continue
            }
            if let words = Quantity.complaint(scalar.text) { diagnosis.error(at: scalar.mark, place, words) }
        }
    }

    /// A PodSpec. Its lists must be lists of blocks, or no Pod could be built from it.
    static func podTemplate(
        _ node: YAMLNode, _ path: ConfigPath, into diagnosis: inout Diagnosis
    ) -> FileValue.Content {
        guard case .mapping(let pairs) = node.content else {
            diagnosis.error(at: node.mark, path, "expected \(ValueKind.podTemplate.expectation), found \(node.shape)")
            return .wrong
        }
        var unheard = Diagnosis()
        for entry in YAMLMapping.entries(pairs, path: path, into: &unheard) {
            let place = path.appending(entry.key)
            switch entry.key.text {
            case "containers", "initContainers", "volumes": blocks(entry.value, place, into: &diagnosis)
            case "spec", "metadata", "apiVersion", "kind":
                let words = "is no field of a PodSpec; what stands under spec in a manifest belongs right here"
                diagnosis.warn(at: entry.mark, place, words)
            default: break
            }
        }
        return .value(.json(node.json(path: path, into: &diagnosis)))
    }

    private static func blocks(_ node: YAMLNode, _ path: ConfigPath, into diagnosis: inout Diagnosis) {
        if node.isNull { return }
        guard case .sequence(let items) = node.content else {
            diagnosis.error(at: node.mark, path, "expected a list, found \(node.shape)")
            return
        }
        for (index, item) in items.enumerated() {
            if case .mapping = item.content { continue }
            let words = "expected a block with a name, found \(item.shape)"
            diagnosis.error(at: item.mark, path.appending(index: index), words)
        }
    }
}
