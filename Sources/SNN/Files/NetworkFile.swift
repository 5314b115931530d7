import SNNKernel

/// A trained network as one safetensors file.
///
/// It holds the tensors, and in the metadata the network's description, the library's version, the seed and the recipe
/// that made it. A checkpoint holds the optimizer's moments and counters beside them.
///
/// Tensors are named as in the network (`hidden.weight`), moments `optimizer.<moment>.<tensor>`. Where training goes back
/// to its best epoch, the network's tensors are those of that epoch, and `optimizer.latest.<tensor>` what it goes on from.
package enum NetworkFile {
    /// Where a run stood, so that it can go on.
    package struct Progress: Sendable, Equatable {
        /// Which stage of the recipe, from 0.
        package var stage = 0
        package var epochsDone = 0
        package var stepCount = 0
        package var samplesSeen: UInt64 = 0
        /// Seed of shuffling, dropout and codings.
        package var seed: UInt64 = 0
        /// The mean loss of the best epoch, where training goes back to it (``Trainer/reloadsBest``).
        package var bestLoss: Double?
    }

    private static let latestPrefix = "optimizer.latest."

    private enum Key {
        static let network = "snn.network"
        static let version = "snn.version"
        static let seed = "snn.seed"
        static let recipe = "snn.recipe"
        static let progress = "snn.progress"
    }

    /// Writes a network, with the guarantee of ``AtomicFile``.
    ///
    /// - Parameters:
    ///   - network: whose weights and description are written.
    ///   - recipe: the JSON of the recipe that made it, if any.
    ///   - trainer: its moments and counters are written too.
    ///   - stage: which stage of the recipe the trainer runs.
    ///   - path: the file, which is replaced where it exists.
    /// - Throws: ``SNNError/file(_:)`` that names path and reason.
    package static func write(
        _ network: Network,
        recipe: JSONValue?,
        trainer: Trainer? = nil,
        stage: Int = 0,
        to path: String
    ) throws(SNNError) {
        var tensors = network.allTensors.map {
            TensorToWrite(
                name: $0.name,
                type: .f32,
                shape: $0.description.shape,
                bytes: UnsafeRawBufferPointer($0.storage.elements)
            )
        }
        var metadata = [
            Key.network: NetworkDocument.write(network.description).text(),
            Key.version: Library.version,
            Key.seed: String(network.seed),
        ]
        if let recipe { metadata[Key.recipe] = recipe.text() }
        if let trainer {
            for (tensor, moments) in zip(network.tensors, trainer.moments) {
                for (name, moment) in zip(trainer.optimizer.moments, moments) {
                    tensors.append(
                        TensorToWrite(
                            name: "optimizer.\(name).\(tensor.name)",
                            type: .f32,
                            shape: tensor.description.shape,
                            bytes: UnsafeRawBufferPointer(moment.elements)
                        )
                    )
                }
            }
            for (tensor, latest) in zip(network.allTensors, trainer.best?.storages ?? []) {
                tensors.append(
                    TensorToWrite(
                        name: latestPrefix + tensor.name,
                        type: .f32,
                        shape: tensor.description.shape,
                        bytes: UnsafeRawBufferPointer(latest.elements)
                    )
                )
            }
            metadata[Key.progress] = write(
                Progress(
                    stage: stage,
                    epochsDone: trainer.epochsDone,
                    stepCount: trainer.stepCount,
                    samplesSeen: trainer.samplesSeen,
                    seed: trainer.seed,
                    bestLoss: trainer.best?.loss
                )
            ).text()
        }
        try SafetensorsWriter.write(tensors, metadata: metadata, to: path)
    }

    /// A network from a file.
    package static func read(_ path: String) throws(SNNError) -> (network: Network, file: SafetensorsFile) {
        let file = try SafetensorsFile(path: path)
        guard let text = file.metadata[Key.network] else {
            throw .corrupt("'\(path)' is a safetensors file without the metadata \(Key.network): not a saved network")
        }
        do throws(SNNError) {
            let description = try NetworkDocument.read(text)
            let network = try Network(
                description,
                registry: try Library.registry(),
                seed: file.metadata[Key.seed].flatMap { UInt64($0) } ?? 0
            )
            try readTensors(of: network, from: file)
            return (network, file)
        } catch {
            if case .notSupported = error { throw error }
            if case .unknownName = error { throw error }
            throw .corrupt("'\(path)' does not hold a network this library can read: \(error.message)")
        }
    }

    /// Fills a network with the tensors of a file of the same network.
    static func readTensors(of network: Network, from file: SafetensorsFile) throws(SNNError) {
        for tensor in network.allTensors {
            try file.copyFloats(tensor.name, shape: tensor.description.shape, to: tensor.storage.elements)
        }
    }

    /// The recipe a file carries, or null.
    package static func recipe(_ file: SafetensorsFile) throws(SNNError) -> JSONField {
        guard let text = file.metadata[Key.recipe] else { return JSONField(nil, path: "recipe") }
        do throws(SNNError) {
            return JSONField(try JSONValue(parsing: text), path: "recipe")
        } catch { throw .corrupt("the recipe in '\(file.path)' is damaged: \(error.message)") }
    }

    /// Where the run that wrote a checkpoint stood.
    package static func progress(_ file: SafetensorsFile) throws(SNNError) -> Progress {
        guard let text = file.metadata[Key.progress] else {
            throw .state("'\(file.path)' holds a network but no training state to go on from")
        }
        do throws(SNNError) {
            let field = JSONField(try JSONValue(parsing: text), path: Key.progress)
            return Progress(
                stage: try field["stage"].integer(),
                epochsDone: try field["epochs_done"].integer(),
                stepCount: try field["step_count"].integer(),
                samplesSeen: try field["samples_seen"].seed(),
                seed: try field["seed"].seed(),
                bestLoss: try field["best_loss"].optionalNumber()
            )
        } catch { throw .corrupt("the training state in '\(file.path)' is damaged: \(error.message)") }
    }

    private static func write(_ progress: Progress) -> JSONValue {
        var members: [String: JSONValue] = [
            "stage": .number(Double(progress.stage)), "epochs_done": .number(Double(progress.epochsDone)),
            "step_count": .number(Double(progress.stepCount)), "samples_seen": .string(String(progress.samplesSeen)),
            "seed": .string(String(progress.seed)),
        ]
        if let loss = progress.bestLoss { members["best_loss"] = .number(loss) }
        return .object(members)
    }

    /// Brings weights, moments and counters of a trainer to where a checkpoint stood.
    ///
    /// Nothing changes where it fails.
    package static func resume(_ trainer: Trainer, from file: SafetensorsFile) throws(SNNError) {
        let progress = try progress(file)
        guard progress.epochsDone >= 0, progress.stepCount >= 0 else {
            throw .corrupt("'\(file.path)': counters must be >= 0")
        }
        let isFresh = progress.epochsDone == 0 && progress.bestLoss == nil
        guard isFresh || trainer.reloadsBest == (progress.bestLoss != nil) else {
            let (was, wanted) = trainer.reloadsBest ? ("without", "with") : ("with", "without")
            throw .state("'\(file.path)' is a checkpoint of training \(was) reload_best: it cannot go on \(wanted) it")
        }
        var staged: [(target: Storage<Float>, values: Storage<Float>)] = []
        func stage(_ name: String, _ shape: [Int], _ target: Storage<Float>) throws(SNNError) {
            let values = Storage<Float>(overwriting: target.count)
            try file.copyFloats(name, shape: shape, to: values.elements)
            staged.append((target, values))
        }
        for buffer in trainer.network.buffers {
            try stage(buffer.name, buffer.description.shape, buffer.storage)
        }
        for (tensor, moments) in zip(trainer.network.tensors, trainer.moments) {
            guard file.entry(tensor.name) != nil else {
                throw .shape("'\(file.path)' is a checkpoint of another network: it has no tensor '\(tensor.name)'")
            }
            try stage(tensor.name, tensor.description.shape, tensor.storage)
            for (name, moment) in zip(trainer.optimizer.moments, moments) {
                let full = "optimizer.\(name).\(tensor.name)"
                guard file.entry(full) != nil else {
                    throw .shape("'\(file.path)' is a checkpoint of another optimizer: it has no tensor '\(full)'")
                }
                try stage(full, tensor.description.shape, moment)
            }
        }
        let best = try progress.bestLoss.map { loss throws(SNNError) in
            try readLatest(of: trainer.network, loss: loss, from: file)
        }
        for (target, values) in staged { target.base.update(from: values.base, count: values.count) }
        trainer.epochsDone = progress.epochsDone
        trainer.stepCount = progress.stepCount
        trainer.samplesSeen = progress.samplesSeen
        trainer.seed = progress.seed
        trainer.best = best
    }

    /// What training goes on from, where the network's own tensors are those of the best epoch.
    private static func readLatest(
        of network: Network,
        loss: Double,
        from file: SafetensorsFile
    ) throws(SNNError) -> BestEpoch {
        var storages: [Storage<Float>] = []
        for tensor in network.allTensors {
            let latest = Storage<Float>(overwriting: tensor.storage.count)
            try file.copyFloats(latestPrefix + tensor.name, shape: tensor.description.shape, to: latest.elements)
            storages.append(latest)
        }
        return BestEpoch(loss: loss, storages: storages)
    }
}
