import Testing

@testable import SNNKernel

@Suite("Initialisers")
struct InitialiserTests {
    private func filled(
        _ initialiser: Initialiser,
        shape: [Int] = [200, 100],
        seed: UInt64 = 1,
        stream: UInt32 = 0
    ) -> [Float] {
        let tensor = TensorDescription(
            name: "weight",
            shape: shape,
            fanIn: shape[0],
            fanOut: shape[shape.count - 1],
            initialiser: initialiser
        )
        let storage = Storage<Float>(tensor.count)
        initialiser.fill(storage, for: tensor, from: RandomStream(seed: seed, purpose: .initialisation, stream: stream))
        return storage.array
    }

    private func moments(_ list: [Float]) -> (mean: Double, variance: Double) {
        let mean = list.reduce(0) { $0 + Double($1) } / Double(list.count)
        return (mean, list.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(list.count))
    }

    @Test(
        "uniform kinds fill U(-a, a) with the a of their formula",
        arguments: [
            // fan_in 200, fan_out 100.
            (Initialiser(.kaimingUniform), 0.122_474_487), (Initialiser(.kaimingUniform, gain: 2), 0.244_948_974),
            (Initialiser(.xavierUniform), 0.141_421_356), (Initialiser(.uniform), 0.070_710_678),
            (Initialiser(.uniform, gain: 3), 0.212_132_034), (Initialiser(.uniform, bound: 0.5), 0.5),
            (Initialiser(.uniform, gain: 0.5, bound: 0.5), 0.25),
        ]
    )
    func uniform(_ initialiser: Initialiser, _ bound: Double) throws {
        let list = filled(initialiser)
        let largest = Double(try #require(list.map(\.magnitude).max()))
        // 20 000 numbers: the largest is within 1 % of the bound but for one in e^200.
        #expect(largest <= bound * (1 + 1e-6) && largest > 0.99 * bound)
        let (mean, variance) = moments(list)
        // Deviations over 20 000 numbers: of the mean a / 245, of the variance a^2 / 475. Five of them.
        #expect(abs(mean) < 5 * bound / 245)
        #expect(abs(variance - bound * bound / 3) < 5 * bound * bound / 475)
    }

    @Test(
        "normal kinds fill N(0, s^2) with the s of their formula",
        arguments: [
            (Initialiser(.kaimingNormal), 0.070_710_678), (Initialiser(.kaimingNormal, gain: 2), 0.141_421_356),
            (Initialiser(.xavierNormal), 0.081_649_658), (Initialiser(.xavierNormal, gain: 0.5), 0.040_824_829),
        ]
    )
    func normal(_ initialiser: Initialiser, _ deviation: Double) {
        let list = filled(initialiser)
        let (mean, variance) = moments(list)
        // Over 20 000 numbers: deviation of the mean s / 141, of the variance s^2 / 100. Five of them.
        #expect(abs(mean) < 5 * deviation / 141)
        #expect(abs(variance - deviation * deviation) < 5 * deviation * deviation / 100)
        // 31.7 % beyond one s, 4.55 % beyond two: deviations 0.33 % and 0.15 %. Five of them.
        let beyond1 = Double(list.count { Double($0.magnitude) > deviation }) / 20_000
        let beyond2 = Double(list.count { Double($0.magnitude) > 2 * deviation }) / 20_000
        #expect(abs(beyond1 - 0.3173) < 0.0165 && abs(beyond2 - 0.0455) < 0.0075)
    }

    @Test(
        "the same seed gives the same bits, another seed or tensor gives others",
        arguments: Initialiser.Kind.allCases
    )
    func streams(_ kind: Initialiser.Kind) {
        let first = filled(Initialiser(kind))
        #expect(filled(Initialiser(kind)).map(\.bitPattern) == first.map(\.bitPattern))
        guard kind != .zero else { return #expect(first.allSatisfy { $0 == 0 }) }
        for other in [filled(Initialiser(kind), seed: 2), filled(Initialiser(kind), stream: 1)] {
            // Numbers come from a grid of 2^24: of 20 000 pairs about one in a thousand lists has an equal one.
            #expect(zip(first, other).count { $0 == $1 } < 5)
        }
    }

    @Test("a larger tensor starts with the numbers of a smaller one of the same fans")
    func prefix() {
        let tensor = { (count: Int) in
            TensorDescription(
                name: "weight",
                shape: [count],
                fanIn: 9,
                fanOut: 9,
                initialiser: Initialiser(.kaimingNormal)
            )
        }
        let stream = RandomStream(seed: 3, purpose: .initialisation)
        let (small, large) = (Storage<Float>(5), Storage<Float>(50))
        Initialiser(.kaimingNormal).fill(small, for: tensor(5), from: stream)
        Initialiser(.kaimingNormal).fill(large, for: tensor(50), from: stream)
        #expect(Array(large.array[..<5]) == small.array)
    }

    @Test("a bias starts uniform where the weight is plain uniform, else at zero")
    func bias() {
        #expect(Initialiser(.uniform, gain: 2).forBias == Initialiser(.uniform, gain: 2))
        for kind in Initialiser.Kind.allCases where kind != .uniform {
            #expect(Initialiser(kind).forBias.kind == .zero)
        }
    }

    @Test("parameters reach the initialiser; a bound of 0 means 1 / sqrt(fan_in)")
    func parameters() throws {
        let set = { (given: [String: ParameterValue]) in
            try ParameterSet(given, for: "dense", descriptions: Initialiser.descriptions)
        }
        #expect(try Initialiser(set([:])) == Initialiser(.uniform))
        #expect(
            try Initialiser(set(["init": .text("xavier_normal"), "init_gain": .number(2)]))
                == Initialiser(.xavierNormal, gain: 2)
        )
        #expect(try Initialiser(set(["init_bound": .number(0.3)])) == Initialiser(.uniform, bound: 0.3))
        #expect(throws: SNNError.parameter("dense: init_gain must be > 0, got 0")) {
            try set(["init_gain": .number(0)])
        }
    }

    @Test("tensors of a network start from streams of their own")
    func network() throws {
        let network = try denseNetwork(inputs: 20, hidden: 20, outputs: 20)
        let weights = network.weights
        #expect(zip(weights[0], weights[2]).count { $0 == $1 } < 3)
        #expect(zip(weights[1], weights[3]).count { $0 == $1 } < 3)
        #expect(try denseNetwork(inputs: 20, hidden: 20, outputs: 20).weights == weights)
        #expect(try denseNetwork(inputs: 20, hidden: 20, outputs: 20, seed: 2).weights != weights)
    }
}
