// Time as values. `Instant` is monotonic and counts sleep (CLOCK_BOOTTIME); `WallTime` is for logs and expiry only.

/// A length of time in nanoseconds.
public struct Span: Hashable, Codable, Sendable, Comparable {
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    public static func milliseconds(_ count: UInt64) -> Span { Span(nanoseconds: count.times(1_000_000)) }
    public static func seconds(_ count: UInt64) -> Span { Span(nanoseconds: count.times(1_000_000_000)) }
    public static let zero = Span(nanoseconds: 0)

    public static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// A point on the monotonic clock.
public struct Instant: Hashable, Codable, Sendable, Comparable {
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates: a deadline beyond the end of time is never reached, which is what it means.
    public func after(_ span: Span) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    public func since(_ earlier: Instant) -> Span {
        Span(nanoseconds: nanoseconds >= earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0)
    }
}

/// Nanoseconds since 1970, UTC.
public struct WallTime: Hashable, Codable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }
}

extension UInt64 {
    /// Multiplication that saturates; numbers from outside may be absurd.
    public func times(_ factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

/// The earlier of two deadlines, where either may be absent.
public func earlier(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
