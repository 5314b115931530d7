import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import AnalogPlugin

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A unit with its textbook formula in double precision.
struct KnownUnit: Sendable, CustomTestStringConvertible {
    let name: String
    /// Bars of the relative error of values, and of the error of slopes, whose size is 1.
    let accuracy: Double
    let slopeAccuracy: Double
    let value: @Sendable (Double) -> Double
    let slope: @Sendable (Double) -> Double
    /// What infinity and minus infinity become.
    let limits: (high: Float, low: Float)

    var testDescription: String { name }

    static let all = [
        KnownUnit(
            name: "analog.silu",
            accuracy: 4.8e-7,
            slopeAccuracy: 4e-7,
            value: { $0 / (1 + exp(-$0)) },
            slope: { (1 + exp(-$0) + $0 * exp(-$0)) / ((1 + exp(-$0)) * (1 + exp(-$0))) },
            limits: (.infinity, 0)
        ),
        KnownUnit(
            name: "analog.gelu",
            accuracy: 9e-7,
            slopeAccuracy: 9e-7,
            value: { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) },
            slope: { 0.5 * erfc(-$0 / 2.0.squareRoot()) + $0 * exp(-0.5 * $0 * $0) / (2 * Double.pi).squareRoot() },
            limits: (.infinity, 0)
        ),
        KnownUnit(
            name: "analog.sigmoid",
            accuracy: 4.8e-7,
            slopeAccuracy: 2e-7,
            value: { 1 / (1 + exp(-$0)) },
            slope: { exp(-$0) / ((1 + exp(-$0)) * (1 + exp(-$0))) },
            limits: (1, 0)
        ),
        KnownUnit(
            name: "analog.tanh",
            accuracy: 2.4e-7,
            slopeAccuracy: 4e-7,
            value: { tanh($0) },
            slope: { 1 / (cosh($0) * cosh($0)) },
            limits: (1, -1)
        ),
        KnownUnit(
            name: "analog.clip",
            accuracy: 0,
            slopeAccuracy: 0,
            value: { min(max($0, 0), 6) },
            slope: { $0 > 0 && $0 < 6 ? 1 : 0 },
            limits: (6, 0)
        ),
    ]
}

struct UnitTests {
    private func registry() throws -> Registry {
        try Registry(plugins: [AnalogPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self])
    }

    private func run(_ name: String, _ currents: [Float]) throws -> (sent: [Float], slope: [Float]) {
        let model = try registry().neuron(ComponentChoice(name), dt: 1)
        let current = Values(steps: 2, batch: 1, count: currents.count, isConstant: true)
        let gradient = Values(steps: 2, batch: 1, count: currents.count, isConstant: true)
        for index in currents.indices { (current.base[index], gradient.base[index]) = (currents[index], 1) }
        let sent = model.run(current, state: model.rest(count: currents.count), potentials: nil)
        guard case .values(let values) = sent, values.isConstant else {
            Issue.record("\(name) sends what is not constant")
            return ([], [])
        }
        return (values.numbers, model.adjoint(of: gradient, current: current).numbers)
    }

    @Test("values and slopes are those of the formula", arguments: KnownUnit.all)
    func accuracy(_ unit: KnownUnit) throws {
        // Down to where exp(-13^2 / 2) and exp(-86) are still there, and close to 0.
        let end: Float = unit.name == "analog.gelu" ? 13 : 86
        var currents: [Float] = []
        for (size, count) in [(end, 30_000), (8, 10_000), (1e-4, 1_000)] as [(Float, Int)] {
            for step in -count...count { currents.append(size * Float(step) / Float(count)) }
        }
        let found = try run(unit.name, currents)
        var (worst, worstSlope) = (0.0, 0.0)
        for (place, current) in currents.enumerated() {
            let wanted = unit.value(Double(current))
            let error = abs(Double(found.sent[place]) - wanted)
            if wanted == 0 { #expect(error == 0) } else { worst = max(worst, error / abs(wanted)) }
            worstSlope = max(worstSlope, abs(Double(found.slope[place]) - unit.slope(Double(current))))
        }
        #expect(worst <= unit.accuracy, "relative error of values \(worst)")
        #expect(worstSlope <= unit.slopeAccuracy, "error of slopes \(worstSlope)")
    }

    @Test("slopes are central differences in double", arguments: KnownUnit.all)
    func differences(_ unit: KnownUnit) throws {
        let equations = try #require(
            try registry().neuron(ComponentChoice(unit.name), dt: 1).equations(over: Double.self)
        )
        for step in -400...400 {
            let i = Double(step) / 50 + 0.003
            let h = 1e-5
            let difference = (sent(equations, i + h) - sent(equations, i - h)) / (2 * h)
            #expect(abs(slope(equations, i) - difference) <= 1e-9, "i = \(i)")
            #expect(abs(sent(equations, i) - unit.value(i)) <= 1e-14, "i = \(i)")
        }
    }

