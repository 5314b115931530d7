@_exported import SNNLaws
import Testing

/// Words and place of one check: every failure says what broke, with which seed, where the caller stands.
struct IssueLog {
    let subject: String
    let seed: UInt64
    let location: SourceLocation

    /// Records a failure unless `holds`.
    func require(_ holds: Bool, _ claim: @autoclosure () -> String) {
        if !holds { Issue.record("\(subject): \(claim()) (seed \(seed))", sourceLocation: location) }
    }

    /// Records a failure unless two rows of numbers are equal to the bit.
    func equalBits(_ a: [Float], _ b: [Float], _ claim: @autoclosure () -> String) {
        let difference = firstDifference(a, b)
        require(difference == nil, "\(claim()): \(difference ?? "")")
    }

    /// Records every breach of a law.
    func record(_ findings: [Finding]) {
        for finding in findings {
            for breach in finding.breaches { require(false, "\(finding.law.rawValue): \(breach)") }
        }
    }
}
