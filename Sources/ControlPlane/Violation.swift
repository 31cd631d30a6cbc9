// What a worker can do against the protocol, each with a name for machines. Notes are no violations: things
// that are allowed and still worth knowing.

import Codecs

enum Violation: Sendable, Equatable, CaseIterable {
    // The form of what was sent.
    case brokenFrame
    case binaryMessage
    case notJSON
    case noEnvelope
    case unknownType
    case missingField
    case wrongFieldType
    case unexpectedField
    case unknownFailureReason
    case badExitCode
    case badTaskState
    case unexpectedMessage
    case badFailureDetails
    // Its place in the conversation.
    case claimOfUnassigned
    case claimedTwice
    case workerIDMismatch
    case finalWordOfUnassigned
    case finalWordWithoutClaim
    case executionIDMissing
    case repeatedFinalWord
    case differentFinalWord
    case finalWordAfterNewerExecution
    case cancelledWithoutRequest
    case rejectionOfUnassigned
    case rejectionOfActive
    case noPing

    var name: StaticString {
        switch self {
        case .brokenFrame: "broken_frame"
        case .binaryMessage: "binary_message"
        case .notJSON: "not_json"
        case .noEnvelope: "no_envelope"
        case .unknownType: "unknown_type"
        case .missingField: "missing_field"
        case .wrongFieldType: "wrong_field_type"
        case .unexpectedField: "unexpected_field"
        case .unknownFailureReason: "unknown_failure_reason"
        case .badExitCode: "bad_exit_code"
        case .badTaskState: "bad_task_state"
        case .unexpectedMessage: "unexpected_message"
        case .badFailureDetails: "bad_failure_details"
        case .claimOfUnassigned: "claim_of_unassigned"
        case .claimedTwice: "claimed_twice"
        case .workerIDMismatch: "worker_id_mismatch"
        case .finalWordOfUnassigned: "final_word_of_unassigned"
        case .finalWordWithoutClaim: "final_word_without_claim"
        case .executionIDMissing: "execution_id_missing"
        case .repeatedFinalWord: "repeated_final_word"
        case .differentFinalWord: "different_final_word"
        case .finalWordAfterNewerExecution: "final_word_after_newer_execution"
        case .cancelledWithoutRequest: "cancelled_without_request"
        case .rejectionOfUnassigned: "rejection_of_unassigned"
        case .rejectionOfActive: "rejection_of_active"
        case .noPing: "no_ping"
        }
    }
}

/// One thing wrong with one message, before it is known whom it concerns.
struct Complaint: Sendable, Equatable {
    var violation: Violation
    var words: String

    init(_ violation: Violation, _ words: String) {
        self.violation = violation
        self.words = words
    }
}
