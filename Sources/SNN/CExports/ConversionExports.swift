// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

@c @implementation
public func snn_network_convert(
    _ network: OpaquePointer?,
    _ json: UnsafePointer<CChar>?,
    _ dataset: OpaquePointer?,
    _ progress: snn_progress?,
    _ user: UnsafeMutableRawPointer?,
    _ converted: UnsafeMutablePointer<OpaquePointer?>?,
    _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let source = try NetworkHandle.from(network)
        let request = try ConversionRequest(JSONField(try JSONValue(parsing: try Boundary.document(json, "json"))))
        let data = try DatasetHandle.from(dataset).dataset
        let converted = try Boundary.present(converted, "converted")
        let outcome = try request.run(
            source.network,
            data: data,
            wantsReport: report != nil,
            threads: try source.resolvedThreads(),
            progress: swiftProgress(progress, user)
        )
        let handle = NetworkHandle(outcome.network, recipe: source.recipe)
        handle.threads = source.threads
        converted.pointee = handle.retained()
        report?.pointee = outcome.report.map { ReportHandle($0).retained() }
    }
}

@c @implementation
public func snn_report_conversion_layer(
    _ report: OpaquePointer?,
    _ index: Int,
    _ struct_size: Int,
    _ layer: UnsafeMutablePointer<snn_conversion_layer>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try ReportHandle.from(report)
        let layer = try Boundary.present(layer, "layer")
        guard let layers = handle.layers else { throw .state("the report must be one of a conversion") }
        guard layers.indices.contains(index) else {
            throw .argument("index must be 0 ... \(layers.count - 1), got \(UInt(bitPattern: index))")
        }
        var own = snn_conversion_layer(layers[index], texts: handle.layerTexts[index])
        try withUnsafeBytes(of: &own) { (bytes) throws(SNNError) in
            try Boundary.copy(bytes, to: layer, size: struct_size, least: snn_conversion_layer.firstSize, "struct_size")
        }
    }
}

extension snn_conversion_layer {
    /// Its size in the first library that had it; never changes, so that programs built then go on working.
    fileprivate static let firstSize = 104

    fileprivate init(_ layer: ConversionReport.Layer, texts: StaticStrings) {
        self.init(
            name: texts.pointers[0],
            model: texts.pointers[1],
            neurons: Int64(layer.neurons),
            range: layer.range,
            correlation: layer.correlation,
            clipped_share: layer.clippedShare,
            error: layer.error,
            inherited_error: layer.inheritedError,
            clipping_error: layer.clippingError,
            rounding_error: layer.roundingError,
            dead_share: layer.deadShare,
            saturated_share: layer.saturatedShare,
            spikes_per_neuron: layer.spikesPerNeuron
        )
    }
}
