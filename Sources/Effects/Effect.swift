// What can be asked for, by destination. Imperative: the core says what to do, and waits for what comes of it.

import Codecs

public struct Request: Hashable, Codable, Sendable {
    public let id: EffectID
    public let effect: Effect

    public init(id: EffectID, effect: Effect) {
        self.id = id
        self.effect = effect
    }
}

public enum Effect: Hashable, Codable, Sendable {
    case socket(SocketCall)
    case process(ProcessCall)
    case files(FilesCall)
    case docker(DockerCall)
    case journal(JournalCall)
    case log(LogRecord)
    case measure(Measure)
    /// These secrets are not needed any more.
    case forgetSecrets(SecretRange)
    /// The last effect of a life.
    case exit(code: Int32)

    /// Whether exactly one final completion follows. The others are done when they were asked.
    public var answers: Bool {
        switch self {
        case .socket(let call): call.answers
        case .process(let call): call.answers
        case .files: true
        case .docker(let call): call.answers
        case .journal, .log, .measure, .forgetSecrets, .exit: false
        }
    }
}
