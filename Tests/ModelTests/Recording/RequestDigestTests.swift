// The digest of a request must see all of it: each leaf of the requests that walks bring is changed in turn.

import Codecs
import Effects
import Testing

@testable import Recording

struct RequestDigestTests {
    private func digest(_ request: Request) -> UInt64 {
        var visitor = Visitor()
        request.visit(&visitor)
        return visitor.result
    }

    @Test func everyLeafOfARequestCounts() throws {
        var looks: [String: Int] = [:]
        var perturbed = 0
        var kinds: Set<RequestKind> = []
        for request in Session.some.flatMap(\.requests).joined() {
            kinds.insert(RequestKind.of(request.effect))
            let tree = try encodeState(request)
            let mine = digest(request)
            for path in tree.leaves {
                let place = tree.words(for: path)
                guard looks[place, default: 0] < 3 else { continue }
                looks[place, default: 0] += 1
                guard let changed = tree.perturbed(at: path),
                    let other = try? decodeState(Request.self, from: changed), other != request
                else { continue }
                perturbed += 1
                #expect(digest(other) != mine, "\(place)")
            }
        }
        #expect(perturbed > 150)
        #expect(kinds.count > 16)
    }

    /// Sayings without anything in them differ by their name alone.
    @Test func allRequestsOfASessionDiffer() {
        var known: [UInt64: Effect] = [:]
        for request in Session.some.flatMap(\.requests).joined() {
            let plain = Request(id: EffectID(slot: 0, sequence: 0), effect: request.effect)
            if let other = known[digest(plain)] { #expect(other == request.effect) }
            known[digest(plain)] = request.effect
        }
        #expect(known.count > 100)
    }

    @Test func kindsHaveLettersOfTheirOwn() {
        #expect(Set(RequestKind.allCases.map(\.rawValue)).count == RequestKind.allCases.count)
        #expect(Set(RequestKind.allCases.map(\.words)).count == RequestKind.allCases.count)
    }

    @Test func requestsAreReadAsTheyWereWritten() {
        for requests in Session.some.flatMap(\.requests) {
            var text = Bytes()
            RecordedRequest.append(requests, to: &text)
            let read = RecordedRequest.read(text)
            #expect(read?.map(\.kind) == requests.map { RequestKind.of($0.effect) })
            #expect(read?.map(\.digest) == requests.map { UInt32(truncatingIfNeeded: digest($0)) })
        }
        #expect(RecordedRequest.read(Bytes(text: "l0123456")) == nil)
        #expect(RecordedRequest.read(Bytes(text: "!01234567")) == nil)
        #expect(RecordedRequest.read(Bytes(text: "l0123456G")) == nil)
        #expect(RecordedRequest.read(Bytes()) == [])
    }
}
