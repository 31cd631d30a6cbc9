// A pure Docker daemon: its containers and volumes as they really are, which the worker only hears of.
//
// A call that was asked for lies here until it was answered. Its answer may be lost, with or without its having been
// carried out; the daemon may die and come back, with or without keeping containers alive meanwhile.

import Codecs
import Effects

public struct DockerModel: Sendable {
    public enum Content: UInt8, Sendable { case empty, half, full }

    public struct Volume: Sendable {
        public let name: Bytes
        let isLabelled: Bool
        var instance: Bytes?
        /// Nil: it belongs to no execution.
        var execution: Bytes?
        var content = Content.empty
    }

    public struct Container: Sendable {
        public let name: Bytes
        let id: Bytes
        let instance: Bytes
        let task: Bytes
        let execution: Bytes
        public let key: ExecutionKey
        let volumes: [Bytes]
        public var state = DockerContainer.State.created
        var code: Int32 = 0
        var outOfMemory = false
        /// SIGTERM or SIGKILL was asked for.
        var wasToldToEnd = false
        /// Its worker has died, and the next life knows nothing of it but its labels.
        var isOrphan = false

        /// Not one of those that only serve to fill a volume.
        public var isTask: Bool { name.hasPrefix("oz-task-") }
        var runsTask: Bool { state == .running && isTask }
    }

    struct Pending: Sendable {
        let id: EffectID
        let call: DockerCall
        var isAbandoned = false
    }

    let instance: Bytes
    /// Containers live on while the daemon is away.
    let keepsAlive: Bool
    public internal(set) var volumes: [Volume] = []
    public internal(set) var containers: [Container] = []
    var pending: [Pending] = []
    var isUp = true
    /// Executions that the daemon, a registry or the agent itself had something against.
    var troubled: [ExecutionKey] = []
    /// What the worker said it could not remove.
    var givenUp: [Bytes] = []
    /// Somebody on another host who fills the volume that our tasks want, too.
    var stranger: Stranger
    /// Answers that said so, of calls about no execution.
    private var containersMade = 0

    public enum Stranger: UInt8, Sendable { case none, fills, hasLeft }

    init(instance: Bytes, keepsAlive: Bool, stranger: Bool, litter: Bool) {
        self.instance = instance
        self.keepsAlive = keepsAlive
        self.stranger = stranger ? .fills : .none
        if litter { layLitter() }
        guard stranger else { return }
        let key = ExecutionKey(task: TaskID(Bytes(text: "elsewhere")), execution: nil)
        containers.append(
            Container(
                name: DockerModel.sharedVolume + Bytes(text: ".fill"), id: Bytes(text: "stranger"),
                instance: Bytes(text: "other"), task: Bytes(text: "other"), execution: Bytes(text: "other"), key: key,
                volumes: []))
        volumes.append(
            Volume(name: DockerModel.sharedVolume, isLabelled: true, instance: Bytes(text: "other"), content: .half))
    }

    /// Of the image `tool`, as the worker has to name it.
    static let sharedVolume = Bytes(text: "oz-sidecar-tool-0123456789ab")

    // MARK: - Asked

    mutating func take(_ call: DockerCall, _ id: EffectID) -> Violation? {
        if case .abandon(let other) = call {
            if let index = pending.firstIndex(where: { $0.id == other }) { pending[index].isAbandoned = true }
            return nil
        }
        pending.append(Pending(id: id, call: call))
        switch call {
        case .removeContainer(let name): return checkRemoval(name)
        case .copy(_, let to, _): return beginCopy(to)
        case .startContainer(let name):
            if let container = container(name), !container.isTask {
                return Violation("NeverHalfFilled", "a container that is not to run was started")
            }
        case .stopContainer(let name, _), .killContainer(let name):
            if let index = index(name), case .stopContainer = call { containers[index].wasToldToEnd = true }
            if let container = container(name), container.state == .running, !container.wasToldToEnd {
                return Violation("AskedBeforeKilled", "a container was killed without being asked to end")
            }
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .removeVolume, .createContainer,
            .inspectContainer, .awaitEnd, .tellOutput, .followOutput, .listContainers, .listVolumes, .abandon:
            break
        }
        return nil
    }

    private func checkRemoval(_ name: Bytes) -> Violation? {
        guard let container = container(name) else { return nil }
        // A stranger's lock may be broken once it is too old, by its id.
        if container.instance != instance {
            if name == container.id { return nil }
            return Violation("NothingForeignRemoved", "a removal of somebody else's container")
        }
        guard container.isTask, container.state == .running, !container.isOrphan else { return nil }
        return Violation("AskedBeforeKilled", "a container was removed while it ran")
    }

