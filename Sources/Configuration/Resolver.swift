// Flag, then environment, then file, then default: which of them counts for each option, and what follows from all.

import Codecs

struct Resolver {
    let input: ConfigurationInput
    let flags: FlagValues
    let file: ConfigFile
    var diagnosis: Diagnosis
    private var backend = BackendName.docker
    private var origins: [OptionOrigin] = []

    init(input: ConfigurationInput, flags: FlagValues, file: ConfigFile, diagnosis: Diagnosis) {
        self.input = input
        self.flags = flags
        self.file = file
        self.diagnosis = diagnosis
    }

    mutating func resolve() -> ParseOutcome {
        chooseBackend()
        let apiKey = chooseKey()
        let workerID = text(.workerID) ?? []
        let settings = backendConfiguration()
        let level = text(.logLevel).flatMap { LogLevel(rawValue: $0.text) } ?? .info
        let format = text(.logFormat).flatMap { LogFormat(rawValue: $0.text) } ?? (input.isTerminal ? .console : .json)
        let taskTimeout = number(.taskTimeout)
        var resolved = ResolvedConfiguration(
            apiKey: apiKey ?? .flag(SecretBytes([])), workerID: workerID, backend: settings, logLevel: level,
            logFormat: format, cleanup: toggle(.cleanup),
            maxConcurrentTasks: Int(clamping: number(.maxConcurrentTasks) ?? 0),
            idleOnComplete: text(.idleOnComplete), drainTimeout: number(.drainTimeout) ?? 0,
            taskTimeout: taskTimeout == 0 ? nil : taskTimeout, webSocketURL: text(.webSocketURL) ?? [],
            serverRootURL: text(.serverRootURL) ?? [], sessionSharingServerURL: text(.sessionSharingServerURL),
            record: text(.record), recordLimit: number(.recordLimit) ?? 0,
            stateDirectory: text(.stateDirectory), instanceID: text(.instanceID),
            durability: text(.durability).flatMap { Durability(rawValue: $0.text) } ?? .process, warnings: [],
            file: diagnosis.file.isEmpty ? nil : diagnosis.file, origins: [])
        warnOfUnusedFlags()
        guard diagnosis.problems.isEmpty else {
            return .invalid(diagnosis.problems, warnings: diagnosis.warnings)
        }
        resolved.warnings = diagnosis.warnings
        resolved.origins = optionTable.compactMap { option in origins.first { $0.option == option.name } }
        return .run(resolved)
    }

    private mutating func chooseBackend() {
        let configured = file.blocks.first
        let given = flags.last(.backend)
        guard case .text(let name) = given?.value, let chosen = BackendName(rawValue: name.text) else {
            backend = configured?.name ?? .docker
            if given == nil { note(.backend, configured.map { .file($0.mark) } ?? .fallback) }
            return
        }
        backend = chosen
        note(.backend, .flag(given?.spelled ?? ""))
        // Several are an error anyway.
        for block in file.blocks where block.name != chosen && file.blocks.count == 1 {
            let words = "is ignored, since the flag --backend \(chosen) was given"
            diagnosis.warn(at: block.mark, ConfigPath("backend.\(block.name)"), words)
        }
    }

    private mutating func backendConfiguration() -> BackendConfiguration {
        switch backend {
        case .docker:
            .docker(
                DockerSettings(
                    volumes: volumes(), logTaskOutput: toggle(.logTaskOutput), environment: environment()))
        case .direct:
            .direct(
                DirectSettings(
                    workspaceRoot: text(.workspaceRoot) ?? [], targetDirectory: text(.targetDirectory),
                    ozPath: text(.ozPath), setupCommand: text(.directSetupCommand),
                    teardownCommand: text(.directTeardownCommand), environment: environment()))
        case .command:
            .command(
                CommandSettings(
                    dispatchCommand: text(.dispatchCommand) ?? [], cancelCommand: text(.cancelCommand),
                    dispatchTimeout: number(.dispatchTimeout) ?? 0, environment: environment()))
        case .kubernetes: .kubernetes(kubernetes())
        }
    }

    private mutating func kubernetes() -> KubernetesSettings {
        let policy = text(.imagePullPolicy).flatMap { ImagePullPolicy(rawValue: $0.text) }
        let unschedulable = number(.unschedulableTimeout)
        return KubernetesSettings(
            kubeconfig: text(.kubeconfig), namespace: text(.namespace) ?? [], defaultImage: text(.defaultImage),
            imagePullPolicy: policy ?? .ifNotPresent, useImageVolumes: toggle(.useImageVolumes),
            preflightImage: text(.preflightImage) ?? [], preflightResources: json(.preflightResources),
            sidecarImage: text(.sidecarImage), codingCLISidecars: pairs(.codingCLISidecars),
            setupCommand: text(.kubernetesSetupCommand), teardownCommand: text(.kubernetesTeardownCommand),
            extraLabels: pairs(.extraLabels), extraAnnotations: pairs(.extraAnnotations),
            activeDeadlineSeconds: number(.activeDeadlineSeconds),
            ttlSecondsAfterFinished: number(.ttlSecondsAfterFinished) ?? 0,
            workspaceSizeLimit: text(.workspaceSizeLimit),
            unschedulableTimeout: unschedulable == 0 ? nil : unschedulable, podTemplate: json(.podTemplate),
            environment: environment())
    }

