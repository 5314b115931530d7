import Testing

@testable import SNNKernel

@Suite("Reloading the best epoch")
struct ReloadBestTests {
    private static let milestones = [4, 7]
    private let set = TestSet.blobs(150)

    /// A rate so high that the loss rises now and then.
    private func trainer(reloadsBest: Bool = true) throws -> Trainer {
        try Trainer(
            network: denseNetwork(coding: "rate", dropout: 0.2),
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 0.6),
            schedule: Schedule(.milestones, gamma: 0.1, milestones: Self.milestones),
            batchSize: 40,
            reloadsBest: reloadsBest,
            seed: 3
        )
    }

    private func everything(_ trainer: Trainer) -> [[UInt32]] {
        let state = TrainerState(trainer)
        let best = trainer.best?.storages.map { $0.array.map(\.bitPattern) } ?? []
        return state.weights + state.moments + best + [state.counters.map { UInt32($0) }]
    }

    @Test("it is training epoch by epoch with the best weights put back by hand")
    func byHand() throws {
        let whole = try trainer()
        let results = try whole.fit(set, epochs: 9)

        let hand = try trainer(reloadsBest: false)
        var losses: [Double] = []
        var best: [Storage<Float>] = []
        for epoch in 1...9 {
            let loss = try hand.fit(set, epochs: epoch)[0].loss
            if losses.allSatisfy({ loss < $0 }) { best = hand.network.allTensors.map { $0.storage.copy() } }
            losses.append(loss)
            guard Self.milestones.contains(epoch) else { continue }
            for (tensor, saved) in zip(hand.network.allTensors, best) {
                tensor.storage.base.update(from: saved.base, count: saved.count)
            }
            for moment in hand.moments.joined() { moment.base.update(repeating: 0, count: moment.count) }
            hand.stepCount = 0
        }
        #expect(results.map(\.loss) == losses)
        // The test says something: going back changed weights, and the last epoch is not the best.
        let plain = try trainer(reloadsBest: false)
        #expect(try plain.fit(set, epochs: 9).map(\.loss) != losses)
        #expect(losses[..<4].min() != losses[3] || losses[..<7].min() != losses[6])
        let least = try #require(losses.min())
        #expect(whole.best?.loss == least)

        let weights = whole.network.allTensors.map { $0.storage.array }
        #expect(weights == best.map(\.array))
        #expect(whole.best?.storages.map(\.array) == hand.network.allTensors.map { $0.storage.array })
        #expect(whole.stepCount == 8 && hand.stepCount == 8)
    }

    @Test("a run in pieces is the run in one, whatever the pieces", arguments: [1, 3, 4, 5, 7, 8])
    func pieces(_ first: Int) throws {
        let (whole, parts) = (try trainer(), try trainer())
        _ = try whole.fit(set, epochs: 9)
        _ = try parts.fit(set, epochs: first)
        _ = try parts.fit(set, epochs: 9, threads: 2)
        #expect(everything(parts) == everything(whole))
    }

    @Test("whenever an epoch is done the network holds the best one so far")
    func shown() throws {
        let trainer = try trainer()
        var (least, weights): (Double, [[Float]]) = (.infinity, [])
        func look(_ result: EpochResult) {
            let now = trainer.network.allTensors.map { $0.storage.array }
            if result.loss < least { (least, weights) = (result.loss, now) }
            #expect(now == weights && trainer.best?.loss == least)
        }
        _ = try trainer.fit(set, epochs: 9, epochDone: { result throws(SNNError) in look(result) })
        #expect(least < .infinity)
    }

    @Test("cancelled in an epoch, all is as after the last complete one", arguments: [1, 2, 5, 8])
    func cancelled(_ epoch: Int) throws {
        let (reference, trainer) = (try trainer(), try trainer())
        if epoch > 1 { _ = try reference.fit(set, epochs: epoch - 1) }
        #expect(throws: SNNError.self) { try trainer.fit(set, epochs: 9) { $0.epoch < epoch } }
        #expect(everything(trainer) == everything(reference))
        _ = try reference.fit(set, epochs: 9)
        _ = try trainer.fit(set, epochs: 9)
        #expect(everything(trainer) == everything(reference))
    }

    @Test("other schedules, rules that only measure and single steps are refused by name")
    func refusals() throws {
        for schedule in [Schedule(.constant), Schedule(.step), Schedule(.cosine)] {
            let name = schedule.kind.rawValue
            #expect(throws: SNNError.notSupported("reload_best needs the schedule milestones, got \(name)")) {
                try Trainer(
                    network: denseNetwork(),
                    loss: Loss(.crossEntropy),
                    optimizer: Adam(learningRate: 0.1),
                    schedule: schedule,
                    reloadsBest: true,
                    seed: 1
                )
            }
        }
        let trainer = try trainer()
        let refusal = SNNError.notSupported("reload_best acts in fit; single steps with it are not supported")
        #expect(throws: refusal) { try trainer.step(on: set) }
        #expect(throws: refusal) { try trainer.apply() }
    }
}
