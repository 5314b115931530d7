import CodingsPlugin
import ReLUPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import FSPlugin

/// The codes that a model sends for some currents.
private func codes(_ model: any NeuronModel, steps: Int, _ currents: [Float]) -> [UInt32] {
    let current = Values(steps: steps, batch: 1, count: currents.count, isConstant: true)
    for (index, number) in currents.enumerated() { current.base[index] = number }
    guard case .raster(let raster) = model.run(current, state: model.rest(count: currents.count), potentials: nil),
        let codes = raster.codes
    else { return [] }
    return Array(codes.codes.elements.prefix(currents.count))
}

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(FSPlugin.PluginEntry.self) }

@Test("the closed form is the recurrence to the bit: both comparisons, K 1 ... 16, on and between multiples of q")
func closedForm() {
    var random = Seeded(7)
    for comparison in StepTable.Comparison.allCases {
        for steps in 1...16 {
            for range: Float in [1, 16, 25, 0.1, 3.3, RangeFit.rounded(3.3), 1e-3, 700] {
                let q = range / Float(1 << steps)
                var currents: [Float] = [-1, 0, -0.0, range, range.nextUp, range.nextDown, 2 * range, .infinity, .nan]
                currents += (0..<40).flatMap { _ -> [Float] in
                    let multiple = Float(random.integer(0...(1 << steps))) * q
                    return [multiple, multiple.nextUp, multiple.nextDown, Float(random.number(-0.2...1.2)) * range]
                }
                let model = FSReLUModel(range: range, comparison: comparison)
                let table = StepTable(reluSteps: steps, range: range, comparison: comparison)
                #expect(
                    codes(model, steps: steps, currents) == currents.map(table.spikes),
                    "K = \(steps), range \(range)"
                )
            }
        }
    }
}

@Test("sixteen neurons at a time send what one does, for the published tables")
func tables() {
    var random = Seeded(3)
    for table in [StepTable.publishedSiLU, .publishedSigmoid] {
        let currents = (0..<1000).map { _ in Float(random.number(-15...30)) } + [.nan, .infinity, -.infinity]
        #expect(codes(FSTableModel(table), steps: table.steps, currents) == currents.map(table.spikes))
    }
}

@Test("what is decoded is within one unit of the current, never falls and never leaves the range")
func staircase() {
    for steps in [1, 4, 10, 16] {
        for (comparison, shift) in [(StepTable.Comparison.above, Float(0)), (.atLeast, 0), (.above, 0.5)] {
            let model = FSReLUModel(range: 25, shift: shift, comparison: comparison)
            let q = 25 / Float(1 << steps)
            let currents = (0...2500).map { Float($0) * 0.01 }
            let values = codes(model, steps: steps, currents).map { Float($0) * q }
            for (x, y) in zip(currents, values) {
                let error = x - y
                #expect(error >= -shift * q && error <= (1 - shift) * q || x > 25 - q, "\(x) became \(y)")
            }
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(values.allSatisfy { 0...(25 - q) ~= $0 })
        }
    }
}

