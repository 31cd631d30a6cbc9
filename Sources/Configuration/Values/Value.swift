// A value once it was read by its kind, wherever it came from.

import Codecs

enum Value: Equatable {
    case text(Bytes)
    case toggle(Bool)
    case whole(Int64)
    /// Nanoseconds.
    case duration(Int64)
    case volumes([Bytes])
    case environment([EnvironmentRequest])
    case pairs([NamedText])
    case json(JSON)
}

/// What somebody asked for; without a value it is the host's that is wanted.
struct EnvironmentRequest: Equatable {
    var name: Bytes
    var value: SecretBytes?
    var place: Problem.Place
    var path = ConfigPath()
}

/// Requests in order, one for each name: a later one takes the place of the earlier.
struct EnvironmentRequests {
    private(set) var all: [EnvironmentRequest] = []
    private var places: [Bytes: Int] = [:]

    /// True when the name was there already.
    @discardableResult
    mutating func set(_ request: EnvironmentRequest) -> Bool {
        if let place = places[request.name] {
            all[place] = request
            return true
        }
        places[request.name] = all.count
        all.append(request)
        return false
    }
}

/// Why a value will not do, in words that follow its place.
struct Complaint: Error, Equatable {
    var words: String

    init(_ words: String) {
        self.words = words
    }
}
