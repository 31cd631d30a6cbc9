// A pure file system: which paths exist, and whose they are.

import Codecs
import Effects

public struct FileSystemModel: Sendable {
    public struct Entry: Hashable, Sendable {
        public let path: Bytes
        public let foreign: Bool
    }

    struct Pending: Sendable {
        let id: EffectID
        let call: FilesCall
    }

    public internal(set) var entries: [Entry]
    var pending: [Pending] = []
    /// Calls that failed.
    var failures = 0
    /// An earlier life may have removed what this one is told of.
    var mayMiss = false
    /// What the worker said it could not remove.
    private(set) var givenUp: [Bytes] = []

    /// Somebody else's from the start.
    private let kept: [Bytes]

    init(foreign: [Bytes]) {
        kept = foreign
        entries = foreign.map { Entry(path: $0, foreign: true) }
    }

    public var ours: [Bytes] { entries.filter { !$0.foreign }.map(\.path) }

    mutating func giveUp(_ path: Bytes) {
        if !givenUp.contains(path) { givenUp.append(path) }
    }

    /// Nobody knows of these any more; what is done with them later is wrong.
    mutating func disown() {
        entries = entries.map { Entry(path: $0.path, foreign: true) }
        givenUp = []
    }

    /// What lies there does not matter any more.
    mutating func sweep() {
        entries = entries.filter { $0.foreign && kept.contains($0.path) }
        failures = 0
        givenUp = []
    }

    mutating func take(_ call: FilesCall, _ id: EffectID) -> Violation? {
        pending.append(Pending(id: id, call: call))
        switch call {
        case .removeEmptyDirectory: break
        case .removeTree(let path), .removeFile(let path):
            if entries.contains(where: { $0.path == path && $0.foreign }) {
                return Violation("NothingForeignRemoved", "a removal of what somebody else made")
            }
            if !mayMiss, !entries.contains(where: { $0.path == path }) {
                return Violation("NothingForeignRemoved", "a removal of what is not there")
            }
        case .rename(let from, let to):
            // What an earlier life renamed lies there already, and then nothing happens.
            if mayMiss, entries.contains(where: { $0.path == to }) || !entries.contains(where: { $0.path == from }) {
                return nil
            }
            if !entries.contains(where: { $0.path == from && !$0.foreign }) {
                return Violation("NothingForeignRemoved", "a renaming of what is not ours")
            }
        case .findExecutable, .checkDirectory, .prepareRoot, .makeDirectory, .makeFile, .readEnvironment: break
        }
        return nil
    }

    mutating func answer(_ index: Int, fails: Bool) -> FilesEvent {
        let request = pending.remove(at: index)
        let id = request.id
        if fails {
            failures += 1
            return .failed(id, .system(errno: 5))
        }
        switch request.call {
        case .findExecutable: return .found(id, path: Bytes(text: "/usr/bin/oz"))
        case .checkDirectory, .prepareRoot: return .done(id)
        case .makeDirectory(let path), .makeFile(let path):
            if entries.contains(where: { $0.path == path }) { return .exists(id) }
            entries.append(Entry(path: path, foreign: false))
            return .done(id)
        case .readEnvironment: return .environmentRead(id, [], secrets: .none, malformed: [])
        case .rename(let from, let to):
            if !entries.contains(where: { $0.path == from }) { return .failed(id, .notFound) }
            if entries.contains(where: { $0.path == to }) { return .exists(id) }
            entries = entries.map { entry in
                guard entry.path == from || entry.path.starts(with: from + Bytes(text: "/")) else { return entry }
                return Entry(path: to + entry.path.dropFirst(from.count), foreign: entry.foreign)
            }
            return .done(id)
        case .removeFile(let path):
            entries.removeAll { $0.path == path }
            return .done(id)
        case .removeEmptyDirectory(let path):
            let below = path + Bytes(text: "/")
            // Somebody else's directories are not empty.
            if entries.contains(where: { ($0.path == path && $0.foreign) || $0.path.starts(with: below) }) {
                return .exists(id)
            }
            entries.removeAll { $0.path == path }
            return .done(id)
        case .removeTree(let path):
            let below = path + Bytes(text: "/")
            entries.removeAll { $0.path == path || $0.path.starts(with: below) }
            return .done(id)
        }
    }

    func awaits(_ id: EffectID) -> Bool { pending.contains { $0.id == id } }
}

extension FileSystemModel: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(entries.count)
        for entry in entries {
            visitor.bytes(entry.path)
            visitor.flag(entry.foreign)
        }
        visitor.number(failures)
        visitor.flag(mayMiss)
        visitor.number(givenUp.count)
        for path in givenUp { visitor.bytes(path) }
        visitor.number(pending.count)
        for request in pending {
            visitor.id(request.id)
            request.call.visit(&visitor)
        }
    }
}
