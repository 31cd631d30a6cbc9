// A resolved configuration in words, with where each value came from. Secrets are named and not shown.

import Codecs

/// One option as it came out.
public struct ResolvedValue: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        case one(String)
        /// As it was given; shown in quotes.
        case text(Bytes)
        case many([String])
        /// There is none; the words say so: "not set", "no limit".
        case absent(String)
    }

    /// In quotes, with what could confuse a terminal escaped.
    public static func quoted(_ text: Bytes) -> String { Words.whole(text) }

    /// Its key where it has one for this backend, else its flag without dashes.
    public var name: String
    public var content: Content
    public var sources: [OptionOrigin.Source]
}

extension ResolvedConfiguration {
    /// Every option that has a say, in the order of the table.
    public var values: [ResolvedValue] {
        origins.compactMap { origin in
            Option.named(origin.option).map { option in
                let sources = origin.sources.reduce(into: [OptionOrigin.Source]()) {
                    if !$0.contains($1) { $0.append($1) }
                }
                return ResolvedValue(
                    name: option.dumpName(for: backend.name), content: shown(origin.option), sources: sources)
            }
        }
    }
}

/// A line each; lists go on in further lines.
public func renderResolved(_ configuration: ResolvedConfiguration, file: Bytes = []) -> String {
    var lines: [String] = []
    for value in configuration.values {
        let from = value.sources.map { source in
            switch source {
            case .flag(let flag): flag
            case .variable(let variable): variable
            case .file(let mark): "\(Words.shown(file)):\(mark.text)"
            case .fallback: "default"
            }
        }
        let source = "  (\(from.joined(separator: ", ")))"
        switch value.content {
        case .one(let words), .absent(let words): lines.append("\(value.name): \(words)\(source)")
        case .text(let text): lines.append("\(value.name): \(Words.whole(text))\(source)")
        case .many(let values) where values.isEmpty: lines.append("\(value.name): none\(source)")
        case .many(let values): lines += ["\(value.name):\(source)"] + values.map { "  \($0)" }
        }
    }
    return lines.map { $0 + "\n" }.joined()
}

extension Option {
    /// Its key where it has one for this backend, else its flag without dashes.
    fileprivate func dumpName(for backend: BackendName) -> String {
        let own = keys.first { !$0.hasPrefix("backend.") || $0.hasPrefix("backend.\(backend).") }
        return own ?? flag ?? name.rawValue
    }
}

private typealias Shown = ResolvedValue.Content

extension ResolvedValue.Content {
    fileprivate static func text(orNone text: Bytes?) -> Shown {
        text.map { .text($0) } ?? .absent("not set")
    }

    fileprivate static func duration(_ nanoseconds: Int64?) -> Shown {
        nanoseconds.map { .one(GoDuration.format($0)) } ?? .absent("no limit")
    }

    fileprivate static func number(_ number: Int64?) -> Shown {
        number.map { .one("\($0)") } ?? .absent("no limit")
    }

    fileprivate static func pairs(_ pairs: [NamedText]) -> Shown {
        .many(pairs.map { "\(Words.whole($0.name)): \(Words.whole($0.value))" })
    }

    fileprivate static func environment(_ entries: [EnvironmentEntry]) -> Shown {
        .many(entries.map { "\(Words.shown($0.name)): \($0.value)" })
    }
}

extension ResolvedConfiguration {
    fileprivate func shown(_ name: OptionName) -> Shown {
        switch name {
        case .help, .helpAll, .version, .configFile, .json, .offline, .runTask: .many([])
        case .apiKey, .apiKeyFile: .one(apiKey.shown)
        case .workerID: .text(orNone: workerID)
        case .webSocketURL: .text(orNone: webSocketURL)
        case .serverRootURL: .text(orNone: serverRootURL)
        case .sessionSharingServerURL: .text(orNone: sessionSharingServerURL)
        case .stateDirectory: .text(orNone: stateDirectory)
        case .instanceID: .text(orNone: instanceID)
        case .durability: .one(durability.rawValue)
        case .backend: .one(backend.name.rawValue)
        case .environment: .environment(backend.environment)
        case .maxConcurrentTasks: .one(maxConcurrentTasks == 0 ? "0, no limit" : "\(maxConcurrentTasks)")
        case .idleOnComplete: .text(orNone: idleOnComplete)
        case .taskTimeout: .duration(taskTimeout)
        case .drainTimeout: .duration(drainTimeout)
        case .cleanup: .one(cleanup ? "true" : "false")
        case .logLevel: .one(logLevel.rawValue)
        case .logFormat: .one(logFormat.rawValue)
        case .record: .text(orNone: record)
        case .recordLimit: .one("\(recordLimit) bytes")
        case .volumes, .logTaskOutput, .workspaceRoot, .targetDirectory, .ozPath, .directSetupCommand,
            .directTeardownCommand,
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
    /// What the configuration adds to the environment of agents.
    public var environment: [EnvironmentEntry] {
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
            case .docker(let settings): settings.shown
            case .direct(let settings): settings.shown
            case .command(let settings): settings.shown
            case .kubernetes(let settings): settings.shown
            }
        return all.first { $0.0 == name }?.1 ?? .many([])
    }
}

extension DockerSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.volumes, .many(volumes.map { Words.whole($0) })),
            (.logTaskOutput, .one(logTaskOutput ? "true" : "false")),
        ]
    }
}

extension DirectSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.workspaceRoot, .text(orNone: workspaceRoot)),
            (.targetDirectory, .text(orNone: targetDirectory)),
            (.ozPath, .text(orNone: ozPath)),
            (.directSetupCommand, .text(orNone: setupCommand)),
            (.directTeardownCommand, .text(orNone: teardownCommand)),
        ]
    }
}

extension CommandSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.dispatchCommand, .text(orNone: dispatchCommand)),
            (.cancelCommand, .text(orNone: cancelCommand)),
            (.dispatchTimeout, .duration(dispatchTimeout)),
        ]
    }
}

extension KubernetesSettings {
    fileprivate var shown: [(OptionName, Shown)] {
        [
            (.kubeconfig, .text(orNone: kubeconfig)),
            (.namespace, .text(orNone: namespace)),
            (.defaultImage, .text(orNone: defaultImage)),
            (.imagePullPolicy, .one(imagePullPolicy.rawValue)),
            (.useImageVolumes, .one(useImageVolumes ? "true" : "false")),
            (.preflightImage, .text(orNone: preflightImage)),
            (.preflightResources, .one(preflightResources.encoded().text)),
            (.sidecarImage, .text(orNone: sidecarImage)),
            (.codingCLISidecars, .pairs(codingCLISidecars)),
            (.kubernetesSetupCommand, .text(orNone: setupCommand)),
            (.kubernetesTeardownCommand, .text(orNone: teardownCommand)),
            (.extraLabels, .pairs(extraLabels)),
            (.extraAnnotations, .pairs(extraAnnotations)),
            (.activeDeadlineSeconds, .number(activeDeadlineSeconds)),
            (.ttlSecondsAfterFinished, .number(ttlSecondsAfterFinished)),
            (.workspaceSizeLimit, .text(orNone: workspaceSizeLimit)),
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
