// From a text to a value, by kind. Flags, the file and the defaults of the table all come through here.

import Codecs

extension Value {
    /// Only for kinds that are written as one text.
    static func read(_ text: Bytes, as kind: ValueKind) throws(Complaint) -> Value {
        if kind == .apiKey { return .text(try APIKey.read(text)) }
        if text.isEmpty {
            throw Complaint("is empty; expected \(kind == .volumes ? Volumes.form : kind.expectation)")
        }
        if text.contains(0) { throw Complaint("holds a NUL byte, which nothing can take") }
        switch kind {
        case .text, .path, .command: return .text(text)
        case .workerID: return .text(try WorkerID.read(text))
        case .image: return .text(try image(text))
        case .namespace:
            if let words = KubernetesNames.complaint(namespace: text) { throw Complaint(words) }
            return .text(text)
        case .quantity:
            if let words = Quantity.complaint(text) { throw Complaint(words) }
            return .text(text)
        case .url(let schemes): return .text(try url(text, schemes))
        case .choice(let choices): return .text(try choice(text, choices))
        case .toggle: return .toggle(try toggle(text))
        case .whole(let range): return .whole(try whole(text, in: range))
        case .duration(let isPositive): return .duration(try duration(text, isPositive: isPositive))
        case .size(let least): return .whole(try Size.read(text, atLeast: least))
        case .volumes: return .volumes([text])
        case .action, .apiKey, .environment, .images, .labels, .annotations, .resources, .podTemplate:
            throw Complaint("cannot be given as one value")
        }
    }

    /// What is allowed and yet hardly meant.
    func doubt(as kind: ValueKind) -> String? {
        switch self {
        case .volumes(let specs): return specs.lazy.compactMap(Volumes.doubt).first
        case .text(let text) where kind == .path && text.hasPrefix("~/"):
            return "\(Words.quoted(text)) is taken as it is; only a shell puts the home directory in place of ~"
        case .text, .toggle, .whole, .duration, .environment, .pairs, .json: return nil
        }
    }

    static func image(_ text: Bytes) throws(Complaint) -> Bytes {
        if text.contains(where: { CharacterSets.isSpace($0) || CharacterSets.isControl($0) }) {
            throw Complaint("\(Words.quoted(text)) has white space in it; expected the name of an image")
        }
        return text
    }

    private static func url(_ text: Bytes, _ schemes: [String]) throws(Complaint) -> Bytes {
        let parts: URLParts
        do throws(URLFault) {
            parts = try URLParts(parsing: text)
        } catch {
            switch error {
            case .unknownScheme: throw Complaint("\(Words.quoted(text)) is none; \(wanted(schemes))")
            // What stands before an @ is a password perhaps.
            case .userInfo: throw Complaint(error.words)
            case .tooLong, .badByte, .fragment, .noHost, .badHost, .badPort:
                throw Complaint("\(Words.quoted(text)) will not do: \(error.words)")
            }
        }
        let scheme = Bytes(text: parts.scheme.name).text
        guard schemes.contains(scheme) else {
            throw Complaint("\(Words.quoted(text)) begins with \(scheme)://; \(wanted(schemes))")
        }
        return text
    }

    private static func wanted(_ schemes: [String]) -> String {
        "expected a URL that begins with " + Words.either(schemes.map { "\($0)://" })
    }

    private static func choice(_ text: Bytes, _ choices: [String]) throws(Complaint) -> Bytes {
        if choices.contains(where: { Bytes(text: $0) == text }) { return text }
        let hint = Words.suggestion(text, among: choices).map { "; \($0)" } ?? ""
        throw Complaint("\(Words.quoted(text)) is unknown; expected \(Words.either(choices))\(hint)")
    }

    private static func toggle(_ text: Bytes) throws(Complaint) -> Bool {
        if let value = YAMLWords.bool(text) { return value }
        throw Complaint("\(Words.quoted(text)) is neither true nor false; expected true or false (yes, no, on, off)")
    }

