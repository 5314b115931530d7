/// What a random number is for.
///
/// Streams of different purposes never overlap.
public enum RandomPurpose: UInt32, Sendable {
    case initialisation = 1
    case coding = 2
    case dropout = 3
    case shuffle = 4
    case augmentation = 5
    case split = 6
    case jitter = 7
    case foreign = 8
}

/// Counter-based random numbers: a value depends only on (seed, purpose, stream, sample, step, index), never on
/// how many were drawn before, so any order of work and any number of threads give the same bits.
///
/// The generator is Philox4x32-10.
/// Source: Salmon, Moraes, Dror, Shaw, «Parallel random numbers: as easy as 1, 2, 3», SC 2011.
public struct RandomStream: Sendable {
    private let key: SIMD2<UInt32>
    private let stream: UInt32

    /// - Parameters:
    ///   - seed: the seed the caller chose.
    ///   - purpose: keeps, say, dropout from repeating the bits of initialisation.
    ///   - stream: tells users of one purpose apart (a node's position in the network, a parameter's).
    public init(seed: UInt64, purpose: RandomPurpose, stream: UInt32 = 0) {
        let mixed = (seed ^ (UInt64(purpose.rawValue) << 56)) &* 0x9E37_79B9_7F4A_7C15
        // An odd factor maps seeds one to one: no two of a purpose share a key.
        key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
        self.stream = stream
    }

    /// Four independent 32-bit words for one counter.
    @inlinable
    public func words(index: UInt32, step: UInt32 = 0, sample: UInt64 = 0) -> SIMD4<UInt32> {
        philox(index: index, step: step, sample: sample)
    }

    @usableFromInline
    func philox(index: UInt32, step: UInt32, sample: UInt64) -> SIMD4<UInt32> {
        var a = index
        var b = step
        var c = UInt32(truncatingIfNeeded: sample)
        var d = UInt32(truncatingIfNeeded: sample >> 32) ^ (stream &* 0x85EB_CA6B)
        var k0 = key.x
        var k1 = key.y
        for _ in 0..<10 {
            let p = UInt64(a) &* 0xD251_1F53
            let q = UInt64(c) &* 0xCD9E_8D57
            let nextA = UInt32(truncatingIfNeeded: q >> 32) ^ b ^ k0
            let nextC = UInt32(truncatingIfNeeded: p >> 32) ^ d ^ k1
            b = UInt32(truncatingIfNeeded: q)
            d = UInt32(truncatingIfNeeded: p)
            a = nextA
            c = nextC
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return SIMD4(a, b, c, d)
    }

    /// A uniform number in [0, 1), a multiple of 2^-24.
    public func uniform(index: UInt32, step: UInt32 = 0, sample: UInt64 = 0) -> Float {
        let word = philox(index: index >> 2, step: step, sample: sample)[Int(index & 3)]
        return Float(word >> 8) * 0x1p-24
    }

    /// Fills `row` with uniform numbers in [0, 1), the same as `uniform(index:)` gives one by one.
    public func fillUniform(_ row: UnsafeMutableBufferPointer<Float>, step: UInt32 = 0, sample: UInt64 = 0) {
        var index = 0
        while index < row.count {
            let four = philox(index: UInt32(index >> 2), step: step, sample: sample)
            for lane in 0..<min(4, row.count - index) { row[index + lane] = Float(four[lane] >> 8) * 0x1p-24 }
            index += 4
        }
    }

    /// Fills `row` with standard normal numbers.
    ///
    /// Two uniform numbers make one (Box and Muller): those of this step and of the next, so steps must be even.
    public func fillNormal(_ row: UnsafeMutableBufferPointer<Float>, step: UInt32 = 0, sample: UInt64 = 0) {
        for index in row.indices {
            row[index] = Float(normal(index: UInt32(truncatingIfNeeded: index), step: step, sample: sample))
        }
    }

    /// A standard normal number, of the uniform numbers of this step and of the next.
    func normal(index: UInt32, step: UInt32 = 0, sample: UInt64 = 0) -> Double {
        // 1 - u is never 0.
        let radius = Double(1 - uniform(index: index, step: step, sample: sample))
        let angle = Double(uniform(index: index, step: step &+ 1, sample: sample))
        return (-2 * radius.logarithm).squareRoot() * (2 * Double.pi * angle).cosine
    }

    /// A number below `bound`, for shuffling; the bias is below `bound` / 2^64.
    public func below(_ bound: Int, index: UInt32, step: UInt32 = 0, sample: UInt64 = 0) -> Int {
        let four = philox(index: index, step: step, sample: sample)
        let wide = UInt64(four.x) << 32 | UInt64(four.y)
        return Int(wide.multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// The numbers 0..<count in a random order (Fisher-Yates).
    public func permutation(of count: Int, epoch: Int = 0) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, below(last + 1, index: UInt32(last), sample: UInt64(epoch)))
        }
        return order
    }
}
