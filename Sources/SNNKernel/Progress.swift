/// Progress of a long call.
public struct Progress: Sendable {
    /// What is under way, for people, where a call has parts: «comparing layers»; empty in training and in an evaluation.
    public private(set) var phase = ""
    /// From 1; 0 during an evaluation.
    public let epoch: Int
    /// The epoch that training ends with; 0 during an evaluation.
    public let epochs: Int
    /// Samples of the epoch, or samples, layers or moves of the phase, that are finished.
    public let done: Int
    /// Those of the epoch or the phase in all.
    public let total: Int
    /// Loss a sample of the epoch so far; during an evaluation the mean cross-entropy.
    public let loss: Double
    /// Fraction 0...1 of the finished samples whose winner was their label.
    public let accuracy: Double
    /// Finished samples over the time since the epoch or the evaluation began; NaN of what is not samples, or not all alike.
    public let samplesPerSecond: Double

    /// Whether these are news of an epoch of training.
    package var isTraining: Bool { epoch > 0 && phase.isEmpty }

    package init(
        epoch: Int,
        epochs: Int,
        done: Int,
        total: Int,
        loss: Double = .nan,
        accuracy: Double = .nan,
        samplesPerSecond: Double
    ) {
        self.epoch = epoch
        self.epochs = epochs
        self.done = done
        self.total = total
        self.loss = loss
        self.accuracy = accuracy
        self.samplesPerSecond = samplesPerSecond
    }

    /// News of a phase whose pieces are not samples.
    package init(_ phase: String, epoch: Int, done: Int, total: Int) {
        self.init(epoch: epoch, epochs: epoch, done: done, total: total, samplesPerSecond: .nan)
        self.phase = phase
    }

    /// Tells `handler` of a phase that goes over data of the same size `count` times, of which this is number `index`.
    ///
    /// Where there are several, networks differ: losses and accuracies are no mean, and the speed of one is not that of all.
    package static func during(
        _ phase: String,
        _ handler: ProgressHandler?,
        part index: Int = 0,
        of count: Int = 1
    ) -> ProgressHandler? {
        guard let handler else { return nil }
        return { news in
            var all = Progress(
                epoch: news.epoch,
                epochs: news.epochs,
                done: index * news.total + news.done,
                total: count * news.total,
                loss: count == 1 ? news.loss : .nan,
                accuracy: count == 1 ? news.accuracy : .nan,
                samplesPerSecond: count == 1 ? news.samplesPerSecond : .nan
            )
            all.phase = phase
            return handler(all)
        }
    }
}

/// Whether to go on.
public typealias ProgressHandler = (Progress) -> Bool
