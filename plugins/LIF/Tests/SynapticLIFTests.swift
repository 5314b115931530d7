import SNNKernel
import SNNTestKit
import Testing

/// The neuron behind an exponential synapse.
struct SynapticLIFTests {
    // A unit of current at step 0 leaves a^t on the synapse, a = exp(-dt / tau_syn), and
    // sum of alpha^(t-k) a^k = (alpha^(t+1) - a^(t+1)) / (alpha - a) on the membrane.
    @Test("the answer to one pulse is a difference of exponentials", arguments: [(20.0, 5.0, 1.0), (4, 8, 0.5)])
    func pulse(_ tauMem: Double, _ tauSyn: Double, _ dt: Double) throws {
        let model = try LIFTest.model(
            "lif.synaptic",
            ["tau_mem": .number(tauMem), "tau_syn": .number(tauSyn), "v_threshold": .number(100)],
            dt: dt
        )
        let found = LIFTest.run(model, [1] + [Float](repeating: 0, count: 40)).potentials
        for (t, potential) in found.enumerated() {
            let n = Double(t + 1) * dt
            let wanted =
                ((-n / tauMem).exponential - (-n / tauSyn).exponential)
                / ((-dt / tauMem).exponential - (-dt / tauSyn).exponential)
            #expect(abs(Double(potential) - wanted) < 1e-5, "step \(t)")
        }
    }

    @Test("a synapse that forgets at once is the plain neuron")
    func withoutMemory() throws {
        var random = Seeded(41)
        let currents = random.numbers(80, in: -0.3...0.9)
        // exp(-1 / 0.01) is 4e-44: below what float32 adds to a current.
        let fast = LIFTest.run(try LIFTest.model("lif.synaptic", ["tau_syn": .number(0.01)]), currents)
        let plain = LIFTest.run(try LIFTest.model("lif"), currents)
        #expect(fast.sent == plain.sent && fast.potentials == plain.potentials)
        #expect(plain.sent.contains(1))
    }

    @Test("a constant current settles at I / ((1 - alpha_syn) (1 - alpha))")
    func settles() throws {
        let model = try LIFTest.model(
            "lif.synaptic",
            ["tau_mem": .number(5), "tau_syn": .number(3), "v_threshold": .number(100)]
        )
        let last = LIFTest.run(model, [Float](repeating: 0.1, count: 200)).potentials[199]
        let wanted = 0.1 / ((1 - (-1.0 / 3).exponential) * (1 - (-0.2).exponential))
        #expect(abs(Double(last) - wanted) < 1e-4)
    }
}
