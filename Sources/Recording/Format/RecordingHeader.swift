// The first line of every segment: what was recorded, by which build, with which settings, on what host. No secret is
// in it, since none is in the settings.

import Codecs
import Effects
import WorkerModel

public struct RecordingHeader: Hashable, Codable, Sendable {
    /// The format's version, and by its place at the front what tells a recording from other files.
    public let recording: Int
    public let build: Build
    /// Names this life of the worker: its segments belong together.
    public let life: Bytes
    /// Counts the segments of a life from 0.
    public var segment: UInt64
    /// The number of the first input in this segment; inputs are counted from 1.
    public var first: UInt64
    /// When the life began.
    public let at: Instant
    public let wall: WallTime
    /// The digest of something fixed: builds whose digests are made differently can be told by it.
    public let sample: UInt64
    public let host: HostFacts
    public let settings: Settings

    public init(
        build: Build, life: Bytes, at: Instant, wall: WallTime, host: HostFacts, settings: Settings
    ) {
        recording = RecordingFormat.version
        self.build = build
        self.life = life
        segment = 0
        first = 1
        self.at = at
        self.wall = wall
        sample = RecordingFormat.sample
        self.host = host
        self.settings = settings
    }
}

public struct Build: Hashable, Codable, Sendable {
    public let version: Bytes
    public let commit: Bytes

    public init(version: Bytes, commit: Bytes) {
        self.version = version
        self.commit = commit
    }

    public var words: String { "\(version.text) (\(commit.text))" }
}

/// What may matter to somebody who was not there. Neither names nor addresses of the host.
public struct HostFacts: Hashable, Codable, Sendable {
    public var system: Bytes
    public var processors: Int
    public var memory: UInt64
    public var openFiles: UInt64

    public init(system: Bytes = [], processors: Int = 0, memory: UInt64 = 0, openFiles: UInt64 = 0) {
        self.system = system
        self.processors = processors
        self.memory = memory
        self.openFiles = openFiles
    }
}

/// What the hands noticed beside the inputs, for people. A replay passes over it.
public enum Aside: Hashable, Codable, Sendable {
    /// The process that a start came to.
    case process(EffectID, pid: Int32)
}

public enum RecordingFormat {
    public static let version = 1

    /// See `RecordingHeader.sample`.
    public static let sample: UInt64 = {
        var visitor = Visitor()
        visitor.tag(1)
        visitor.flag(true)
        visitor.number(-1)
        visitor.bytes(Bytes(text: "a sample of nine and more bytes"))
        visitor.id(EffectID(slot: 1, sequence: 2))
        return visitor.result
    }()

    /// How the first line of every recording begins.
    public static let mark: StaticString = "{\"recording\":"
    static let stateMark: StaticString = "{\"state\":"
    static let stepMark: StaticString = "{\"n\":"
    static let askedMark: StaticString = ",\"asked\":\""
    static let asideMark: StaticString = "{\"aside\":"
}
