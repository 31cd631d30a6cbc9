// The report: which exit code follows from which steps, and its two forms.

import Check
import Codecs
import Testing

private func report(_ verdicts: [CheckStep.Verdict], problems: [String] = []) -> CheckReport {
    let steps = verdicts.map { CheckStep("step", $0, "words") }
    return CheckReport(
        version: "v", configuration: CheckedConfiguration(problems: problems),
        sections: [CheckSection(.backend), CheckSection(.controlPlane, steps: steps)])
}

@Suite("Check: report") struct CheckReportTests {
    @Test("The worst decides, and a refused key comes before what is merely away")
    func exitCodes() {
        #expect(report([.fine, .skipped]).exitCode == 0)
        #expect(report([.fine, .doubtful]).exitCode == 0)
        #expect(report([.doubtful, .failed(.unavailable)]).exitCode == 69)
        #expect(report([.failed(.unavailable), .failed(.unauthorised)]).exitCode == 77)
        #expect(report([.failed(.unauthorised)], problems: ["wrong"]).exitCode == 2)
        #expect(Set(CheckResult.allCases.map(\.exitCode)).count == CheckResult.allCases.count)
    }

    @Test("A signal is told as shells tell it, whatever was found before")
    func interrupted() {
        var interrupted = report([.fine])
        interrupted.signal = 2
        #expect(interrupted.exitCode == 130)
        #expect(interrupted.json["result"]?.asString?.text == "interrupted")
        #expect(ReportText(isColoured: false).lines(endOf: interrupted).last?.contains("interrupted") == true)
    }

    @Test("The document has its keys, in every case")
    func document() throws {
        let values = [
            CheckedConfiguration.Value(
                "worker_id", .text("w", quoted: "\"w\""), [.file("c.yaml", line: 3, column: 4)]),
            CheckedConfiguration.Value("task_timeout", .absent("no limit"), [.fallback]),
            CheckedConfiguration.Value("environment", .many(["A: (hidden)"]), [.flag("-e"), .variable("X")]),
        ]
        let step = CheckStep(
            "tls", .failed(.unavailable), "expired", advice: "renew it", details: ["a line"],
            facts: [JSONMember("version", .string("TLSv1.3"))])
        let whole = CheckReport(
            version: "1", configuration: CheckedConfiguration(file: "c.yaml", values: values, warnings: ["hm"]),
            sections: [CheckSection(.hosts, note: "so", steps: [step])])
        // Through text and back, as whoever reads it does.
        let json = try JSON.parse(whole.json.encoded())
        #expect(json["format"]?.asInt == CheckReport.format)
        #expect(json["result"]?.asString?.text == "unavailable")
        #expect(json["exit_code"]?.asInt == 69)
        #expect(json["failed"]?.asInt == 1)
        #expect(json["warnings"]?.asInt == 1)
        let found = json["configuration"]?["values"]
        #expect(found?[0]?["value"]?.asString?.text == "w")
        #expect(found?[0]?["origins"]?[0]?["line"]?.asInt == 3)
        #expect(found?[1]?["value"]?.isNull == true)
        #expect(found?[2]?["value"]?[0]?.asString?.text == "A: (hidden)")
        #expect(found?[2]?["origins"]?.asArray?.count == 2)
        let told = json["checks"]?["hosts"]?["steps"]?[0]
        #expect(told?["outcome"]?.asString?.text == "failed")
        #expect(told?["advice"]?.asString?.text == "renew it")
        #expect(told?["details"]?[0]?.asString?.text == "a line")
        #expect(told?["facts"]?["version"]?.asString?.text == "TLSv1.3")
        #expect(report([]).json["checks"]?["control_plane"]?["steps"]?.asArray?.isEmpty == true)
    }

    @Test("Text: values in line with their origins, lists in lines of their own")
    func configuration() {
        let text = ReportText(isColoured: false)
        let lines = text.lines(
            of: CheckedConfiguration(
                file: "c.yaml",
                values: [
                    .init("a", .text("1", quoted: "\"1\""), [.flag("--a")]),
                    .init("long_name", .many(["X: (hidden)", "Y: (hidden)"]), [.fallback]),
                    .init("none", .many([]), [.fallback]),
                ], warnings: ["mind this"]))
        #expect(
            lines == [
                "Configuration  c.yaml", "  a          \"1\"   --a", "  long_name        default", "    X: (hidden)",
                "    Y: (hidden)", "  none       none  default", "  warning  mind this",
            ])
    }

    @Test("Text: words from outside move no cursor, and colour is only there when wanted")
    func steps() {
        let step = CheckStep("tls", .doubtful, "by \u{1B}[2Jsomebody\u{202E}", advice: "a\nb", details: ["\u{7}"])
        let plain = ReportText(isColoured: false).lines(of: step, in: .controlPlane, isRepeated: false)
        #expect(
            plain == ["  warning  tls             by ?[2Jsomebody?", "           -> a?b", "           | ?"])
        let coloured = ReportText(isColoured: true).lines(of: step, in: .controlPlane, isRepeated: true)
        #expect(coloured[0].hasPrefix("  \u{1B}[33mwarning\u{1B}[0m  tls"))
        #expect(coloured.count == 2 && !coloured[1].contains("->"))
    }
}
