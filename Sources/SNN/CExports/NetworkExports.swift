// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

@c @implementation
public func snn_network_create(
    _ json: UnsafePointer<CChar>?,
    _ seed: UInt64,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let out = try Boundary.present(out, "out")
        let description = try NetworkDocument.read(try Boundary.document(json, "json"))
        let network = try Network(description, registry: try Library.registry(), seed: seed)
        out.pointee = NetworkHandle(network).retained()
    }
}

@c @implementation
public func snn_network_load(
    _ path: UnsafePointer<CChar>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let out = try Boundary.present(out, "out")
        let (network, file) = try NetworkFile.read(try Boundary.string(path, "path"))
        out.pointee = NetworkHandle(network, recipe: try NetworkFile.recipe(file).value).retained()
    }
}

@c @implementation
public func snn_network_save(_ network: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        try NetworkFile.write(handle.network, recipe: handle.recipe, to: try Boundary.string(path, "path"))
    }
}

@c @implementation
public func snn_network_free(_ network: OpaquePointer?) { NetworkHandle.free(network) }

@c @implementation
public func snn_network_set_threads(_ network: OpaquePointer?, _ threads: Int32) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        _ = try resolvedThreads(Int(threads))
        handle.threads = Int(threads)
    }
}

@c @implementation
public func snn_network_json(
    _ network: OpaquePointer?,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int,
    _ needed: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let text = NetworkDocument.write(try NetworkHandle.from(network).network.description).text()
        try Boundary.copy(text, to: buffer, capacity: capacity, needed: needed)
    }
}

@c @implementation
public func snn_network_plan(
    _ network: OpaquePointer?,
    _ json: UnsafePointer<CChar>?,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int,
    _ needed: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let request = try PlanRequest(try Boundary.json(json, "json"), threads: handle.threads)
        let text = try request.plan(of: handle.network).json.text()
        try Boundary.copy(text, to: buffer, capacity: capacity, needed: needed)
    }
}

@c @implementation
public func snn_network_sizes(
    _ network: OpaquePointer?,
    _ inputs: UnsafeMutablePointer<Int>?,
    _ outputs: UnsafeMutablePointer<Int>?,
    _ steps: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let network = try NetworkHandle.from(network).network
        inputs?.pointee = network.inputCount
        outputs?.pointee = network.scoreCount
        steps?.pointee = network.steps
    }
}

@c @implementation
public func snn_network_seed(_ network: OpaquePointer?, _ seed: UnsafeMutablePointer<UInt64>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        try Boundary.present(seed, "seed").pointee = handle.network.seed
    }
}

@c @implementation
public func snn_network_node_count(_ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        try Boundary.present(count, "count").pointee = handle.network.nodes.count
    }
}

@c @implementation
public func snn_network_node(
    _ network: OpaquePointer?,
    _ index: Int,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ neurons: UnsafeMutablePointer<Int>?,
    _ spikes: UnsafeMutablePointer<Int32>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let nodes = handle.network.nodes
        guard nodes.indices ~= index else {
            throw .argument("index must be below the \(nodes.count) nodes, got \(UInt(bitPattern: index))")
        }
        name?.pointee = handle.nodeNames.pointers[index]
        neurons?.pointee = nodes[index].outputShape.count
        spikes?.pointee = nodes[index].spikes ? 1 : 0
    }
}

@c @implementation
public func snn_network_tensor_count(_ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        try Boundary.present(count, "count").pointee = handle.network.allTensors.count
    }
}

@c @implementation
public func snn_network_tensor(
    _ network: OpaquePointer?,
    _ index: Int,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ shape: UnsafeMutablePointer<UnsafePointer<Int64>?>?,
    _ rank: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let tensor = try handle.network.tensor(index)
        name?.pointee = handle.tensorNames.pointers[index]
        values?.pointee = tensor.storage.base
        shape?.pointee = handle.shape(index)
        rank?.pointee = tensor.description.shape.count
    }
}

extension Network {
    /// The tensor at an index a caller gave.
    func tensor(_ index: Int) throws(SNNError) -> Tensor {
        let all = allTensors
        guard all.indices ~= index else {
            throw .argument("index must be below the \(all.count) tensors, got \(UInt(bitPattern: index))")
        }
        return all[index]
    }

    /// Checks a caller's inputs `[batch, inputCount]`.
    func rows(
        _ inputs: UnsafePointer<Float>?,
        _ count: Int,
        batch: Int
    ) throws(SNNError) -> RowSource {
        let inputs = try Boundary.present(inputs, "inputs")
        _ = try Boundary.count(batch, "batch")
        try Boundary.check(count, is: batch, by: inputCount, "inputs")
        try checkResults(batch: batch)
        return RowSource(inputs, inputCount: inputCount)
    }