@Test("a layer takes codes spike by spike as it takes what they are worth", arguments: [1, 2, 3, 4] as [UInt64])
func bitSerial(_ seed: UInt64) throws {
    var random = Seeded(seed)
    let shape = Shape(height: 6, width: 5, channels: 3)
    let (steps, batch) = (8, 3)
    let map = try Convolution(input: shape, channels: 7, kernelHeight: 3, kernelWidth: 3, padding: 1)
    // Whole weights and amplitudes that are powers of two: every sum is exact.
    let weight = Storage<Float>(map.tensors[0].count)
    for index in 0..<weight.count { weight.base[index] = Float(random.integer(-9...9)) }
    let bias = Storage<Float>(7)
    let prepared = map.prepare([weight, bias], buffers: [], isTraining: false, adjoint: false)
    let model = FSReLUModel(range: 4)
    let current = Values(steps: steps, batch: batch, count: shape.count, isConstant: true)
    for index in 0..<current.row { current.base[index] = Float(random.number(-1...5)) }
    guard case .raster(let sent) = model.run(current, state: model.rest(count: 0), potentials: nil),
        let codes = sent.codes
    else { return #expect(Bool(false), "no codes") }
    let whole = Values(steps: steps, batch: batch, count: shape.count, isConstant: true)
    for index in 0..<whole.row { whole.base[index] = Float(codes.codes.base[index]) * 4 / 256 }
    let atOnce = map.current(of: .values(whole), with: prepared)
    // The spikes of every step as bits, each step weighed by its amplitude.
    let spikes = Raster(steps: steps, batch: batch, count: shape.count, form: sent.form)
    let serial = map.current(of: .raster(spikes), with: prepared)
    for index in 0..<atOnce.row {
        var sum: Float = 0
        for t in 0..<steps { sum += codes.amplitudes[t] * serial.step(t)[index] }
        #expect(sum == atOnce.base[index])
    }
    #expect(sent.spikes(samples: 0..<batch) == spikes.spikes(samples: 0..<batch))
}

@Test("the largest code of a window is the one that is left when those that stay silent drop out")
func pooling() throws {
    var random = Seeded(5)
    let (steps, shape) = (6, Shape(height: 6, width: 6, channels: 5))
    let pool = try Pooling(input: shape, kind: .max, kernelHeight: 2, kernelWidth: 3, stride: 2)
    let model = FSReLUModel(range: 8)
    let current = Values(steps: steps, batch: 2, count: shape.count, isConstant: true)
    for index in 0..<current.row { current.base[index] = Float(random.number(-2...9)) }
    let sent = model.run(current, state: model.rest(count: 0), potentials: nil)
    let context = StageContext(
        isTraining: false,
        samples: [0, 1],
        firstStep: 0,
        random: RandomStream(seed: 1, purpose: .dropout)
    )
    guard case .raster(let before) = sent, case .raster(let after) = pool.forward(sent, context) else {
        return #expect(Bool(false), "no spikes")
    }
    for sample in 0..<2 {
        for y in 0..<pool.outputShape.height {
            for x in 0..<pool.outputShape.width {
                for channel in 0..<5 {
                    var alive = (0..<2).flatMap { row in
                        (0..<3).map { column in
                            sample * shape.count + ((2 * y + row) * 6 + 2 * x + column) * 5 + channel
                        }
                    }
                    let output = ((sample * pool.outputShape.height + y) * pool.outputShape.width + x) * 5 + channel
                    for t in 0..<steps {
                        let firing = alive.filter { before.event(step: t, index: $0) == 1 }
                        #expect(after.event(step: t, index: output) == (firing.isEmpty ? 0 : 1))
                        if !firing.isEmpty { alive = firing }
                    }
                }
            }
        }
    }
}

@Test("the surrogate derivative of a table is that of its formula")
func slope() throws {
    // One step: y = d z, dz/dv = max(0, 1 - |s|) by s = (v - T) / (|v| + 1).
    let table = try StepTable(thresholds: [0.5], resets: [0.25], amplitudes: [2])
    let s = (0.75 - 0.5) / 1.75
    let expected = 2 * (1 - s) * (1.75 - 0.25) / (1.75 * 1.75)
    #expect(abs(Double(table.slope(at: 0.75)) - expected) < 1e-6)
    #expect(table.slope(at: .nan) == 0)
}

@Test("steps that differ from the window are refused, and a range that is not fitted")
func refusals() throws {
    func network(_ neuron: ComponentChoice, steps: Int) throws -> Network {
        try Network(
            NetworkDescription(
                input: Shape(3),
                steps: steps,
                nodes: [
                    NodeDescription(
                        name: "a",
                        connection: ComponentChoice("dense", ["outputs": .number(2)]),
                        neuron: neuron
                    ),
                    NodeDescription(
                        name: "b",
                        connection: ComponentChoice("dense", ["outputs": .number(2)]),
                        neuron: ComponentChoice("relu.identity")
                    ),
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: try Registry(
                plugins: [FSPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self, ReLUPlugin.PluginEntry.self]
            ),
            seed: 1
        )
    }
    #expect(
        throws: SNNError.parameter("layer 'a': fs.relu takes windows of 1 ... 16 steps, got 17")
    ) { try network(ComponentChoice("fs.relu"), steps: 17) }
    #expect(
        throws: SNNError.parameter("layer 'a': its 16 steps must be those of the network's window (steps), got 4")
    ) { try network(ComponentChoice("fs.silu"), steps: 4) }
    let unfitted = try network(ComponentChoice("fs.relu", ["range": .number(0)]), steps: 10)
    #expect(
        throws: SNNError.state(
            "layer 'a': its range is not fitted; fit it with the rule fs.fit_ranges, or set it"
        )
    ) { try unfitted.predict(ArraySource([0, 0, 0], inputCount: 3), count: 1, scores: Storage<Float>(2).base) }
    #expect(
        throws: SNNError.parameter(
            "layer 'a': thresholds, resets and amplitudes must hold one number a step each, got 1, 2 and 1"
        )
    ) {
        try network(
            ComponentChoice(
                "fs",
                ["thresholds": .numbers([1]), "resets": .numbers([1, 2]), "amplitudes": .numbers([1])]
            ),
            steps: 1
        )
    }
}
