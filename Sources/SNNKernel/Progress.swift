/// Progress of a long call.
public struct Progress: Sendable {
    /// What is under way, for people, where a call has parts: «comparing layers»; empty in training and in an evaluation.
    public private(set) var phase = ""
    /// From 1; 0 during an evaluation.
    public let epoch: Int
    /// The epoch that training ends with; 0 during an evaluation.
    public let epochs: Int
    /// Samples of the epoch, or pieces of the phase, that are finished.
    public let done: Int
    /// Samples of the epoch, or pieces of the phase, in all.
    public let total: Int
    /// Loss a sample of the epoch so far; during an evaluation the mean cross-entropy.
    public let loss: Double
    /// Fraction 0...1 of the finished samples whose winner was their label.
    public let accuracy: Double
    /// Finished samples over the time since the epoch or the evaluation began.
    public let samplesPerSecond: Double

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

    /// Tells `handler` of a phase that evaluates data of the same size `count` times, of which this is number `index`.
    ///
    /// Losses and accuracies of different networks are no mean, and left out where there are several.
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
                samplesPerSecond: news.samplesPerSecond
            )
            all.phase = phase
            return handler(all)
        }
    }
}

/// Whether to go on.
public typealias ProgressHandler = (Progress) -> Bool
