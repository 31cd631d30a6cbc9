// The report for machines. docs/check.md tells of the keys: add, never rename.

import Codecs

extension CheckReport {
    /// Rises when a key changes its meaning or goes.
    public static let format = 1

    public var json: JSON {
        let parts = sections.map { section in
            JSONMember(
                name: Bytes(text: section.part.rawValue),
                value: .object([
                    JSONMember("note", text(section.note)), JSONMember("steps", .array(section.steps.map(\.json))),
                ]))
        }
        return .object([
            JSONMember("format", .number(Self.format)),
            JSONMember("version", .string(version)),
            JSONMember("result", .string(resultWord)),
            JSONMember("exit_code", .number(exitCode)),
            JSONMember("failed", .number(failures)),
            JSONMember("warnings", .number(warnings)),
            JSONMember("configuration", configuration.json),
            JSONMember("checks", .object(parts)),
        ])
    }
}

extension CheckedConfiguration {
    fileprivate var json: JSON {
        .object([
            JSONMember("file", text(file)),
            JSONMember("values", .array(values.map(\.json))),
            JSONMember("warnings", .array(warnings.map(JSON.string))),
            JSONMember("problems", .array(problems.map(JSON.string))),
        ])
    }
}

extension CheckedConfiguration.Value {
    fileprivate var json: JSON {
        .object([
            JSONMember("name", .string(name)),
            JSONMember("value", content.json),
            JSONMember("origins", .array(origins.map(\.json))),
        ])
    }
}

extension CheckedConfiguration.Content {
    fileprivate var json: JSON {
        switch self {
        case .one(let value), .text(let value, _): .string(value)
        case .many(let values): .array(values.map(JSON.string))
        case .absent: .null
        }
    }
}

extension CheckedConfiguration.Origin {
    fileprivate var json: JSON {
        switch self {
        case .flag(let flag):
            .object([JSONMember("kind", .string("flag")), JSONMember("name", .string(flag))])
        case .variable(let variable):
            .object([JSONMember("kind", .string("environment")), JSONMember("name", .string(variable))])
        case .file(let file, let line, let column):
            .object([
                JSONMember("kind", .string("file")), JSONMember("file", .string(file)),
                JSONMember("line", .number(line)), JSONMember("column", .number(column)),
            ])
        case .fallback: .object([JSONMember("kind", .string("default"))])
        }
    }
}

extension CheckStep {
    fileprivate var json: JSON {
        .object([
            JSONMember("name", .string(name)),
            JSONMember("outcome", .string(verdict.word)),
            JSONMember("message", .string(words)),
            JSONMember("advice", text(advice)),
            JSONMember("details", .array(details.map(JSON.string))),
            JSONMember("facts", .object(facts)),
        ])
    }
}

private func text(_ text: String?) -> JSON {
    text.map(JSON.string) ?? .null
}
