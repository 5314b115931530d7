/// What one epoch of training found.
public struct EpochResult: Sendable {
    /// From 1.
    public let epoch: Int
    /// Mean of the batch losses, weighted by their samples.
    public let loss: Double
    /// Fraction of samples whose winner was their label, while training.
    public let accuracy: Double
    /// Training only, without evaluation.
    public let seconds: Double
    /// Samples of the epoch: all of the set.
    public let samples: Int
}

extension Trainer {
    /// Trains until `epochs` epochs are complete, counting those done before a resume: each on every sample, in an order
    /// drawn from (seed, epoch).
    ///
    /// Cancelled or failed, network and trainer are as they were after the last complete epoch. With ``reloadsBest`` the
    /// network holds the weights of the best epoch so far whenever `epochDone` is called and when this returns; the next
    /// epoch starts from those that training had reached.
    ///
    /// - Parameters:
    ///   - data: labelled samples that fit the network.
    ///   - epochs: >= 1, counted from the start of training.
    ///   - threads: how many work on a batch; the weights do not depend on it.
    ///   - progress: told about ten times a second and at the end of an epoch; answering false cancels.
    ///   - epochDone: called after each epoch; the place to save.
    /// - Returns: one result an epoch trained in this call.
    /// - Throws: ``SNNError/argument(_:)`` and ``SNNError/shape(_:)`` for arguments and data that do not fit,
    ///   ``SNNError/notFinite(_:)`` for an input or a loss that is not finite, ``SNNError/cancelled(_:)``, and what
    ///   `epochDone` throws.
    public func fit(
        _ data: any LabelledSource,
        epochs: Int,
        threads: Int = 1,
        progress: ProgressHandler? = nil,
        epochDone: (EpochResult) throws(SNNError) -> Void = { _ in }
    ) throws(SNNError) -> [EpochResult] {
        guard epochs >= 1 else { throw .argument("epochs must be >= 1, got \(epochs)") }
        try network.check(data)
        if let rule = rule as? any CalibrationRule {
            guard epochsDone < epochs else { return [] }
            let result = try calibrate(rule, data, threads: threads, progress: progress)
            epochsDone = epochs
            try epochDone(result)
            return [result]
        }
        var results: [EpochResult] = []
        while epochsDone < epochs {
            best?.exchange(with: network)
            let before = Snapshot(self)
            do throws(SNNError) {
                // Starting threads for every batch would take as long as the batch, where it is small.
                let result = try Crew.with(threads) { crew throws(SNNError) in
                    try runEpoch(data, epochs: epochs, progress: progress, crew)
                }
                results.append(result)
            } catch {
                before.restore(self)
                best?.exchange(with: network)
                throw error
            }
            epochsDone += 1
            guard let last = results.last else { continue }
            if reloadsBest { noteBest(last) }
            try epochDone(last)
        }
        return results
    }

    /// Keeps the weights of an epoch that is better than all before it, goes back to the best ones at a milestone, and
    /// leaves them in the network.
    private func noteBest(_ result: EpochResult) {
        var best = self.best ?? BestEpoch(network)
        if result.loss < best.loss { best.take(network, loss: result.loss) }
        if schedule.milestones.contains(epochsDone) {
            best.load(into: network)
            for moment in moments.joined() { moment.base.update(repeating: 0, count: moment.count) }
            stepCount = 0
        }
        best.exchange(with: network)
        self.best = best
    }

    /// Fits the network's buffers to a data set, in one pass.
    ///
    /// Cancelled or failed, they are as they were.
    private func calibrate(
        _ rule: any CalibrationRule,
        _ data: any LabelledSource,
        threads: Int,
        progress: ProgressHandler?
    ) throws(SNNError) -> EpochResult {
        let start = Clock.seconds
        let before = Snapshot(self)
        do throws(SNNError) {
            try rule.begin(network)
            try rule.finish(network, try network.survey(data, threads: threads, progress: progress))
        } catch {
            before.restore(self)
            throw error
        }
        let seconds = Clock.seconds - start
        return EpochResult(epoch: epochsDone + 1, loss: 0, accuracy: 0, seconds: seconds, samples: data.count)
    }

