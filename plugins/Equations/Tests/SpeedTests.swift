import SNNTestKit
import Testing

@testable import EquationsPlugin
@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Texts against neurons written by hand, 1000 neurons, batch 32, 25 steps; printed, not judged: see
/// Tests/Benchmarks/equations.sh.
@Suite(.serialized, .enabled(if: getenv("SNN_EQUATION_SPEED") != nil))
struct SpeedTests {
    private let steps = 25
    private let batch = 32
    private let count = 1000

    @Test("the time of a text and of the same neuron written by hand")
    func ratios() throws {
        let leak: [String: ParameterValue] = ["input_gain": .text("leak"), "tau_mem": .number(20)]
        try compare("lif, soft reset", Text.soft, [:], try lif("lif", leak), in: -1...5)
        try compare(
            "lif, hard reset",
            Text.hard,
            [:],
            try lif("lif", leak.merging(["reset": .text("hard")]) { $1 }),
            in: -1...5
        )
        try compare("lif.adaptive", Text.adaptive, [:], try lif("lif.adaptive", leak), in: -1...5)
        try compare(
            "Izhikevich",
            Text.izhikevich,
            ["method": .text("euler")],
            IzhikevichModel(dt: 0.5),
            in: -5...25,
            dt: 0.5
        )
    }

    private func compare(
        _ name: String,
        _ text: String,
        _ parameters: [String: ParameterValue],
        _ twin: any NeuronModel,
        in range: ClosedRange<Double>,
        dt: Double = 1
    ) throws {
        let equations = try model(text, parameters, dt: dt)
        var random = Seeded(3)
        let current = random.values(steps: steps, batch: batch, count: count, in: range)
        let gradient = random.values(steps: steps, batch: batch, count: count)
        // Memory is used again from run to run, as training does.
        Workspace().use(retention: 1) {
            let forward = ratio(
                { _ = equations.run(current, state: equations.rest(count: current.row), potentials: nil) },
                { _ = twin.run(current, state: twin.rest(count: current.row), potentials: nil) }
            )
            let backward = ratio(
                { _ = equations.adjoint(of: gradient, current: current) },
                { _ = twin.adjoint(of: gradient, current: current) }
            )
            print("\(name): forward \(shown(forward)), backward \(shown(backward))")
        }
    }

    /// The lower quartiles of runs in turn, so that what else the machine does hits both.
    private func ratio(_ text: () -> Void, _ twin: () -> Void) -> (text: Double, twin: Double) {
        var times: [(Double, Double)] = []
        for _ in 0..<60 { times.append((seconds(text), seconds(twin))) }
        func quartile(_ list: [Double]) -> Double { list.sorted()[list.count / 4] }
        return (quartile(times.map(\.0)), quartile(times.map(\.1)))
    }

    private func seconds(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        let took = clock.measure(body)
        return Double(took.components.attoseconds) / 1e18 + Double(took.components.seconds)
    }

    private func shown(_ pair: (text: Double, twin: Double)) -> String {
        let scale = 1e9 / Double(steps * batch * count)
        func digits(_ value: Double) -> String { String(Double(Int(value * 1000)) / 1000) }
        return
            "\(digits(pair.text * scale)) ns a neuron and step, by hand \(digits(pair.twin * scale)), ratio \(digits(pair.text / pair.twin))"
    }
}
