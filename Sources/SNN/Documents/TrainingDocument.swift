import SNNKernel

/// How to train, as JSON: one training stage of a recipe, or what `snn_trainer_create` takes (docs/recipes.md).
///
///     {"rule": "backpropagation", "loss": {"kind": "cross_entropy"}, "optimizer": {"kind": "adam", "learning_rate": 1e-3},
///      "schedule": {"kind": "cosine"}, "batch": 128, "epochs": 5}
package struct TrainingDocument: Sendable {
    package var rule: ComponentChoice
    package var loss: Loss
    package var optimizer: any Optimizer
    package var schedule: Schedule
    package var batch: Int
    package var epochs: Int
    /// Bytes that training may take (``Trainer/memoryBudget``); nil sets no bound.
    package var memoryBudget: Int?
    /// Whether training goes back to its best epoch at every milestone and ends with it (``Trainer/reloadsBest``).
    package var reloadsBest: Bool
    /// Whether the document says how many epochs there are: then the schedule is laid out over them.
    let givesEpochs: Bool

    /// The keys a training document may have.
    static let keys = ["rule", "loss", "optimizer", "schedule", "batch", "epochs", "memory_budget", "reload_best"]

    /// Reads a document; absent parts take their defaults.
    package init(_ field: JSONField, extraKeys: [String] = []) throws(SNNError) {
        try field.check(keys: Self.keys + extraKeys)
        rule = try NetworkDocument.choice(field["rule"], key: "kind", default: "backpropagation")
        let weights = field["loss"]["class_weights"]
        loss = try BuiltIn.loss(
            try NetworkDocument.choice(
                field["loss"],
                key: "kind",
                default: Loss.Kind.crossEntropy.rawValue,
                except: ["class_weights"]
            ),
            classWeights: weights.isPresent ? try weights.numbers() : nil
        )
        optimizer = try BuiltIn.optimizer(
            try NetworkDocument.choice(field["optimizer"], key: "kind", default: "adam")
        )
        schedule = try BuiltIn.schedule(
            try NetworkDocument.choice(field["schedule"], key: "kind", default: Schedule.Kind.constant.rawValue)
        )
        batch = try field["batch"].optionalInteger() ?? 128
        givesEpochs = field["epochs"].isPresent
        epochs = try field["epochs"].optionalInteger() ?? 1
        memoryBudget = try field["memory_budget"].optionalInteger()
        if let memoryBudget, memoryBudget < 1 { throw field["memory_budget"].rangeError("must be >= 1") }
        reloadsBest = try field["reload_best"].optionalBool() ?? false
        guard !reloadsBest || schedule.kind == .milestones else {
            throw .notSupported("reload_best needs the schedule milestones, got \(schedule.kind.rawValue)")
        }
        guard epochs >= 1 else { throw field["epochs"].rangeError("must be >= 1") }
        guard batch >= 1 else { throw field["batch"].rangeError("must be >= 1") }
    }

    /// A trainer for `network`.
    package func trainer(for network: Network, seed: UInt64) throws(SNNError) -> Trainer {
        try Trainer(
            network: network,
            rule: try Library.registry().rule(rule),
            loss: loss,
            optimizer: optimizer,
            schedule: schedule,
            batchSize: batch,
            scheduleEpochs: givesEpochs ? epochs : nil,
            memoryBudget: memoryBudget,
            reloadsBest: reloadsBest,
            seed: seed
        )
    }
}
