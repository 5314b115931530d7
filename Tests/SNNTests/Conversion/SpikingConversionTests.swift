import SNNKernel
import SNNTestKit
import Testing

@testable import SNN

@Suite("conversion to few spikes and to rates")
struct SpikingConversionTests {
    /// A residual block with batch normalisation everywhere, a strided branch and pools, for the 8 x 8 digits.
    private static let residual = #"""
        {"input":{"shape":[1,8,8]},"readout":"membrane","layers":[
         {"name":"c1","connection":{"kind":"conv2d","channels":6,"kernel":3,"padding":1,"bias":false},
          "neuron":"relu.identity"},
         {"name":"n1","connection":"batch_norm","neuron":"relu"},
         {"name":"c2","connection":{"kind":"conv2d","channels":8,"kernel":3,"padding":1,"stride":2},
          "neuron":"relu.identity"},
         {"name":"n2","connection":"batch_norm","neuron":"relu"},
         {"name":"c3","connection":{"kind":"conv2d","channels":8,"kernel":3,"padding":1},"neuron":"relu.identity"},
         {"name":"n3","connection":"batch_norm","neuron":"relu.identity"},
         {"name":"s","inputs":["n1"],"connection":{"kind":"conv2d","channels":8,"kernel":1,"stride":2},
          "neuron":"relu.identity"},
         {"name":"sn","connection":"batch_norm","neuron":"relu.identity"},
         {"name":"sum","inputs":["n3","sn"],"connection":"identity","neuron":"relu"},
         {"name":"out","stages":[{"kind":"average_pool","kernel":2},"flatten"],
          "connection":{"kind":"dense","outputs":10},"neuron":"relu.identity"}]}
        """#

    /// It learned the digits for a while.
    private func trained(_ text: String = Self.residual) throws -> (network: Network, data: Dataset) {
        let data = try DataCatalogue.open("digits", split: "train", directory: nil, preprocessing: Preprocessing())
        let network = try Network(try NetworkDocument.read(text), registry: try Library.registry(), seed: 5)
        let document = try TrainingDocument(
            JSONField(try JSONValue(parsing: #"{"batch":64,"optimizer":{"kind":"adam","learning_rate":0.01}}"#))
        )
        _ = try document.trainer(for: network, seed: 5).fit(data, epochs: 6, threads: 2)
        return (network, data)
    }

    private func converted(
        _ network: Network,
        _ document: ConversionDocument,
        _ data: Dataset
    ) throws -> Network {
        let other = try document.convert(network, data: data)
        try document.fit(other, data: data, threads: 2)
        try document.correctBiases(of: other, like: network, data: data, threads: 2)
        return other
    }

    @Test("few spikes lose next to nothing on a residual network, and the report adds up")
    func fewSpikes() throws {
        let (network, data) = try trained()
        let analog = try network.evaluate(data).accuracy
        #expect(analog > 0.9)
        let document = try ConversionDocument(to: .fs, steps: 10)
        let spiking = try converted(network, document, data)
        #expect(spiking.steps == 10 && spiking.nodes.map(\.name) == ["c1", "c2", "c3", "s", "sum", "out"])
        let found = try spiking.evaluate(data)
        #expect(abs(found.accuracy - analog) <= 0.005)
        #expect(found.statistics.spikesPerNeuron > 0.1 && found.statistics.spikesPerNeuron < 3)

        let report = try document.report(network, spiking, data: data, samples: 300, threads: 2)
        #expect(report.layers.map(\.name) == ["c1", "c2", "sum"] && report.samples == 300)
        for layer in report.layers {
            #expect(layer.correlation > 0.999 && layer.correlation <= 1.000001, "\(layer.name)")
            #expect(layer.clippedShare < 0.001 && layer.error < 1e-3 && layer.error > 0, "\(layer.name)")
            #expect(layer.range > 0 && layer.spikesPerNeuron > 0, "\(layer.name)")
        }
        // Nothing comes in with the pixels.
        #expect(report.layers[0].inheritedError == 0 && report.layers[2].inheritedError > 0)
        #expect(report.curve.map(\.steps) == Array(1...16))
        #expect(report.curve[9].accuracy == report.accuracyConverted)
        let enough = try #require(report.enoughSteps)
        #expect(enough > 1 && enough <= 10)
        #expect(report.curve[enough - 1].accuracy >= report.accuracyAnalog - 0.001)
        #expect(report.curve[enough - 2].accuracy < report.accuracyAnalog - 0.001)
        let page = ConversionPage(report, title: "a < b").text
        #expect(page.contains("a &lt; b") && page.contains("<td>sum</td>") && page.contains("<svg"))
    }

    @Test("a range that is too small shows as clipping, too few steps as rounding")
    func causes() throws {
        let (network, data) = try trained()
        let narrow = try ConversionDocument(to: .fs, steps: 10, margin: 0.2)
        let clipping = try narrow.report(
            network,
            try converted(network, narrow, data),
            data: data,
            samples: 200,
            threads: 2
        )
        #expect(clipping.layers[0].clippedShare > 0.01)
        #expect(clipping.layers[0].clippingError > 10 * clipping.layers[0].roundingError)
        let coarse = try ConversionDocument(to: .fs, steps: 2, margin: 1)
        let rounding = try coarse.report(
            network,
            try converted(network, coarse, data),
            data: data,
            samples: 200,
            threads: 2
        )
        #expect(rounding.layers[0].roundingError > 10 * rounding.layers[0].clippingError)
        #expect(rounding.roundingLoss > abs(rounding.clippingLoss))
    }

    @Test("ranges that are chosen lose least where steps are few, and save spikes where they are many")
    func chosenRanges() throws {
        let (network, data) = try trained()
        let analog = try network.evaluate(data).accuracy
        func error(_ document: ConversionDocument) throws -> (first: Double, accuracy: Double, spikes: Double) {
            let spiking = try converted(network, document, data)
            let report = try document.report(network, spiking, data: data, samples: 200, threads: 2)
            let found = try spiking.evaluate(data)
            return (report.layers[0].error, found.accuracy, found.statistics.spikesPerNeuron)
        }
        for steps in [2, 3] {
            let chosen = try error(ConversionDocument(to: .fs, steps: steps))
            for percentile in [97.0, 99, 99.9, 100] {
                let other = try error(ConversionDocument(to: .fs, steps: steps, percentile: percentile, margin: 1))
                #expect(chosen.first <= other.first * 1.05)
            }
            #expect(chosen.accuracy > analog - 0.1)
        }
        let chosen = try error(ConversionDocument(to: .fs, steps: 12))
        let tight = try error(ConversionDocument(to: .fs, steps: 12, margin: 1))
        #expect(chosen.first <= 3.2e-5 && chosen.spikes < tight.spikes)
        #expect(abs(chosen.accuracy - analog) <= 0.005)
    }

    @Test("a tolerance is kept to, and exchanges rounding for spikes")
    func tolerance() throws {
        let (network, data) = try trained()
        func ranges(_ network: Network) -> [Float] {
            network.buffers.filter { $0.name.hasSuffix("range") }.map { $0.storage.base[0] }
        }
        var before = (error: 0.0, spikes: Double.infinity)
        for tolerance in [0, 3e-3, 1e-2, 5e-2] {
            let document = try ConversionDocument(to: .fs, steps: 6, tolerance: tolerance)
            let spiking = try converted(network, document, data)
            let error = try document.report(network, spiking, data: data, samples: 200, threads: 2).layers[0].error
            // Eight ranges an octave, so the next larger one would be beyond by a fifth; the samples are others, too.
            #expect(tolerance == 0 || error <= 1.1 * tolerance && error > 0.6 * tolerance, "\(error) at \(tolerance)")
            let spikes = try spiking.evaluate(data).statistics.spikesPerNeuron
            #expect(error > before.error && spikes < before.spikes)
            before = (error, spikes)
        }
        let usual = try converted(network, ConversionDocument(to: .fs, steps: 10), data)
        let told = try converted(network, ConversionDocument(to: .fs, steps: 10, tolerance: 3e-5), data)
        #expect(ranges(usual) == ranges(told))
        // Longer windows of rates may stand for more, too.
        func threshold(_ tolerance: Double?) throws -> ParameterValue? {
            try ConversionDocument(to: .rate, steps: 64, tolerance: tolerance).convert(network, data: data)
                .description.nodes[0].neuron?.parameters["v_threshold"]
        }
        #expect(try threshold(nil) == threshold(0))
        guard case .number(let least) = try threshold(0), case .number(let more) = try threshold(0.02) else {
            Issue.record("there is no threshold")
            return
        }
        #expect(more > least)
    }

    @Test("a tolerance out of range, or with what it is to choose, is refused")
    func badTolerance() {
        for wrong in [-0.1, 1, .nan, .infinity] {
            #expect(
                failure { try ConversionDocument(to: .fs, tolerance: wrong) }
                    == .parameter("tolerance must be >= 0 and < 1, got \(wrong.plain)")
            )
        }
        #expect(
            failure { try ConversionDocument(to: .ttfs, tolerance: 0.1) }
                == .argument("tolerance is for fs and if, not for ttfs")
        )
        for (percentile, margin) in [(99, nil), (nil, 2), (99, 2)] as [(Double?, Double?)] {
            #expect(
                failure { try ConversionDocument(to: .fs, percentile: percentile, margin: margin, tolerance: 0.1) }
                    == .argument(
                        "tolerance chooses ranges and thresholds; percentile and margin set them: give one or the other"
                    )
            )
        }
    }

    /// What a few-spikes neuron does, step by step.
    private struct Codes {
        var thresholds: [Double] = []
        var amplitudes: [Double] = []

        init(_ neuron: ComponentChoice?) throws {
            #expect(neuron?.name == "fs" && neuron?.parameters["resets"] == neuron?.parameters["amplitudes"])
            guard case .numbers(let thresholds)? = neuron?.parameters["thresholds"],
                case .numbers(let amplitudes)? = neuron?.parameters["amplitudes"]
            else {
                Issue.record("there is no table")
                return
            }
            (self.thresholds, self.amplitudes) = (thresholds, amplitudes)
        }

        /// The first step is the highest bit.
        func code(of x: Double) -> Int {
            var (rest, code) = (x, 0)
            for (threshold, amplitude) in zip(thresholds, amplitudes) {
                code *= 2
                guard rest > threshold else { continue }
                rest -= amplitude
                code += 1
            }
            return code
        }

        func value(of code: Int) -> Double {
            amplitudes.reversed().enumerated().reduce(0) { $0 + (code >> $1.offset & 1 == 1 ? $1.element : 0) }
        }
    }

    @Test("a price on spikes exchanges error for spikes, and costs less than binary codes do")
    func spikePrice() throws {
        let (network, data) = try trained()
        func measured(_ document: ConversionDocument) throws -> (error: Double, spikes: Double) {
            let spiking = try converted(network, document, data)
            let layer = try document.report(network, spiking, data: data, samples: 200, threads: 2).layers[0]
            return (layer.error, layer.spikesPerNeuron)
        }
        let binary = try measured(ConversionDocument(to: .fs, steps: 4))
        var before = (error: 0.0, spikes: Double.infinity)
        for price in [0, 0.02, 0.05, 0.1, 0.2] {
            let found = try measured(ConversionDocument(to: .fs, steps: 4, spikePrice: price))
            #expect(found.error > before.error && found.spikes < before.spikes, "price \(price)")
            if price == 0 { #expect(found.error <= 1.01 * binary.error) }
            if price == 0.02 { #expect(found.spikes < 0.95 * binary.spikes && found.error < 2 * binary.error) }
            before = found
        }
    }

    @Test("codes with a price ascend with the current, and none that costs less is passed over", arguments: 1...8)
    func pricedCodes(_ steps: Int) throws {
        let (network, data) = try trained()
        let analog = try network.folded(registry: Library.registry())
        let survey = try analog.survey(data)[0]
        let meanSquare = survey.values.reduce(0) { $0 + $1.count * $1.value * $1.value } / Double(survey.count)
        for price in [0, 0.03, 0.1] {
            let document = try ConversionDocument(to: .fs, steps: steps, spikePrice: price)
            let spiking = try document.convert(network, data: data)
            #expect(try !document.fits(spiking))
            let codes = try Codes(spiking.description.nodes[0].neuron)
            func cost(_ code: Int, _ x: Double) -> Double {
                let error = x - codes.value(of: code)
                return error * error + price * meanSquare * Double(code.nonzeroBitCount)
            }
            var last = 0
            var (paid, least) = (0.0, 0.0)
            let most = Double(survey.largest)
            for x in stride(from: 0, through: most, by: most / 1000) {
                let code = codes.code(of: x)
                #expect(code >= last && codes.value(of: code) >= codes.value(of: last))
                last = code
                paid += cost(code, x)
                least += (0..<1 << steps).map { cost($0, x) }.min() ?? 0
            }
            #expect(paid <= 1.001 * least, "price \(price): \(paid / least)")
        }
    }

    @Test("a price out of range, for too many steps or beside what it replaces is refused")
    func badSpikePrice() {
        for wrong in [-0.1, 1.5, .nan, .infinity] {
            #expect(
                failure { try ConversionDocument(to: .fs, steps: 4, spikePrice: wrong) }
                    == .parameter("spike_price must be 0 ... 1, got \(wrong.plain)")
            )
        }
        #expect(
            failure { try ConversionDocument(to: .fs, spikePrice: 0.1) }
                == .parameter("with spike_price steps must be 1 ... 8, got 10")
        )
        #expect(
            failure { try ConversionDocument(to: .rate, spikePrice: 0.1) }
                == .argument("spike_price is for fs, not for if")
        )
        #expect(
            failure { try ConversionDocument(to: .fs, steps: 4, tolerance: 0.1, spikePrice: 0.1) }
                == .argument(
                    "spike_price makes tables of its own; tolerance, percentile, margin and shift are for binary codes: "
                        + "give one or the other"
                )
        )
    }

    @Test("biases make up for what few codes move the mean current of a channel by", arguments: [1, 2])
    func biases(_ threads: Int) throws {
        let (network, data) = try trained()
        let document = try ConversionDocument(to: .fs, steps: 2)
        let spiking = try document.convert(network, data: data)
        try document.fit(spiking, data: data, threads: 2)
        let analog = try network.folded(registry: try Library.registry())
        func means(_ network: Network) throws -> [Double] {
            let last = network.nodes.count - 1
            let sums = Storage<Float>(data.count * network.scoreCount)
            try network.visit(data, count: data.count, threads: 1) { passage in
                guard let current = passage.currents[last].map({ Activity.values($0).windowMean }) else { return }
                for (row, sample) in passage.samples.enumerated() {
                    (sums.base + sample * current.count)
                        .update(from: current.base + row * current.count, count: current.count)
                }
            }
            return (0..<network.scoreCount).map { score in
                (0..<data.count).reduce(0) { $0 + Double(sums.base[$1 * network.scoreCount + score]) }
                    / Double(data.count)
            }
        }
        func distance() throws -> Double {
            zip(try means(spiking), try means(analog)).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        let before = try distance()
        let first = spiking.tensors.filter { $0.name.hasPrefix("c1.") }.map { Array($0.storage.elements) }
        try document.correctBiases(of: spiking, like: network, data: data, threads: threads)
        #expect(try distance() < before / 3)
        // Nothing comes in with the pixels, so there is nothing to make up for.
        #expect(spiking.tensors.filter { $0.name.hasPrefix("c1.") }.map { Array($0.storage.elements) } == first)
        // Ranges that were given ask for no change.
        let given = try ConversionDocument(to: .fs, steps: 2, percentile: 99)
        let all = spiking.tensors.map { Array($0.storage.elements) }
        try given.correctBiases(of: spiking, like: network, data: data, threads: threads)
        #expect(spiking.tensors.map { Array($0.storage.elements) } == all)
    }

    @Test("rates come to the analog network as the window grows")
    func rates() throws {
        let (network, data) = try trained()
        let analog = try network.evaluate(data).accuracy
        let document = try ConversionDocument(to: .rate, steps: 64)
        let spiking = try converted(network, document, data)
        #expect(spiking.nodes.filter(\.spikes).map(\.name) == ["c1", "c2", "sum"])
        #expect(try spiking.evaluate(data, threads: 2).accuracy > analog - 0.03)
        let report = try document.report(network, spiking, data: data, samples: 100, threads: 2)
        #expect(report.curve.count == 512 && report.curve[63].accuracy == report.accuracyConverted)
        #expect(report.curve[511].accuracy >= report.curve[3].accuracy)
        #expect(zip(report.curve, report.curve.dropFirst()).allSatisfy { $0.spikesPerNeuron <= $1.spikesPerNeuron })
        #expect(report.layers.allSatisfy { $0.correlation > 0.98 })
    }

    @Test(
        "a conversion says in which phase it is and how far, and stops in any of them",
        arguments: [
            (ConversionTarget.ttfs, nil, ["fitting windows", "comparing layers", "measuring accuracy"]),
            (
                .rate, nil,
                [
                    "fitting thresholds", "correcting biases", "comparing layers", "measuring accuracy",
                    "trying 1 to 512 steps",
                ]
            ),
            (
                .fs, nil,
                [
                    "fitting ranges", "correcting biases", "comparing layers", "measuring accuracy",
                    "trying 1 to 16 steps",
                ]
            ),
            (
                .fs, 0.05,
                [
                    "measuring activations", "fitting codes", "correcting biases", "comparing layers",
                    "measuring accuracy",
                ]
            ),
        ]
    )
    func phases(_ target: ConversionTarget, _ price: Double?, _ wanted: [String]) throws {
        let (network, data) = try trained(Self.pooled)
        let document = try ConversionDocument(to: target, steps: target == .ttfs ? nil : 4, spikePrice: price)
        let request = try ConversionRequest(document, reportSamples: 70)
        func run(_ progress: @escaping ProgressHandler) throws -> ConversionReport? {
            try request.run(network, data: data, wantsReport: true, threads: 2, progress: progress).report
        }
        var news: [Progress] = []
        let report = try run {
            news.append($0)
            return true
        }
        #expect(report?.curve.isEmpty == (target == .ttfs || price != nil))
        var heard: [String] = []
        for phase in news.map(\.phase) where phase != heard.last { heard.append(phase) }
        #expect(heard == wanted)
        for phase in wanted {
            let parts = news.filter { $0.phase == phase }
            #expect(parts.last.map { $0.done == $0.total } == true, "\(phase)")
            // The rectified layers, not the one behind them.
            if phase == "fitting codes" { #expect(parts.map(\.total) == [2, 2]) }
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.done < $1.done && $0.total == $1.total }, "\(phase)")
            let error = #expect(throws: SNNError.self, "\(phase)") { _ = try run { $0.phase != phase } }
            guard case .cancelled? = error else {
                Issue.record("\(phase): \(String(describing: error))")
                return
            }
        }
    }

    /// Two maxima, behind which an OR of spikes would make rates too large.
    private static let pooled = #"""
        {"input":{"shape":[1,8,8]},"readout":"membrane","layers":[
         {"name":"c1","connection":{"kind":"conv2d","channels":6,"kernel":3,"padding":1},"neuron":"relu"},
         {"name":"c2","stages":[{"kind":"max_pool","kernel":2}],
          "connection":{"kind":"conv2d","channels":8,"kernel":3,"padding":1},"neuron":"relu"},
         {"name":"out","stages":[{"kind":"max_pool","kernel":2},"flatten"],
          "connection":{"kind":"dense","outputs":10},"neuron":"relu.identity"}]}
        """#

    @Test("a maximum of rates is the largest count: long windows come to the analog network")
    func pooledRates() throws {
        let (network, data) = try trained(Self.pooled)
        let analog = try network.evaluate(data).accuracy
        let document = try ConversionDocument(to: .rate, steps: 512)
        let spiking = try converted(network, document, data)
        #expect(spiking.description.nodes[1].stages[0].parameters["counts"] == .boolean(true))
        #expect(try abs(spiking.evaluate(data, threads: 2).accuracy - analog) <= 0.005)
        let report = try document.report(network, spiking, data: data, samples: 100, threads: 2)
        #expect(report.layers.allSatisfy { $0.correlation > 0.999 })
    }

    @Test("a rate is the current over the threshold: the mean of spikes worth their threshold")
    func meanOfSpikes() throws {
        let steps = 100
        let neuron = try Library.registry().neuron(
            ComponentChoice(
                "lif",
                [
                    "decay": .text("none"), "v_threshold": .number(2), "amplitude": .number(2), "v_start": .number(1),
                ]
            ),
            dt: 1
        )
        let current = Values(steps: steps, batch: 1, count: 6, isConstant: true)
        let numbers: [Float] = [-1, 0, 0.3, 1, 1.99, 5]
        for (index, number) in numbers.enumerated() { current.base[index] = number }
        let spelled = Values(steps: steps, batch: 1, count: 6)
        for t in 0..<steps { spelled.step(t).update(from: current.base, count: 6) }
        let mean = neuron.run(spelled, state: neuron.rest(count: 6), potentials: nil).windowMean
        for (index, number) in numbers.enumerated() {
            #expect(abs(mean.base[index] - min(max(number, 0), 2)) <= 2 / Float(steps), "\(number)")
        }
        withExtendedLifetime((current, mean)) {}
    }

    @Test("smooth units convert by tables, clipped ones by their range; what has none is refused")
    func units() throws {
        func network(_ unit: String) throws -> Network {
            try Network(
                try NetworkDocument.read(
                    #"""
                    {"input":{"shape":[4]},"readout":"membrane","layers":[
                     {"name":"a","connection":{"kind":"dense","outputs":30},"neuron":\#(unit)},
                     {"name":"b","connection":{"kind":"dense","outputs":3},"neuron":"relu.identity"}]}
                    """#
                ),
                registry: try Library.registry(),
                seed: 3
            )
        }
        let data = try TrainedSample.samples(features: 4, classes: 3, count: 40)
        let silu = try ConversionDocument(to: .fs, steps: 16).convert(network("\"analog.silu\""), data: data)
        #expect(silu.description.nodes[0].neuron?.name == "fs.silu")
        let clip = try ConversionDocument(to: .fs, steps: 8).convert(
            network(#"{"model":"analog.clip","high":6}"#),
            data: data
        )
        #expect(clip.description.nodes[0].neuron?.parameters["range"] == .number(6))
        #expect(
            failure { try ConversionDocument(to: .rate).convert(network("\"analog.silu\""), data: data) }
                == .notSupported("layer 'a': analog.silu does not convert to if")
        )
        #expect(
            failure { try ConversionDocument(to: .ttfs, steps: 4) } == .argument("steps is for fs and if, not for ttfs")
        )
        #expect(
            failure { try ConversionDocument(to: .rate, percentile: 101) }
                == .parameter("percentile must be > 0 and <= 100, got 101")
        )
        #expect(failure { try ConversionDocument(to: .fs, margin: 0) } == .parameter("margin must be > 0, got 0"))
        #expect(failure { try ConversionDocument(to: .fs, shift: 2) } == .parameter("shift must be 0 ... 1, got 2"))
    }

    @Test(
        "residual networks of the recipes have the neurons that are published",
        arguments: [(8, 1), (14, 2), (20, 3)]
    )
    func neurons(_ depth: Int, _ blocks: Int) throws {
        let recipe = try Recipe.find("ann-cifar10-resnet\(depth)")
        let network = try Network(recipe.network, registry: try Library.registry(), seed: 1)
        var settings = ConversionSettings()
        settings.steps = 10
        let spiking = try network.converted(to: .fs, settings, registry: try Library.registry())
        let found = spiking.nodes.filter(\.spikes).reduce(0) { $0 + $1.outputShape.count }
        #expect(found == 16384 * (1 + 2 * blocks) + 8192 * 2 * blocks + 4096 * 2 * blocks)
    }
}
