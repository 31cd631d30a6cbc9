// From an assignment as it comes over the wire to a command line and an environment, case by case.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct PlanCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// JSON; nil where the task has none.
    var snapshot: String?
    /// More members of `data`, and of `data.task`, each with a comma in front.
    var data = ""
    var task = ""
    var settings: @Sendable (inout Settings) -> Void = { _ in }
    /// What stands between the fixed front and the end.
    var middle = ""
    var share = ""
    var end = " --idle-on-complete"
    var root = "https://s"
    var environment: [String] = []

    var testDescription: String { name }

    var arguments: String {
        "agent run\(share) --task-id T --sandboxed --server-root-url \(root)\(middle)\(end)"
    }
}

struct TaskPlanTests {
    @Test(arguments: PlanCases.all)
    func golden(of given: PlanCase) throws {
        let plan = try #require(Rendered(given))
        #expect(plan.arguments == given.arguments)
        if !given.environment.isEmpty { #expect(plan.environment == given.environment) }
    }

    @Test func thereAreManyAndNoneIsTwice() {
        #expect(PlanCases.all.count >= 40)
        #expect(Set(PlanCases.all.map(\.name)).count == PlanCases.all.count)
    }

    @Test func anAssignmentWithoutTaskHasNoPlan() {
        #expect(Rendered(text: #"{"type":"task_assignment","data":{"task_id":"T"}}"#, settings: { _ in }) == nil)
    }
}

/// A plan with its secrets looked up in the vault of its message.
struct Rendered {
    let arguments: String
    let environment: [String]

    init?(_ given: PlanCase) {
        let snapshot = given.snapshot.map { #","agent_config_snapshot":\#($0)"# } ?? ""
        let text = """
            {"type":"task_assignment","data":{"task_id":"RUN","task":{"id":"T"\(snapshot)\(given.task)}\(given.data)}}
            """
        self.init(text: text, settings: given.settings)
    }

    init?(text: String, settings change: (inout Settings) -> Void) {
        var next: UInt64 = 1
        let (message, vault) = decodeMessage(Bytes(text: text), nextSecret: &next, keepDocument: false)
        guard case .assignment(let assignment) = message else { return nil }
        var settings = WorkerStage().worker.settings
        settings.serverRootURL = Bytes(text: "https://s")
        change(&settings)
        let plan = TaskPlan(assignment, settings)
        func render(_ text: Text) -> String {
            text.rendered { ref in vault.first { $0.ref == ref }?.bytes }?.text ?? "(forgotten)"
        }
        arguments = plan.arguments.map { render($0) }.joined(separator: " ")
        environment = plan.environment.map { $0.name.text + "=" + render($0.value) }
    }
}
