import SNNKernel
import SNNTestKit
import Testing

@testable import SNN

@Suite("conversion between analog units and spike times")
struct ConversionTests {
    /// Batch normalisation before and behind nonlinearities, padding, strides, pooling, and behind a flatten.
    private static let normalised = #"""
        {"input":{"shape":[2,13,12]},"readout":"membrane","layers":[
         {"name":"one","connection":{"kind":"conv2d","channels":4,"kernel":3,"padding":1,"stride":2},
          "neuron":"relu.identity"},
         {"name":"n1","connection":"batch_norm","neuron":"relu"},
         {"name":"two","stages":[{"kind":"dropout","mask":"window"}],
          "connection":{"kind":"conv2d","channels":5,"kernel":3,"padding":1,"bias":false},"neuron":"relu"},
         {"name":"n2","connection":"batch_norm","neuron":"relu.identity"},
         {"name":"three","stages":[{"kind":"max_pool","kernel":2}],
          "connection":{"kind":"conv2d","channels":6,"kernel":[3,2],"padding":1},"neuron":"relu"},
         {"name":"n3","connection":"batch_norm","neuron":"relu.identity"},
         {"name":"four","connection":{"kind":"conv2d","channels":3,"kernel":2,"bias_per_pixel":true},"neuron":"relu"},
         {"name":"n4","stages":[{"kind":"max_pool","kernel":[1,2],"stride":1}],"connection":"batch_norm",
          "neuron":"relu.identity"},
         {"name":"flat","stages":["flatten"]},
         {"name":"five","connection":{"kind":"dense","outputs":9,"bias":false},"neuron":"relu.identity"},
         {"name":"n5","connection":"batch_norm","neuron":"relu"},
         {"name":"n6","connection":"batch_norm","neuron":"relu.identity"},
         {"name":"out","connection":{"kind":"dense","outputs":4},"neuron":"relu.identity"},
         {"name":"n7","connection":"batch_norm","neuron":"relu.identity"}]}
        """#

    private static let plain = #"""
        {"input":{"shape":[2,6,6]},"readout":"membrane","layers":[
         {"name":"one","connection":{"kind":"conv2d","channels":4,"kernel":3,"padding":1},"neuron":"relu"},
         {"name":"two","stages":[{"kind":"max_pool","kernel":2},"flatten"],
          "connection":{"kind":"dense","outputs":20,"bias":false},"neuron":"relu"},
         {"name":"out","connection":{"kind":"dense","outputs":3},"neuron":"relu.identity"}]}
        """#

    /// A network with normalisations that do something: factors of both signs, statistics of all sizes.
    private func network(_ text: String, seed: UInt64) throws -> Network {
        let network = try Network(try NetworkDocument.read(text), registry: try Library.registry(), seed: seed)
        var random = Seeded(seed)
        for tensor in network.allTensors {
            let range: ClosedRange<Double>? =
                switch tensor.description.name {
                case "scale": -1.5...1.5
                case "shift", "mean", "bias": -0.5...0.5
                case "variance": 0.2...2
                default: nil
                }
            guard let range else { continue }
            for index in 0..<tensor.storage.count { tensor.storage.base[index] = Float(random.number(range)) }
        }
        return network
    }

    private func converted(
        _ network: Network,
        to target: ConversionTarget,
        range: ClosedRange<Double> = 0...1,
        window: Double = 1e9
    ) throws -> Network {
        var settings = ConversionSettings()
        settings.range = range
        settings.window = window
        return try network.converted(to: target, settings, registry: try Library.registry())
    }

    /// What the nodes of a name send, sample after sample.
    private func sent(_ name: String, of network: Network, _ rows: [Float]) throws -> [Float] {
        let node = try network.nodeIndex(name)
        let count = rows.count / network.inputCount
        let size = network.nodes[node].outputShape.count
        let (scores, all) = (Storage<Float>(count * network.scoreCount), Storage<Float>(count * size))
        let reader = ResultReader(size: size) { passage, rows in
            guard case .values(let values)? = passage.sent[node] else { return }
            rows.update(from: values.base, count: values.row)
        }
        try network.predict(
            ArraySource(rows, inputCount: network.inputCount),
            count: count,
            scores: scores.base,
            results: [(reader, all.base)]
        )
        return Array(all.elements)
    }

    private func bits(_ network: Network) -> [[UInt32]] {
        network.tensors.map { $0.storage.elements.map(\.bitPattern) }
    }

    private func expectEqual(_ found: [Float], _ wanted: [Float], _ about: String) {
        let largest = wanted.reduce(0) { max($0, abs($1)) }
        #expect(found.count == wanted.count && largest > 0.05, "\(about): \(largest)")
        let error = zip(found, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= 1e-5 * largest, "\(about): off by \(error) of \(largest)")
    }

    @Test("with batch normalisation and a range of the input, every neuron and score is equal", arguments: 1...6)
    func normalised(_ seed: UInt64) throws {
        let analog = try network(Self.normalised, seed: seed)
        let spiking = try converted(analog, to: .ttfs, range: -3...3)
        #expect(spiking.nodes.map(\.name) == ["one", "two", "three", "four", "five", "out"])
        #expect(spiking.nodes.dropLast().allSatisfy { $0.sends == .times && $0.spikes })
        var random = Seeded(seed &+ 50)
        let rows = random.numbers(6 * analog.inputCount, in: -3...3)
        // Behind the nonlinearity: what leaves n1 leaves the spiking layer one, every pixel of its border too.
        for (name, own) in [("n1", "one"), ("two", "two"), ("three", "three"), ("four", "four"), ("n5", "five")] {
            expectEqual(try sent(own, of: spiking, rows), try sent(name, of: analog, rows), own)
        }
        expectEqual(try sent("out", of: spiking, rows), try sent("n7", of: analog, rows), "scores")
        // Zero padding met a constant in each of these.
        for name in ["one", "three"] {
            let bias = try #require(spiking.tensors.first { $0.name == "\(name).bias" })
            #expect(bias.description.shape.count == 3, "\(name)")
        }
        guard case .numbers(let latest)? = spiking.description.nodes[2].stages[0].parameters["latest"] else {
            Issue.record("a pool between must say which channels send the latest spike")
            return
        }
        #expect(!latest.isEmpty && latest.count < 5)
        // And back, where the range of the input is folded once more.
        let back = try converted(spiking, to: .relu)
        expectEqual(try sent("out", of: back, rows), try sent("n7", of: analog, rows), "scores there and back")
    }

    @Test("without batch normalisation weights and scores have the same bits, there and back")
    func plain() throws {
        let analog = try network(Self.plain, seed: 3)
        let spiking = try converted(analog, to: .ttfs)
        #expect(bits(spiking) == bits(analog) && spiking.tensors.map(\.name) == analog.tensors.map(\.name))
        var random = Seeded(7)
        let rows = random.numbers(9 * analog.inputCount, in: 0...1, activity: 0.7)
        for name in ["one", "two", "out"] {
            #expect(try sent(name, of: spiking, rows) == sent(name, of: analog, rows), "\(name)")
        }
        let back = try converted(spiking, to: .relu)
        #expect(back.description == analog.description && bits(back) == bits(analog))
        #expect(try sent("out", of: back, rows) == sent("out", of: analog, rows))
    }

    @Test("windows are unfitted until a data set fits them, and then have room for its activations")
    func windows() throws {
        let text = Self.plain.replacing("[2,6,6]", with: "[6]")
            .replacing(
                #"{"kind":"conv2d","channels":4,"kernel":3,"padding":1}"#,
                with: #"{"kind":"dense","outputs":8}"#
            )
            .replacing(#""stages":[{"kind":"max_pool","kernel":2},"flatten"],"#, with: "")
        let analog = try network(text, seed: 4)
        let data = try TrainedSample.samples(features: 6, classes: 3, count: 50)
        let conversion = try ConversionDocument(to: .ttfs, percentile: 100, margin: 2)
        let spiking = try conversion.convert(analog, data: data)
        #expect(spiking.description.coding.parameters["low"] == .number(0))
        let refusal = failure { try spiking.evaluate(data) }
        guard case .state(let sentence)? = refusal else {
            Issue.record("an unfitted window must be SNNError.state, got \(String(describing: refusal))")
            return
        }
        #expect(sentence.contains("layer 'one'") && sentence.contains("not fitted"))
        try conversion.fit(spiking, data: data, threads: 2)
        let largest = try analog.survey(data).map(\.largest)
        #expect(spiking.buffers.map { $0.storage.base[0] } == [2 * largest[0], 2 * largest[1]])
        #expect(try spiking.evaluate(data).accuracy == analog.evaluate(data).accuracy)
        let wide = try ConversionDocument(to: .ttfs, low: -3, high: 3).convert(analog, data: data)
        #expect(wide.description.coding.parameters["low"] == .number(-3))
        #expect(failure { try ConversionDocument(to: .ttfs, percentile: 0) } != nil)
        #expect(
            failure { try ConversionDocument(to: .ttfs, low: 2).convert(analog, data: data) }
                == .parameter("high must be > low, got 1 and 2")
        )
    }

    @Test(
        "what has no counterpart is refused by the name of its layer",
        arguments: [
            (
                #"{"stages":[{"kind":"average_pool","kernel":1},"flatten"],"connection":{"kind":"dense","outputs":2},"#
                    + #""neuron":"relu.identity"}"#,
                "layer 'layer1': ttfs.membrane takes spike times, but constant values arrive; a coding or a layer that sends "
                    + "spike times must come before it"
            ),
            (
                #"{"stages":["flatten"],"connection":{"kind":"dense","outputs":2},"neuron":"lif.integrator"}"#,
                "layer 'layer1': the neurons relu, relu.identity, ttfs, ttfs.membrane, analog.clip, analog.silu, analog.sigmoid, analog.tanh, analog.gelu convert, not lif.integrator"
            ),
            (
                #"{"stages":["flatten"],"connection":{"kind":"dense","outputs":2},"neuron":"relu"}"#,
                "layer 'layer1': the last layer must have the neuron relu.identity or ttfs.membrane"
            ),
            (
                #"{"connection":"batch_norm","neuron":"relu"}"#,
                "layer 'layer1': batch_norm before a nonlinearity converts right behind dense or conv2d with "
                    + "relu.identity alone"
            ),
            (
                #"{"name":"c","connection":{"kind":"conv2d","channels":2,"kernel":1},"neuron":"relu.identity"},"#
                    + #"{"stages":["flatten"],"connection":"batch_norm","neuron":"relu.identity"}"#,
                "layer 'layer2': no layer follows into which batch_norm could be folded"
            ),
            (
                #"{"name":"c","connection":{"kind":"conv2d","channels":2,"kernel":1,"weight_bits":4},"#
                    + #""neuron":"relu.identity"},{"connection":"batch_norm","neuron":"relu.identity"}"#,
                "layer 'layer2': weight_bits of 'c' must be 0 where something is folded into it, got 4"
            ),
        ]
    )
    func refusals(_ layers: String, _ sentence: String) throws {
        let text = #"{"input":{"shape":[1,4,4]},"readout":"membrane","layers":[\#(layers)]}"#
        let network = try network(text, seed: 1)
        #expect(failure { try converted(network, to: .ttfs) } == .notSupported(sentence))
    }

    @Test("networks of another kind, and disturbed ones, are refused")
    func kinds() throws {
        let analog = try network(Self.plain, seed: 1)
        #expect(
            failure { try converted(analog, to: .relu) }
                == .notSupported("a network converts to relu from the coding ttfs, got constant")
        )
        let spiking = try converted(analog, to: .ttfs)
        let noisy = try spiking.changed(
            by: [try NetworkChange(parsing: "two.neuron.jitter=0.1")],
            registry: try Library.registry()
        )
        #expect(
            failure { try converted(noisy, to: .relu) }
                == .notSupported("layer 'two': jitter must be 0 in a network that is converted, got 0.1")
        )
    }

    /// Analog training, conversion, and training of spike times.
    private func recipe(_ stages: String, _ change: (inout RunOptions) -> Void = { _ in }) throws -> RecipeRun {
        let recipe = try Recipe.find(
            #"""
            {"name":"converted","data":{"set":"digits","preprocessing":{"samples":320}},"seed":4,
             "network":{"input":{"shape":[1,8,8]},"readout":"membrane","layers":[
              {"name":"conv","connection":{"kind":"conv2d","channels":4,"kernel":3,"padding":1},"neuron":"relu"},
              {"name":"norm","connection":"batch_norm","neuron":"relu.identity"},
              {"name":"out","stages":[{"kind":"max_pool","kernel":2},"flatten"],
               "connection":{"kind":"dense","outputs":10},"neuron":"relu.identity"}]},
             "stages":[{"kind":"train","epochs":4,"batch":64,"optimizer":{"kind":"adam","learning_rate":0.02}}\#(stages)]}
            """#
        )
        var options = RunOptions()
        options.threads = 1
        change(&options)
        return RecipeRun(recipe, options)
    }

    @Test("a stage converts the network for the stages after it, and a checkpoint goes on to the bit")
    func stage() throws {
        let folder = try TemporaryFolder()
        let convert = #",{"kind":"convert","to":"ttfs","margin":2}"#
        let train = #",{"kind":"train","epochs":2,"batch":64,"rule":"ttfs"}"#
        let straight = try recipe(convert + train) { $0.out = folder["straight"] }.run()
        #expect(straight.network.description.coding.name == "ttfs" && straight.network.nodes.count == 2)
        let stages = try JSONField(straight.report.json)["stages"].array()
        let accuracy = try stages.map { try $0["accuracy"].number() }
        #expect(stages.count == 3 && accuracy[0] > 0.5 && accuracy[1] == accuracy[0])
        #expect(try stages[1]["spikes_per_neuron"].number() > 0)
        func bytes(_ name: String) throws -> [UInt8] { try ReadFile.bytes(folder[name]).array }
        // Cut in the last stage: the file knows what the network was converted to.
        _ = try recipe(convert + train) {
            $0.epochs = 1
            $0.out = folder["cut"]
        }.run()
        _ = try recipe(convert + train) {
            $0.resume = folder["cut"]
            $0.out = folder["resumed"]
        }.run()
        #expect(try bytes("resumed") == bytes("straight"))
        // Cut behind the conversion: windows are fitted again, to the same.
        let short = try recipe(convert) { $0.out = folder["short"] }.run()
        _ = try recipe(convert) {
            $0.resume = folder["short"]
            $0.out = folder["again"]
        }.run()
        #expect(try bytes("again") == bytes("short"))
        #expect(try NetworkFile.read(folder["short"]).network.description == short.network.description)
        // And back.
        let back = try recipe(convert + #",{"kind":"convert","to":"relu"}"#) { $0.out = folder["back"] }.run()
        #expect(back.network.description.coding.name == "constant")
        #expect(back.report["accuracy"] == short.report["accuracy"])
        #expect(try NetworkFile.read(folder["back"]).network.nodes[0].outputShape.channels == 4)
    }

    @Test("a stage with words that it does not know is refused by its place")
    func stageKeys() {
        #expect(
            failure { try recipe(#",{"kind":"convert","to":"ttfs","batch":3}"#) }
                == .unknownName(
                    "unknown key in stages[1]: 'batch'; known: high, kind, low, margin, percentile, shift, "
                        + "spike_price, steps, to, tolerance"
                )
        )
        #expect(
            failure { try recipe(#",{"kind":"convert","to":"lif"}"#) }
                == .unknownName("unknown stages[1].to 'lif'; known: fs, if, relu, ttfs")
        )
    }
}
