import SNNKernel
import SNNTestKit
import Testing

/// Refractory periods and resets in the next step.
struct LIFWithMemoryTests {
    private let next: [String: ParameterValue] = ["reset_order": .text("next_step"), "comparison": .text("above")]

    // u[t] = 0.5 u[t-1] + I - s[t-1], the update of snnTorch's Leaky with reset_mechanism "subtract" and its default
    // reset_delay, computed by hand for I = 0.9.
    @Test("golden trace: soft reset in the next step, after the leak")
    func nextStep() throws {
        let model = try LIFTest.model("lif", next.merging(["decay": .text("factor"), "beta": .number(0.5)]) { $1 })
        let found = LIFTest.run(model, [Float](repeating: 0.9, count: 6))
        #expect(LIFTest.agree(found.potentials, [0.9, 1.35, 0.575, 1.1875, 0.49375, 1.146875]), "\(found.potentials)")
        #expect(found.sent == [0, 1, 0, 1, 0, 1])
    }

    // Rathi et al., ICLR 2020, membrane of the hybrid model with v = 0.7, leak 0.99, I = 0.4, whose spike of step t is
    // decided by the membrane of step t - 1: the same trace, the spikes one step earlier. Six digits were published.
    @Test("golden trace: the hybrid model with leak")
    func hybrid() throws {
        let model = try LIFTest.model(
            "lif",
            next.merging(["decay": .text("factor"), "beta": .number(0.99), "v_threshold": .number(0.7)]) { $1 }
        )
        let found = LIFTest.run(model, [Float](repeating: 0.4, count: 8))
        let wanted = [0.4, 0.796, 0.48804, 0.88316, 0.574328, 0.968585, 0.658899, 1.05231]
        #expect(LIFTest.agree(found.potentials, wanted, within: 2e-6), "\(found.potentials)")
        #expect(found.sent == [0, 1, 0, 1, 0, 1, 0, 1])
    }

    // The same rule without leak, with I = 0.375 so that every number is exact: the last potential is the threshold.
    @Test("golden trace: the hybrid model without leak, exact to the bit, strict at the threshold")
    func hybridExact() throws {
        for (comparison, last) in [("above", Float(0)), ("at_least", 1)] {
            let model = try LIFTest.model(
                "lif",
                next.merging(["decay": .text("none"), "comparison": .text(comparison)]) { $1 }
            )
            let found = LIFTest.run(model, [Float](repeating: 0.375, count: 8))
            #expect(found.potentials == [0.375, 0.75, 1.125, 0.5, 0.875, 1.25, 0.625, 1])
            #expect(found.sent == [0, 0, 1, 0, 0, 1, 0, last])
        }
    }

    @Test("a hard reset in the next step is one in the same step")
    func hardInNextStep() throws {
        var random = Seeded(31)
        let currents = random.numbers(100, in: -0.3...0.9)
        let same = LIFTest.run(try LIFTest.model("lif", ["reset": .text("hard")]), currents)
        let delayed = LIFTest.run(
            try LIFTest.model("lif", ["reset": .text("hard"), "reset_order": .text("next_step")]),
            currents
        )
        #expect(same.sent == delayed.sent && same.potentials == delayed.potentials)
        #expect(same.sent.contains(1))
    }

    @Test("without leak a reset in the next step is the same-step reset seen one step later")
    func delayedWithoutLeak() throws {
        let currents = [Float](repeating: 0.375, count: 40)
        let same = LIFTest.run(try LIFTest.model("lif", ["decay": .text("none")]), currents)
        let delayed = LIFTest.run(
            try LIFTest.model("lif", ["decay": .text("none"), "reset_order": .text("next_step")]),
            currents
        )
        #expect(same.sent == delayed.sent && same.potentials == delayed.potentials)
    }

    @Test(
        "for the refractory period the membrane is held and silent",
        arguments: [(1.0, 2.0, 2), (0.5, 1, 2), (1, 2.4, 2), (1, 5, 5)]
    )
    func refractory(_ dt: Double, _ refractory: Double, _ steps: Int) throws {
        let model = try LIFTest.model(
            "lif",
            ["decay": .text("none"), "reset": .text("hard"), "refractory": .number(refractory)],
            dt: dt
        )
        let found = LIFTest.run(model, [Float](repeating: 1.5, count: 20))
        for t in 0..<20 {
            let fires = t % (steps + 1) == 0
            #expect(found.sent[t] == (fires ? 1 : 0), "step \(t)")
            #expect(found.potentials[t] == (fires ? 1.5 : 0), "step \(t)")
        }
    }

    @Test("a held membrane neither leaks nor charges")
    func held() throws {
        let model = try LIFTest.model(
            "lif",
            ["decay": .text("factor"), "beta": .number(0.5), "refractory": .number(3)]
        )
        // 1.75 fires and keeps 0.75 by the soft reset, through three steps of any current, then leaks on.
        let found = LIFTest.run(model, [1.75, 9, -9, 9, 0.25])
        #expect(found.potentials == [1.75, 0.75, 0.75, 0.75, 0.625])
        #expect(found.sent == [1, 0, 0, 0, 0])
    }

    @Test("currents of held steps have no gradient")
    func heldGradient() throws {
        let model = try LIFTest.model("lif", ["refractory": .number(2), "surrogate_width": .number(2)])
        let gradient = LIFTest.adjoint(model, [1.2, 0.5, 0.5, 0.5, 0.5], sent: [1, 1, 1, 1, 1])
        #expect(gradient[1] == 0 && gradient[2] == 0)
        #expect(gradient[0] != 0 && gradient[3] != 0)
    }

    @Test("a refractory period of nothing is the plain model to the bit")
    func withoutRefractory() throws {
        var random = Seeded(33)
        let currents = random.numbers(100, in: -0.3...0.9)
        let plain = LIFTest.run(try LIFTest.model("lif"), currents)
        let short = LIFTest.run(try LIFTest.model("lif", ["refractory": .number(0.3)]), currents)
        #expect(plain.sent == short.sent && plain.potentials == short.potentials)
    }
}
