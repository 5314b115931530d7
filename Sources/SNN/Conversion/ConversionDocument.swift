import FSPlugin
import SNNKernel

/// How to convert a network, as JSON: a stage of a recipe (docs/recipes.md), or the options of `snn convert`.
///
///     {"kind": "convert", "to": "fs", "steps": 4, "tolerance": 0.01}
///     {"kind": "convert", "to": "fs", "steps": 4, "spike_price": 0.05}
///     {"kind": "convert", "to": "fs", "steps": 10, "percentile": 99.9}
///     {"kind": "convert", "to": "ttfs", "percentile": 100, "margin": 1.5, "low": -3, "high": 3}
package struct ConversionDocument: Sendable, Equatable {
    /// What the network becomes.
    package let target: ConversionTarget
    /// Steps of a window: K bits of a code, or T steps that a rate is a mean over.
    package let steps: Int
    /// Per cent of the activations that windows, ranges and thresholds have room for; nil with ``margin``, for spikes on a
    /// grid, where codes and rates are to differ little from the activations.
    package let percentile: Double?
    /// Room above it, a factor.
    package let margin: Double?
    /// The mean square by which codes and rates may differ from the activations, as a share of theirs, where that saves
    /// spikes; nil takes what suits the target, and where there is a percentile.
    package let tolerance: Double?
    /// What a spike of a few-spikes neuron costs, as a share of the mean square of its layer's activations; nil for binary codes,
    /// whose spikes are as many as they come to.
    package let spikePrice: Double?
    /// What is added to the currents of few-spikes neurons, in units of the last bit.
    package let shift: Double
    /// The value of the input that stays silent; nil takes it from the data.
    package let low: Double?
    /// The value of the input that spikes at once; nil takes it from the data.
    package let high: Double?

    /// Steps unless told otherwise.
    package static func defaultSteps(_ target: ConversionTarget) -> Int { target == .rate ? 128 : 10 }
    /// Spike times cost nothing for room; codes cost a bit for twice the range, and have half a spike fewer.
    private static func defaultMargin(_ target: ConversionTarget) -> Double { [.ttfs: 1.5, .fs: 2][target] ?? 1 }

    /// A conversion; nil takes what suits the target.
    ///
    /// Throws ``SNNError/parameter(_:)`` for numbers out of range, ``SNNError/argument(_:)`` for one that the target has no
    /// use for.
    package init(
        to target: ConversionTarget,
        steps: Int? = nil,
        percentile: Double? = nil,
        margin: Double? = nil,
        tolerance: Double? = nil,
        spikePrice: Double? = nil,
        shift: Double? = nil,
        low: Double? = nil,
        high: Double? = nil
    ) throws(SNNError) {
        self.target = target
        self.steps = steps ?? Self.defaultSteps(target)
        // Spike times are exact: nothing is to be traded for room.
        let isFree = percentile == nil && margin == nil && (target == .fs || target == .rate)
        self.percentile = isFree ? nil : percentile ?? 100
        self.margin = isFree ? nil : margin ?? Self.defaultMargin(target)
        self.tolerance = tolerance
        self.spikePrice = spikePrice
        self.shift = shift ?? 0.5
        self.low = low
        self.high = high
        guard steps == nil || target == .fs || target == .rate else {
            throw .argument("steps is for fs and if, not for \(target.rawValue)")
        }
        guard shift == nil || target == .fs else { throw .argument("shift is for fs, not for \(target.rawValue)") }
        guard tolerance == nil || target == .fs || target == .rate else {
            throw .argument("tolerance is for fs and if, not for \(target.rawValue)")
        }
        guard tolerance == nil || isFree else {
            throw .argument(
                "tolerance chooses ranges and thresholds; percentile and margin set them: give one or the other"
            )
        }
        guard spikePrice == nil || target == .fs else {
            throw .argument("spike_price is for fs, not for \(target.rawValue)")
        }
        guard spikePrice == nil || isFree && tolerance == nil && shift == nil else {
            throw .argument(
                "spike_price makes tables of its own; tolerance, percentile, margin and shift are for binary codes: "
                    + "give one or the other"
            )
        }
        guard low == nil && high == nil || target == .ttfs else {
            throw .argument("low and high are for ttfs, not for \(target.rawValue)")
        }
        guard self.steps >= 1, self.steps <= 1 << 20 else {
            throw .parameter("steps must be 1 ... \(1 << 20), got \(self.steps)")
        }
        guard self.shift >= 0, self.shift <= 1 else {
            throw .parameter("shift must be 0 ... 1, got \(self.shift.plain)")
        }
        // Before an hour of training rather than after it.
        if let percentile, percentile.isNaN || percentile <= 0 || percentile > 100 {
            throw .parameter("percentile must be > 0 and <= 100, got \(percentile.plain)")
        }
        if let tolerance, !(0..<1).contains(tolerance) {
            throw .parameter("tolerance must be >= 0 and < 1, got \(tolerance.plain)")
        }
        if let spikePrice {
            guard spikePrice >= 0, spikePrice <= 1 else {
                throw .parameter("spike_price must be 0 ... 1, got \(spikePrice.plain)")
            }
            guard self.steps <= PricedTable.mostSteps else {
                throw .parameter(
                    "with spike_price steps must be 1 ... \(PricedTable.mostSteps), got \(self.steps)"
                )
            }
        }
        if let margin, !margin.isFinite || margin <= 0 { throw .parameter("margin must be > 0, got \(margin.plain)") }
    }

    /// The keys of the document, without those of a stage.
    private static let keys = [
        "to", "steps", "percentile", "margin", "tolerance", "spike_price", "shift", "low", "high",
    ]

    /// A stage of kind `convert`, or the options of a call, which has the keys `others` for itself.
    package init(_ field: JSONField, others: [String] = ["kind"]) throws(SNNError) {
        try field.check(keys: Self.keys + others)
        let names = ConversionTarget.allCases.map(\.rawValue)
        guard let target = ConversionTarget(rawValue: try field["to"].choice(of: names)) else {
            throw field["to"].error("must be one of \(names.joined(separator: ", "))")
        }
        try self.init(
            to: target,
            steps: try field["steps"].optionalInteger(),
            percentile: try field["percentile"].optionalNumber(),
            margin: try field["margin"].optionalNumber(),
            tolerance: try field["tolerance"].optionalNumber(),
            spikePrice: try field["spike_price"].optionalNumber(),
            shift: try field["shift"].optionalNumber(),
            low: try field["low"].optionalNumber(),
            high: try field["high"].optionalNumber()
        )
    }

    /// What fits windows or ranges to a data set; nil where there is nothing to fit.
    private func rule(for target: ConversionTarget) -> ComponentChoice? {
        let names: [ConversionTarget: String] = [.ttfs: "ttfs.fit_windows", .fs: "fs.fit_ranges"]
        return names[target].map { name in
            guard let percentile, let margin else {
                var parameters: [String: ParameterValue] = ["by": .text("error")]
                if let tolerance { parameters["tolerance"] = .number(tolerance) }
                return ComponentChoice(name, parameters)
            }
            return ComponentChoice(name, ["percentile": .number(percentile), "margin": .number(margin)])
        }
    }

    /// Whether something is left to fit after the conversion of a network.
    package func fits(_ network: Network) -> Bool {
        switch target {
        case .ttfs: true
        // Clipped units come with their range.
        case .fs:
            network.description.nodes.contains {
                $0.neuron?.name == "fs.relu" && $0.neuron?.parameters["range"] == .number(0)
            }
        case .rate, .relu: false
        }
    }

    /// What is left to train after the conversion: windows of spike times, ranges of few spikes.
    package func training() throws(SNNError) -> TrainingDocument {
        var document = try TrainingDocument(JSONField(.object([:])))
        if let rule = rule(for: target) { document.rule = rule }
        return document
    }

    /// Samples that the least difference is looked for on: the bulk of the values decides, not the largest of all.
    private static let mostSamples = 2048

    /// What of a data set windows, ranges and thresholds are fitted to: all of it where they have room for a percentile.
    package func samples(of data: Dataset) -> any LabelledSource {
        percentile == nil ? SpacedSamples(of: data, atMost: Self.mostSamples) : data
    }

    /// The network converted, with windows or ranges that are still to be fitted.
    ///
    /// Thresholds of rates are balanced on `data`. Where low and high are not given, they are 0 and 1 if all values of
    /// `data` lie between, else the least and the largest of them.
    package func convert(
        _ network: Network,
        data: Dataset,
        threads: Int = 1,
        progress: ProgressHandler? = nil
    ) throws(SNNError) -> Network {
        let registry = try Library.registry()
        var settings = ConversionSettings()
        settings.steps = steps
        settings.shift = shift
        switch target {
        case .ttfs: settings.range = try inputRange(data)
        case .rate:
            let news = Progress.during("fitting thresholds", progress)
            for (layer, survey) in try surveys(of: network, data, threads: threads, progress: news) {
                let threshold = threshold(survey)
                if threshold > 0 { settings.thresholds[layer.name] = threshold }
            }
        case .fs:
            settings.tables = try tables(for: network, threads: threads, progress)
            if let spikePrice {
                settings.pricedTables = try pricedTables(for: network, data, spikePrice, threads: threads, progress)
            }
        case .relu: break
        }
        return try network.converted(to: target, settings, registry: registry)
    }

    /// The layers of the folded analog network, and how large what they send is.
    private func surveys(
        of network: Network,
        _ data: Dataset,
        threads: Int,
        progress: ProgressHandler?
    ) throws(SNNError) -> Zip2Sequence<[NodeDescription], [ActivitySurvey]> {
        let analog = try network.folded(registry: try Library.registry())
        return zip(analog.description.nodes, try analog.survey(samples(of: data), threads: threads, progress: progress))
    }

    /// The few-spikes neuron of a table.
    private static func neuron(_ table: StepTable) -> ComponentChoice {
        func numbers(_ list: [Float]) -> ParameterValue { .numbers(list.map(Double.init)) }
        return ComponentChoice(
            "fs",
            [
                "thresholds": numbers(table.thresholds), "resets": numbers(table.resets),
                "amplitudes": numbers(table.amplitudes),
            ]
        )
    }

    /// What a rate of 1 had better stand for: T steps count the spikes of half a threshold and more.
    private func threshold(_ survey: ActivitySurvey) -> Double {
        if let percentile, let margin { return margin * Double(survey.percentile(percentile)) }
        let rates = ActivitySurvey.Staircase(divisions: Double(steps), most: Double(steps), shift: 0.5)
        return Double(survey.range(rates, tolerance: tolerance ?? 0, room: 1))
    }

    /// Tables of the smooth functions in a network, fitted where none is published for these steps.
    private func tables(
        for network: Network,
        threads: Int,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> [String: ComponentChoice] {
        var tables: [String: ComponentChoice] = [:]
        for node in network.description.nodes {
            guard let neuron = node.neuron, case .smooth(let name)? = try? AnalogUnit(neuron), tables[name] == nil,
                ConversionTarget.published[name]?.steps != steps
            else { continue }
            var request = StaircaseRequest()
            request.function = name
            request.steps = steps
            request.threads = threads
            let table = try request.run { done, total, _ in
                progress?(Progress("fitting codes of \(name)", epoch: 1, done: done, total: total)) ?? true
            }.table
            tables[name] = Self.neuron(table)
        }
        return tables
    }

    /// Tables of the rectified layers of a network, for which a spike costs `price`; none for a layer that sends nothing.
    private func pricedTables(
        for network: Network,
        _ data: Dataset,
        _ price: Double,
        threads: Int,
        _ progress: ProgressHandler?
    ) throws(SNNError) -> [String: ComponentChoice] {
        let news = Progress.during("measuring activations", progress)
        let layers = try surveys(of: network, data, threads: threads, progress: news).filter { layer, survey in
            guard let neuron = layer.neuron, case .rectified? = try? AnalogUnit(neuron) else { return false }
            return survey.count > 0 && survey.largest.isFinite
        }
        var tables: [String: ComponentChoice] = [:]
        for (place, (layer, survey)) in layers.enumerated() {
            tables[layer.name] = Self.neuron(try PricedTable(survey, steps: steps, price: price).table())
            let done = place + 1
            let news = Progress("fitting codes", epoch: 1, done: done, total: layers.count)
            if let progress, !progress(news) {
                throw .cancelled("the conversion was cancelled after \(done) of \(layers.count) layers")
            }
        }
        return tables
    }

    private func inputRange(_ data: Dataset) throws(SNNError) -> ClosedRange<Double> {
        var (least, most) = (0.0, 1.0)
        if low == nil || high == nil {
            let found = data.valueRange
            if found.lowerBound < 0 || found.upperBound > 1 {
                (least, most) = (Double(found.lowerBound), Double(found.upperBound))
            }
        }
        (least, most) = (low ?? least, high ?? most)
        guard least < most else { throw .parameter("high must be > low, got \(most.plain) and \(least.plain)") }
        return least...most
    }

    /// Fits the windows or ranges of a converted network to a data set; does nothing where there are none.
    package func fit(
        _ network: Network,
        data: Dataset,
        threads: Int,
        progress: ProgressHandler? = nil
    ) throws(SNNError) {
        guard fits(network) else { return }
        _ = try training().trainer(for: network, seed: network.seed)
            .fit(samples(of: data), epochs: 1, threads: threads, progress: duringFit(progress))
    }

    /// Tells `handler` that windows or ranges are fitted.
    func duringFit(_ handler: ProgressHandler?) -> ProgressHandler? {
        Progress.during(target == .ttfs ? "fitting windows" : "fitting ranges", handler)
    }

    /// Makes up in the biases for what codes and rates move the mean of, where their ranges are chosen for the least
    /// difference; does nothing where they were given, and for other targets.
    ///
    /// `original` is the network that `network` was converted from.
    package func correctBiases(
        of network: Network,
        like original: Network,
        data: Dataset,
        threads: Int,
        progress: ProgressHandler? = nil
    ) throws(SNNError) {
        guard percentile == nil else { return }
        let analog = try original.folded(registry: try Library.registry())
        try BiasCorrection(analog: analog, converted: network, data: data, threads: threads).run(progress: progress)
    }
}
