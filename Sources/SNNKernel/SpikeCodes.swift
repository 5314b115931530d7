/// Spikes of neurons that send one code a window: K steps, each with an amplitude of its own.
///
///     value = sum over t of amplitude[t] spike[t]
///
/// A code is one number of K bits, the spike of the first step the highest. A receiver that knows the amplitudes weighs
/// spikes as they come, or takes the whole code at the end of the window: the sums are the same.
public struct SpikeCodes: Sendable {
    /// Most steps: a spike a bit.
    public static let mostSteps = 32

    /// One code a neuron, `[batch, count]`.
    public let codes: Storage<UInt32>
    /// One a step.
    public let amplitudes: [Float]
    /// Where codes count in units: what the last bit is worth, each bit before it twice as much as the next.
    ///
    /// Then the larger code is the larger value, and the value of a code is one product.
    public let unit: Float?

    /// Codes over memory that exists.
    public init(codes: Storage<UInt32>, amplitudes: [Float], unit: Float? = nil) {
        precondition(1...Self.mostSteps ~= amplitudes.count, "codes have 1 ... 32 steps")
        self.codes = codes
        self.amplitudes = amplitudes
        self.unit = unit
    }

    /// Steps, K.
    @usableFromInline var steps: Int { amplitudes.count }

    /// The bit of a step.
    @usableFromInline func bit(_ step: Int) -> UInt32 { 1 << UInt32(steps - 1 - step) }

    /// What a code is worth, its first spike first.
    func value(_ code: UInt32) -> Float {
        if let unit { return Float(code) * unit }
        var sum: Float = 0
        for step in 0..<steps where code & bit(step) != 0 { sum += amplitudes[step] }
        return sum
    }

    /// What `count` codes are worth.
    func values(_ count: Int) -> Storage<Float> {
        let values = Storage<Float>(overwriting: count)
        if let unit {
            for index in 0..<count { values.base[index] = Float(codes.base[index]) * unit }
        } else {
            for index in 0..<count { values.base[index] = value(codes.base[index]) }
        }
        return values
    }
}

extension Raster {
    /// What the codes are worth, constant over the window; nil where these spikes are no codes.
    var decoded: Values? {
        guard case .codes(let codes) = held else { return nil }
        return Values(steps: steps, batch: batch, count: count, isConstant: true, storage: codes.values(row))
    }

    /// The codes, where these spikes are some.
    public var codes: SpikeCodes? { if case .codes(let codes) = held { codes } else { nil } }

    /// Codes as spikes step by step.
    func words(of codes: SpikeCodes) -> Storage<UInt64> {
        let words = Self.emptyBits(steps: steps, batch: batch, count: count)
        for step in 0..<steps {
            let (to, bit) = (words.base + step * wordsPerStep, codes.bit(step))
            for index in 0..<row where codes.codes.base[index] & bit != 0 {
                to[index >> 6] |= 1 << UInt64(index & 63)
            }
        }
        return words
    }
}

extension Activity {
    /// What it is worth over the window, a number a neuron: what a code or a constant value is, else the mean over the
    /// steps.
    public var windowMean: Values {
        if case .values(let values) = decoded, values.isConstant { return values }
        let mean = Values(steps: steps, batch: batch, count: count, isConstant: true)
        let row = Storage<Float>(overwriting: mean.row)
        for t in 0..<steps {
            write(step: t, to: row.base)
            for index in 0..<mean.row { mean.base[index] += row.base[index] }
        }
        for index in 0..<mean.row { mean.base[index] /= Float(steps) }
        return withExtendedLifetime(row) { mean }
    }

    /// The activity with codes of spikes as what they are worth.
    var decoded: Activity {
        if case .raster(let raster) = self, let values = raster.decoded { .values(values) } else { self }
    }
}
