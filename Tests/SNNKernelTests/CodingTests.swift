import Testing

@testable import SNNKernel

@Suite("Codings and readouts as the kernel drives them")
struct CodingTests {
    private func readout(_ name: String, _ parameters: [String: ParameterValue] = [:]) throws -> any Readout {
        try allPlugins().readout(ComponentChoice(name, parameters))
    }

    static let linear: [ComponentChoice] = [
        ComponentChoice("spike_count"), ComponentChoice("spike_count", ["reduce": .text("mean")]),
        ComponentChoice("membrane", ["reduce": .text("sum")]), ComponentChoice("membrane", ["reduce": .text("last")]),
        ComponentChoice("population", ["neurons_per_class": .number(3)]),
    ]

    @Test("the adjoint of a linear readout is its transpose: <R x, y> = <x, R' y>", arguments: linear)
    func transposes(_ choice: ComponentChoice) throws {
        var numbers = TestNumbers(71)
        let readout = try readout(choice.name, choice.parameters)
        let bits = numbers.bits(4 * 2 * 6, share: 0.5)
        let classes = try readout.scoreCount(neurons: 6)
        for activity in [
            Activity.values(.perStep(numbers.eighths(48), steps: 4, batch: 2)),
            .values(.constant(numbers.eighths(12), steps: 4, batch: 2)), .raster(.bits(bits, steps: 4, batch: 2)),
        ] {
            let y = numbers.eighths(2 * classes)
            let back = readout.adjoint(of: .constant(y, steps: 1, batch: 2), activity: activity)
            // A constant activity has one gradient; a per-step one may have one that holds at every step.
            let x = activity.values.map { $0.isConstant ? $0.array : activity.array } ?? activity.array
            let expanded = activity.isConstant ? back.array : Activity.values(back).array
            #expect(abs(dot(readout.decode(activity).array, y) - dot(x, expanded)) < 1e-5)
        }
    }

    @Test("scores per step are those of each step, and their adjoint the transpose", arguments: linear)
    func perStep(_ choice: ComponentChoice) throws {
        var numbers = TestNumbers(72)
        let readout = try readout(choice.name, choice.parameters)
        let classes = try readout.scoreCount(neurons: 6)
        for activity in [
            Activity.values(.perStep(numbers.eighths(48), steps: 4, batch: 2)),
            .values(.constant(numbers.eighths(12), steps: 4, batch: 2)),
            .raster(.bits(numbers.bits(48, share: 0.5), steps: 4, batch: 2)),
        ] {
            let scores = readout.decodeSteps(activity, scoreCount: classes)
            #expect(scores.steps == 4 && scores.count == classes && !scores.isConstant)
            let y = numbers.eighths(scores.array.count)
            let back = readout.adjointSteps(of: .perStep(y, steps: 4, batch: 2), activity: activity)
            #expect(back.isConstant == activity.isConstant)
            let x = activity.values.map { $0.isConstant ? $0.array : activity.array } ?? activity.array
            #expect(abs(dot(scores.array, y) - dot(x, back.array)) < 1e-5)
        }
    }

    @Test(
        "a coding gives the same spikes a step at a time as for the window",
        arguments: ["constant", "rate", "latency"]
    )
    func stepByStep(_ name: String) throws {
        let coding = try allPlugins().coding(ComponentChoice(name))
        var numbers = TestNumbers(73)
        let values = Values.constant(numbers.floats(2 * 70).map(\.magnitude), steps: 9, batch: 2)
        let random = RandomStream(seed: 5, purpose: .coding)
        let window = coding.encode(values, steps: 0..<9, window: 9, samples: [4, 5], random: random)
        let steps = (0..<9).flatMap {
            coding.encode(values, steps: $0..<$0 + 1, window: 9, samples: [4, 5], random: random).array
        }
        #expect(window.array == steps && steps.contains { $0 != 0 })
        let second = coding.encode(
            .constant(Array(values.array[70...]), steps: 9, batch: 1),
            steps: 0..<9,
            window: 9,
            samples: [5],
            random: random
        )
        let expected = (0..<9).flatMap { t in (70..<140).map { window.value(step: t, index: $0) } }
        #expect(second.array == expected)
    }
}
