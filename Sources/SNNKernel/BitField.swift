/// Reads of some bits at any bit of a raster.
enum BitField {
    /// The bits that one read is sure to bring, whatever bit of a byte it begins at.
    static let narrow = 57

    /// Words of 64 bits that hold the channels of a pixel.
    static func count(_ channels: Int) -> Int { (channels + 63) >> 6 }

    /// The lowest `count` bits, at most all.
    @inline(__always)
    static func mask(_ count: Int) -> UInt64 { count < 64 ? (1 &<< UInt64(truncatingIfNeeded: count)) &- 1 : ~0 }

    /// The 57 bits from bit `index`, and perhaps some more.
    @inline(__always)
    static func narrow(_ words: UnsafePointer<UInt64>, _ index: Int) -> UInt64 {
        let word = UnsafeRawPointer(words).loadUnaligned(fromByteOffset: index >> 3, as: UInt64.self)
        return word &>> UInt64(truncatingIfNeeded: index & 7)
    }

    /// The 64 bits from bit `index`.
    @inline(__always)
    static func wide(_ words: UnsafePointer<UInt64>, _ index: Int) -> UInt64 {
        let shift = UInt64(truncatingIfNeeded: index & 63)
        let word = words + index >> 6
        return word[0] &>> shift | (word[1] &<< 1) &<< (63 &- shift)
    }

    /// One bit a lane, lane 0 lowest.
    @inline(__always)
    private static var weights: SIMD16<UInt32> {
        SIMD16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
    }

    /// Sixteen channels, from `channel` on, of the pixel whose channels begin at `words`.
    @inline(__always)
    static func lanes(_ words: UnsafePointer<UInt64>, _ channel: Int) -> SIMDMask<SIMD16<Int32>> {
        let bits = UnsafeRawPointer(words).loadUnaligned(fromByteOffset: channel >> 3, as: UInt32.self)
        let set: SIMDMask<SIMD16<Int32>> = SIMD16(repeating: bits) & weights .!= SIMD16(repeating: 0)
        return set
    }

    /// 1 in the lanes whose bit is set.
    @inline(__always)
    static func ones(_ bits: UInt64) -> SIMD16<Int16> {
        let weights = SIMD16<UInt16>(truncatingIfNeeded: weights)
        let set: SIMDMask<SIMD16<Int16>> =
            SIMD16(repeating: UInt16(truncatingIfNeeded: bits)) & weights .!= SIMD16(repeating: 0)
        return SIMD16(repeating: 0).replacing(with: SIMD16(repeating: 1), where: set)
    }
}

/// Writes stretches of bits one behind the other, from the lowest bit of a word.
struct BitStream {
    private var next: UnsafeMutablePointer<UInt64>
    private var pending: UInt64 = 0
    private var count = 0  // pending bits, < 64

    init(to words: UnsafeMutablePointer<UInt64>) { next = words }

    /// Appends the lowest `count` of `bits`, 1 to 64.
    @inline(__always)
    mutating func append(_ bits: UInt64, count added: Int) {
        let bits = bits & BitField.mask(added)
        pending |= bits &<< UInt64(truncatingIfNeeded: count)
        count &+= added
        if count >= 64 {
            next.pointee = pending
            next += 1
            count &-= 64
            // What found no room: all but the first added - count bits, and those are 1 to 64.
            pending = (bits &>> 1) &>> UInt64(truncatingIfNeeded: added &- count &- 1)
        }
    }

    /// Appends `count` bits of `words` from bit `index` on.
    mutating func append(from words: UnsafePointer<UInt64>, at index: Int, count: Int) {
        var done = 0
        while done < count {
            append(BitField.wide(words, index + done), count: min(64, count - done))
            done += 64
        }
    }

    /// Appends `count` bits that are not set.
    mutating func appendSilence(count: Int) {
        var left = count
        while left > 0 {
            append(0, count: min(64, left))
            left -= 64
        }
    }

    /// Writes what is left, filled up with silence.
    mutating func finish() {
        if count > 0 { next.pointee = pending }
    }
}
