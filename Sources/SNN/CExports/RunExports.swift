// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

@c @implementation
public func snn_session_create(
    _ network: OpaquePointer?,
    _ batch: Int,
    _ first_sample: UInt64,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let network = try NetworkHandle.from(network).network
        let out = try Boundary.present(out, "out")
        let session = try Session(network, batch: try Boundary.count(batch, "batch"), firstSample: first_sample)
        out.pointee = SessionHandle(session).retained()
    }
}

@c @implementation
public func snn_session_step(
    _ session: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let session = try SessionHandle.from(session).session
        if inputs == nil, inputs_count == 0 { return try session.step(nil) }
        let inputs = try Boundary.present(inputs, "inputs")
        try Boundary.check(inputs_count, is: session.batch, by: session.inputCount, "inputs")
        try session.step(inputs)
    }
}

@c @implementation
public func snn_session_scores(
    _ session: OpaquePointer?,
    _ scores: UnsafeMutablePointer<Float>?,
    _ scores_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let session = try SessionHandle.from(session).session
        let scores = try Boundary.present(scores, "scores")
        try Boundary.check(scores_count, is: session.batch, by: session.network.scoreCount, "scores")
        // Named, so that its memory lives until it is copied.
        let result = try session.scores()
        scores.update(from: result.base, count: scores_count)
    }
}

@c @implementation
public func snn_session_output(
    _ session: OpaquePointer?,
    _ node: UnsafePointer<CChar>?,
    _ values: UnsafeMutablePointer<Float>?,
    _ values_count: Int
) -> snn_status {
    guarded { () throws(SNNError) in
        let session = try SessionHandle.from(session).session
        let activity = try session.output(try Boundary.string(node, "node"))
        let values = try Boundary.present(values, "values")
        try Boundary.check(values_count, is: session.batch, by: activity.count, "values")
        activity.write(step: 0, to: values)
    }
}

@c @implementation
public func snn_session_steps(_ session: OpaquePointer?, _ steps: UnsafeMutablePointer<UInt64>?) -> snn_status {
    guarded { () throws(SNNError) in
        let session = try SessionHandle.from(session).session
        try Boundary.present(steps, "steps").pointee = UInt64(session.steps)
    }
}

@c @implementation
public func snn_session_reset(_ session: OpaquePointer?) -> snn_status {
    guarded { () throws(SNNError) in try SessionHandle.from(session).session.reset() }
}

@c @implementation
public func snn_session_free(_ session: OpaquePointer?) { SessionHandle.free(session) }

@c @implementation
public func snn_dataset_from_arrays(
    _ inputs: UnsafePointer<Float>?,
    _ samples: Int,
    _ features: Int,
    _ labels: UnsafePointer<Int32>?,
    _ classes: Int,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let inputs = try Boundary.present(inputs, "inputs")
        let labels = try Boundary.present(labels, "labels")
        let out = try Boundary.present(out, "out")
        let dataset = try Dataset(
            name: "arrays",
            split: "train",
            shape: SampleShape(features: try Boundary.count(features, "features")),
            classes: try Boundary.count(classes, "classes"),
            count: try Boundary.count(samples, "samples"),
            storage: .borrowed(inputs),
            labels: .borrowed(labels)
        )
        out.pointee = DatasetHandle(dataset).retained()
    }
}

@c @implementation
public func snn_dataset_open(
    _ name: UnsafePointer<CChar>?,
    _ split: UnsafePointer<CChar>?,
    _ directory: UnsafePointer<CChar>?,
    _ json: UnsafePointer<CChar>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let out = try Boundary.present(out, "out")
        let dataset = try DataCatalogue.open(
            try Boundary.string(name, "name"),
            split: try Boundary.string(split, "split"),
            directory: directory == nil ? nil : try Boundary.string(directory, "directory"),
            preprocessing: try Preprocessing(try Boundary.json(json, "json"))
        )
        out.pointee = DatasetHandle(dataset).retained()
    }
}

@c @implementation
public func snn_dataset_sizes(
    _ dataset: OpaquePointer?,
    _ samples: UnsafeMutablePointer<Int>?,
    _ features: UnsafeMutablePointer<Int>?,
    _ classes: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let dataset = try DatasetHandle.from(dataset).dataset
        samples?.pointee = dataset.count
        features?.pointee = dataset.shape.featureCount
        classes?.pointee = dataset.classes
    }
}

