// A resolved configuration in words, with where each value came from. Secrets are named and not shown.

import Codecs

/// Every option that has a say, in the order of the table, a line each; lists go on in further lines.
public func renderResolved(_ configuration: ResolvedConfiguration, file: Bytes = []) -> String {
    var lines: [String] = []
    for origin in configuration.origins {
        guard let option = Option.named(origin.option) else { continue }
        let name = option.dumpName(for: configuration.backend.name)
        let from = origin.sources.map { source in
            switch source {
            case .flag(let flag): flag
            case .variable(let variable): variable
            case .file(let mark): "\(Words.shown(file)):\(mark.text)"
            case .fallback: "default"
            }
        }
        let source = "  (\(unique(from).joined(separator: ", ")))"
        switch configuration.shown(origin.option) {
        case .one(let value): lines.append("\(name): \(value)\(source)")
        case .many(let values) where values.isEmpty: lines.append("\(name): none\(source)")
        case .many(let values): lines += ["\(name):\(source)"] + values.map { "  \($0)" }
        }
    }
    return lines.map { $0 + "\n" }.joined()
}

private func unique(_ words: [String]) -> [String] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}

extension Option {
    /// Its key where it has one for this backend, else its flag without dashes.
    fileprivate func dumpName(for backend: BackendName) -> String {
        let own = keys.first { !$0.hasPrefix("backend.") || $0.hasPrefix("backend.\(backend).") }
        return own ?? flag ?? name.rawValue
    }
}

private enum Shown {
    case one(String)
    case many([String])

    static func text(_ text: Bytes?) -> Shown {
        .one(text.map { Words.whole($0) } ?? "not set")
    }

    static func duration(_ nanoseconds: Int64?) -> Shown {
        .one(nanoseconds.map { GoDuration.format($0) } ?? "no limit")
    }

    static func number(_ number: Int64?) -> Shown {
        .one(number.map { "\($0)" } ?? "no limit")
    }

    static func pairs(_ pairs: [NamedText]) -> Shown {
        .many(pairs.map { "\(Words.whole($0.name)): \(Words.whole($0.value))" })
    }

    static func environment(_ entries: [EnvironmentEntry]) -> Shown {
        .many(entries.map { "\(Words.shown($0.name)): \($0.value)" })
    }
}

extension ResolvedConfiguration {
    fileprivate func shown(_ name: OptionName) -> Shown {
        switch name {
        case .help, .helpAll, .version, .configFile: .many([])
        case .apiKey, .apiKeyFile: .one(apiKey.shown)
        case .workerID: .text(workerID)
        case .webSocketURL: .text(webSocketURL)
        case .serverRootURL: .text(serverRootURL)
        case .sessionSharingServerURL: .text(sessionSharingServerURL)
        case .backend: .one(backend.name.rawValue)
        case .environment: .environment(backend.environment)
        case .maxConcurrentTasks: .one(maxConcurrentTasks == 0 ? "0, no limit" : "\(maxConcurrentTasks)")
        case .idleOnComplete: .text(idleOnComplete)
        case .taskTimeout: .duration(taskTimeout)
        case .drainTimeout: .duration(drainTimeout)
        case .cleanup: .one(cleanup ? "true" : "false")
        case .logLevel: .one(logLevel.rawValue)
        case .logFormat: .one(logFormat.rawValue)
        case .volumes, .workspaceRoot, .targetDirectory, .ozPath, .directSetupCommand, .directTeardownCommand,
            .dispatchCommand, .cancelCommand, .dispatchTimeout, .kubeconfig, .namespace, .defaultImage,
            .imagePullPolicy, .useImageVolumes, .preflightImage, .preflightResources, .sidecarImage,
            .codingCLISidecars, .kubernetesSetupCommand, .kubernetesTeardownCommand, .extraLabels, .extraAnnotations,
            .activeDeadlineSeconds, .ttlSecondsAfterFinished, .workspaceSizeLimit, .unschedulableTimeout, .podTemplate:
            backend.shown(name)
        }
    }
}

extension KeySource {
    fileprivate var shown: String {
        switch self {
        case .flag(let key), .environment(let key): "\(key)"
        case .file(let path): "in the file \(Words.shown(path))"
        }
    }
}

extension BackendConfiguration {
    fileprivate var environment: [EnvironmentEntry] {
        switch self {
        case .docker(let settings): settings.environment
        case .kubernetes(let settings): settings.environment
        case .direct(let settings): settings.environment
        case .command(let settings): settings.environment
        }
    }

    fileprivate func shown(_ name: OptionName) -> Shown {
        let all =
            switch self {
            case .docker(let settings): [(OptionName.volumes, Shown.many(settings.volumes.map { Words.whole($0) }))]
            case .direct(let settings): settings.shown
            case .command(let settings): settings.shown
            case .kubernetes(let settings): settings.shown
            }
        return all.first { $0.0 == name }?.1 ?? .many([])
    }
}

extension DirectSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.workspaceRoot, .text(workspaceRoot)),
            (.targetDirectory, .text(targetDirectory)),
            (.ozPath, .text(ozPath)),
            (.directSetupCommand, .text(setupCommand)),
            (.directTeardownCommand, .text(teardownCommand)),
        ]
    }
}

extension CommandSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.dispatchCommand, .text(dispatchCommand)),
            (.cancelCommand, .text(cancelCommand)),
            (.dispatchTimeout, .duration(dispatchTimeout)),
        ]
    }
}

extension KubernetesSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.kubeconfig, .text(kubeconfig)),
            (.namespace, .text(namespace)),
            (.defaultImage, .text(defaultImage)),
            (.imagePullPolicy, .one(imagePullPolicy.rawValue)),
            (.useImageVolumes, .one(useImageVolumes ? "true" : "false")),
            (.preflightImage, .text(preflightImage)),
            (.preflightResources, .one(preflightResources.encoded().text)),
            (.sidecarImage, .text(sidecarImage)),
            (.codingCLISidecars, .pairs(codingCLISidecars)),
            (.kubernetesSetupCommand, .text(setupCommand)),
            (.kubernetesTeardownCommand, .text(teardownCommand)),
            (.extraLabels, .pairs(extraLabels)),
            (.extraAnnotations, .pairs(extraAnnotations)),
            (.activeDeadlineSeconds, .number(activeDeadlineSeconds)),
            (.ttlSecondsAfterFinished, .number(ttlSecondsAfterFinished)),
            (.workspaceSizeLimit, .text(workspaceSizeLimit)),
            (.unschedulableTimeout, .duration(unschedulableTimeout)),
            (.podTemplate, .one(Manifests.hidingValues(podTemplate).encoded().text)),
        ]
    }
}

extension Manifests {
    /// The template with the values of its containers' variables left out of sight.
    static func hidingValues(_ template: JSON) -> JSON {
        template.mapping(["containers", "initContainers"]) { containers in
            containers.mappingElements { container in
                container.mapping(["env"]) { variables in
                    variables.mappingElements { $0.mapping(["value"]) { _ in .string("(hidden)") } }
                }
            }
        }
    }
}

extension JSON {
    fileprivate func mapping(_ names: [String], _ change: (JSON) -> JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(
            members.map { names.contains($0.name.text) ? JSONMember(name: $0.name, value: change($0.value)) : $0 })
    }

    fileprivate func mappingElements(_ change: (JSON) -> JSON) -> JSON {
        guard case .array(let elements) = self else { return self }
        return .array(elements.map(change))
    }
}
