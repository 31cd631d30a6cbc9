// The world refuses what is impossible: a worker that asks for it is caught by each model, whatever is searched.

import Codecs
import Effects
import Testing

@testable import Simulation

struct NetworkModelTests {
    private let message = OutgoingMessage.completed(key("a", "1"))

    private func open() -> NetworkModel {
        var network = NetworkModel()
        _ = network.take(.dial(url: [], authorization: .literal([])), id(1))
        network.link?.state = .open
        return network
    }

    @Test func aSecondConnectionIsRefused() {
        var network = NetworkModel()
        #expect(network.take(.dial(url: [], authorization: .literal([])), id(1)) == nil)
        #expect(network.link?.state == .dialling)
        #expect(network.take(.dial(url: [], authorization: .literal([])), id(2))?.invariant == "QuietReconnect")
    }

    @Test func onlyAnOpenConnectionTakesMessages() {
        var network = open()
        #expect(network.take(.send(connection: id(1), message), id(2)) == nil)
        #expect(network.take(.send(connection: id(9), message), id(3))?.invariant == "QuietReconnect")
        for state in [NetworkModel.State.dialling, .closing, .abandoned] {
            network.link?.state = state
            #expect(network.take(.send(connection: id(1), message), id(4))?.invariant == "QuietReconnect")
        }
        network.link = nil
        #expect(network.take(.send(connection: id(1), message), id(5))?.invariant == "QuietReconnect")
    }

    @Test func onlyAnOpenConnectionTakesPingsAndCloses() {
        for call in [SocketCall.ping(connection: id(1), number: 7), .close(connection: id(1), code: 1000)] {
            var network = open()
            #expect(network.take(call, id(2)) == nil)
            var closing = open()
            closing.link?.state = .closing
            #expect(closing.take(call, id(2))?.invariant == "QuietReconnect")
        }
        var network = open()
        #expect(network.take(.ping(connection: id(9), number: 7), id(2))?.invariant == "QuietReconnect")
        #expect(network.take(.close(connection: id(9), code: 1000), id(2))?.invariant == "QuietReconnect")
        #expect(network.take(.abandon(connection: id(9)), id(2))?.invariant == "QuietReconnect")
        #expect(network.take(.close(connection: id(1), code: 1000), id(2)) == nil)
        #expect(network.link?.state == .closing)
        #expect(network.take(.abandon(connection: id(1)), id(2)) == nil)
        #expect(network.link?.state == .abandoned)
    }

    @Test func aPingFollowsWhatWasOfferedBeforeIt() {
        var network = open()
        _ = network.take(.ping(connection: id(1), number: 1), id(2))
        #expect(network.link?.toServer.count == 1)
        _ = network.take(.send(connection: id(1), message), id(3))
        _ = network.take(.ping(connection: id(1), number: 2), id(4))
        _ = network.take(.ping(connection: id(1), number: 3), id(5))
        #expect(network.link?.toServer.count == 1)
        #expect(network.link?.writes.count == 3)
        network.link?.writes.removeFirst()
        network.settlePings()
        #expect(network.link?.writes.isEmpty == true)
        guard case .ping(2) = network.link?.toServer[1], case .ping(3) = network.link?.toServer[2] else {
            Issue.record("the pings are not in order")
            return
        }
    }

    @Test func theEndOfAConnectionEndsItsSends() {
        var network = open()
        _ = network.take(.send(connection: id(1), message), id(3))
        _ = network.take(.ping(connection: id(1), number: 2), id(4))
        _ = network.take(.send(connection: id(1), message), id(5))
        #expect(network.awaits(id(1)) && network.awaits(id(3)) && network.awaits(id(5)))
        #expect(!network.awaits(id(4)) && !network.awaits(id(6)))
        let last = SocketEvent.closed(id(1), .abandoned)
        #expect(network.end(last) == [.notWritten(id(3)), .notWritten(id(5)), last])
        #expect(network.link == nil)
        #expect(!network.awaits(id(1)))
    }
}

struct ServerModelTests {
    private func assigned() -> ServerModel {
        var server = ServerModel(Scenarios.oneTask)
        server.assigned(key("a", "1"))
        return server
    }

