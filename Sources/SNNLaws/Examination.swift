import SNNKernel

/// What came of one law.
public enum Verdict: String, Sendable {
    /// No breach was found.
    case holds
    /// A breach was found.
    case broken
    /// The law says nothing of this component.
    case notApplicable = "not_applicable"
}

/// One law, and what was found.
public struct Finding: Sendable {
    /// The law.
    public let law: Law
    /// What came of it.
    public let verdict: Verdict
    /// Every breach, in the order found: a sentence that names value and place.
    public let breaches: [String]
    /// How near the law was to breaking, or why it does not apply; empty where there is nothing to say.
    public let note: String

    /// The first breach, else the note.
    public var detail: String { breaches.first ?? note }

    /// The two as one finding of the same law: what is broken stays so, and what was examined counts as such.
    func merged(with other: Finding) -> Finding {
        let rank: [Verdict] = [.notApplicable, .holds, .broken]
        let isOther = (rank.firstIndex(of: other.verdict) ?? 0) > (rank.firstIndex(of: verdict) ?? 0)
        let notes = verdict == other.verdict ? [note, other.note] : [isOther ? other.note : note]
        return Finding(
            law: law,
            verdict: isOther ? other.verdict : verdict,
            breaches: breaches + other.breaches,
            note: notes.filter { !$0.isEmpty }.joined(separator: "; ")
        )
    }
}

/// Collects what the laws find in one component.
public final class Examination {
    /// Drives every random number.
    public let seed: UInt64
    /// The laws to examine; others are passed over without a finding.
    public let laws: Set<Law>
    /// How long several threads are given to meet in the same memory.
    let threadTime: Duration
    private var found: [Law: Finding] = [:]
    /// Asks the component for a run that failed.
    var takeFailure: () -> SNNError? = { nil }
    /// Told of each law before it is examined.
    public var willExamine: (Law) -> Void = { _ in }

    /// Nothing found yet.
    public init(
        seed: UInt64 = 1,
        laws: Set<Law> = Set(Law.allCases),
        threadTime: Duration = .milliseconds(10)
    ) {
        self.threadTime = threadTime
        self.seed = seed
        self.laws = laws
    }

    /// What was found, in the order of ``Law``.
    public var findings: [Finding] { Law.allCases.compactMap { found[$0] } }

    /// Whether a breach of this law was found.
    func isBroken(_ law: Law) -> Bool { found[law]?.verdict == .broken }

    /// Examines one law, if it is to be examined.
    func examine(_ law: Law, _ body: (Evidence) -> Void) {
        guard laws.contains(law) else { return }
        willExamine(law)
        let evidence = Evidence()
        body(evidence)
        if let failure = takeFailure() {
            let broken = Law.broken(by: failure)
            add(Finding(law: broken, verdict: .broken, breaches: [failure.message], note: ""))
            if broken != law { pass(law, because: "a run failed in it, see \(broken.rawValue)") }
            return
        }
        let verdict: Verdict = evidence.breaches.isEmpty ? .holds : .broken
        add(Finding(law: law, verdict: verdict, breaches: evidence.breaches, note: evidence.note))
    }

    /// Says why a law does not apply.
    func pass(_ law: Law, because reason: String) {
        guard laws.contains(law) else { return }
        add(Finding(law: law, verdict: .notApplicable, breaches: [], note: reason))
    }

    private func add(_ finding: Finding) { found[finding.law] = found[finding.law]?.merged(with: finding) ?? finding }
}

/// Collects the breaches of one law.
final class Evidence {
    private(set) var breaches: [String] = []
    /// How near the law was to breaking.
    var note = ""

    /// Notes a breach unless `holds`.
    func require(_ holds: Bool, _ claim: @autoclosure () -> String) {
        if !holds { breaches.append(claim()) }
    }

    /// Notes a breach unless two rows of numbers are equal to the bit.
    func equalBits(_ a: [Float], _ b: [Float], _ claim: @autoclosure () -> String) {
        if let difference = firstDifference(a, b) { breaches.append("\(claim()): \(difference)") }
    }
}
