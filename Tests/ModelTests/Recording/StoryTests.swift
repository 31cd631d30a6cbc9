// What a recording tells: every execution once, with the outcome that was said to the server, its phases one after
// another, and no more than is asked for.

import Codecs
import Effects
import Testing

@testable import Recording
@testable import WorkerModel

struct StoryTests {
    private func chronicle(_ session: Session, from first: Int = 0, only: TaskID? = nil) -> Chronicle {
        var chronicle = Chronicle(only: only)
        chronicle.begin(from: session.workers[first])
        for index in first..<session.inputs.count {
            chronicle.take(
                UInt64(index) + 1, session.inputs[index], session.requests[index], session.workers[index + 1])
        }
        return chronicle
    }

    private func finalWords(_ session: Session) -> [ExecutionKey: Outcome] {
        var words: [ExecutionKey: Outcome] = [:]
        for request in session.requests.joined() {
            guard case .socket(.send(_, let message)) = request.effect else { continue }
            switch message {
            case .completed(let key, _): words[key] = .completed
            case .cancelled(let key, _): words[key] = .cancelled
            case .failed(let key, _, _, _): words[key] = .failed
            case .claimed, .rejected: break
            }
        }
        return words
    }

    @Test func outcomesAreThoseThatWereSaid() {
        var seen: Set<Outcome> = []
        for session in Session.long {
            let told = chronicle(session)
            for (key, outcome) in finalWords(session) {
                let run = told.runs.last { $0.key == key }
                #expect(run?.outcome == outcome, "\(key.label)")
                seen.insert(outcome)
            }
            // Whoever was claimed has a lane, and whoever is known at the end, too.
            let known = session.workers.last?.roster.tasks ?? []
            for task in known { #expect(told.runs.contains { $0.serial == task.serial && $0.lane.phase != nil }) }
        }
        #expect(seen.isSuperset(of: [.completed, .cancelled, .failed]))
    }

    @Test func phasesFollowEachOther() {
        var phases: Set<RunPhase> = []
        var links: Set<LinkPhase> = []
        for session in Session.long {
            let told = chronicle(session)
            for run in told.runs {
                follows(run.lane.spans)
                phases.formUnion(run.lane.spans.map(\.phase))
                #expect(run.lane.moments.map(\.when.number) == run.lane.moments.map(\.when.number).sorted())
            }
            follows(told.connection.spans)
            follows(told.worker.spans)
            links.formUnion(told.connection.spans.map(\.phase))
        }
        #expect(phases.isSuperset(of: [.claiming, .preparing, .running, .ending, .tidying, .unheard, .settingUp]))
        #expect(links.isSuperset(of: [.dialling, .open, .waiting]))
    }

    private func follows<Phase>(_ spans: [Stretch<Phase>]) {
        for (one, next) in zip(spans, spans.dropFirst()) {
            #expect(one.to != nil)
            #expect(one.phase != next.phase)
            #expect((one.to?.number ?? .max) <= next.from.number)
        }
    }

    @Test func oneTaskIsToldAsItIsToldAmongAll() {
        var compared = 0
        for session in Session.long {
            let all = chronicle(session)
            for run in all.runs.prefix(3) {
                let alone = chronicle(session, only: run.key.task)
                let same = alone.runs.first { $0.key == run.key && $0.began == run.began }
                #expect(same?.lane == run.lane, "\(run.key.label)")
                #expect(alone.runs.allSatisfy { $0.key.task == run.key.task })
                compared += 1
            }
        }
        #expect(compared > 10)
    }

    @Test func whatBeganEarlierIsKnownFromTheState() {
        var older = 0
        for session in Session.long where session.inputs.count > 20 {
            let all = chronicle(session)
            for part in 1..<8 {
                let middle = session.inputs.count * part / 8
                let told = chronicle(session, from: middle)
                let there = session.workers[middle].roster.tasks
                #expect(told.runs.filter(\.isOlder).map(\.serial).sorted() == there.map(\.serial).sorted())
                older += there.count
                for run in told.runs where run.outcome != nil {
                    #expect(all.runs.last { $0.key == run.key }?.outcome == run.outcome)
                }
            }
        }
        #expect(older > 3)
    }

    @Test func aStoryIsInOrderWithTheConnectionBetween() throws {
        var asides = 0
        for session in Session.long {
            let told = chronicle(session)
            for run in told.runs {
                let stories = TaskStory.all(of: run.key.task, in: told)
                let story = try #require(stories.first { $0.run == run })
                #expect(story.lines.map(\.when.number) == story.lines.map(\.when.number).sorted())
                #expect(!story.heading.isEmpty)
                if !run.isOlder { #expect(story.lines.first?.words.hasPrefix("assigned") == true) }
                asides += story.lines.count { $0.isAside }
            }
        }
        #expect(asides > 20)
    }

    @Test func whatIsNotToldIsStillKnown() {
        let session = Session.long[1]
        var quiet = Chronicle()
        quiet.begin(from: session.workers[0])
        for index in session.inputs.indices {
            quiet.take(
                UInt64(index) + 1, session.inputs[index], session.requests[index], session.workers[index + 1],
                isTold: false)
        }
        let loud = chronicle(session)
        #expect(quiet.runs.map(\.outcome) == loud.runs.map(\.outcome))
        #expect(quiet.runs.allSatisfy { $0.lane.moments.isEmpty })
        #expect(quiet.connection.moments.isEmpty && quiet.worker.moments.isEmpty)
        #expect(quiet.connection.spans == loud.connection.spans)
    }

    @Test func aTimelineIsADocumentWithinItsWindow() throws {
        for session in Session.long.prefix(8) {
            let told = chronicle(session)
            let header = Session.header(session.workers[0].settings)
            let timeline = try #require(Timeline(told, header))
            let text = timeline.document(notes: ["</script><script>"])
            #expect(!text.contains(0x3c))
            let document = try JSON.parse(text)
            #expect(document["notes"]?[0]?.asString == Bytes(text: "</script><script>"))
            let length = try #require(document["length"]?.asInt)
            guard case .array(let lanes)? = document["lanes"] else {
                Issue.record("no lanes")
                continue
            }
            #expect(lanes.count == told.runs.count + 2)
            for lane in lanes {
                guard case .array(let spans)? = lane["spans"], case .array(let moments)? = lane["moments"] else {
                    Issue.record("a lane without spans or moments")
                    continue
                }
                for span in spans {
                    let from = try #require(span[2]?.asInt)
                    let to = try #require(span[3]?.asInt)
                    #expect(0 <= from && from <= to && to <= length)
                }
                for moment in moments { #expect((0...length).contains(moment[0]?.asInt ?? -1)) }
            }
        }
    }

    @Test func theStateIsToldInWords() {
        for session in Session.long.prefix(4) {
            for index in session.inputs.indices {
                let worker = session.workers[index + 1]
                let lines = standing(worker, at: session.inputs[index].at)
                #expect(lines[0].hasPrefix("worker") && lines[1].hasPrefix("connection"))
                for task in worker.roster.tasks { #expect(lines.contains { $0.contains(task.key.label) }) }
                let letters = worker.connection.outbox.letters
                #expect(letters.isEmpty == lines.contains("unheard     nothing"))
            }
        }
    }

    @Test func everyEventAndRequestHasASentence() {
        for event in SampleEvents.all { #expect(event.sentence.count > 3) }
        for request in Session.some.flatMap(\.requests).joined() { #expect(request.sentence.hasPrefix("#")) }
    }
}

/// A recording is what the model knows, and the model knows no secret.
struct RecordingSecretTests {
    @Test func noCanaryInARecordingOrInWhatItTells() throws {
        var next: UInt64 = 1
        let wire = Bytes(text: Golden.assignment)
        let (message, secrets) = decodeMessage(wire, nextSecret: &next, keepDocument: true)
        #expect(secrets.count > 10)
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        let settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .direct(direct))
        var worker = Worker(settings: settings)
        var recording = MemoryRecording(Session.header(settings), worker)
        var chronicle = Chronicle()
        chronicle.begin(from: worker)
        let dial = EffectID(slot: 0, sequence: 5)
        var events: [Event] = [
            .began(.nothing), .files(.found(EffectID(slot: 0, sequence: 2), path: Bytes(text: "/bin/oz"))),
            .files(.done(EffectID(slot: 0, sequence: 3))), .socket(.opened(dial)), .socket(.received(dial, message)),
        ]
        var number: UInt64 = 0
        var told = Bytes()
        while number < 40, !events.isEmpty {
            number += 1
            let at = Instant(nanoseconds: 1_000_000 * number)
            let input = Input(at: at, wall: WallTime(nanoseconds: 0), entropy: number, event: events.removeFirst())
            var requests: [Request] = []
            worker.take(input, into: &requests)
            recording.took(input, requests)
            chronicle.take(number, input, requests, worker)
            for request in requests {
                told += Bytes(text: request.sentence)
                switch request.effect {
                case .socket(.send): events.append(.socket(.written(request.id)))
                case .files where request.id.slot > 0: events.append(.files(.done(request.id)))
                case .process(.start): events.append(.process(.finished(request.id, .exit(0))))
                case .socket, .process, .files, .docker, .journal, .log, .measure, .forgetSecrets, .exit: break
                }
            }
        }
        #expect(chronicle.runs.first?.outcome == .completed)
        told += recording.bytes
        told += Timeline(chronicle, Session.header(settings))?.document(notes: []) ?? []
        let canary = Bytes(text: "CANARY")
        #expect(wire.firstRange(of: canary) != nil)
        #expect(told.firstRange(of: canary) == nil)
    }
}