    private func claimed() -> ServerModel {
        var server = assigned()
        _ = server.hears(claim("a"))
        return server
    }

    @Test func aClaimNeedsAnAssignment() {
        var server = assigned()
        #expect(server.hears(claim("b"))?.invariant == "ClaimBeforeWork")
        #expect(server.hears(claim("a")) == nil)
        #expect(server.ledger[0].claimed)
    }

    @Test func aClaimIsOfItsTaskAlone() {
        var server = assigned()
        server.assigned(key("b", "2"))
        _ = server.hears(claim("b"))
        #expect(server.ledger.map(\.claimed) == [false, true])
        _ = server.hears(.rejected(TaskID(Bytes(text: "b")), .atCapacity))
        #expect(server.ledger.map(\.rejected) == [false, true])
    }

    @Test func aFinalWordNeedsAnAssignmentAndAClaim() {
        var server = assigned()
        #expect(server.hears(.completed(key("a", "1")))?.invariant == "ClaimBeforeWork")
        #expect(server.hears(.completed(key("a", "2")))?.invariant == "OneVerdict")
        _ = server.hears(claim("a"))
        #expect(server.hears(.completed(key("a", "1"))) == nil)
        #expect(server.ledger[0].finalWord == .completed(key("a", "1")))
    }

    @Test func twoFinalWordsThatDifferAreRefused() {
        var server = claimed()
        _ = server.hears(.completed(key("a", "1")))
        server.connected()
        #expect(server.hears(.cancelled(key("a", "1")))?.invariant == "OneVerdict")
    }

    @Test func aFinalWordIsSaidOnceOnAConnectionAndOnceForEachAssignment() {
        var server = claimed()
        let word = OutgoingMessage.completed(key("a", "1"))
        #expect(server.hears(word) == nil)
        #expect(server.hears(word)?.invariant == "OneVerdict")
        server.connected()
        #expect(server.hears(word) == nil)
        server.assigned(key("a", "1"))
        #expect(server.ledger.count == 1)
        #expect(server.hears(word) == nil)
        #expect(server.hears(word)?.invariant == "OneVerdict")
    }
}

struct FileSystemModelTests {
    private let ours = Bytes(text: "/w/a")
    private let theirs = Bytes(text: "/w/b")

    private func files() -> FileSystemModel {
        var files = FileSystemModel(foreign: [theirs])
        _ = files.take(.makeDirectory(ours), id(1))
        _ = files.answer(0, fails: false)
        return files
    }

    @Test func nothingForeignAndNothingAbsentIsRemovedOrRenamed() {
        var files = files()
        let absent = Bytes(text: "/w/c")
        for path in [theirs, absent] {
            #expect(files.take(.removeTree(path), id(2))?.invariant == "NothingForeignRemoved")
            #expect(files.take(.removeFile(path), id(3))?.invariant == "NothingForeignRemoved")
            #expect(files.take(.rename(from: path, to: absent), id(4))?.invariant == "NothingForeignRemoved")
        }
        #expect(files.take(.removeTree(ours), id(5)) == nil)
        #expect(files.take(.removeFile(ours), id(6)) == nil)
        #expect(files.take(.rename(from: ours, to: absent), id(7)) == nil)
        #expect(files.ours == [ours])
    }

    @Test func whatIsThereIsNotMadeAgain() {
        var files = files()
        for path in [ours, theirs] {
            _ = files.take(.makeDirectory(path), id(2))
            #expect(files.answer(0, fails: false) == .exists(id(2)))
            _ = files.take(.makeFile(path), id(3))
            #expect(files.answer(0, fails: false) == .exists(id(3)))
        }
        #expect(files.entries.count == 2)
    }

    @Test func aRenamingTakesWhatLiesInIt() {
        var files = files()
        _ = files.take(.makeFile(ours + Bytes(text: "/f")), id(2))
        _ = files.answer(0, fails: false)
        _ = files.take(.makeFile(ours + Bytes(text: "f")), id(2))
        _ = files.answer(0, fails: false)
        _ = files.take(.rename(from: ours, to: theirs), id(3))
        #expect(files.answer(0, fails: false) == .exists(id(3)))
        _ = files.take(.rename(from: ours, to: Bytes(text: "/w/z")), id(4))
        #expect(files.answer(0, fails: false) == .done(id(4)))
        #expect(files.ours.map(\.text) == ["/w/z", "/w/z/f", "/w/af"])
    }

