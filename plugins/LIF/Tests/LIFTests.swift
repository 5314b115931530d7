import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

/// The leaky integrate-and-fire neuron against its closed forms and golden traces.
struct LIFTests {
    /// alpha given directly, hard reset, strict comparison: the iterative model of the STBP papers.
    private func iterative(
        decay: Double,
        threshold: Double,
        _ more: [String: ParameterValue] = [:]
    ) throws
        -> any NeuronModel
    {
        try LIFTest.model(
            "lif",
            [
                "decay": .text("factor"), "beta": .number(decay), "v_threshold": .number(threshold),
                "reset": .text("hard"),
                "comparison": .text("above"), "surrogate": .text("rectangle"), "surrogate_width": .number(1),
            ].merging(more) { $1 }
        )
    }

    // Wu et al., «Direct training for spiking neural networks», AAAI 2019, the iterative model with k1 = 0.25 and
    // V_th = 0.75, computed by hand: 0.75 is at the threshold and does not fire. Tolerance: float32 rounds at 6e-8.
    @Test("golden trace: hard reset, strict comparison")
    func goldenHard() throws {
        let found = LIFTest.run(try iterative(decay: 0.25, threshold: 0.75), [0.6, 0.6, 0.6, 0.1, 0.9, 0])
        #expect(LIFTest.agree(found.potentials, [0.6, 0.75, 0.7875, 0.1, 0.925, 0]), "\(found.potentials)")
        #expect(found.sent == [0, 0, 1, 0, 1, 0])
    }

    // One neuron, weight 0.6, input 1 at three steps, L = (1 - mean o)^2, full gradient through the reset gate:
    // d[t] = do[t] g + k1 (1 - o[t]) d[t+1],  do[t] = -4/9 - k1 u[t] d[t+1],  g = 1 near the threshold. By hand.
    @Test("golden gradient: through the reset, and with the reset detached")
    func goldenGradient() throws {
        let slope = [Float](repeating: 2.0 / 3 * (1.0 / 3 - 1), count: 3)
        let currents: [Float] = [0.6, 0.6, 0.6]
        let full = LIFTest.adjoint(try iterative(decay: 0.25, threshold: 0.75), currents, sent: slope)
        #expect(LIFTest.agree(full, [-0.491_666_7, -0.472_222_2, -0.444_444_4]), "\(full)")
        let detached = LIFTest.adjoint(
            try iterative(decay: 0.25, threshold: 0.75, ["detach_reset": .boolean(true)]),
            currents,
            sent: slope
        )
        #expect(LIFTest.agree(detached, [-0.583_333_3, -0.555_555_6, -0.444_444_4]), "\(detached)")
    }

    @Test("golden gradient of the weight through the trainer: dL/dw = -1.4083333")
    func goldenWeightGradient() throws {
        let neuron = ComponentChoice(
            "lif",
            [
                "decay": .text("factor"), "beta": .number(0.25), "v_threshold": .number(0.75), "reset": .text("hard"),
                "comparison": .text("above"), "surrogate": .text("rectangle"), "surrogate_width": .number(1),
            ]
        )
        let description = NetworkDescription(
            input: Shape(1),
            steps: 3,
            nodes: [
                NodeDescription(
                    name: "one",
                    connection: ComponentChoice("dense", ["outputs": .number(1), "bias": .boolean(false)]),
                    neuron: neuron
                )
            ],
            readout: ComponentChoice("spike_count", ["reduce": .text("mean")])
        )
        let network = try Network(description, registry: try LIFTest.registry(), seed: 1)
        network.tensors[0].storage.base[0] = 0.6
        let trainer = try Trainer(
            network: network,
            loss: Loss(.meanSquaredError),
            optimizer: GradientDescent(learningRate: 1),
            seed: 1
        )
        let result = try Answers(.values([1])).withTargets { targets in
            try trainer.computeGradients(ArraySource([1], inputCount: 1), targets: targets, count: 1, threads: 1)
        }
        #expect(abs(result.loss - 4.0 / 9) < 1e-6)
        let gradient = try trainer.gradients[0].base[0]
        #expect(abs(gradient + 1.408_333_3) < 2e-6, "\(gradient)")
    }

    @Test("potential at threshold fires, or not where the comparison is strict")
    func tie() throws {
        for (comparison, spikes) in [("at_least", [Float(0), 1, 0, 1]), ("above", [0, 0, 1, 0])] {
            let model = try LIFTest.model("lif", ["decay": .text("none"), "comparison": .text(comparison)])
            #expect(LIFTest.run(model, [0.5, 0.5, 0.5, 0.5]).sent == spikes)
        }
    }

    @Test("below threshold it is a leaky sum that approaches I / (1 - k)", arguments: [0.25, 0.5, 0.9])
    func leakySum(_ k: Double) throws {
        let found = LIFTest.run(try iterative(decay: k, threshold: 1e6), [Float](repeating: 0.7, count: 200))
        var u = 0.0
        for (t, potential) in found.potentials.enumerated() {
            u = k * u + 0.7
            #expect(abs(Double(potential) - u) < 1e-5, "step \(t)")
        }
        #expect(abs(Double(found.potentials[199]) - 0.7 / (1 - k)) < 1e-5)
        #expect(found.sent.allSatisfy { $0 == 0 })
    }

