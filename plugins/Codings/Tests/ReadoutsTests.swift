import SNNKernel
import SNNTestKit
import Testing

/// Readouts against numbers by hand, and their laws.
struct ReadoutsTests {
    private func readout(_ name: String, _ parameters: [String: ParameterValue] = [:]) throws -> any Readout {
        try CodingsTest.registry().readout(ComponentChoice(name, parameters))
    }

    /// Two samples, four neurons, three steps.
    private func values() -> Activity {
        let numbers: [Float] = [
            1, -2, 0, 4, 0, 0, 0, 0,
            3, -1, 0, 4, 0, 1, 0, 0,
            2, -6, 0, 1, 0, 0, 0, -3,
        ]
        let values = Values(steps: 3, batch: 2, count: 4)
        for (index, number) in numbers.enumerated() { values.base[index] = number }
        return .values(values)
    }

    /// The same layout with spikes: neuron n of sample b spikes at step t where the row says so.
    private func spikes() -> Activity {
        let rows: [[Int16]] = [[1, 0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 1, 0, 1, 0, 0], [1, 1, 0, 0, 0, 0, 0, 1]]
        let counts = Storage<Int16>(24)
        for (index, count) in rows.joined().enumerated() { counts.base[index] = count }
        return .raster(Raster(steps: 3, batch: 2, count: 4, form: .counts(counts)))
    }

    @Test("membrane: golden sums, means, maxima and last values")
    func membrane() throws {
        let wanted: [String: [Float]] = [
            "sum": [6, -9, 0, 9, 0, 1, 0, -3], "mean": [2, -3, 0, 3, 0, 1.0 / 3, 0, -1],
            "max": [3, -1, 0, 4, 0, 1, 0, 0], "last": [2, -6, 0, 1, 0, 0, 0, -3],
        ]
        for (reduce, scores) in wanted {
            let found = try readout("membrane", ["reduce": .text(reduce)]).decode(values()).numbers
            #expect(found == scores, "\(reduce)")
        }
    }

    @Test("spike count: golden sums and means")
    func spikeCount() throws {
        #expect(try readout("spike_count").decode(spikes()).numbers == [3, 1, 0, 2, 0, 1, 0, 1])
        let mean = try readout("spike_count", ["reduce": .text("mean")]).decode(spikes()).numbers
        let third: Float = 1 / 3
        #expect(mean == [1, third, 0, 2 * third, 0, third, 0, third])
    }

    @Test("population: golden votes, between 0 and 1, whatever the order within a group")
    func population() throws {
        let vote = try readout("population", ["neurons_per_class": .number(2)])
        let found = vote.decode(spikes()).numbers
        for (score, wanted) in zip(found, [4.0 / 6, 2.0 / 6, 1.0 / 6, 1.0 / 6]) {
            #expect(abs(Double(score) - wanted) < 1e-7)
        }
        var random = Seeded(71)
        let raster = random.raster(steps: 5, batch: 2, count: 30, activity: 0.3)
        let swapped = Storage<Int16>(5 * 60)
        for t in 0..<5 {
            for index in 0..<60 {
                swapped.base[t * 60 + index] = Int16(raster.event(step: t, index: index / 10 * 10 + 9 - index % 10))
            }
        }
        let ten = try readout("population")
        let scores = ten.decode(.raster(raster)).numbers
        #expect(scores == ten.decode(.raster(Raster(steps: 5, batch: 2, count: 30, form: .counts(swapped)))).numbers)
        #expect(scores.allSatisfy { $0 >= 0 && $0 <= 1 } && scores.contains { $0 > 0 })
    }

    @Test("the scale of a raster enters the scores")
    func scale() throws {
        guard case .raster(let raster) = spikes() else { return }
        let scaled = Raster(steps: 3, batch: 2, count: 4, scale: 0.25, form: raster.form)
        #expect(try readout("spike_count").decode(.raster(scaled)).numbers == [0.75, 0.25, 0, 0.5, 0, 0.25, 0, 0.25])
    }

    @Test("the gradient of a maximum goes to the first largest step, that of the last value to the last")
    func picking() throws {
        let slope = Values(steps: 1, batch: 2, count: 4, isConstant: true)
        for index in 0..<8 { slope.base[index] = Float(index + 1) }
        let largest = try readout("membrane", ["reduce": .text("max")]).adjoint(of: slope, activity: values())
        #expect(
            largest.numbers == [
                0, 0, 3, 4, 5, 0, 7, 8,
                1, 2, 0, 0, 0, 6, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0,
            ]
        )
        let last = try readout("membrane", ["reduce": .text("last")]).adjoint(of: slope, activity: values())
        #expect(last.numbers == [Float](repeating: 0, count: 16) + [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("the gradient of sums and means is the same at every step")
    func sharing() throws {
        let slope = Values(steps: 1, batch: 2, count: 2, isConstant: true)
        for index in 0..<4 { slope.base[index] = Float(index + 1) }
        let found = try readout("population", ["neurons_per_class": .number(2)]).adjoint(of: slope, activity: spikes())
        for t in 0..<3 {
            for index in 0..<8 { #expect(abs(found.step(t)[index] - Float(index / 2 + 1) / 6) < 1e-7) }
        }
    }

    @Test(
        "the conformance kit passes for every readout",
        arguments: [
            ComponentChoice("spike_count"), ComponentChoice("spike_count", ["reduce": .text("mean")]),
            ComponentChoice("membrane", ["reduce": .text("sum")]),
            ComponentChoice("membrane", ["reduce": .text("mean")]),
            ComponentChoice("membrane", ["reduce": .text("max")]),
            ComponentChoice("membrane", ["reduce": .text("last")]),
            ComponentChoice("population", ["neurons_per_class": .number(4)]),
        ]
    )
    func conformance(_ choice: ComponentChoice) throws {
        for seed: UInt64 in 1...3 {
            try checkConformance(of: try CodingsTest.registry().readout(choice), neurons: 12, seed: seed)
        }
    }

    @Test("a population that does not divide the neurons is refused, naming both")
    func indivisible() throws {
        let vote = try readout("population", ["neurons_per_class": .number(4)])
        let error = #expect(throws: SNNError.self) { try vote.scoreCount(neurons: 10) }
        #expect(error?.message.contains("neurons_per_class") == true)
        #expect(error?.message.contains("10") == true && error?.message.contains("4") == true)
    }

    @Test("spikes are read by counts and votes, constant values by the membrane readout alone")
    func kinds() throws {
        for name in ["spike_count", "population"] {
            let readout = try readout(name)
            #expect(readout.reads(.raster) && readout.reads(.values) && !readout.reads(.constantValues))
        }
        let membrane = try readout("membrane")
        #expect(!membrane.reads(.raster) && membrane.reads(.values) && membrane.reads(.constantValues))
    }
}