    private mutating func warnOfUnusedFlags() {
        var told: [OptionName] = []
        for given in flags.all where !given.option.isUsed(by: backend) && !told.contains(given.option.name) {
            told.append(given.option.name)
            let users = Words.either(given.option.backends.map(\.rawValue))
            diagnosis.warn(.flag(given.spelled), "is ignored: the \(backend) backend does not use it, only \(users)")
        }
    }

    mutating func note(_ option: OptionName, _ sources: OptionOrigin.Source...) {
        origins.append(OptionOrigin(option: option, sources: sources))
    }

    mutating func note(_ option: OptionName, all sources: [OptionOrigin.Source]) {
        origins.append(OptionOrigin(option: option, sources: sources.isEmpty ? [.fallback] : sources))
    }
}

// One option at a time.
extension Resolver {
    /// The value that counts, for options that are given once.
    private mutating func settle(_ name: OptionName) -> Value? {
        guard let option = Option.named(name) else { return nil }
        if let given = flags.last(name) {
            note(name, .flag(given.spelled))
            return given.value
        }
        let found = file.value(option, for: backend)
        switch found?.content {
        case .some(.value(let value)):
            note(name, .file(found?.mark ?? Mark(line: 1, column: 1)))
            return value
        case .some(.wrong): return nil
        case .some(.empty), .none:
            if option.fallback == .required { missing(option, found) }
            note(name, .fallback)
            return option.fallbackValue
        }
    }

    /// What a broken file lacks cannot be known.
    private mutating func missing(_ option: Option, _ found: FileValue?) {
        if file.isUnreadable { return }
        let state = found == nil ? "is missing" : "is empty"
        let key = option.keys.first ?? ""
        let words =
            if let flag = option.longFlag {
                "\(state); give \(flag) \(option.placeholder), or \(key) in the config file"
            } else {
                "\(state), and the \(backend) backend needs it; set it in the config file"
            }
        let block = file.blocks.first { option.backends == [$0.name] }
        let place: Problem.Place =
            if let mark = found?.mark ?? block?.mark { .file(diagnosis.file, mark) } else { .none }
        let path = place == .none ? option.longFlag ?? option.keys.first : found?.path.text ?? option.keys.first
        diagnosis.error(
            Problem(kind: .missing(option.name), place: place, path: ConfigPath(path ?? ""), words: words))
    }

    private mutating func text(_ name: OptionName) -> Bytes? {
        if case .text(let text) = settle(name) { text } else { nil }
    }

    private mutating func toggle(_ name: OptionName) -> Bool {
        if case .toggle(let isOn) = settle(name) { isOn } else { false }
    }

    /// Whole numbers, and durations in nanoseconds.
    private mutating func number(_ name: OptionName) -> Int64? {
        let value = settle(name)
        if case .whole(let number) = value { return number }
        if case .duration(let nanoseconds) = value { return nanoseconds }
        return nil
    }

    private mutating func pairs(_ name: OptionName) -> [NamedText] {
        if case .pairs(let pairs) = settle(name) { pairs } else { [] }
    }

    private mutating func json(_ name: OptionName) -> JSON {
        if case .json(let json) = settle(name) { json } else { .object([]) }
    }

    /// The file's come first, then those of flags.
    private mutating func volumes() -> [Bytes] {
        let values = sources(of: .volumes)
        note(.volumes, all: values.map(\.source))
        return values.flatMap { if case .volumes(let specs) = $0.value { specs } else { [Bytes]() } }
    }

    /// The file's in their order, then those of flags; a flag takes the place of the file's of that name.
    private mutating func environment() -> [EnvironmentEntry] {
        let values = sources(of: .environment)
        note(.environment, all: values.map(\.source))
        var requests = EnvironmentRequests()
        for case .environment(let more) in values.map(\.value) {
            for request in more { requests.set(request) }
        }
        return requests.all.compactMap { entry(for: $0) }
    }

    private mutating func entry(for request: EnvironmentRequest) -> EnvironmentEntry? {
        guard let value = request.value ?? host(request.name).map({ SecretBytes($0) }) else {
            let words = "\(Words.shown(request.name)) is not set on this host, so it is left out"
            diagnosis.warn(request.place, words, path: request.path)
            return nil
        }
        // The APIs of both speak JSON, which has no place for other bytes.
        if backend == .docker || backend == .kubernetes, !request.name.isUTF8 || !value.bytes.isUTF8 {
            let name = Words.shown(request.name)
            let words = "\(name) is not UTF-8, which the \(backend) backend cannot hand on"
            diagnosis.error(request.place, words, path: request.path)
        }
        return EnvironmentEntry(name: request.name, value: value)
    }

    private func sources(of name: OptionName) -> [(value: Value, source: OptionOrigin.Source)] {
        var found: [(Value, OptionOrigin.Source)] = []
        if let option = Option.named(name), let given = file.value(option, for: backend),
            case .value(let value) = given.content
        {
            found.append((value, .file(given.mark)))
        }
        for given in flags.all where given.option.name == name {
            if let value = given.value { found.append((value, .flag(given.spelled))) }
        }
        return found
    }

    /// The first of that name, as getenv has it.
    func host(_ name: Bytes) -> Bytes? {
        input.environment.first { $0.name == name }?.value
    }
}

extension Option {
    /// The default of the table as a value; defaults are written as they would be in the file.
    var fallbackValue: Value? {
        guard case .value(let text) = fallback else { return nil }
        let bytes = Bytes(text: text)
        guard kind == .resources else { return try? Value.read(bytes, as: kind) }
        var unheard = Diagnosis()
        return (try? YAML.read(bytes))?.map { .json($0.json(path: ConfigPath(), into: &unheard)) }
    }
}
