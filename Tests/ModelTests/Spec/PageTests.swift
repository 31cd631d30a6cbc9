// The pages of spec/ that tell what the code has: they are compared with it.

import Codecs
import Simulation
import Testing

struct PageTests {
    @Test func theBoundsAreThoseOfTheScenarios() {
        let path = SpecFiles.page("bounds.md")
        if SpecFiles.isRewriting { SpecFiles.write(Scenarios.page, to: path) }
        #expect(SpecFiles.read(path) == Scenarios.page)
    }

    /// A line of a table with as many cells.
    private func rows(_ page: String, cells: Int) -> [[String]] {
        let lines = (SpecFiles.read(SpecFiles.page(page)) ?? "").split(separator: "\n")
        return lines.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
            .map { $0.split(separator: "|").map(\.trimmed) }.filter { $0.count == cells }
    }

    /// The names by which the simulation calls a violation: the literals in its sources.
    private var namesInTheCode: Set<String> {
        var names: Set<String> = []
        for path in SpecFiles.tree(SpecFiles.root + "/Sources/Simulation", ending: ".swift") {
            let pieces = (SpecFiles.read(path) ?? "").split(
                separator: "Violation(\"", omittingEmptySubsequences: false)
            for piece in pieces.dropFirst() { names.insert(String(piece.prefix { $0 != "\"" })) }
        }
        return names
    }

    @Test func everyInvariantHasALineAndEveryLineAnInvariant() {
        let listed = rows("invariants.md", cells: 3).dropFirst().map { $0[0] }
        #expect(Set(listed).count == listed.count)
        #expect(namesInTheCode.count > 10)
        #expect(Set(listed) == namesInTheCode)
    }

    /// Those that hold by tests of their own: the tests are there.
    @Test func everyPropertyNamesItsTest() {
        let listed = rows("invariants.md", cells: 4).filter { $0[0] != "name" }
        #expect(listed.count >= 4)
        for row in listed {
            let parts = row[3].filter { $0 != "`" }.split(separator: ":").map(String.init)
            let text = SpecFiles.read("\(SpecFiles.root)/\(parts.first ?? "")") ?? ""
            #expect(parts.count == 2 && text.contains("func \(parts[1])"), "\(row[0])")
        }
    }
}
