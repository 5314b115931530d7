import Testing

@testable import SNNKernel

@Suite("Fit")
struct FitTests {
    private func trainer(
        schedule: Schedule = Schedule(.constant),
        batch: Int = 40,
        seed: UInt64 = 3,
        rate: Double = 0.01
    ) throws -> Trainer {
        try Trainer(
            network: denseNetwork(coding: "rate", dropout: 0.2),
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: rate),
            schedule: schedule,
            batchSize: batch,
            seed: seed
        )
    }

    private let set = TestSet.blobs(150)

    @Test("three clouds of points are told apart after a few epochs")
    func learns() throws {
        let network = try denseNetwork()
        let trainer = try Trainer(
            network: network,
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 0.02),
            batchSize: 30,
            seed: 1
        )
        let before = try network.evaluate(TestSet.blobs(300, seed: 99)).accuracy
        let results = try trainer.fit(TestSet.blobs(300), epochs: 8)
        let after = try network.evaluate(TestSet.blobs(300, seed: 99)).accuracy
        #expect(after >= 0.97, "from \(before) to \(after)")
        #expect(results.map(\.epoch) == Array(1...8) && results.allSatisfy { $0.samples == 300 && $0.seconds > 0 })
        #expect(results[7].loss < results[0].loss && results[7].accuracy > 0.95)
    }

    @Test("weights have the same bits for 1, 2 and 3 threads")
    func threads() throws {
        let states = try (1...3).map { threads in
            let trainer = try trainer(schedule: Schedule(.cosine, warmup: 1))
            _ = try trainer.fit(set, epochs: 2, threads: threads)
            return TrainerState(trainer)
        }
        #expect(states[0] == states[1] && states[0] == states[2])
    }

    @Test("the seed decides: the same one gives the same weights, another one others")
    func seeds() throws {
        let states = try ([3, 3, 4] as [UInt64]).map { seed in
            let trainer = try trainer(seed: seed)
            _ = try trainer.fit(set, epochs: 1)
            return TrainerState(trainer)
        }
        #expect(states[0] == states[1] && states[0] != states[2])
    }

    @Test("a run resumed from its weights, moments and counters is the uninterrupted run")
    func resume() throws {
        let schedule = Schedule(.exponential, gamma: 0.7, warmup: 2)
        let whole = try trainer(schedule: schedule)
        _ = try whole.fit(set, epochs: 4)
        let first = try trainer(schedule: schedule)
        _ = try first.fit(set, epochs: 2)
        let second = try trainer(schedule: schedule)
        for (target, source) in zip(second.network.tensors, first.network.tensors) {
            target.storage.base.update(from: source.storage.base, count: source.storage.count)
        }
        for (target, source) in zip(second.moments.joined(), first.moments.joined()) {
            target.base.update(from: source.base, count: source.count)
        }
        second.stepCount = first.stepCount
        second.samplesSeen = first.samplesSeen
        second.epochsDone = first.epochsDone
        let results = try second.fit(set, epochs: 4)
        #expect(results.map(\.epoch) == [3, 4])
        #expect(TrainerState(second) == TrainerState(whole))
        // Nothing is left to do.
        #expect(try second.fit(set, epochs: 4).isEmpty && TrainerState(second) == TrainerState(whole))
    }

    @Test("a schedule keeps its length when a run is cut short")
    func scheduleLength() throws {
        func trainer(scheduleEpochs: Int?) throws -> Trainer {
            try Trainer(
                network: denseNetwork(),
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 0.01),
                schedule: Schedule(.cosine),
                batchSize: 40,
                scheduleEpochs: scheduleEpochs,
                seed: 3
            )
        }
        let whole = try trainer(scheduleEpochs: nil)
        _ = try whole.fit(set, epochs: 4)
        let cut = try trainer(scheduleEpochs: 4)
        _ = try cut.fit(set, epochs: 2)
        _ = try cut.fit(set, epochs: 4)
        #expect(TrainerState(cut) == TrainerState(whole))
        let other = try trainer(scheduleEpochs: nil)
        _ = try other.fit(set, epochs: 2)
        _ = try other.fit(set, epochs: 4)
        #expect(TrainerState(other) != TrainerState(whole))
    }

    @Test("cancelled in an epoch, everything is as after the last complete epoch, and can go on")
    func cancelled() throws {
        let reference = try trainer()
        _ = try reference.fit(set, epochs: 1)
        let trainer = try trainer()
        var news: [Progress] = []
        #expect(throws: SNNError.cancelled("training was cancelled in epoch 2; epoch 1 is what is left")) {
            try trainer.fit(set, epochs: 3) { progress in
                news.append(progress)
                return progress.epoch < 2
            }
        }
        #expect(TrainerState(trainer) == TrainerState(reference))
        #expect(news.last?.epoch == 2 && news.last?.epochs == 3)
        _ = try trainer.fit(set, epochs: 2)
        _ = try reference.fit(set, epochs: 2)
        #expect(TrainerState(trainer) == TrainerState(reference))
    }

    @Test("failed in the last batch of an epoch, everything is as after the last complete epoch")
    func failed() throws {
        let reference = try trainer()
        _ = try reference.fit(set, epochs: 1)
        let trainer = try trainer()
        let faulty = FaultySet(good: set, epoch: 1)
        let error = #expect(throws: SNNError.self) { try trainer.fit(faulty, epochs: 3) }
        #expect(error?.message.hasPrefix("inputs must be finite, got nan in sample") == true)
        #expect(TrainerState(trainer) == TrainerState(reference))
    }

    /// A set that breaks in one epoch.
    private struct FaultySet: LabelledSource {
        let good: TestSet
        let epoch: Int
        var count: Int { good.count }
        var classes: Int { good.classes }
        var inputCount: Int { good.inputCount }
        func label(_ sample: Int) -> Int32 { good.label(sample) }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { good.fill(sample, into: row) }
        func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
            good.fill(sample, into: row)
            if epoch == self.epoch, sample == 7 { row[0] = .nan }
        }
    }

    @Test("an error of the caller at the end of an epoch leaves that epoch done")
    func callerFails() throws {
        let reference = try trainer()
        _ = try reference.fit(set, epochs: 2)
        let trainer = try trainer()
        #expect(throws: SNNError.file("disk full")) {
            try trainer.fit(
                set,
                epochs: 3,
                epochDone: { result throws(SNNError) in if result.epoch == 2 { throw .file("disk full") } }
            )
        }
        #expect(TrainerState(trainer) == TrainerState(reference))
    }

    @Test("progress ends every epoch with all samples and the epoch's means")
    func progress() throws {
        let trainer = try trainer(batch: 64)
        var news: [Progress] = []
        let handler: ProgressHandler = { progress in
            news.append(progress)
            return true
        }
        let results = try trainer.fit(set, epochs: 2, progress: handler)
        #expect(news.allSatisfy { $0.done <= $0.total && $0.samplesPerSecond > 0 })
        let last = Dictionary(news.map { ($0.epoch, $0) }) { $1 }
        for result in results {
            let end = try #require(last[result.epoch])
            #expect(end.done == 150 && end.total == 150 && end.loss == result.loss && end.accuracy == result.accuracy)
        }
        // 64 + 64 + 22.
        #expect(trainer.stepCount == 6 && trainer.samplesSeen == 300)
    }

    @Test("every sample is seen once an epoch, in an order of its own")
    func order() throws {
        let log = Log()
        let trainer = try trainer(batch: 32)
        _ = try trainer.fit(LoggedSet(good: set, log: log), epochs: 2)
        let first = Array(log.samples[..<150])
        let second = Array(log.samples[150...])
        #expect(first.sorted() == Array(0..<150) && second.sorted() == Array(0..<150))
        #expect(first != second && first != Array(0..<150))
    }

    private final class Log: @unchecked Sendable { var samples: [Int] = [] }

    /// A set that notes what is asked for, on one thread.
    private struct LoggedSet: LabelledSource {
        let good: TestSet
        let log: Log
        var count: Int { good.count }
        var classes: Int { good.classes }
        var inputCount: Int { good.inputCount }
        func label(_ sample: Int) -> Int32 { good.label(sample) }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) { good.fill(sample, into: row) }
        func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {
            log.samples.append(sample)
            good.fill(sample, into: row)
        }
    }

    @Test("the loss of an epoch is the mean over samples, also for a summed loss and a short last batch")
    func epochLoss() throws {
        // A rate too small to move a weight: all batches see the same network.
        for reduction in Loss.Reduction.allCases {
            let network = try denseNetwork()
            let trainer = try Trainer(
                network: network,
                loss: Loss(.crossEntropy, reduction: reduction),
                optimizer: GradientDescent(learningRate: 1e-30),
                batchSize: 64,
                seed: 1
            )
            let result = try trainer.fit(set, epochs: 1)[0]
            let evaluation = try network.evaluate(set)
            // The same 150 losses added in another order.
            #expect(abs(result.loss - evaluation.loss) < 1e-12 && result.accuracy == evaluation.accuracy)
        }
    }

    @Test("what makes no sense is refused")
    func refusals() throws {
        let trainer = try trainer()
        #expect(throws: SNNError.argument("epochs must be >= 1, got 0")) { try trainer.fit(set, epochs: 0) }
        #expect(throws: SNNError.argument("a data set must hold at least one sample, got 0")) {
            try trainer.fit(EmptySet(), epochs: 1)
        }
        #expect(throws: SNNError.shape("the network takes 6 values a sample, the data set has 4")) {
            try trainer.fit(TestSet.noise(4, inputs: 4, classes: 3), epochs: 1)
        }
    }

    private struct EmptySet: LabelledSource {
        let count = 0
        let classes = 3
        let inputCount = 6
        func label(_ sample: Int) -> Int32 { 0 }
        func fill(_ sample: Int, into row: UnsafeMutablePointer<Float>) {}
        func fill(_ sample: Int, epoch: Int, seed: UInt64, into row: UnsafeMutablePointer<Float>) {}
    }
}