@c @implementation
public func snn_dataset_sample(
    _ dataset: OpaquePointer?,
    _ index: Int,
    _ inputs: UnsafeMutablePointer<Float>?,
    _ inputs_count: Int,
    _ label: UnsafeMutablePointer<Int32>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let dataset = try DatasetHandle.from(dataset).dataset
        let inputs = try Boundary.present(inputs, "inputs")
        guard 0..<dataset.count ~= index else {
            throw .argument("index must be below the \(dataset.count) samples, got \(UInt(bitPattern: index))")
        }
        try Boundary.check(inputs_count, is: 1, by: dataset.shape.featureCount, "inputs")
        dataset.fill(index, into: inputs)
        label?.pointee = dataset.label(index)
    }
}

@c @implementation
public func snn_dataset_free(_ dataset: OpaquePointer?) { DatasetHandle.free(dataset) }

@c @implementation
public func snn_trainer_create(
    _ network: OpaquePointer?,
    _ json: UnsafePointer<CChar>?,
    _ seed: UInt64,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try NetworkHandle.from(network)
        let out = try Boundary.present(out, "out")
        let document = try TrainingDocument(try Boundary.json(json, "json"))
        out.pointee = TrainerHandle(try document.trainer(for: handle.network, seed: seed), network: handle).retained()
    }
}

/// What trains on one batch: the trainer, the samples and how many there are.
struct TrainingBatch {
    let handle: TrainerHandle
    let source: any SampleSource
    let count: Int

    /// A batch of rows.
    init(
        _ trainer: OpaquePointer?,
        _ inputs: UnsafePointer<Float>?,
        _ inputs_count: Int,
        _ batch: Int
    ) throws(SNNError) {
        handle = try TrainerHandle.from(trainer)
        source = try handle.trainer.network.rows(inputs, inputs_count, batch: batch)
        count = batch
    }

    /// A batch of all samples of some events.
    init(_ trainer: OpaquePointer?, _ events: OpaquePointer?) throws(SNNError) {
        handle = try TrainerHandle.from(trainer)
        let source = try handle.trainer.network.events(events)
        self.source = source
        count = source.set.count
    }

    /// Runs it with labels; `apply` tells whether weights move.
    func run(
        _ labels: UnsafePointer<Int32>?,
        _ labels_count: Int,
        _ loss: UnsafeMutablePointer<Double>?,
        apply: Bool
    ) throws(SNNError) {
        let labels = try Boundary.present(labels, "labels")
        let perStep = labels_count != count
        if perStep { try Boundary.check(labels_count, is: count, by: handle.trainer.network.steps, "labels") }
        try run(Targets(.labels(labels), perStep: perStep), loss, apply: apply)
    }

    /// Runs it with target values; `apply` tells whether weights move.
    func run(
        values: UnsafePointer<Float>?,
        _ targets_count: Int,
        _ loss: UnsafeMutablePointer<Double>?,
        apply: Bool
    ) throws(SNNError) {
        let network = handle.trainer.network
        let targets = try Boundary.present(values, "targets")
        let perStep = targets_count != count * network.scoreCount
        if perStep { try Boundary.check(targets_count, is: count, by: network.steps * network.scoreCount, "targets") }
        try run(Targets(.values(targets), perStep: perStep), loss, apply: apply)
    }

    private func run(
        _ targets: Targets,
        _ loss: UnsafeMutablePointer<Double>?,
        apply: Bool
    ) throws(SNNError) {
        let threads = try handle.network.resolvedThreads()
        let trainer = handle.trainer
        let result =
            apply
            ? try trainer.trainBatch(source, targets: targets, count: count, threads: threads)
            : try trainer.computeGradients(source, targets: targets, count: count, threads: threads)
        loss?.pointee = result.loss
    }
}

@c @implementation
public func snn_trainer_train_batch(
    _ trainer: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ labels: UnsafePointer<Int32>?,
    _ labels_count: Int,
    _ batch: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, inputs, inputs_count, batch).run(labels, labels_count, loss, apply: true)
    }
}

@c @implementation
public func snn_trainer_train_batch_values(
    _ trainer: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ targets: UnsafePointer<Float>?,
    _ targets_count: Int,
    _ batch: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, inputs, inputs_count, batch).run(
            values: targets,
            targets_count,
            loss,
            apply: true
        )
    }
}

@c @implementation
public func snn_trainer_gradients(
    _ trainer: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ labels: UnsafePointer<Int32>?,
    _ labels_count: Int,
    _ batch: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, inputs, inputs_count, batch).run(labels, labels_count, loss, apply: false)
    }
}

