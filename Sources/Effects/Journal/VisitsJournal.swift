// The hot description of what the journal is told, and of what earlier lives left.

import Codecs

extension ProcessName: Visited {
    /// Drawn, so a fingerprint renames it as it renames a number from the counter.
    public func visit(_ visitor: inout Visitor) { visitor.serial(number) }
}

extension Possession: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .workspace(let path):
            visitor.tag(0)
            visitor.bytes(path)
        case .directory(let path):
            visitor.tag(1)
            visitor.bytes(path)
        case .file(let path):
            visitor.tag(2)
            visitor.bytes(path)
        case .process(let name, let role):
            visitor.tag(3)
            name.visit(&visitor)
            visitor.tag(role.rawValue)
        case .container(let name):
            visitor.tag(4)
            visitor.bytes(name)
        case .volume(let name):
            visitor.tag(5)
            visitor.bytes(name)
        }
    }
}

extension JournalCall: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.serial(run)
        note.visit(&visitor)
    }
}

extension JournalNote: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .claimed(let key, let at):
            visitor.tag(0)
            key.visit(&visitor)
            visitor.instant(at)
        case .recalled(let key):
            visitor.tag(1)
            key.visit(&visitor)
        case .claimHeard: visitor.tag(2)
        case .started(let at):
            visitor.tag(3)
            visitor.instant(at)
        case .ending(let verdict):
            visitor.tag(4)
            verdict.visit(&visitor)
        case .intended(let possession):
            visitor.tag(5)
            possession.visit(&visitor)
        case .acquired(let possession):
            visitor.tag(6)
            possession.visit(&visitor)
        case .ended(let name, let role, let end):
            visitor.tag(7)
            name.visit(&visitor)
            visitor.tag(role.rawValue)
            end.visit(&visitor)
        case .released(let possession):
            visitor.tag(8)
            possession.visit(&visitor)
        case .verdictDecided(let word):
            visitor.tag(9)
            word.visit(&visitor)
        case .handedOver: visitor.tag(10)
        case .verdictHeard: visitor.tag(11)
        case .verdictWithdrawn: visitor.tag(12)
        case .forgotten: visitor.tag(13)
        case .volumeUsed(let name, let wall):
            visitor.tag(14)
            visitor.bytes(name)
            visitor.word(UInt64(bitPattern: wall.nanoseconds))
        case .recallBegan: visitor.tag(15)
        case .recallEnded(let succeeded):
            visitor.tag(16)
            visitor.flag(succeeded)
        }
    }
}

extension Inheritance: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(runs)
        visitor.list(remembered)
        visitor.list(elsewhere)
        visitor.number(volumes.count)
        for volume in volumes {
            visitor.bytes(volume.name)
            visitor.word(UInt64(bitPattern: volume.at.nanoseconds))
        }
        visitor.serial(highest)
    }
}

extension Inheritance.Run: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.serial(number)
        key.visit(&visitor)
        switch kind {
        case .claimed(let at):
            visitor.tag(0)
            visitor.memory(at)
        case .recalled: visitor.tag(1)
        }
        visitor.flag(claimWasHeard)
        visitor.optional(startedAt) { $0.memory($1) }
        switch course {
        case .open(let ending):
            visitor.tag(0)
            visitor.optional(ending)
        case .decided(let word):
            visitor.tag(1)
            word.visit(&visitor)
        case .handedOver: visitor.tag(2)
        case .settled: visitor.tag(3)
        }
        visitor.list(belongings)
        visitor.list(ends)
        switch recall {
        case nil: visitor.tag(0)
        case .owed: visitor.tag(1)
        case .ended(let succeeded): visitor.tag(succeeded ? 2 : 3)
        }
    }
}

extension Inheritance.Run.Belonging: Visited {
    public func visit(_ visitor: inout Visitor) {
        possession.visit(&visitor)
        switch stage {
        case .intended: visitor.tag(0)
        case .acquired: visitor.tag(1)
        case .ended(let end):
            visitor.tag(2)
            end.visit(&visitor)
        }
    }
}

extension Inheritance.Run.End: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(role.rawValue)
        end.visit(&visitor)
    }
}
