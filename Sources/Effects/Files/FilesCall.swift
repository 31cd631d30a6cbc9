// The host's file system, as calls. Every one of them has exactly one answer.

import Codecs

public enum FilesCall: Hashable, Codable, Sendable {
    /// Finds the agent: the given path, else `oz` on PATH. Answer: `found` or `failed`.
    case findExecutable(path: Bytes?)
    /// Must be a directory. Answer: `done` or `failed`.
    case checkDirectory(Bytes)
    /// Makes the directory (0700) with its parents where it is missing; must be writable. `done` or `failed`.
    case prepareRoot(Bytes)
    /// Makes one directory (0700), exclusively. Answer: `done`, `exists` or `failed`.
    case makeDirectory(Bytes)
    /// Makes one empty file (0600), exclusively. Answer: `done`, `exists` or `failed`.
    case makeFile(Bytes)
    /// Reads what a setup command left for the agent. Answer: `environmentRead` or `failed`.
    case readEnvironment(Bytes)
    /// Never replaces. Answer: `done`, `exists` or `failed`.
    case rename(from: Bytes, to: Bytes)
    /// Removes a file. What is not there is removed. Answer: `done` or `failed`.
    case removeFile(Bytes)
    /// Removes a directory in which nothing lies. What is not there is removed; one that holds something stays:
    /// `exists`. Answer: `done`, `exists` or `failed`.
    case removeEmptyDirectory(Bytes)
    /// Removes a directory and all in it, following no links. What is not there is removed. `done` or `failed`.
    case removeTree(Bytes)
}

public enum FilesEvent: Hashable, Codable, Sendable {
    case done(EffectID)
    /// Something of this name was there already; it is not ours.
    case exists(EffectID)
    case failed(EffectID, FileFailure)
    case found(EffectID, path: Bytes)
    /// The good lines, later ones of a name won already; values are in the vault.
    case environmentRead(EffectID, [EnvironmentVariable], secrets: SecretRange, malformed: [Int], omitted: Int = 0)
}

public enum FileFailure: Hashable, Codable, Sendable {
    case system(errno: Int32)
    case notADirectory
    case notExecutable
    case notFound
    case tooLarge
}

extension FilesEvent {
    public var id: EffectID {
        switch self {
        case .done(let id), .exists(let id), .failed(let id, _), .found(let id, _),
            .environmentRead(let id, _, _, _, _):
            id
        }
    }
}