    private func runEpoch(
        _ data: any LabelledSource,
        epochs: Int,
        progress: ProgressHandler?,
        _ crew: Crew
    ) throws(SNNError) -> EpochResult {
        let epoch = epochsDone
        let order = RandomStream(seed: seed, purpose: .shuffle).permutation(of: data.count, epoch: epoch)
        let start = Clock.seconds
        var told = start
        var lossSum = 0.0
        var correct = 0
        var done = 0
        let share = Double(batchSize) / Double(data.count)
        while done < data.count {
            let batch = Array(order[done..<min(done + batchSize, data.count)])
            let labels = batch.map { data.label($0) }
            let factor = schedule.factor(
                epoch: Double(epoch) + Double(done) / Double(data.count),
                of: Double(scheduleEpochs ?? epochs),
                share: share
            )
            let source = ShuffledSource(data: data, order: batch, epoch: epoch, seed: seed)
            let result = try withPointer(labels) { pointer throws(SNNError) in
                try trainBatch(
                    source,
                    targets: Targets(.labels(pointer)),
                    count: batch.count,
                    rateFactor: factor,
                    crew
                )
            }
            lossSum += result.loss * (loss.reduction == .mean ? Double(batch.count) : 1)
            correct += result.correct
            done += batch.count
            let now = Clock.seconds
            guard let progress, now - told >= 0.1 || done == data.count else { continue }
            told = now
            let news = Progress(
                epoch: epoch + 1,
                epochs: epochs,
                done: done,
                total: data.count,
                loss: lossSum / Double(done),
                accuracy: Double(correct) / Double(done),
                samplesPerSecond: Double(done) / (now - start)
            )
            guard progress(news) else {
                throw .cancelled("training was cancelled in epoch \(epoch + 1); epoch \(epoch) is what is left")
            }
        }
        return EpochResult(
            epoch: epoch + 1,
            loss: lossSum / Double(data.count),
            accuracy: Double(correct) / Double(data.count),
            seconds: Clock.seconds - start,
            samples: data.count
        )
    }
}

/// Gives a closure the labels' memory, with the closure's typed error.
private func withPointer<Result>(
    _ labels: [Int32],
    _ body: (UnsafePointer<Int32>) throws(SNNError) -> Result
) throws(SNNError) -> Result {
    let storage = Storage<Int32>(overwriting: labels.count)
    for (index, label) in labels.enumerated() { storage.base[index] = label }
    return try body(storage.base)
}

/// A batch of a data set in the order of an epoch.
///
/// Workers prepare their own samples, so no core waits for another.
private struct ShuffledSource: SampleSource {
    let data: any LabelledSource
    let order: [Int]
    let epoch: Int
    let seed: UInt64

    func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {
        data.fill(order[sample], epoch: epoch, seed: seed, into: row)
    }

    func storedRow(_ sample: Int) -> UnsafePointer<Float>? { data.isAugmented ? nil : data.storedRow(order[sample]) }

    func events(_ sample: Int) -> SampleEvents? { data.events(order[sample]) }
}

/// A trainer's numbers at the end of an epoch.
private struct Snapshot {
    private let storages: [Storage<Float>]
    private let stepCount: Int
    private let samplesSeen: UInt64

    init(_ trainer: Trainer) {
        storages = Self.storages(of: trainer).map { $0.copy() }
        stepCount = trainer.stepCount
        samplesSeen = trainer.samplesSeen
    }

    private static func storages(of trainer: Trainer) -> [Storage<Float>] {
        (trainer.network.tensors + trainer.network.buffers).map(\.storage) + trainer.moments.flatMap { $0 }
    }

    func restore(_ trainer: Trainer) {
        for (target, saved) in zip(Self.storages(of: trainer), storages) {
            target.base.update(from: saved.base, count: saved.count)
        }
        trainer.stepCount = stepCount
        trainer.samplesSeen = samplesSeen
    }
}