    /// Checks a caller's events as far as that needs no look at each of them.
    func events(_ events: OpaquePointer?) throws(SNNError) -> EventSource {
        let set = try EventsHandle.from(events).events
        try checkResults(batch: set.count)
        return EventSource(set, steps: steps, neurons: inputShape.count)
    }

    /// What is computed a sample must fit into memory that Swift can be asked for.
    private func checkResults(batch: Int) throws(SNNError) {
        let widest = max(scoreCount, nodes.count)
        guard batch <= Int(Int32.max) / widest else {
            throw .memory("batch x \(widest) results must be <= \(Int32.max), got a batch of \(batch)")
        }
    }

    /// The scores of every sample, or nothing where one of them fails.
    func predict(
        _ source: any SampleSource,
        _ batch: Int,
        _ first_sample: UInt64,
        threads: Int,
        _ scores: UnsafeMutablePointer<Float>?,
        _ scores_count: Int
    ) throws(SNNError) {
        let scores = try Boundary.present(scores, "scores")
        try Boundary.check(scores_count, is: batch, by: scoreCount, "scores")
        // Into memory of our own first: a failure half-way leaves the caller's untouched.
        let result = Storage<Float>(scores_count)
        try predict(source, count: batch, firstSample: first_sample, threads: threads, scores: result.base)
        scores.update(from: result.base, count: scores_count)
    }

    /// Values a sample has in a per-sample result.
    func resultSize(_ name: String) throws(SNNError) -> Int {
        if let size = ownSize(name) { return size }
        return try reader(name).size
    }

    /// Values a sample has in a result that every network gives; nil for one that a plugin brings.
    private func ownSize(_ name: String) -> Int? {
        switch name {
        case "scores", "probabilities": scoreCount
        case "class": 1
        case "spike_counts": nodes.count
        default: nil
        }
    }

    /// What reads a result that a plugin brings.
    private func reader(_ name: String) throws(SNNError) -> ResultReader {
        let registry = try Library.registry()
        guard registry.resultNames.contains(name) else {
            let own = ["class", "probabilities", "scores", "spike_counts"]
            throw .unknown("result", name, known: own + registry.resultNames)
        }
        return try registry.result(name).reader(of: self)
    }

    /// A result that a caller asks for.
    private struct WantedResult {
        let name: String
        let target: UnsafeMutablePointer<Float>
        /// Of a plugin's result what reads it, and the memory of our own that it goes to first.
        let read: (reader: ResultReader, values: Storage<Float>)?
    }

    /// The results named, of every sample, or nothing where one of them fails.
    func predict(
        _ source: any SampleSource,
        _ batch: Int,
        _ first_sample: UInt64,
        threads: Int,
        _ names: UnsafePointer<UnsafePointer<CChar>?>?,
        _ results: UnsafePointer<UnsafeMutablePointer<Float>?>?,
        _ counts: UnsafePointer<Int>?,
        _ results_count: Int
    ) throws(SNNError) {
        let number = try Boundary.count(results_count, "results_count")
        let names = try Boundary.present(names, "names")
        let results = try Boundary.present(results, "results")
        let counts = try Boundary.present(counts, "counts")
        var wanted: [WantedResult] = []
        for index in 0..<number {
            let name = try Boundary.string(names[index], "names[\(index)]")
            let own = ownSize(name)
            let reader = own == nil ? try reader(name) : nil
            let target = try Boundary.present(results[index], "results[\(index)]")
            try Boundary.check(counts[index], is: batch, by: own ?? reader?.size ?? 0, name)
            wanted.append(WantedResult(name: name, target: target, read: reader.map { ($0, Storage(batch * $0.size)) }))
        }
        let scores = Storage<Float>(batch * scoreCount)
        let spikes = Storage<Float>(batch * nodes.count)
        let needsSpikes = wanted.contains { $0.name == "spike_counts" }
        try predict(
            source,
            count: batch,
            firstSample: first_sample,
            threads: threads,
            scores: scores.base,
            spikeCounts: needsSpikes ? spikes.base : nil,
            results: wanted.compactMap { $0.read.map { ($0.reader, $0.values.base) } }
        )
        for result in wanted { hand(result, scores: scores, spikes: spikes, batch: batch) }
    }

    /// Copies a result into the caller's memory, or makes it of the scores.
    private func hand(_ result: WantedResult, scores: Storage<Float>, spikes: Storage<Float>, batch: Int) {
        let (target, classes) = (result.target, scoreCount)
        switch result.name {
        case "scores": target.update(from: scores.base, count: scores.count)
        case "spike_counts": target.update(from: spikes.base, count: spikes.count)
        case "class":
            for sample in 0..<batch {
                target[sample] = Float(Softmax.winner(UnsafePointer(scores.base + sample * classes), classes))
            }
        case "probabilities":
            for sample in 0..<batch {
                let z = UnsafePointer(scores.base + sample * classes)
                Softmax.probabilities(z, classes, to: target + sample * classes)
            }
        default: if let values = result.read?.values { target.update(from: values.base, count: values.count) }
        }
    }
}

