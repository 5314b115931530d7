import SNNKernel

/// What `snn convert` and `snn_network_convert` are asked for: a conversion, and the report on it.
///
///     {"to": "fs", "steps": 10, "report_samples": 1000, "allowed_loss": 0.001, "page": "report.html"}
package struct ConversionRequest: Sendable {
    /// How to convert.
    package let conversion: ConversionDocument
    /// Samples that the report looks at; 0 asks for none.
    package let reportSamples: Int
    /// The loss of accuracy, 0...1, that the steps found to be enough may have.
    package let allowedLoss: Double
    /// Where to write the report as an HTML page.
    package let page: String?

    /// A request; a conversion to spikes has a report on 1000 samples unless told otherwise.
    ///
    /// Throws ``SNNError/parameter(_:)`` for numbers out of range, ``SNNError/notSupported(_:)`` for a report of what does not
    /// spike, and ``SNNError/argument(_:)`` for a page without a report.
    package init(
        _ conversion: ConversionDocument,
        reportSamples: Int? = nil,
        allowedLoss: Double? = nil,
        page: String? = nil
    ) throws(SNNError) {
        let isSpiking = conversion.target != .relu
        self.conversion = conversion
        self.reportSamples = reportSamples ?? (isSpiking ? 1000 : 0)
        self.allowedLoss = allowedLoss ?? 0.001
        self.page = page
        guard self.reportSamples >= 0 else {
            throw .parameter("report_samples must be >= 0, got \(self.reportSamples)")
        }
        guard self.allowedLoss >= 0, self.allowedLoss <= 1 else {
            throw .parameter("allowed_loss must be 0 ... 1, got \(self.allowedLoss.plain)")
        }
        guard isSpiking || self.reportSamples == 0 else {
            throw .notSupported("a report is of a conversion to spikes, not to relu: report_samples must be 0")
        }
        guard page == nil || self.reportSamples > 0 else {
            throw .argument("page needs a report: report_samples must be >= 1, got 0")
        }
    }

    /// From a JSON object: the keys of ``ConversionDocument`` and those of the report.
    ///
    /// Throws ``SNNError/document(_:)`` for fields of another type, ``SNNError/unknownName(_:)`` for a key or a target that
    /// nobody knows, ``SNNError/parameter(_:)`` for numbers out of range, ``SNNError/notSupported(_:)`` for a report of what
    /// does not spike, and ``SNNError/argument(_:)`` for options that do not go together.
    package init(_ field: JSONField) throws(SNNError) {
        try self.init(
            ConversionDocument(field, others: ["report_samples", "allowed_loss", "page"]),
            reportSamples: field["report_samples"].optionalInteger(),
            allowedLoss: field["allowed_loss"].optionalNumber(),
            page: field["page"].optionalString()
        )
    }

    /// The converted network, fitted to `data`, and the report where one is asked for.
    ///
    /// - Parameters:
    ///   - network: the network to convert, which stays as it is.
    ///   - data: what ranges, thresholds and windows are fitted to.
    ///   - title: of the page; nil takes the network's name.
    ///   - wantsReport: whether the caller takes the report; a page needs it in any case.
    ///   - threads: how many to use at most.
    ///   - progress: told while ranges are fitted, layers compared, and other steps tried.
    /// - Returns: a network of its own, and the report or nil.
    /// - Throws: what ``ConversionDocument`` throws, ``SNNError/shape(_:)`` for data of another network, and
    ///   ``SNNError/file(_:)`` for a page that cannot be written.
    package func run(
        _ network: Network,
        data: Dataset,
        title: String? = nil,
        wantsReport: Bool,
        threads: Int,
        progress: ProgressHandler?
    ) throws(SNNError) -> (network: Network, report: ConversionReport?) {
        try network.check(data)
        if let page { try RecipeRun.checkWritable(page) }
        let converted = try conversion.convert(network, data: data, threads: threads, progress: progress)
        try conversion.fit(converted, data: data, threads: threads, progress: progress)
        try conversion.correctBiases(of: converted, like: network, data: data, threads: threads, progress: progress)
        guard reportSamples > 0, wantsReport || page != nil else { return (converted, nil) }
        let report = try conversion.report(
            network,
            converted,
            data: data,
            samples: reportSamples,
            allowedLoss: allowedLoss,
            threads: threads,
            progress: progress
        )
        if let page {
            let own = network.description.name
            let title =
                "\(title ?? (own.isEmpty ? "network" : own)) as \(conversion.target.rawValue): \(converted.steps) steps"
            let text = ConversionPage(report, title: title).text
            try AtomicFile.write(try ByteBuffer(Array(text.utf8)), to: page)
        }
        return (converted, report)
    }
}