    @Test func aRemovalTakesWhatLiesInIt() {
        var files = files()
        let file = ours + Bytes(text: "/f")
        _ = files.take(.makeFile(file), id(2))
        _ = files.answer(0, fails: false)
        _ = files.take(.removeFile(file), id(3))
        #expect(files.answer(0, fails: false) == .done(id(3)))
        #expect(files.ours == [ours])
        _ = files.take(.makeFile(file), id(4))
        _ = files.answer(0, fails: false)
        _ = files.take(.removeTree(ours), id(5))
        #expect(files.answer(0, fails: false) == .done(id(5)))
        #expect(files.entries.map(\.path) == [theirs])
    }

    @Test func anAnswerIsGivenOnceAndAFailureDoesNothing() {
        var files = files()
        _ = files.take(.removeTree(ours), id(2))
        _ = files.take(.readEnvironment(ours), id(3))
        #expect(files.awaits(id(2)) && files.awaits(id(3)) && !files.awaits(id(1)))
        #expect(files.answer(0, fails: true) == .failed(id(2), .system(errno: 5)))
        #expect(!files.awaits(id(2)) && files.failures == 1 && files.ours == [ours])
        #expect(files.answer(0, fails: false) == .environmentRead(id(3), [], secrets: .none, malformed: []))
    }
}

struct JournalModelTests {
    private let path = Bytes(text: "/w/a")

    @Test func onlyWhatWasIntendedIsAcquiredOrReleased() {
        var journal = JournalModel()
        let thing = Possession.directory(path)
        #expect(journal.take(.acquired(thing), of: 1)?.invariant == "JournalFirst")
        #expect(journal.take(.released(thing), of: 1)?.invariant == "JournalFirst")
        #expect(journal.take(.intended(thing), of: 1) == nil)
        #expect(journal.take(.intended(thing), of: 1)?.invariant == "JournalFirst")
        #expect(journal.take(.acquired(thing), of: 2)?.invariant == "JournalFirst")
        #expect(journal.take(.acquired(thing), of: 1) == nil)
        #expect(journal.names(thing) && !journal.names(.file(path)))
        #expect(journal.take(.released(thing), of: 1) == nil)
        #expect(journal.open.isEmpty)
        #expect(journal.take(.released(thing), of: 1)?.invariant == "JournalFirst")
    }

    @Test func aNoteComesBeforeWhatMakesSomething() {
        var journal = JournalModel()
        let other = Bytes(text: "/w/b")
        let making: [FilesCall] = [.makeDirectory(path), .makeFile(path), .rename(from: other, to: path)]
        #expect(making.allSatisfy { !journal.precedes($0) })
        #expect(journal.precedes(.removeTree(path)) && journal.precedes(.readEnvironment(path)))
        _ = journal.take(.intended(.directory(path)), of: 1)
        #expect(making.allSatisfy { journal.precedes($0) })
        #expect(!journal.precedes(.makeDirectory(other)))
        var files = JournalModel()
        _ = files.take(.intended(.file(path)), of: 1)
        #expect(files.names(path: path) && files.precedes(.makeFile(path)))
    }

    @Test func aDirectoryCoversWhatLiesInIt() {
        var journal = JournalModel()
        _ = journal.take(.intended(.directory(path)), of: 1)
        #expect(journal.covers(path) && journal.covers(path + Bytes(text: "/f")))
        #expect(!journal.covers(path + Bytes(text: "f")) && !journal.covers(Bytes(text: "/w")))
        #expect(!journal.covers(Bytes(text: "/w/b")) && !journal.covers(Bytes(text: "/w/b/f")))
        var file = JournalModel()
        _ = file.take(.intended(.file(path)), of: 1)
        #expect(file.covers(path) && !file.covers(path + Bytes(text: "/f")))
    }
}
