// What a recording keeps of a request: a letter for its kind, and a digest of all of it. From the letters alone one
// can say what was asked for when a replay asks for something else.

import Codecs
import Effects

public enum RequestKind: UInt8, CaseIterable, Sendable {
    case dial = 0x44  // D
    case send = 0x53  // S
    case ping = 0x50  // P
    case close = 0x43  // C
    case abandon = 0x41  // A
    case start = 0x52  // R
    case terminate = 0x54  // T
    case kill = 0x4b  // K
    case release = 0x4c  // L
    case abandonOutput = 0x4f  // O
    case adopt = 0x57  // W
    case dismiss = 0x51  // Q
    case findExecutable = 0x66  // f
    case checkDirectory = 0x64  // d
    case prepareRoot = 0x67  // g
    case makeDirectory = 0x6d  // m
    case makeFile = 0x6e  // n
    case readEnvironment = 0x65  // e
    case rename = 0x76  // v
    case removeFile = 0x75  // u
    case removeTree = 0x72  // r
    case removeEmptyDirectory = 0x6f  // o
    case journal = 0x6a  // j
    case log = 0x6c  // l
    case measure = 0x7a  // z
    case forgetSecrets = 0x78  // x
    case exit = 0x58  // X
    case reach = 0x30  // 0
    case pull = 0x31  // 1
    case inspectImage = 0x32  // 2
    case createVolume = 0x33  // 3
    case inspectVolume = 0x34  // 4
    case removeVolume = 0x35  // 5
    case createContainer = 0x36  // 6
    case inspectContainer = 0x37  // 7
    case startContainer = 0x38  // 8
    case awaitEnd = 0x39  // 9
    case stopContainer = 0x42  // B
    case killContainer = 0x45  // E
    case removeContainer = 0x46  // F
    case copy = 0x47  // G
    case tellOutput = 0x48  // H
    case listContainers = 0x49  // I
    case listVolumes = 0x4a  // J
    case abandonCall = 0x4d  // M
    case followOutput = 0x4e  // N

    /// A function and no initialiser, since those take their arguments over, which costs a copy.
    public static func of(_ effect: Effect) -> RequestKind {
        switch effect {
        case .socket(.dial): .dial
        case .socket(.send): .send
        case .socket(.ping): .ping
        case .socket(.close): .close
        case .socket(.abandon): .abandon
        case .process(.start): .start
        case .process(.signal(_, .terminate)): .terminate
        case .process(.kill): .kill
        case .process(.release): .release
        case .process(.abandonOutput): .abandonOutput
        case .process(.adopt): .adopt
        case .process(.dismiss): .dismiss
        case .files(.findExecutable): .findExecutable
        case .files(.checkDirectory): .checkDirectory
        case .files(.prepareRoot): .prepareRoot
        case .files(.makeDirectory): .makeDirectory
        case .files(.makeFile): .makeFile
        case .files(.readEnvironment): .readEnvironment
        case .files(.rename): .rename
        case .files(.removeFile): .removeFile
        case .files(.removeTree): .removeTree
        case .files(.removeEmptyDirectory): .removeEmptyDirectory
        case .docker(.reach): .reach
        case .docker(.pull): .pull
        case .docker(.inspectImage): .inspectImage
        case .docker(.createVolume): .createVolume
        case .docker(.inspectVolume): .inspectVolume
        case .docker(.removeVolume): .removeVolume
        case .docker(.createContainer): .createContainer
        case .docker(.inspectContainer): .inspectContainer
        case .docker(.startContainer): .startContainer
        case .docker(.awaitEnd): .awaitEnd
        case .docker(.stopContainer): .stopContainer
        case .docker(.killContainer): .killContainer
        case .docker(.removeContainer): .removeContainer
        case .docker(.copy): .copy
        case .docker(.tellOutput): .tellOutput
        case .docker(.followOutput): .followOutput
        case .docker(.listContainers): .listContainers
        case .docker(.listVolumes): .listVolumes
        case .docker(.abandon): .abandonCall
        case .journal: .journal
        case .log: .log
        case .measure: .measure
        case .forgetSecrets: .forgetSecrets
        case .exit: .exit
        }
    }

