import SNNKernel

/// How to convert a network, as JSON: a stage of a recipe (docs/recipes.md), or the options of `snn convert`.
///
///     {"kind": "convert", "to": "ttfs", "percentile": 100, "margin": 1.5, "low": -3, "high": 3}
package struct ConversionDocument: Sendable, Equatable {
    /// What the network becomes.
    package let target: ConversionTarget
    /// Per cent of the activations that windows have room for.
    package let percentile: Double
    /// Room above it, a factor.
    package let margin: Double
    /// The value of the input that stays silent; nil takes it from the data.
    package let low: Double?
    /// The value of the input that spikes at once; nil takes it from the data.
    package let high: Double?

    /// A conversion.
    ///
    /// Throws what the rule that fits windows says of percentile and margin.
    package init(
        to target: ConversionTarget,
        percentile: Double = 100,
        margin: Double = 1.5,
        low: Double? = nil,
        high: Double? = nil
    ) throws(SNNError) {
        self.target = target
        self.percentile = percentile
        self.margin = margin
        self.low = low
        self.high = high
        // Before an hour of training rather than after it.
        _ = try Library.registry().rule(rule)
    }

    /// A stage of kind `convert`.
    package init(_ field: JSONField) throws(SNNError) {
        try field.check(keys: ["kind", "to", "percentile", "margin", "low", "high"])
        let word = try field["to"].choice(of: ConversionTarget.allCases.map(\.rawValue))
        guard let target = ConversionTarget(rawValue: word) else { throw field["to"].error("must be ttfs or relu") }
        try self.init(
            to: target,
            percentile: try field["percentile"].optionalNumber() ?? 100,
            margin: try field["margin"].optionalNumber() ?? 1.5,
            low: try field["low"].optionalNumber(),
            high: try field["high"].optionalNumber()
        )
    }

    /// Fits windows to what a data set needs.
    private var rule: ComponentChoice {
        ComponentChoice("ttfs.fit_windows", ["percentile": .number(percentile), "margin": .number(margin)])
    }

    /// What is left to train after the conversion: the windows of spike times.
    package func training() throws(SNNError) -> TrainingDocument {
        var document = try TrainingDocument(JSONField(.object([:])))
        if target == .ttfs { document.rule = rule }
        return document
    }

    /// The network converted, with windows that are still to be fitted.
    ///
    /// Where low and high are not given, they are 0 and 1 if all values of `data` lie between, else the least and the
    /// largest of them.
    package func convert(_ network: Network, data: Dataset) throws(SNNError) -> Network {
        var (least, most) = (0.0, 1.0)
        if target == .ttfs, low == nil || high == nil {
            let found = data.valueRange
            if found.lowerBound < 0 || found.upperBound > 1 {
                (least, most) = (Double(found.lowerBound), Double(found.upperBound))
            }
        }
        (least, most) = (low ?? least, high ?? most)
        guard least < most else { throw .parameter("high must be > low, got \(most.plain) and \(least.plain)") }
        return try network.converted(to: target, range: least...most, registry: try Library.registry())
    }

    /// Fits the windows of a network of spike times to a data set; does nothing for others.
    package func fit(
        _ network: Network,
        data: Dataset,
        threads: Int,
        progress: ProgressHandler? = nil
    ) throws(SNNError) {
        guard target == .ttfs else { return }
        _ = try training().trainer(for: network, seed: network.seed)
            .fit(data, epochs: 1, threads: threads, progress: progress)
    }
}