    private static func whole(_ text: Bytes, in range: ClosedRange<Int64>) throws(Complaint) -> Int64 {
        let wanted = "expected a whole number of at least \(range.lowerBound)"
        let digits = text.filter { $0 != 0x5f }
        guard let value = YAMLNumber.whole(digits).flatMap({ Int64(decimal: $0) }) ?? JSON.whole(digits) else {
            guard let real = YAMLNumber.real(digits), real == real.rounded() else {
                throw Complaint("\(Words.quoted(text)) is not a whole number; \(wanted)")
            }
            throw Complaint(real < 0 ? "\(text.text) is too small; \(wanted)" : "\(text.text) is too large")
        }
        if value < range.lowerBound {
            let sign = range.lowerBound == 0 ? "is negative" : "is too small"
            throw Complaint("\(text.text) \(sign); \(wanted)")
        }
        guard value <= range.upperBound else {
            throw Complaint("\(text.text) is too large; expected at most \(range.upperBound)")
        }
        return value
    }

    private static func duration(_ text: Bytes, isPositive: Bool) throws(Complaint) -> Int64 {
        let nanoseconds: Int64
        do {
            nanoseconds = try GoDuration.parse(text)
        } catch {
            let isNumber = error == .missingUnit && YAMLNumber.real(text) != nil
            let hint = isNumber ? "; did you mean \(Words.shown(text))s?" : ""
            throw Complaint("\(Words.quoted(text)) \(error.words)\(hint)")
        }
        if nanoseconds < 0 { throw Complaint("\(Words.quoted(text)) is negative; \(longer(isPositive))") }
        if isPositive, nanoseconds == 0 { throw Complaint("\(Words.quoted(text)) is no time at all; \(longer(true))") }
        return nanoseconds
    }

    private static func longer(_ isPositive: Bool) -> String {
        isPositive ? "expected a duration longer than 0s" : "expected a duration of 0s or more"
    }
}

extension ValueKind {
    /// What an operator is told to write.
    var expectation: String {
        switch self {
        case .action: "nothing"
        case .text: "text"
        case .path: "a path"
        case .command: "a shell command"
        case .apiKey: "an API key"
        case .workerID: "a name for this worker"
        case .image: "the name of an image"
        case .namespace: "the name of a namespace"
        case .quantity: "a quantity such as 10Gi"
        case .url(let schemes): "a URL that begins with " + Words.either(schemes.map { "\($0)://" })
        case .choice(let choices): Words.either(choices)
        case .toggle: "true or false"
        case .whole: "a whole number"
        case .duration: "a duration such as 30s, 1.5h or 2h45m"
        case .size: "a size such as 256Mi or 1G"
        case .volumes: "a list of \(Volumes.form)"
        case .environment: "a list of `- name: KEY` with an optional `value`"
        case .images: "a block of harness: image"
        case .labels: "a block of label: value"
        case .annotations: "a block of annotation: value"
        case .resources: "a block with requests and limits"
        case .podTemplate: "a block with the fields of a Kubernetes PodSpec"
        }
    }
}

enum WorkerID {
    static func read(_ text: Bytes) throws(Complaint) -> Bytes {
        guard text.isUTF8 else { throw Complaint("\(Words.quoted(text)) is not UTF-8") }
        if text.contains(where: CharacterSets.isControl) {
            throw Complaint("\(Words.quoted(text)) holds a control character")
        }
        if text.isBlank { throw Complaint("\(Words.quoted(text)) is blank; expected a name for this worker") }
        if text.hasPrefix("warp") {
            throw Complaint(
                "\(Words.quoted(text)) is reserved, as all names that start with \"warp\" are; choose another")
        }
        return text
    }
}

/// Keys are sent in an HTTP header: visible ASCII only. White space around one comes from files and copying.
enum APIKey {
    static func read(_ text: Bytes) throws(Complaint) -> Bytes {
        let key = text.trimmed()
        if key.isEmpty { throw Complaint("is empty; expected an API key") }
        if key.contains(where: { CharacterSets.isSpace($0) }) {
            throw Complaint("holds white space in its midst, so it is no API key (it is not shown here)")
        }
        if key.contains(where: { CharacterSets.isControl($0) || $0 >= 0x80 }) {
            throw Complaint("holds characters that no API key has (it is not shown here)")
        }
        return key
    }
}