    public var words: String {
        switch self {
        case .dial: "dial the server"
        case .send: "send a message"
        case .ping: "send a ping"
        case .close: "close the connection"
        case .abandon: "abandon the connection"
        case .start: "start a command"
        case .terminate: "ask a command to end"
        case .kill: "kill a command"
        case .release: "let go of what a command left running"
        case .abandonOutput: "wait no longer for a command's output"
        case .adopt: "take over a command"
        case .dismiss: "dismiss a supervisor"
        case .findExecutable: "find the agent"
        case .checkDirectory: "check a directory"
        case .prepareRoot: "prepare the workspace root"
        case .makeDirectory: "make a directory"
        case .makeFile: "make a file"
        case .readEnvironment: "read the environment file"
        case .rename: "rename a directory"
        case .removeFile: "remove a file"
        case .removeTree: "remove a directory"
        case .removeEmptyDirectory: "remove an empty directory"
        case .journal: "a note for the journal"
        case .log: "a line of the log"
        case .measure: "a count"
        case .forgetSecrets: "forget secrets"
        case .exit: "exit"
        case .reach: "reach the Docker daemon"
        case .pull: "pull an image"
        case .inspectImage: "look at an image"
        case .createVolume: "make a volume"
        case .inspectVolume: "look at a volume"
        case .removeVolume: "remove a volume"
        case .createContainer: "make a container"
        case .inspectContainer: "look at a container"
        case .startContainer: "start a container"
        case .awaitEnd: "wait for the end of a container"
        case .stopContainer: "stop a container"
        case .killContainer: "kill a container"
        case .removeContainer: "remove a container"
        case .copy: "copy the files of a sidecar"
        case .tellOutput: "tell the end of the output of a container"
        case .followOutput: "follow the output of a container"
        case .listContainers: "list containers"
        case .listVolumes: "list volumes"
        case .abandonCall: "give a call to Docker up"
        }
    }
}

/// A request as the recording has it.
public struct RecordedRequest: Hashable, Sendable {
    public let kind: RequestKind
    public let digest: UInt32

    static let length = 9

    /// Nine characters for each request, in order.
    static func append(_ requests: [Request], to output: inout Bytes) {
        for index in requests.indices {
            var visitor = Visitor()
            requests[index].visit(&visitor)
            output.append(RequestKind.of(requests[index].effect).rawValue)
            output.append(hex: UInt32(truncatingIfNeeded: visitor.result))
        }
    }

    /// Nil for what no recorder writes.
    static func read(_ text: some Collection<UInt8>) -> [RecordedRequest]? {
        guard text.count.isMultiple(of: length) else { return nil }
        var found: [RecordedRequest] = []
        var rest = text[...]
        while let letter = rest.first {
            guard let kind = RequestKind(rawValue: letter), let digest = UInt32(hex: rest.dropFirst().prefix(8)) else {
                return nil
            }
            found.append(RecordedRequest(kind: kind, digest: digest))
            rest = rest.dropFirst(length)
        }
        return found
    }
}

extension Array where Element == UInt8 {
    /// Eight lower-case digits.
    mutating func append(hex number: UInt32) {
        var shift: UInt32 = 32
        while shift > 0 {
            shift &-= 4
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 15
            append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
        }
    }
}

extension UInt32 {
    /// Exactly eight lower-case digits.
    init?(hex digits: some Collection<UInt8>) {
        guard digits.count == 8 else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt32(digit &- 0x30)
            case 0x61...0x66: value = value << 4 | UInt32(digit &- 0x57)
            default: return nil
            }
        }
        self = value
    }
}
