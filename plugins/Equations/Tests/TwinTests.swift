import SNNKernel
import SNNTestKit
import Testing

@testable import EquationsPlugin

/// Texts against the same neurons written by hand.
struct TwinTests {
    private func drawn(_ seed: UInt64, in range: ClosedRange<Double>) -> (current: Values, gradient: Values) {
        var random = Seeded(seed)
        let current = random.values(steps: 25, batch: 3, count: 77, in: range)
        return (current, random.values(steps: 25, batch: 3, count: 77))
    }

    private func error(_ found: [Float], _ wanted: [Float]) -> Double {
        relativeError(found.map(Double.init), wanted.map(Double.init))
    }

    @Test("exact equations are `lif` to the bit, gradients to 1e-5", arguments: ["soft", "hard"], [2.0, 10, 20])
    func lifTwin(_ reset: String, _ tau: Double) throws {
        for detach in [false, true] {
            let text = try model(
                reset == "soft" ? Text.soft : Text.hard,
                ["values": .text("tau_mem = \(tau) ms"), "detach_reset": .boolean(detach)]
            )
            let twin = try lif(
                "lif",
                [
                    "input_gain": .text("leak"), "tau_mem": .number(tau), "reset": .text(reset),
                    "detach_reset": .boolean(detach),
                ]
            )
            let (current, gradient) = drawn(5, in: -1...(5 + tau / 2))
            let (found, wanted) = (window(text, current, gradient), window(twin, current, gradient))
            #expect(wanted.sent.contains(1))
            #expect(found.sent == wanted.sent)
            #expect(found.potentials == wanted.potentials)
            #expect(error(found.gradient, wanted.gradient) <= 1e-5, "\(error(found.gradient, wanted.gradient))")
        }
    }

    @Test("forward Euler is `lif` with decay euler, leak potential and strict comparison included")
    func euler() throws {
        let text = """
            v_leak = -0.3
            dv/dt = (v_leak - v + i)/tau_mem; v(0) = v_leak
            spike when v > v_threshold
            v = v_reset
            """
        let found = try model(text, ["method": .text("euler"), "values": .text("tau_mem = 4 ms; v_reset = -0.5")])
        let twin = try lif(
            "lif",
            [
                "decay": .text("euler"), "input_gain": .text("leak"), "tau_mem": .number(4), "reset": .text("hard"),
                "v_leak": .number(-0.3), "v_reset": .number(-0.5), "comparison": .text("above"),
            ]
        )
        let (current, gradient) = drawn(6, in: -1...6)
        let (a, b) = (window(found, current, gradient), window(twin, current, gradient))
        #expect(b.sent.contains(1))
        #expect(a.sent == b.sent)
        #expect(error(a.potentials, b.potentials) < 1e-6)
        #expect(error(a.gradient, b.gradient) <= 1e-5)
    }

    @Test("a threshold that adapts is `lif.adaptive`")
    func adaptive() throws {
        let (current, gradient) = drawn(7, in: -1...8)
        let a = window(try model(Text.adaptive), current, gradient)
        let b = window(try lif("lif.adaptive", ["input_gain": .text("leak")]), current, gradient)
        #expect(b.sent.contains(1))
        #expect(a.sent == b.sent)
        #expect(error(a.potentials, b.potentials) < 1e-6)
        #expect(error(a.gradient, b.gradient) <= 1e-5, "\(error(a.gradient, b.gradient))")
    }

    @Test("Izhikevich's neuron is the one written by hand", arguments: [1.0, 0.5])
    func izhikevich(_ dt: Double) throws {
        let (current, gradient) = drawn(8, in: -5...25)
        let a = window(try model(Text.izhikevich, ["method": .text("euler")], dt: dt), current, gradient)
        let b = window(IzhikevichModel(dt: dt), current, gradient)
        #expect(b.sent.contains(1))
        #expect(a.sent == b.sent)
        #expect(error(a.potentials, b.potentials) < 1e-5)
        #expect(error(a.gradient, b.gradient) <= 1e-5, "\(error(a.gradient, b.gradient))")
    }

    @Test("a text without a spike is the integrator")
    func integrator() throws {
        let (current, gradient) = drawn(9, in: -1...1)
        let a = window(try model("dv/dt = (i - v)/tau_mem"), current, gradient)
        let b = window(try lif("lif.integrator", ["input_gain": .text("leak")]), current, gradient)
        #expect(a.sent == b.sent)
        #expect(error(a.gradient, b.gradient) <= 1e-5)
    }

    @Test("a discrete synapse is `lif.synaptic`")
    func synaptic() throws {
        let text = """
            j_now = exp(-dt/tau_syn)*j + i     # arrives in the same step
            j' = j_now
            dv/dt = (v_leak - v + j_now)/tau_mem
            spike when v >= v_threshold
            v -= v_threshold
            """
        // The first row is what potentials are of.
        let (current, gradient) = drawn(10, in: -1...3)
        let a = window(try model(text), current, gradient)
        let b = window(try lif("lif.synaptic", ["input_gain": .text("leak")]), current, gradient)
        #expect(b.sent.contains(1))
        #expect(a.sent == b.sent)
        #expect(error(a.gradient, b.gradient) <= 1e-5)
    }

    @Test("a row that counts down holds a threshold out of reach: a refractory period")
    func refractory() throws {
        let text = """
            dv/dt = (i - v)/(2 ms)
            wait' = max(wait - dt, 0 ms)
            wait(0) = 0 ms
            spike when v >= v_threshold + 1000*min(wait/ms, 1)
            v = 0
            wait = 3 ms
            """
        let neuron = try model(text)
        let current = Values(steps: 12, batch: 1, count: 1)
        for t in 0..<12 { current.base[t] = 9 }
        let sent = neuron.run(current, state: neuron.rest(count: 1), potentials: nil).numbers
        #expect(sent == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
    }
}
