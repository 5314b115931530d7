import SNNKernel
import SNNTestKit
import Testing

/// The neuron whose threshold rises with its spikes.
struct AdaptiveLIFTests {
    // rho = 1/2, adaptation 1/2, no leak, hard reset, I = 0.6, by hand: thresholds 1, 1, 1.5, 1.25, 1.125, 1.5625,
    // 1.28125, 1.140625 against potentials 0.6, 1.2, 0.6, 1.2, 1.8, 0.6, 1.2, 1.8.
    @Test("golden trace: the threshold rises by adaptation and halves")
    func golden() throws {
        let model = try LIFTest.model(
            "lif.adaptive",
            [
                "decay": .text("none"), "reset": .text("hard"), "adaptation": .number(0.5),
                "tau_adapt": .number(1 / 2.0.logarithm),
            ]
        )
        let found = LIFTest.run(model, [Float](repeating: 0.6, count: 8))
        #expect(found.sent == [0, 1, 0, 0, 1, 0, 0, 1])
        #expect(LIFTest.agree(found.potentials, [0.6, 1.2, 0.6, 1.2, 1.8, 0.6, 1.2, 1.8]), "\(found.potentials)")
    }

    @Test("without adaptation it is the plain neuron to the bit", arguments: LIFTest.resets)
    func withoutAdaptation(_ reset: String) throws {
        var random = Seeded(51)
        let currents = random.numbers(120, in: -0.3...0.9)
        let none = LIFTest.run(
            try LIFTest.model("lif.adaptive", ["adaptation": .number(0), "reset": .text(reset)]),
            currents
        )
        let plain = LIFTest.run(try LIFTest.model("lif", ["reset": .text(reset)]), currents)
        #expect(none.sent == plain.sent && none.potentials == plain.potentials)
    }

    @Test("under constant current the intervals between spikes grow and settle")
    func intervals() throws {
        let model = try LIFTest.model(
            "lif.adaptive",
            ["reset": .text("hard"), "adaptation": .number(0.4), "tau_adapt": .number(50)]
        )
        let sent = LIFTest.run(model, [Float](repeating: 0.5, count: 400)).sent
        let times = sent.indices.filter { sent[$0] == 1 }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.count > 10)
        #expect(gaps[gaps.count - 1] > gaps[0])
        #expect(abs(gaps[gaps.count - 1] - gaps[gaps.count - 2]) <= 1)
    }

    @Test("the gradient goes through the threshold: a later current feels an earlier spike")
    func gradient() throws {
        let parameters: [String: ParameterValue] = [
            "decay": .text("none"), "reset": .text("none"), "surrogate": .text("triangle"),
            "surrogate_width": .number(2),
            "tau_adapt": .number(1e9), "adaptation": .number(0.5),
        ]
        // u = 1, 1: the first spikes at threshold 1, the second not at 1.5. With slopes g1 = (1 - 0 / 2) / 2 = 1/2 and
        // g2 = (1 - 0.5 / 2) / 2 = 3/8: d s2 / d i1 = g2 (1 - adaptation g1).
        let found = LIFTest.adjoint(try LIFTest.model("lif.adaptive", parameters), [1, 0], sent: [0, 1])
        #expect(LIFTest.agree(found, [0.375 * 0.75, 0.375]), "\(found)")
    }
}