    private mutating func beginCopy(_ to: Bytes) -> Violation? {
        guard let name = container(to)?.volumes.first, let index = volumes.firstIndex(where: { $0.name == name })
        else {
            return nil
        }
        if volumes.contains(where: { $0.name == name + Bytes(text: ".ready") }) {
            return Violation("NeverHalfFilled", "a volume was filled a second time")
        }
        volumes[index].content = .half
        return nil
    }

    // MARK: - Answered

    /// The first that it can answer now.
    var answerable: Int? {
        for index in pending.indices where canAnswer(index) { return index }
        return nil
    }

    /// What the daemon can answer now: one that waits for an end can't say anything before it.
    func canAnswer(_ index: Int) -> Bool {
        let request = pending[index]
        if request.isAbandoned || !isUp { return true }
        switch request.call {
        case .awaitEnd(let name), .followOutput(let name, _, _): return container(name)?.state != .running
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .removeVolume, .createContainer,
            .inspectContainer, .startContainer, .stopContainer, .killContainer, .removeContainer, .copy, .tellOutput,
            .listContainers, .listVolumes, .abandon:
            return true
        }
    }

    mutating func answer(_ index: Int, _ way: DockerMove, _ key: ExecutionKey?) -> DockerEvent {
        let request = pending.remove(at: index)
        let id = request.id
        if way != .answers, let key, !troubled.contains(key) { troubled.append(key) }
        if way == .answers, request.isAbandoned { return .failed(id, .abandoned) }
        guard isUp else {
            if let key, !troubled.contains(key) { troubled.append(key) }
            return .failed(id, .notReached(Detail("down")))
        }
        switch way {
        case .answers: return perform(request.call, id)
        case .refuses: return .failed(id, .refused(status: 500, Detail("no")))
        case .denies: return .failed(id, .refused(status: 403, Detail("denied")))
        case .hasNoWay: return .failed(id, .refused(status: 500, Detail("dial tcp")))
        case .loses: return .failed(id, request.isAbandoned ? .abandoned : .lost(Detail("reset")))
        case .losesAnswer:
            _ = perform(request.call, id)
            return .failed(id, request.isAbandoned ? .abandoned : .lost(Detail("reset")))
        }
    }

    /// What can go wrong with a call beside its answer.
    func faults(of index: Int) -> [(DockerMove, Fault)] {
        let request = pending[index]
        guard isUp else { return [] }
        if request.isAbandoned {
            return request.call.isOrder ? [(.losesAnswer, .dockerLoses)] : []
        }
        switch request.call {
        case .pull: return [(.refuses, .dockerRefuses), (.denies, .dockerRefuses), (.hasNoWay, .registryAway)]
        case .reach, .inspectImage, .inspectVolume, .inspectContainer, .listContainers, .listVolumes, .tellOutput,
            .removeVolume, .createVolume:
            return [(.refuses, .dockerRefuses), (.loses, .dockerLoses)]
        case .createContainer, .startContainer, .stopContainer, .killContainer, .removeContainer:
            return [(.refuses, .dockerRefuses), (.loses, .dockerLoses), (.losesAnswer, .dockerLoses)]
        case .copy: return [(.refuses, .dockerRefuses), (.loses, .dockerLoses)]
        case .awaitEnd, .followOutput: return [(.loses, .dockerLoses)]
        case .abandon: return []
        }
    }

    var tasksRunning: [ExecutionKey] {
        containers.indices.filter { containers[$0].runsTask }.map { containers[$0].key }
    }

    private mutating func perform(_ call: DockerCall, _ id: EffectID) -> DockerEvent {
        switch call {
        case .reach:
            let daemon = DockerDaemon(
                platform: Bytes(text: "linux/amd64"), version: [], api: Bytes(text: "1.41"), place: [], remarks: [])
            return .reached(id, daemon)
        case .pull, .abandon: return .done(id)
        // It was there once the output was told, or it is gone.
        case .tellOutput(let name, _, _, _), .followOutput(let name, _, _):
            return container(name) == nil ? missing(id) : .done(id)
        case .inspectImage:
            let digest = Bytes(text: "tool@sha256:0123456789abcdef")
            return .image(id, DockerImage(id: digest, digests: [digest], platform: Bytes(text: "linux/amd64")))
        case .createVolume(let name, let labels):
            make(name, labels)
            return .done(id)
        case .inspectVolume(let name):
            guard let volume = volumes.first(where: { $0.name == name }) else { return missing(id) }
            return .volume(id, isLabelled: volume.isLabelled)
        case .removeVolume(let name):
            if containers.contains(where: { $0.volumes.contains(name) }) {
                return .failed(id, .refused(status: 409, Detail("in use")))
            }
            volumes.removeAll { $0.name == name }
            return .done(id)
        case .createContainer(let name, _, let body): return create(name, body, id)
        case .inspectContainer(let name): return container(name).map { .container(id, $0.facts) } ?? missing(id)
        case .startContainer, .stopContainer, .killContainer, .removeContainer, .awaitEnd:
            return act(call, id)
        case .copy(let from, let to, _):
            guard container(from) != nil, let name = container(to)?.volumes.first,
                let index = volumes.firstIndex(where: { $0.name == name })
            else { return missing(id) }
            volumes[index].content = .full
            return .done(id)
        case .listContainers(let labels):
            return .listed(id, containers.filter { labels.isEmpty || $0.instance == instance }.map(\.listed))
        case .listVolumes: return .listed(id, volumes.filter(\.isLabelled).map(\.listed))
        }
    }

