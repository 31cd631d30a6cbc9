// The YAML reader below the golden files: scalars, numbers as JSON has them, bounds.

import Codecs
import Testing

@testable import Configuration

@Suite("Configuration: YAML")
struct YAMLTests {
    private func json(_ text: String) throws -> String {
        var diagnosis = Diagnosis()
        let node = try #require(try YAML.read(Bytes(text: text)))
        let value = node.json(path: ConfigPath(), into: &diagnosis)
        #expect(diagnosis.problems.isEmpty)
        return value.encoded().text
    }

    @Test(
        "Plain scalars by YAML 1.1",
        arguments: [
            ("0644", "420"), ("-0644", "-420"), ("0", "0"), ("-0", "0"), ("00", "0"), ("08", "8"), ("0x_1f", "31"),
            ("0b11", "3"), ("0o17", "15"), ("+5", "5"), ("1_000", "1000"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854775808"), ("18446744073709551616", "18446744073709552000"),
            ("-9223372036854775809", "-9223372036854776000"), ("0x", "\"0x\""), ("0x-1", "\"0x-1\""),
            ("--1", "\"--1\""),
            ("y", "true"), ("Y", "true"), ("oN", "\"oN\""), ("n", "false"), ("OFF", "false"), ("~", "null"),
            ("1.", "1"), (".5", "0.5"), ("-.5", "-0.5"), ("1e3", "1000"), ("1E+3", "1000"), ("1e-7", "1e-7"),
            ("1.5e300", "1.5e+300"), ("1e400", "\"1e400\""), ("1:30", "\"1:30\""), ("1.2.3", "\"1.2.3\""),
            (".", "\".\""), ("1e", "\"1e\""), ("2001-01-01", "\"2001-01-01\""), ("1_0.5", "10.5"),
            ("! 12", "12"), ("!!str 0644", "\"0644\""), ("!!str", "\"\""), ("\"0644\"", "\"0644\""),
        ])
    func scalars(_ text: String, _ expected: String) throws {
        #expect(try json("a: \(text)") == "{\"a\":\(expected)}")
    }

    @Test(
        "Reals are written as Kubernetes' tools write them",
        arguments: [
            (1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (100.0, "100"), (123456.789, "123456.789"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"), (1.25e21, "1.25e+21"), (0.000001, "0.000001"), (0.0000001, "1e-7"), (1.5e-10, "1.5e-10"),
            (0.0, "0"), (-0.0, "-0"), (Double.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (2251799813685249.5, "2251799813685249.5"), (9007199254740993.0, "9007199254740992"),
        ])
    func reals(_ value: Double, _ expected: String) {
        #expect(JSONNumber.text(of: value).text == expected)
    }

    @Test("Places count characters, not bytes")
    func places() throws {
        let node = try #require(try YAML.read(Bytes(text: "é: {ü: x}\n")))
        guard case .mapping(let pairs) = node.content, case .mapping(let inner) = pairs[0].value.content else {
            Issue.record("no mapping")
            return
        }
        #expect(inner[0].key.mark == Mark(line: 1, column: 5))
        #expect(inner[0].value.mark == Mark(line: 1, column: 8))
    }

    @Test("Size, depth and what aliases expand to are bounded")
    func bounds() {
        let limits = YAMLLimits(size: 100, depth: 3, expansion: 100)
        func mark(_ text: String) -> Mark? {
            do {
                _ = try YAML.read(Bytes(text: text), limits: limits)
                return nil
            } catch {
                return error.mark
            }
        }
        #expect(mark(String(repeating: "a", count: 100)) == nil)
        #expect(mark(String(repeating: "a", count: 101)) == Mark(line: 1, column: 1))
        #expect(mark("[[[a]]]") == nil)
        #expect(mark("[[[[a]]]]") == Mark(line: 1, column: 4))
        #expect(mark("[&a [b], [*a]]") == nil)
        #expect(mark("[&a [b], [[*a]]]") == Mark(line: 1, column: 12))
        #expect(mark("[&a bbbb, *a, *a, *a, *a, *a]") == nil)
        #expect(mark("[&a bbbb, *a, *a, *a, *a, *a, *a]") == Mark(line: 1, column: 31))
    }

    @Test("An anchor that is set again counts from there")
    func anchorsAgain() throws {
        #expect(try json("[&a 1, *a, &a 2, *a]") == "[1,1,2,2]")
    }

    @Test(
        "Quantities",
        arguments: [
            ("10Gi", true), ("500m", true), ("1.5", true), (".5", true), ("5.", true), ("1e3", true), ("1E-3", true),
            ("+1k", true),
            ("0", true), ("", false), ("Gi", false), ("1 Gi", false), ("10GB", false), ("1ki", false), ("1e", false),
            ("-1", false), ("1.2.3", false), ("0x10", false),
        ])
    func quantities(_ text: String, _ isLegal: Bool) {
        #expect((Quantity.complaint(Bytes(text: text)) == nil) == isLegal)
    }

    @Test("Label keys and values at their limits")
    func labels() {
        func key(_ text: String) -> Bool { KubernetesNames.complaint(labelKey: Bytes(text: text)) == nil }
        let long = String(repeating: "a", count: 63)
        #expect(key(long) && !key(long + "a"))
        #expect(key("a.b-c/\(long)") && !key("/a") && !key("a/") && !key("A/b") && !key("a_b/c") && !key(""))
        let prefix = (0..<4).map { _ in long }.joined(separator: ".").dropLast(2)
        #expect(key("\(prefix)/a") && !key("\(prefix)a/a"))
        #expect(KubernetesNames.complaint(labelValue: Bytes(text: long)) == nil)
        #expect(KubernetesNames.complaint(labelValue: Bytes(text: long + "a")) != nil)
        #expect(KubernetesNames.complaint(labelValue: []) == nil)
    }
}