@c @implementation
public func snn_network_predict(
    _ network: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ batch: Int,
    _ first_sample: UInt64,
    _ scores: UnsafeMutablePointer<Float>?,
    _ scores_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let source = try handle.network.rows(inputs, inputs_count, batch: batch)
        try handle.network.predict(
            source,
            batch,
            first_sample,
            threads: try handle.resolvedThreads(),
            scores,
            scores_count
        )
    }
}

@c @implementation
public func snn_network_result_size(
    _ network: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let wanted = try handle.network.resultSize(try Boundary.string(name, "name"))
        try Boundary.present(size, "size").pointee = wanted
    }
}

@c @implementation
public func snn_network_predict_results(
    _ network: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ batch: Int,
    _ first_sample: UInt64,
    _ names: UnsafePointer<UnsafePointer<CChar>?>?,
    _ results: UnsafePointer<UnsafeMutablePointer<Float>?>?,
    _ counts: UnsafePointer<Int>?,
    _ results_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let network = handle.network
        let source = try network.rows(inputs, inputs_count, batch: batch)
        try network.predict(
            source,
            batch,
            first_sample,
            threads: try handle.resolvedThreads(),
            names,
            results,
            counts,
            results_count
        )
    }
}

@c @implementation
public func snn_network_evaluate(
    _ network: OpaquePointer?,
    _ dataset: OpaquePointer?,
    _ progress: snn_progress?,
    _ user: UnsafeMutableRawPointer?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let data = try DatasetHandle.from(dataset).dataset
        let out = try Boundary.present(out, "out")
        let threads = try handle.resolvedThreads()
        let evaluation = try handle.network.evaluate(data, threads: threads, progress: swiftProgress(progress, user))
        var report = Report(evaluation, network: handle.network, threads: threads)
        report.addEvents(of: data)
        out.pointee = ReportHandle(report).retained()
    }
}

@c @implementation
public func snn_network_record(
    _ network: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ batch: Int,
    _ first_sample: UInt64,
    _ json: UnsafePointer<CChar>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let network = try NetworkHandle.from(network).network
        let source = try network.rows(inputs, inputs_count, batch: batch)
        let out = try Boundary.present(out, "out")
        let request = try RecordingRequest(try Boundary.json(json, "json"))
        let recording = try network.record(source, count: batch, firstSample: first_sample, request: request)
        out.pointee = RecordingHandle(recording).retained()
    }
}

extension RecordingRequest {
    /// From JSON; absent takes every default.
    init(_ field: JSONField) throws(SNNError) {
        try field.check(keys: ["nodes", "spikes", "potentials", "byte_budget"])
        self.init()
        if field["nodes"].isPresent {
            var names: [String] = []
            for name in try field["nodes"].array() { names.append(try name.string()) }
            nodes = names
        }
        spikes = try field["spikes"].optionalBool() ?? true
        potentials = try field["potentials"].optionalBool() ?? false
        byteBudget = try field["byte_budget"].optionalInteger() ?? byteBudget
        guard byteBudget > 0 else { throw field["byte_budget"].rangeError("must be > 0") }
        guard spikes || potentials else { throw .argument("a recording must ask for spikes or potentials") }
    }
}

@c @implementation
public func snn_recording_spikes(
    _ recording: OpaquePointer?,
    _ node: UnsafePointer<CChar>?,
    _ counts: UnsafeMutablePointer<UnsafePointer<Int16>?>?,
    _ scale: UnsafeMutablePointer<Float>?,
    _ shape: UnsafeMutablePointer<UnsafePointer<Int64>?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try RecordingHandle.from(recording)
        let part = try handle.recording.node(try Boundary.string(node, "node"))
        guard let storage = part.counts else {
            throw .state("spikes of node '\(part.name)' were not recorded, or it sends analog values")
        }
        counts?.pointee = UnsafePointer(storage.base)
        scale?.pointee = part.scale
        shape?.pointee = handle.shape(part.name)
    }
}

@c @implementation
public func snn_recording_potentials(
    _ recording: OpaquePointer?,
    _ node: UnsafePointer<CChar>?,
    _ values: UnsafeMutablePointer<UnsafePointer<Float>?>?,
    _ shape: UnsafeMutablePointer<UnsafePointer<Int64>?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try RecordingHandle.from(recording)
        let part = try handle.recording.node(try Boundary.string(node, "node"))
        guard let storage = part.potentials else {
            throw .state("potentials of node '\(part.name)' were not recorded, or it has no membrane")
        }
        values?.pointee = UnsafePointer(storage.base)
        shape?.pointee = handle.shape(part.name)
    }
}

@c @implementation
public func snn_recording_free(_ recording: OpaquePointer?) { RecordingHandle.free(recording) }