    private mutating func act(_ call: DockerCall, _ id: EffectID) -> DockerEvent {
        switch call {
        case .startContainer(let name):
            guard let index = index(name) else { return missing(id) }
            if containers[index].state == .created { containers[index].state = .running }
            return .done(id)
        case .stopContainer(let name, _):
            if let index = index(name) { end(index, code: 143) }
            return .done(id)
        case .killContainer(let name):
            if let index = index(name) { end(index, code: 137) }
            return .done(id)
        case .removeContainer(let name):
            // Whoever held a lock that could be broken has died over it.
            if name.equals("stranger") { stranger = .hasLeft }
            containers.removeAll { $0.name == name || $0.id == name }
            return .done(id)
        case .awaitEnd(let name):
            return container(name).map { .ended(id, code: $0.code) } ?? missing(id)
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .removeVolume, .createContainer,
            .inspectContainer, .copy, .tellOutput, .followOutput, .listContainers, .listVolumes, .abandon:
            return missing(id)
        }
    }

    private mutating func create(_ name: Bytes, _ body: JSON, _ id: EffectID) -> DockerEvent {
        if container(name) != nil { return .exists(id) }
        containersMade += 1
        let labels = body["Labels"]
        let binds = (body["HostConfig"]?["Binds"]?.asArray ?? []).compactMap { $0.asString }
        var names = binds.map { Bytes($0.prefix { $0 != UInt8(ascii: ":") }) }.filter { !$0.hasPrefix("/") }
        // As Docker does it: what is named and not there is made; a bind has no labels to give.
        for name in names { make(name, nil) }
        for mount in body["HostConfig"]?["Mounts"]?.asArray ?? [] {
            guard let name = mount["Source"]?.asString else { continue }
            make(name, mount["VolumeOptions"]?["Labels"])
            names.append(name)
        }
        let key = ExecutionKey(
            task: TaskID(labels?["oz-task-id"]?.asString ?? []),
            execution: labels?["oz-execution-id"]?.asString.map { ExecutionID($0) })
        containers.append(
            Container(
                name: name, id: Bytes(text: "c") + Bytes(decimal: containersMade),
                instance: labels?["oz-instance-hash"]?.asString ?? [], task: labels?["oz-task-hash"]?.asString ?? [],
                execution: labels?["oz-execution-hash"]?.asString ?? [], key: key, volumes: names))
        return .done(id)
    }

    private mutating func make(_ name: Bytes, _ labels: JSON?) {
        guard !volumes.contains(where: { $0.name == name }) else { return }
        volumes.append(
            Volume(
                name: name, isLabelled: labels?["oz-sidecar"] != nil, instance: labels?["oz-instance-hash"]?.asString,
                execution: labels?["oz-execution-hash"]?.asString))
    }

    private func missing(_ id: EffectID) -> DockerEvent { .failed(id, .refused(status: 404, Detail("no such"))) }

    mutating func end(_ index: Int, code: Int32, outOfMemory: Bool = false) {
        guard containers[index].state == .running else { return }
        containers[index].state = .ended
        containers[index].code = code
        containers[index].outOfMemory = outOfMemory
    }

    func index(_ name: Bytes) -> Int? { containers.firstIndex { $0.name == name || $0.id == name } }
    func container(_ name: Bytes) -> Container? { containers.first { $0.name == name || $0.id == name } }
    func awaits(_ id: EffectID) -> Bool { pending.contains { $0.id == id } }
}

/// What becomes of a call.
public enum DockerMove: UInt8, Hashable, Sendable {
    case answers, refuses, denies, hasNoWay, loses, losesAnswer
}

/// What becomes of a container, or of the daemon, by itself.
public enum ContainerMove: UInt8, Hashable, Sendable {
    case ends, endsBadly, runsOutOfMemory, vanishes
}

extension DockerCall {
    /// It may be carried out even when nobody waits for it any more.
    fileprivate var isOrder: Bool {
        switch self {
        case .startContainer, .stopContainer, .killContainer: true
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .removeVolume, .createContainer,
            .inspectContainer, .awaitEnd, .removeContainer, .copy, .tellOutput, .followOutput, .listContainers,
            .listVolumes, .abandon:
            false
        }
    }
}