    @Test(
        "without input it decays to the leak potential as exp(-t / tau_mem)",
        arguments: [(2.0, 1.0), (20, 1), (5, 0.25)]
    )
    func freeDecay(_ tau: Double, _ dt: Double) throws {
        let model = try LIFTest.model(
            "lif",
            ["tau_mem": .number(tau), "v_leak": .number(-0.2), "v_threshold": .number(10)],
            dt: dt
        )
        let found = LIFTest.run(model, [1] + [Float](repeating: 0, count: 30)).potentials
        for (t, potential) in found.enumerated() {
            let wanted = -0.2 + Double(-Double(t) * dt / tau).exponential
            #expect(abs(Double(potential) - wanted) < 1e-5, "step \(t)")
        }
    }

    @Test("with gain 1 - alpha it solves the continuous equation, whatever the step")
    func continuous() throws {
        for dt in [0.25, 1, 4] {
            let model = try LIFTest.model(
                "lif",
                ["tau_mem": .number(8), "input_gain": .text("leak"), "v_threshold": .number(10)],
                dt: dt
            )
            let steps = Int(16 / dt)
            let found = LIFTest.run(model, [Float](repeating: 1.5, count: steps)).potentials
            #expect(abs(Double(found[steps - 1]) - 1.5 * (1 - (-2.0).exponential)) < 1e-5, "dt \(dt)")
        }
    }

    @Test("decay euler is 1 - dt / tau_mem")
    func euler() throws {
        let model = try LIFTest.model(
            "lif",
            ["tau_mem": .number(4), "decay": .text("euler"), "v_threshold": .number(10)]
        )
        #expect(LIFTest.agree(LIFTest.run(model, [1, 0, 0]).potentials, [1, 0.75, 0.5625]))
    }

    // After a hard reset to 0 the potential after n steps is I (1 - k^n) / (1 - k): it fires at the first n where that
    // passes the threshold, again and again; at I > V_th in every step; at I <= V_th (1 - k) never.
    @Test("constant current: the interval between spikes is the closed form", arguments: [0.2, 0.5, 0.9])
    func interval(_ k: Double) throws {
        let threshold = 0.75
        for current in [0.05, 0.07, 0.11, 0.26, 0.31, 0.4, 0.6, 0.74, 0.76, 2] {
            let found = LIFTest.run(
                try iterative(decay: k, threshold: threshold),
                [Float](repeating: Float(current), count: 60)
            ).sent
            var period: Int?
            var u = 0.0
            for n in 1...60 where period == nil {
                u = k * u + current
                if u > threshold { period = n }
            }
            for t in 0..<60 {
                let wanted: Float = period.map { (t + 1) % $0 == 0 ? 1 : 0 } ?? 0
                #expect(found[t] == wanted, "I \(current), k \(k), step \(t)")
            }
            #expect((period == 1) == (current > threshold))
            if current <= threshold * (1 - k) { #expect(period == nil) }
        }
    }

    @Test("after a hard reset the next potential is the current, whatever the potential was")
    func hardReset() throws {
        for strong: Float in [1, 5, 1000] {
            let found = LIFTest.run(try iterative(decay: 0.9, threshold: 0.75), [strong, 0.3])
            #expect(found.potentials[1] == 0.3)
        }
        let model = try LIFTest.model(
            "lif",
            ["decay": .text("none"), "reset": .text("hard"), "v_reset": .number(-0.5)]
        )
        #expect(LIFTest.run(model, [2, 0.25]).potentials[1] == -0.25)
    }

    @Test("a soft reset keeps what is above threshold: the sum of currents is what is left plus the spikes")
    func softReset() throws {
        var random = Seeded(21)
        let currents = random.numbers(200, in: 0...0.9)
        let model = try LIFTest.model(
            "lif",
            ["decay": .text("none"), "v_threshold": .number(1.25), "v_reset": .number(0.25)]
        )
        let found = LIFTest.run(model, currents + [0])
        let spikes = found.sent.dropLast().reduce(0, +)
        let total = currents.reduce(0.0) { $0 + Double($1) }
        // Nothing arrives in the last step, so its potential is what the steps before left.
        #expect(spikes > 20)
        #expect(abs(Double(found.potentials[200]) + Double(spikes) - total) < 1e-4)
    }

    @Test("without a reset a spike leaves the membrane as it is")
    func noReset() throws {
        let model = try LIFTest.model("lif", ["decay": .text("none"), "reset": .text("none")])
        let found = LIFTest.run(model, [0.5, 1, 0, -1])
        #expect(found.potentials == [0.5, 1.5, 1.5, 0.5])
        #expect(found.sent == [0, 1, 1, 0])
    }

    @Test("relaxed, it sends the integral of its surrogate")
    func relaxed() throws {
        for name in LIFTest.surrogates {
            let model = try LIFTest.model(
                "lif",
                ["output": .text("relaxed"), "surrogate": .text(name), "decay": .text("none"), "reset": .text("none")]
            )
            let kind = try #require(Surrogate.Kind(rawValue: name))
            let surrogate = try Surrogate(kind, width: 0.5)
            let found = LIFTest.run(model, [0.25, 0.5, 0.5, 0.75])
            for (sent, u) in zip(found.sent, [0.25, 0.75, 1.25, 2]) {
                #expect(abs(Double(sent) - surrogate.primitive(u - 1)) < 1e-6, "\(name) at \(u)")
            }
        }
    }
}
