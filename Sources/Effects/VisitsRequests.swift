// The hot description of what is asked for: what a recording keeps of each request is the digest made here.

import Codecs

extension Request: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        effect.visit(&visitor)
    }
}

extension Effect: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .socket(let call):
            visitor.tag(0)
            call.visit(&visitor)
        case .process(let call):
            visitor.tag(1)
            call.visit(&visitor)
        case .files(let call):
            visitor.tag(2)
            call.visit(&visitor)
        case .journal(let call):
            visitor.tag(3)
            call.visit(&visitor)
        case .log(let record):
            visitor.tag(4)
            record.visit(&visitor)
        case .measure(let measure):
            visitor.tag(5)
            measure.visit(&visitor)
        case .forgetSecrets(let range):
            visitor.tag(6)
            range.visit(&visitor)
        case .exit(let code):
            visitor.tag(7)
            visitor.number(Int(code))
        case .docker(let call):
            visitor.tag(8)
            call.visit(&visitor)
        }
    }
}

extension SocketCall: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .dial(let url, let authorization):
            visitor.tag(0)
            visitor.bytes(url)
            authorization.visit(&visitor)
        case .send(let connection, let message):
            visitor.tag(1)
            visitor.id(connection)
            message.visit(&visitor)
        case .ping(let connection, let number):
            visitor.tag(2)
            visitor.id(connection)
            visitor.serial(number)
        case .close(let connection, let code):
            visitor.tag(3)
            visitor.id(connection)
            visitor.number(Int(code))
        case .abandon(let connection):
            visitor.tag(4)
            visitor.id(connection)
        }
    }
}

extension ProcessCall: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .start(let launch):
            visitor.tag(0)
            launch.visit(&visitor)
        case .signal(let process, let signal):
            visitor.tag(1)
            visitor.id(process)
            visitor.tag(signal.rawValue)
        case .kill(let process):
            visitor.tag(2)
            visitor.id(process)
        case .abandonOutput(let process):
            visitor.tag(3)
            visitor.id(process)
        case .release(let process):
            visitor.tag(4)
            visitor.id(process)
        case .adopt(let adoption):
            visitor.tag(5)
            adoption.name.visit(&visitor)
            visitor.tag(adoption.role.rawValue)
            adoption.key.visit(&visitor)
        case .dismiss(let name):
            visitor.tag(6)
            name.visit(&visitor)
        }
    }
}

extension Launch: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(role.rawValue)
        key.visit(&visitor)
        visitor.bytes(executable)
        visitor.list(arguments)
        visitor.tag(base.rawValue)
        visitor.list(environment)
        visitor.bytes(directory)
        visitor.list(secrets)
        visitor.optional(input)
        visitor.flag(handsOver)
        visitor.optional(name)
    }
}

extension JSON: Visited {
    /// What a command or a container is given: built by us, so it is never deep.
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .null: visitor.tag(0)
        case .bool(let value):
            visitor.tag(1)
            visitor.flag(value)
        case .number(let text):
            visitor.tag(2)
            visitor.bytes(text)
        case .string(let content):
            visitor.tag(3)
            visitor.bytes(content)
        case .array(let elements):
            visitor.tag(4)
            visitor.list(elements)
        case .object(let members):
            visitor.tag(5)
            visitor.list(members)
        case .secret(let text):
            visitor.tag(6)
            text.visit(&visitor)
        case .verbatim(let ref):
            visitor.tag(7)
            visitor.word(ref.number)
        }
    }
}

extension JSONMember: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(name)
        value.visit(&visitor)
    }
}

extension FilesCall: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .findExecutable(let path):
            visitor.tag(0)
            visitor.optional(path) { $0.bytes($1) }
        case .checkDirectory(let path): visitor.path(1, path)
        case .prepareRoot(let path): visitor.path(2, path)
        case .makeDirectory(let path): visitor.path(3, path)
        case .makeFile(let path): visitor.path(4, path)
        case .readEnvironment(let path): visitor.path(5, path)
        case .rename(let from, let to):
            visitor.path(6, from)
            visitor.bytes(to)
        case .removeFile(let path): visitor.path(7, path)
        case .removeTree(let path): visitor.path(8, path)
        case .removeEmptyDirectory(let path): visitor.path(9, path)
        }
    }
}

extension Visitor {
    fileprivate mutating func path(_ kind: UInt8, _ path: Bytes) {
        tag(kind)
        bytes(path)
    }
}
