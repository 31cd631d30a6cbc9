// The golden scenarios in spec/scenarios: each is run, and what the worker asks for must be what stands there.

import Testing

enum GoldenScenarios {
    static let files: [(path: String, file: ScenarioFile)] =
        SpecFiles.paths(in: SpecFiles.scenarios, ending: ".txt").map { path in
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return (path, ScenarioFile(SpecFiles.read(path) ?? "", name: name))
        }

    static let all: [GoldenScenario] = files.flatMap(\.file.scenarios)
}

@Suite("Golden scenarios", .serialized)
struct ScenarioTests {
    @Test("There are many, and no two have one title")
    func inventory() {
        #expect(GoldenScenarios.all.count >= 60)
        #expect(Set(GoldenScenarios.all.map(\.title)).count == GoldenScenarios.all.count)
    }

    @Test("With REWRITE=1 what is asked for is written down")
    func rewrite() {
        guard SpecFiles.isRewriting else { return }
        for (path, file) in GoldenScenarios.files {
            // One that can't be run stays as it is, and fails below.
            let outcomes = file.scenarios.map { (try? ScenarioStage.run($0)) ?? $0.expected }
            SpecFiles.write(file.rewritten(outcomes), to: path)
        }
    }

    @Test("A scenario goes as it is written", arguments: GoldenScenarios.all)
    func golden(_ scenario: GoldenScenario) throws {
        #expect(scenario.problems.isEmpty)
        #expect(!scenario.title.isEmpty && !scenario.proves.isEmpty && !scenario.expected.isEmpty)
        let outcome = try ScenarioStage.run(scenario)
        guard !SpecFiles.isRewriting else { return }
        for (index, (expected, actual)) in zip(scenario.expected, outcome).enumerated() where expected != actual {
            let difference = ScenarioTests.difference(expected, actual).joined(separator: "\n")
            Issue.record("step \(index + 1) of \(scenario.expected.count):\n\(difference)")
            return
        }
    }

    /// Lines that are missing and lines that are too many, where they stand.
    static func difference(_ expected: [String], _ actual: [String]) -> [String] {
        let changes = actual.difference(from: expected)
        return changes.map { change in
            switch change {
            case .remove(let offset, let line, _): "- \(offset + 1): \(line)"
            case .insert(let offset, let line, _): "+ \(offset + 1): \(line)"
            }
        }
    }

    @Test("What is written wrong is noticed")
    func mistakes() throws {
        func outcome(_ lines: String...) throws -> [[String]] {
            try ScenarioStage.run(GoldenScenario(["scenario: x", "proves: P1"] + lines, file: "x"))
        }
        let asked = try outcome("when  began")
        #expect(asked.count == 1 && asked[0].last == "check#1: files findExecutable")
        #expect(throws: ScenarioProblem.self) { try outcome("given nonsense") }
        #expect(throws: ScenarioProblem.self) { try outcome("when  files done file#1") }
        #expect(throws: ScenarioProblem.self) { try outcome("given connected", "when  socket refused dial#1 badly") }
        #expect(throws: ScenarioProblem.self) { try outcome("given connected", "when  socket  heard dial#1") }
        #expect(throws: ScenarioProblem.self) { try outcome("given connected", "when  the server assigns a") }
        #expect(GoldenScenario(["scenario: x", "proves: P1", "then  too early"], file: "x").problems.count == 1)
    }

    @Test("A file comes back as it was")
    func roundTrip() {
        for (path, file) in GoldenScenarios.files where !SpecFiles.isRewriting {
            #expect(file.rewritten(file.scenarios.map(\.expected)) == SpecFiles.read(path), "\(path)")
        }
    }
}
