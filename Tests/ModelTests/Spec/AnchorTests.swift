// Every sentence about behaviour has an anchor, and every anchor a scenario that proves it, or a reason why not.

import Testing

struct AnchorTests {
    /// A sentence about behaviour is an item of a list that begins with its anchor: `- [P17] The worker ...`.
    private struct Page {
        let anchors: [String]
        let bare: [String]

        init(_ name: String) {
            var anchors: [String] = []
            var bare: [String] = []
            for line in (SpecFiles.read(SpecFiles.page(name)) ?? "").split(separator: "\n") where line.hasPrefix("- ")
            {
                if let anchor = AnchorTests.anchor(line.dropFirst(2)) {
                    anchors.append(anchor)
                } else {
                    bare.append(String(line))
                }
            }
            self.anchors = anchors
            self.bare = bare
        }
    }

    private let pages = [Page("protocol.md"), Page("backends.md")]
    private var anchors: [String] { pages.flatMap(\.anchors) }

    private static func anchor(_ text: some StringProtocol) -> String? {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return nil }
        let name = text[text.index(after: text.startIndex)..<end]
        guard let first = name.first, first.isLetter, first.isUppercase, Int(name.dropFirst()) != nil else {
            return nil
        }
        return String(name)
    }

    @Test func everySentenceHasAnAnchorOfItsOwn() {
        #expect(pages.flatMap(\.bare).isEmpty)
        #expect(anchors.count > 100)
        var known: Set<String> = []
        let twice = anchors.filter { !known.insert($0).inserted }
        #expect(twice.isEmpty)
    }

    @Test func scenariosProveSentencesThatExist() {
        let known = Set(anchors)
        let proved = GoldenScenarios.all.flatMap { scenario in scenario.proves.map { "\($0) in \(scenario)" } }
        #expect(proved.filter { !known.contains(String($0.prefix { $0 != " " })) }.isEmpty)
    }

    /// A line of the table in unproven.md: anchor, reason, and what shows it instead.
    private struct Unproven {
        let anchor: String
        let reason: String
        let shownBy: String
    }

    private var unproven: [Unproven] {
        let page = SpecFiles.read(SpecFiles.page("unproven.md")) ?? ""
        return page.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmed }
            guard cells.count == 3, let anchor = AnchorTests.anchor("[\(cells[0])]") else { return nil }
            return Unproven(anchor: anchor, reason: cells[1], shownBy: cells[2])
        }
    }

    @Test func whatNoScenarioProvesIsListed() {
        let proved = Set(GoldenScenarios.all.flatMap(\.proves))
        #expect(unproven.map(\.anchor) == anchors.filter { !proved.contains($0) })
    }

    /// `Tests/x.py::name` and `Tests/x.swift::name` must exist; `none` is allowed, and says so.
    @Test func whatShowsItInsteadExists() {
        for entry in unproven {
            #expect(entry.reason.count > 10, "\(entry.anchor)")
            if entry.shownBy == "none" { continue }
            for place in entry.shownBy.split(separator: ",").map({ $0.trimmed.filter { $0 != "`" } }) {
                let parts = place.split(separator: ":", omittingEmptySubsequences: true).map(String.init)
                let text = SpecFiles.read("\(SpecFiles.root)/\(parts.first ?? "")") ?? ""
                #expect(!text.isEmpty, "\(entry.anchor): \(place)")
                if parts.count > 1 { #expect(text.contains(parts[1]), "\(entry.anchor): \(place)") }
            }
        }
    }
}

extension StringProtocol {
    var trimmed: String {
        let front = drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }
}
