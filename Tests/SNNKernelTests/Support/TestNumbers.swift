@testable import SNNKernel

/// Numbers for test data, apart from the kernel's own generator (SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
struct TestNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// `count` numbers in [-1, 1).
    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(2 * unit() - 1) } }

    /// `count` multiples of 1/8 in [-1, 1]: sums of their products are exact in float32, in any order.
    mutating func eighths(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(Int(next() % 17)) / 8 - 1 }
    }

    /// `count` bits, each set with probability `share`.
    mutating func bits(_ count: Int, share: Double) -> [Int] { (0..<count).map { _ in unit() < share ? 1 : 0 } }
}
