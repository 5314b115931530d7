import SNNKernel

/// Pseudo-random numbers for tests: the same seed gives the same numbers on every machine.
///
/// The generator is SplitMix64.
/// Source: Steele, Lea, Flood, «Fast splittable pseudorandom number generators», OOPSLA 2014.
public struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    /// Starts the sequence of a seed.
    public init(_ seed: UInt64) {
        // Seeds in a row must not give one sequence shifted by a place each.
        state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in `range`.
    public mutating func number(_ range: ClosedRange<Double> = 0...1) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
    }

    /// A whole number in `range`.
    public mutating func integer(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() >> 1) % (range.upperBound - range.lowerBound + 1)
    }

    /// One of `list`, which must not be empty.
    public mutating func pick<Element>(_ list: [Element]) -> Element { list[integer(0...list.count - 1)] }

    /// Whether something of this probability happens.
    public mutating func happens(_ probability: Double) -> Bool { number() < probability }

    /// Numbers in `range`, each with probability 1 - `activity` replaced by zero.
    public mutating func numbers(_ count: Int, in range: ClosedRange<Double>, activity: Double = 1) -> [Float] {
        (0..<count).map { _ in happens(activity) ? Float(number(range)) : 0 }
    }

    /// Values of which about the share `activity` is not zero.
    public mutating func values(
        steps: Int,
        batch: Int,
        count: Int,
        isConstant: Bool = false,
        in range: ClosedRange<Double> = -1...1,
        activity: Double = 1
    ) -> Values {
        let values = Values(steps: steps, batch: batch, count: count, isConstant: isConstant)
        let drawn = numbers(values.storage.count, in: range, activity: activity)
        for (index, number) in drawn.enumerated() { values.base[index] = number }
        return values
    }

    /// Spikes of which about the share `activity` is not zero: bits, or counts up to `largest` with a sign.
    public mutating func raster(
        steps: Int,
        batch: Int,
        count: Int,
        activity: Double,
        largest: Int = 1,
        isSigned: Bool = false,
        scale: Float = 1
    ) -> Raster {
        let row = batch * count
        if largest == 1, !isSigned {
            let words = Raster.emptyBits(steps: steps, batch: batch, count: count)
            let wordsPerStep = (row + 63) / 64
            for t in 0..<steps {
                for index in 0..<row where happens(activity) {
                    words.base[t * wordsPerStep + index / 64] |= 1 << UInt64(index % 64)
                }
            }
            return Raster(steps: steps, batch: batch, count: count, scale: scale, form: .bits(words))
        }
        let counts = Storage<Int16>(steps * row)
        for index in 0..<counts.count where happens(activity) {
            let magnitude = Int16(integer(1...largest))
            counts.base[index] = isSigned && happens(0.5) ? -magnitude : magnitude
        }
        return Raster(steps: steps, batch: batch, count: count, scale: scale, form: .counts(counts))
    }
}

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

extension ValueLaw {
    /// A number of about 0...1 as one that obeys.
    public func legal(_ value: Float) -> Float {
        switch self {
        case .finite: value
        // Adding 0 makes 0 of -0, which no events give.
        case .range(let low, let high): min(high, max(low, value))
        case .whole(let largest): min(Float(largest), max(0, (value * Float(largest)).rounded())) + 0
        }
    }
}

/// Samples of events, held in arrays.
public final class EventArrays: SampleSource {
    private let steps: Storage<UInt32>
    private let neurons: Storage<UInt32>
    private let source: EventSource

    /// Samples of these events, of `size` steps and neurons.
    public init(_ samples: [[(step: Int, neuron: Int)]], steps stepCount: Int, neurons neuronCount: Int) throws {
        let all = samples.joined()
        steps = Storage(all.count)
        neurons = Storage(all.count)
        for (index, event) in all.enumerated() {
            steps.base[index] = UInt32(truncatingIfNeeded: event.step)
            neurons.base[index] = UInt32(truncatingIfNeeded: event.neuron)
        }
        var offsets: [UInt64] = [0]
        for sample in samples { offsets.append(offsets[offsets.count - 1] + UInt64(sample.count)) }
        source = EventSource(
            try EventSet(
                offsets: offsets,
                count: samples.count,
                steps: steps.base,
                neurons: neurons.base,
                eventCount: all.count
            ),
            steps: stepCount,
            neurons: neuronCount
        )
    }

    /// The events, in random order, that frames `[samples, steps, neurons]` of whole numbers are made of.
    public convenience init(frames: [Float], steps: Int, neurons: Int, random: inout Seeded) throws {
        var samples: [[(step: Int, neuron: Int)]] = []
        for first in stride(from: 0, to: frames.count, by: steps * neurons) {
            var events: [(step: Int, neuron: Int)] = []
            for place in 0..<steps * neurons {
                events += Array(repeating: (place / neurons, place % neurons), count: Int(frames[first + place]))
            }
            samples.append(events.shuffled(using: &random))
        }
        try self.init(samples, steps: steps, neurons: neurons)
    }

    /// Writes one sample as frames.
    public func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { source.fill(sample, into: row) }

    /// The events of one sample; valid as long as the arrays live.
    public func events(_ sample: Int) -> SampleEvents? { source.events(sample) }

    /// What ``EventSource/check()`` throws.
    public func check() throws(SNNError) { try source.check() }
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