    private func sent<E: StepEquations>(_ equations: E, _ current: Double) -> Double where E.Value == Double {
        var state = equations.rest
        return equations.step(current, &state).sent
    }

    private func slope<E: StepEquations>(_ equations: E, _ current: Double) -> Double where E.Value == Double {
        var state = equations.zeroState
        return equations.stepAdjoint(current, before: equations.rest, sent: 1, state: &state)
    }

    @Test("huge currents and infinity give the limits, in slopes too; not-a-number stays", arguments: KnownUnit.all)
    func extremes(_ unit: KnownUnit) throws {
        let found = try run(unit.name, [1e30, -1e30, .infinity, -.infinity, .nan])
        #expect(found.sent[2] == unit.limits.high && found.sent[3] == unit.limits.low)
        #expect(found.sent[0] == min(1e30, unit.limits.high) && found.sent[1] == unit.limits.low)
        #expect(found.sent[4].isNaN)
        let highest: Float = unit.limits.high == .infinity ? 1 : 0
        #expect(found.slope[0...3] == [highest, 0, highest, 0])
    }

    @Test("denormal currents act as the slope at 0 says", arguments: KnownUnit.all)
    func denormals(_ unit: KnownUnit) throws {
        let currents: [Float] = [0x1p-149, 0x1p-140, 0x1p-127, -0x1p-140, 0]
        let found = try run(unit.name, currents)
        for (place, current) in currents.enumerated() {
            // Rounded to the grid of denormals.
            let exact = Float(unit.value(Double(current)))
            #expect(abs(found.sent[place] - exact) <= 0x1p-149 + 1.2e-7 * abs(exact), "\(current)")
        }
    }

    @Test("the ends of clip are the parameters, and no gradient passes at them")
    func clips() throws {
        let choice = ComponentChoice("analog.clip", ["low": .number(-1), "high": .number(2)])
        let model = try registry().neuron(choice, dt: 1)
        let current = Values(steps: 1, batch: 1, count: 6, isConstant: true)
        let gradient = Values(steps: 1, batch: 1, count: 6, isConstant: true)
        for (index, i) in ([-3, -1, -0.5, 1.5, 2, 7] as [Float]).enumerated() {
            (current.base[index], gradient.base[index]) = (i, Float(index + 1))
        }
        let sent = model.run(current, state: model.rest(count: 6), potentials: nil)
        #expect(sent.step0 == [-1, -1, -0.5, 1.5, 2, 2])
        #expect(model.adjoint(of: gradient, current: current).numbers == [0, 0, 3, 4, 0, 0])
    }

    @Test("asked for potentials it gives its current at every step")
    func potentials() throws {
        let model = try registry().neuron(ComponentChoice("analog.tanh"), dt: 1)
        let current = Values(steps: 2, batch: 1, count: 2, isConstant: true)
        (current.base[0], current.base[1]) = (-1, 2)
        let potentials = Values(steps: 2, batch: 1, count: 2)
        _ = model.run(current, state: model.rest(count: 2), potentials: potentials)
        #expect(potentials.numbers == [-1, 2, -1, 2])
    }
}

extension Activity {
    /// What is sent at the first step.
    fileprivate var step0: [Float] { (0..<batch * count).map { value(step: 0, index: $0) } }
}
