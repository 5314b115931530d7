/// The random numbers of numpy's `RandomState`, to the last bit.
///
/// Only data sets that were published as a seed of it need it; whatever the library draws itself comes from
/// ``RandomStream``.
/// Source: M. Matsumoto, T. Nishimura, «Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom
/// number generator», ACM TOMACS 8, 1998 (MT19937, `init_genrand`).
struct MersenneTwister {
    private var state: [UInt32]
    private var position: Int

    /// As `RandomState(seed)`.
    init(seed: UInt32) {
        state = [seed]
        for index in 1..<624 {
            let last = state[index - 1]
            state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(index))
        }
        position = state.count
    }

    /// The next 32 bits.
    mutating func next() -> UInt32 {
        if position == state.count { renew() }
        var word = state[position]
        position += 1
        word ^= word >> 11
        word ^= word << 7 & 0x9D2C_5680
        word ^= word << 15 & 0xEFC6_0000
        return word ^ word >> 18
    }

    private mutating func renew() {
        let count = state.count
        for index in 0..<count {
            let mixed = state[index] & 0x8000_0000 | state[(index + 1) % count] & 0x7FFF_FFFF
            state[index] = state[(index + 397) % count] ^ mixed >> 1 ^ (mixed & 1 == 1 ? 0x9908_B0DF : 0)
        }
        position = 0
    }

    /// A number in [0, 1) with 53 random bits, as `rand()` draws it.
    mutating func uniform() -> Double {
        let high = Double(next() >> 5)
        let low = Double(next() >> 6)
        return (high * 0x1p26 + low) * 0x1p-53
    }

    /// A number in 0..<bound, as `randint(bound)` draws it: words cut to the bits of `bound - 1` until one is below.
    mutating func below(_ bound: UInt32) -> UInt32 {
        precondition(bound >= 1, "bound must be >= 1, got \(bound)")
        let largest = bound - 1
        let mask: UInt32 = largest == 0 ? 0 : .max >> UInt32(largest.leadingZeroBitCount)
        guard mask != 0 else { return 0 }
        while true {
            let word = next() & mask
            if word <= largest { return word }
        }
    }
}
