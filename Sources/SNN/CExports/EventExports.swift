// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

@c @implementation
public func snn_events_create(
    _ offsets: UnsafePointer<UInt64>?,
    _ offsets_count: Int,
    _ steps: UnsafePointer<UInt32>?,
    _ neurons: UnsafePointer<UInt32>?,
    _ events_count: Int,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let offsets = try Boundary.present(offsets, "offsets")
        let out = try Boundary.present(out, "out")
        guard events_count >= 0 else {
            throw .argument("events_count must be <= \(Int.max), got \(UInt(bitPattern: events_count))")
        }
        guard offsets_count >= 2 else {
            throw .argument("offsets_count must be samples + 1, >= 2, got \(UInt(bitPattern: offsets_count))")
        }
        let events = try EventSet(
            offsets: offsets,
            count: offsets_count - 1,
            steps: steps,
            neurons: neurons,
            eventCount: events_count
        )
        out.pointee = EventsHandle(events).retained()
    }
}

@c @implementation
public func snn_events_free(_ events: OpaquePointer?) { EventsHandle.free(events) }

@c @implementation
public func snn_network_predict_events(
    _ network: OpaquePointer?,
    _ events: OpaquePointer?,
    _ first_sample: UInt64,
    _ scores: UnsafeMutablePointer<Float>?,
    _ scores_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let source = try handle.network.events(events)
        try handle.network.predict(
            source,
            source.set.count,
            first_sample,
            threads: try handle.resolvedThreads(),
            scores,
            scores_count
        )
    }
}

@c @implementation
public func snn_network_predict_results_events(
    _ network: OpaquePointer?,
    _ events: OpaquePointer?,
    _ first_sample: UInt64,
    _ names: UnsafePointer<UnsafePointer<CChar>?>?,
    _ results: UnsafePointer<UnsafeMutablePointer<Float>?>?,
    _ counts: UnsafePointer<Int>?,
    _ results_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let source = try handle.network.events(events)
        try handle.network.predict(
            source,
            source.set.count,
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
public func snn_network_record_events(
    _ network: OpaquePointer?,
    _ events: OpaquePointer?,
    _ first_sample: UInt64,
    _ json: UnsafePointer<CChar>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let network = try NetworkHandle.from(network).network
        let source = try network.events(events)
        let out = try Boundary.present(out, "out")
        let request = try RecordingRequest(try Boundary.json(json, "json"))
        let recording = try network.record(
            source,
            count: source.set.count,
            firstSample: first_sample,
            request: request
        )
        out.pointee = RecordingHandle(recording).retained()
    }
}

@c @implementation
public func snn_trainer_train_batch_events(
    _ trainer: OpaquePointer?,
    _ events: OpaquePointer?,
    _ labels: UnsafePointer<Int32>?,
    _ labels_count: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, events).run(labels, labels_count, loss, apply: true)
    }
}

@c @implementation
public func snn_trainer_train_batch_values_events(
    _ trainer: OpaquePointer?,
    _ events: OpaquePointer?,
    _ targets: UnsafePointer<Float>?,
    _ targets_count: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, events).run(values: targets, targets_count, loss, apply: true)
    }
}

@c @implementation
public func snn_trainer_gradients_events(
    _ trainer: OpaquePointer?,
    _ events: OpaquePointer?,
    _ labels: UnsafePointer<Int32>?,
    _ labels_count: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, events).run(labels, labels_count, loss, apply: false)
    }
}

@c @implementation
public func snn_trainer_gradients_values_events(
    _ trainer: OpaquePointer?,
    _ events: OpaquePointer?,
    _ targets: UnsafePointer<Float>?,
    _ targets_count: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, events).run(values: targets, targets_count, loss, apply: false)
    }
}

@c @implementation
public func snn_dataset_from_events(
    _ events: OpaquePointer?,
    _ steps: Int,
    _ neurons: Int,
    _ labels: UnsafePointer<Int32>?,
    _ labels_count: Int,
    _ classes: Int,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let events = try EventsHandle.from(events).events
        let labels = try Boundary.present(labels, "labels")
        let out = try Boundary.present(out, "out")
        try Boundary.check(labels_count, is: events.count, by: 1, "labels")
        let dataset = try Dataset(
            events,
            steps: try Boundary.count(steps, "steps"),
            neurons: try Boundary.count(neurons, "neurons"),
            labels: labels,
            classes: try Boundary.count(classes, "classes")
        )
        out.pointee = DatasetHandle(dataset).retained()
    }
}
