import SNNKernel

/// Samples held in an array, `[samples, inputCount]`, channels first.
public struct ArraySource: SampleSource {
    /// The values.
    public let rows: [Float]
    /// Values of one sample.
    public let inputCount: Int

    /// Samples of `inputCount` values each.
    public init(_ rows: [Float], inputCount: Int) {
        self.rows = rows
        self.inputCount = inputCount
    }

    /// Writes one sample.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        for index in 0..<inputCount { row[index] = rows[sample * inputCount + index] }
    }
}

/// What the scores of a batch should be, held in an array.
public struct Answers: Sendable {
    /// Class numbers or wanted values.
    public enum Kind: Sendable {
        case labels([Int32])
        case values([Float])
    }
    /// The answers.
    public let kind: Kind
    /// Whether there is one a step, `[batch, steps]`, rather than one a sample.
    public let perStep: Bool

    /// Answers of a batch.
    public init(_ kind: Kind, perStep: Bool = false) {
        self.kind = kind
        self.perStep = perStep
    }

    /// Hands the answers to `body` in the form that the kernel takes.
    public func withTargets<Result>(_ body: (Targets) throws -> Result) throws -> Result {
        switch kind {
        case .labels(let labels):
            let storage = Storage<Int32>(labels.count)
            for (index, label) in labels.enumerated() { storage.base[index] = label }
            return try withExtendedLifetime(storage) { try body(Targets(.labels(storage.base), perStep: perStep)) }
        case .values(let values):
            let storage = Storage<Float>(values.count)
            for (index, value) in values.enumerated() { storage.base[index] = value }
            return try withExtendedLifetime(storage) { try body(Targets(.values(storage.base), perStep: perStep)) }
        }
    }
}
