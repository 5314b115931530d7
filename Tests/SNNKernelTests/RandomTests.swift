import Testing

@testable import SNNKernel

@Suite("Random streams")
struct RandomTests {
    /// Philox4x32-10 as the paper defines it, written apart from the kernel's.
    private func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
        var (c, k) = (counter, key)
        for round in 0..<10 {
            if round > 0 { k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85] }
            let p = c[0].multipliedFullWidth(by: 0xD251_1F53)
            let q = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
            c = [q.high ^ c[1] ^ k[0], q.low, p.high ^ c[3] ^ k[1], p.low]
        }
        return c
    }

    /// A stream whose Philox key is 0: the seed cancels the purpose.
    private let keyZero = RandomStream(seed: 4 << 56, purpose: .shuffle)

    private func words(_ stream: RandomStream, _ counter: [UInt32]) -> [UInt32] {
        let four = stream.words(
            index: counter[0],
            step: counter[1],
            sample: UInt64(counter[3]) << 32 | UInt64(counter[2])
        )
        return (0..<4).map { four[$0] }
    }

    @Test("the reference Philox gives the known answers of the Random123 distribution (kat_vectors, philox4x32 10)")
    func referenceKnownAnswers() {
        #expect(philox([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            philox([.max, .max, .max, .max], [.max, .max]) == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        )
        #expect(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        )
    }

    @Test("a stream is Philox with the counter (index, step, low half of sample, high half)")
    func isPhilox() {
        #expect(words(keyZero, [0, 0, 0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        var numbers = TestNumbers(1)
        for _ in 0..<100 {
            let counter = (0..<4).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
            #expect(words(keyZero, counter) == philox(counter, [0, 0]), "counter \(counter)")
        }
    }

    @Test("a number does not depend on what was drawn before")
    func orderOfDraws() {
        let stream = RandomStream(seed: 3, purpose: .coding, stream: 2)
        let forward = (0..<64).map { stream.uniform(index: $0, step: 5, sample: 9) }
        let backward = (0..<64).reversed().map { stream.uniform(index: $0, step: 5, sample: 9) }
        #expect(forward == backward.reversed())
    }

    @Test("filling a row gives what drawing one by one gives, at any length", arguments: [0, 1, 3, 4, 5, 63, 130])
    func filling(_ count: Int) {
        let stream = RandomStream(seed: 11, purpose: .dropout, stream: 1)
        let row = Storage<Float>(count)
        stream.fillUniform(row.elements, step: 7, sample: 1 << 40)
        #expect(row.array == (0..<count).map { stream.uniform(index: UInt32($0), step: 7, sample: 1 << 40) })
    }

    @Test("uniform numbers lie in [0, 1) on a grid of 2^-24")
    func range() {
        let stream = RandomStream(seed: 1, purpose: .coding)
        for index: UInt32 in 0..<10_000 {
            let x = stream.uniform(index: index)
            #expect(x >= 0 && x < 1 && x * 0x1p24 == (x * 0x1p24).rounded())
        }
    }

    @Test(
        "uniform numbers fill 256 bins evenly over index, step and sample",
        arguments: ["index", "step", "sample"]
    )
    func uniformity(_ axis: String) {
        let stream = RandomStream(seed: 2026, purpose: .coding)
        var bins = [Int](repeating: 0, count: 256)
        let draws = 1 << 16
        for n in 0..<draws {
            let x =
                switch axis {
                case "index": stream.uniform(index: UInt32(n))
                case "step": stream.uniform(index: 0, step: UInt32(n))
                default: stream.uniform(index: 0, sample: UInt64(n))
                }
            bins[Int(x * 256)] += 1
        }
        let expected = Double(draws) / 256
        let chiSquare = bins.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them either way.
        #expect(abs(chiSquare - 255) < 113, "chi-square \(chiSquare)")
    }

    @Test("streams that differ in seed, purpose or number share no run of numbers")
    func streamsDiffer() {
        let streams = [
            RandomStream(seed: 0, purpose: .coding), RandomStream(seed: 1, purpose: .coding),
            RandomStream(seed: 1 << 32, purpose: .coding), RandomStream(seed: 1 << 63, purpose: .coding),
            RandomStream(seed: 0, purpose: .initialisation), RandomStream(seed: 0, purpose: .dropout),
            RandomStream(seed: 0, purpose: .shuffle), RandomStream(seed: 0, purpose: .augmentation),
            RandomStream(seed: 0, purpose: .split), RandomStream(seed: 0, purpose: .coding, stream: 1),
            RandomStream(seed: 0, purpose: .coding, stream: 256),
        ]
        let runs = streams.map { stream in (0..<16).map { stream.uniform(index: $0) } }
        for (i, a) in runs.enumerated() {
            // Equal numbers at equal places: chance alone gives one in 2^24.
            for b in runs[..<i] { #expect(zip(a, b).allSatisfy { $0 != $1 }, "streams \(i) and another") }
        }
    }

    @Test("seeds 0 ..< 4096 give 4096 different streams")
    func seedsDiffer() {
        let firsts = (0..<4096).map { words(RandomStream(seed: $0, purpose: .coding), [0, 0, 0, 0]) }
        #expect(Set(firsts).count == 4096)
    }

    @Test("numbers below a bound are below it and reach every value")
    func bounded() {
        let stream = RandomStream(seed: 4, purpose: .split)
        let drawn = (0..<700).map { stream.below(7, index: $0) }
        #expect(Set(drawn) == Set(0..<7))
        #expect((0..<50).allSatisfy { stream.below(1, index: $0) == 0 })
    }

    @Test("a permutation holds every number once", arguments: [0, 1, 2, 17, 1000])
    func permutation(_ count: Int) {
        let order = RandomStream(seed: 8, purpose: .shuffle).permutation(of: count, epoch: 3)
        #expect(order.sorted() == Array(0..<count))
    }

    @Test("each epoch has a permutation of its own, the same on every call")
    func epochs() {
        let stream = RandomStream(seed: 8, purpose: .shuffle)
        let orders = (0..<5).map { stream.permutation(of: 100, epoch: $0) }
        #expect(Set(orders).count == 5)
        #expect(stream.permutation(of: 100, epoch: 2) == orders[2])
    }

    @Test("all orders of three are equally likely")
    func permutationsAreFair() {
        let stream = RandomStream(seed: 21, purpose: .shuffle)
        var seen: [[Int]: Int] = [:]
        for epoch in 0..<6000 { seen[stream.permutation(of: 3, epoch: epoch), default: 0] += 1 }
        // 1000 each, standard deviation 29; five of them.
        #expect(seen.count == 6 && seen.values.allSatisfy { abs($0 - 1000) < 145 }, "\(seen)")
    }
}