@c @implementation
public func snn_trainer_gradients_values(
    _ trainer: OpaquePointer?,
    _ inputs: UnsafePointer<Float>?,
    _ inputs_count: Int,
    _ targets: UnsafePointer<Float>?,
    _ targets_count: Int,
    _ batch: Int,
    _ loss: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try TrainingBatch(trainer, inputs, inputs_count, batch).run(
            values: targets,
            targets_count,
            loss,
            apply: false
        )
    }
}

@c @implementation
public func snn_trainer_apply(_ trainer: OpaquePointer?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try TrainerHandle.from(trainer)
        try handle.trainer.apply(threads: try handle.network.resolvedThreads())
    }
}

@c @implementation
public func snn_trainer_gradient(
    _ trainer: OpaquePointer?,
    _ index: Int,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let trainer = try TrainerHandle.from(trainer).trainer
        let (tensor, trainable) = (try trainer.network.tensor(index), trainer.network.tensors.count)
        guard index < trainable else {
            throw .argument("index must be below the \(trainable) gradients, got \(index): \(tensor.name) is a buffer")
        }
        let gradient = try trainer.gradients[index]
        values?.pointee = gradient.base
        count?.pointee = gradient.count
    }
}

@c @implementation
public func snn_trainer_fit(
    _ trainer: OpaquePointer?,
    _ dataset: OpaquePointer?,
    _ epochs: Int64,
    _ progress: snn_progress?,
    _ user: UnsafeMutableRawPointer?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try TrainerHandle.from(trainer)
        let data = try DatasetHandle.from(dataset).dataset
        let threads = try handle.network.resolvedThreads()
        guard epochs >= 1 else { throw .argument("epochs must be >= 1, got \(epochs)") }
        let results = try handle.trainer.fit(
            data,
            epochs: Int(epochs),
            threads: threads,
            progress: swiftProgress(progress, user)
        )
        var report = Report()
        report.add(results, trainer: handle.trainer, threads: threads)
        out?.pointee = ReportHandle(report).retained()
    }
}

@c @implementation
public func snn_trainer_save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try TrainerHandle.from(trainer)
        try NetworkFile.write(
            handle.trainer.network,
            recipe: handle.network.recipe,
            trainer: handle.trainer,
            to: try Boundary.string(path, "path")
        )
    }
}

@c @implementation
public func snn_trainer_resume(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in
        let handle = try TrainerHandle.from(trainer)
        try NetworkFile.resume(handle.trainer, from: try SafetensorsFile(path: try Boundary.string(path, "path")))
    }
}

@c @implementation
public func snn_trainer_free(_ trainer: OpaquePointer?) { TrainerHandle.free(trainer) }

@c @implementation
public func snn_recipe_run(
    _ recipe: UnsafePointer<CChar>?,
    _ json: UnsafePointer<CChar>?,
    _ progress: snn_progress?,
    _ user: UnsafeMutableRawPointer?,
    _ network: UnsafeMutablePointer<OpaquePointer?>?,
    _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let recipe = try Recipe.find(try Boundary.string(recipe, "recipe"))
        let options = try RunOptions(try Boundary.json(json, "json"))
        let outcome = try RecipeRun(recipe, options).run(progress: swiftProgress(progress, user))
        let handle = NetworkHandle(outcome.network, recipe: recipe.json)
        handle.threads = options.threads
        network?.pointee = handle.retained()
        report?.pointee = ReportHandle(outcome.report).retained()
    }
}

@c @implementation
public func snn_report_number(
    _ report: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ value: UnsafeMutablePointer<Double>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let report = try ReportHandle.from(report).report
        let value = try Boundary.present(value, "value")
        value.pointee = try report.number(try Boundary.string(name, "name"))
    }
}

@c @implementation
public func snn_report_json(
    _ report: OpaquePointer?,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int,
    _ needed: UnsafeMutablePointer<Int>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let text = try ReportHandle.from(report).report.json.text()
        try Boundary.copy(text, to: buffer, capacity: capacity, needed: needed)
    }
}

@c @implementation
public func snn_report_free(_ report: OpaquePointer?) { ReportHandle.free(report) }

/// A C progress callback as the kernel takes it.
func swiftProgress(_ callback: snn_progress?, _ user: UnsafeMutableRawPointer?) -> ProgressHandler? {
    guard let callback else { return nil }
    return { news in
        callback(
            user,
            Int64(news.epoch),
            Int64(news.epochs),
            Int64(news.done),
            Int64(news.total),
            news.loss,
            news.accuracy,
            news.samplesPerSecond
        ) == 0
    }
}
