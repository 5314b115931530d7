import SNNKernel

/// Pseudo-random numbers for the laws: the same seed gives the same numbers on every machine.
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
