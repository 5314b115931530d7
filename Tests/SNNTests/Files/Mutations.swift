import SNNKernel

@testable import SNN

/// Every damaged copy of a small file: each byte changed in several ways, and each shorter length.
///
/// `check` receives one copy at a time; that it returns at all is the point, since a trap would end the tests.
func forEachMutation(of bytes: [UInt8], _ check: (_ mutated: [UInt8], _ what: String) throws -> Void) rethrows {
    for position in bytes.indices {
        for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
            var copy = bytes
            copy[position] ^= mask
            try check(copy, "byte \(position) xor \(mask)")
        }
        for value: UInt8 in [0x00, 0x39, 0xFF] where bytes[position] != value {
            var copy = bytes
            copy[position] = value
            try check(copy, "byte \(position) = \(value)")
        }
        var shorter = bytes
        shorter.remove(at: position)
        try check(shorter, "without byte \(position)")
        try check(Array(bytes[..<position]), "first \(position) bytes")
    }
    try check(bytes + [0], "a zero byte more")
    // Several mistakes at once, seeded.
    let stream = RandomStream(seed: 7, purpose: .shuffle)
    for round in 0..<2000 {
        var copy = bytes
        for change in 0..<4 {
            let place = stream.below(copy.count, index: UInt32(2 * change), sample: UInt64(round))
            copy[place] = UInt8(stream.below(256, index: UInt32(2 * change + 1), sample: UInt64(round)))
        }
        try check(copy, "round \(round) of seed 7")
    }
}
