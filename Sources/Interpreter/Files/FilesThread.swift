// The thread for file work that may take long. Jobs come in by a queue, answers go out by another.
//
// A call that somebody waits for never waits for a large tree: such calls are done first, and removals share the
// thread a piece each.

import Codecs
import Effects
import Glibc

final class FilesThread: @unchecked Sendable {
    struct Job: Sendable {
        let id: EffectID
        let call: FilesCall
        /// Nobody knows yet whether such calls may be made by the loop.
        let isNew: Bool
    }

    enum Answer: Sendable {
        /// With what was found out about the directory that the call was about.
        case done(FilesEvent, LocalPlaces.Place?)
        case read(EffectID, Result<Dotenv, FilesProblem>)
    }

    /// Removals that share the thread; the others wait.
    private static let removalsAtOnce = 4
    private static let entriesPerPiece = 256

    private struct Shared: Sendable {
        var calls: [Job] = []
        var removals: [(EffectID, Bytes)] = []
        var answers: [Answer] = []

        mutating func takeAnswers() -> [Answer] {
            defer { answers = [] }
            return answers
        }
    }

    private let side: SideThread<Shared>
    private var hasStarted = false
    // The thread's own.
    private var underWay: [(id: EffectID, removal: TreeRemoval)] = []
    private let searchPath: Bytes

    init?(searchPath: Bytes) {
        self.searchPath = searchPath
        guard let side = SideThread(Shared()) else { return nil }
        self.side = side
    }

    /// Readable when there are answers.
    var wakeUp: Int32 { side.wakeUp }

    /// False where there is no thread to do it.
    func add(_ job: Job) -> Bool {
        guard hasStarted || side.begin({ [self] in work() }) else { return false }
        hasStarted = true
        side.hand {
            if case .removeTree(let path) = job.call {
                $0.removals.append((job.id, path))
            } else {
                $0.calls.append(job)
            }
        }
        return true
    }

    func takeAnswers() -> [Answer] {
        side.take { $0.takeAnswers() }
    }

    // MARK: On the thread

    private func work() {
        while true {
            let (call, removal) = next()
            if let call { perform(call) }
            if let (id, path) = removal { underWay.append((id, TreeRemoval(path))) }
            if call == nil, !underWay.isEmpty { removeSome() }
        }
    }

    /// What to begin now; waits only where nothing is under way.
    private func next() -> (call: Job?, removal: (EffectID, Bytes)?) {
        side.next {
            guard !$0.calls.isEmpty || !$0.removals.isEmpty || !underWay.isEmpty else { return nil }
            let call = $0.calls.isEmpty ? nil : $0.calls.removeFirst()
            let hasRoom = underWay.count < Self.removalsAtOnce && !$0.removals.isEmpty
            return (call, hasRoom ? $0.removals.removeFirst() : nil)
        }
    }

    private func perform(_ job: Job) {
        if case .readEnvironment(let path) = job.call { return answer(.read(job.id, EnvironmentFile.read(path))) }
        let event = QuickCalls.answer(job.id, job.call, searchPath: searchPath)
        guard job.isNew else { return answer(.done(event, nil)) }
        answer(.done(event, LocalPlaces.look(LocalPlaces.directory(of: job.call.place))))
    }

    /// A piece of the removal that has waited longest.
    private func removeSome() {
        let (id, removal) = underWay.removeFirst()
        guard let result = removal.step(entries: Self.entriesPerPiece) else { return underWay.append((id, removal)) }
        switch result {
        case .success: answer(.done(.done(id), nil))
        case .failure(let problem): answer(.done(.failed(id, problem.failure), nil))
        }
    }

    private func answer(_ answer: Answer) {
        side.answer { $0.answers.append(answer) }
    }
}
