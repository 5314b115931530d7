import SNNKernel
import Testing

@testable import SNN

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("saved networks")
struct NetworkFileTests {
    /// A file with some of its tensors or metadata changed; what `tensor` answers nil for is left out.
    private func rewrite(
        _ source: String,
        to target: String,
        metadata change: (inout [String: String]) -> Void = { _ in },
        tensor: (SafetensorsFile.Entry) -> (name: String, shape: [Int])? = { ($0.name, $0.shape) }
    ) throws {
        let file = try SafetensorsFile(path: source)
        var metadata = file.metadata
        change(&metadata)
        let kept = try file.entries.compactMap { entry -> (String, [Int], [Float])? in
            guard let (name, shape) = tensor(entry) else { return nil }
            let count = shape.reduce(1, *)
            return (
                name, shape, Array((try file.floats(entry.name) + [Float](repeating: 0, count: count)).prefix(count))
            )
        }
        let storages = kept.map { _, _, values in
            let storage = Storage<Float>(values.count)
            for (index, value) in values.enumerated() { storage.base[index] = value }
            return storage
        }
        try SafetensorsWriter.write(
            zip(kept, storages).map { kept, storage in
                TensorToWrite(name: kept.0, type: .f32, shape: kept.1, bytes: UnsafeRawBufferPointer(storage.elements))
            },
            metadata: metadata,
            to: target
        )
        withExtendedLifetime(storages) {}
    }

    private func corruptSentence(_ path: String) -> String {
        guard case .corrupt(let sentence)? = failure({ try NetworkFile.read(path) }) else { return "not refused" }
        return sentence
    }

    @Test("weights, description, seed and recipe come back equal")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample(epochs: 1)
        let recipe: JSONValue = ["name": "r", "seed": 3]
        try NetworkFile.write(sample.network, recipe: recipe, to: folder["n"])
        let (network, file) = try NetworkFile.read(folder["n"])
        #expect(network.description == sample.network.description)
        #expect(network.seed == 5)
        #expect(TrainedSample.bits(of: network) == TrainedSample.bits(of: sample.network))
        #expect(try NetworkFile.recipe(file).value == recipe)
        #expect(try NetworkFile.recipe(file)["seed"].integer() == 3)
        // The same network gives the same bytes.
        try NetworkFile.write(network, recipe: recipe, to: folder["m"])
        #expect(try ReadFile.bytes(folder["m"]).array == ReadFile.bytes(folder["n"]).array)
        #expect(folder.names == ["m", "n"])
    }

    @Test("running statistics are saved, and a checkpoint goes on to the bit")
    func statistics() throws {
        let folder = try TemporaryFolder()
        let text =
            #"{"input":{"shape":[6]},"layers":["#
            + #"{"name":"one","connection":{"kind":"dense","outputs":8},"neuron":"relu.identity"},"#
            + #"{"name":"norm","connection":"batch_norm","neuron":"relu"},"#
            + #"{"name":"out","connection":{"kind":"dense","outputs":3},"neuron":"relu.identity"}],"readout":"membrane"}"#
        let data = try TrainedSample.samples(features: 6, classes: 3, count: 90)
        func trainer() throws -> Trainer {
            let network = try Network(try NetworkDocument.read(text), registry: try Library.registry(), seed: 4)
            return try TrainingDocument(JSONField(try JSONValue(parsing: #"{"batch":64}"#))).trainer(
                for: network,
                seed: 4
            )
        }
        func numbers(_ network: Network) -> [[Float]] { network.allTensors.map { Array($0.storage.elements) } }
        let half = try trainer()
        _ = try half.fit(data, epochs: 2)
        try NetworkFile.write(half.network, recipe: nil, trainer: half, to: folder["n"])
        let (read, file) = try NetworkFile.read(folder["n"])
        #expect(file.entries.contains { $0.name == "norm.variance" } && read.buffers[1].storage.base[0] != 1)
        #expect(numbers(read) == numbers(half.network))
        let (resumed, whole) = (try trainer(), try trainer())
        try NetworkFile.resume(resumed, from: file)
        _ = try resumed.fit(data, epochs: 4)
        _ = try whole.fit(data, epochs: 4)
        #expect(numbers(resumed.network) == numbers(whole.network))
    }

    @Test("any safetensors reader finds the tensors by name, and all that made them in the metadata")
    func layout() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample(seed: .max, epochs: 2)
        try NetworkFile.write(sample.network, recipe: nil, to: folder["n"])
        let plain = try SafetensorsFile(path: folder["n"])
        #expect(plain.entries.map(\.name) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"])
        #expect(plain.entries.map(\.shape) == [[6, 8], [8], [8, 3], [3]])
        #expect(plain.metadata.keys.sorted() == ["snn.network", "snn.seed", "snn.version"])
        #expect(plain.metadata["snn.version"] == Library.version)
        #expect(plain.metadata["snn.seed"] == "18446744073709551615")
        #expect(try NetworkDocument.read(plain.metadata["snn.network"] ?? "") == sample.network.description)
        #expect(!(try NetworkFile.recipe(plain).isPresent))

        try NetworkFile.write(sample.network, recipe: ["name": "r"], trainer: sample.trainer, stage: 3, to: folder["c"])
        let checkpoint = try SafetensorsFile(path: folder["c"])
        let moments = ["mean", "square", "largest_square"]
        for tensor in sample.network.tensors {
            for (name, moment) in zip(
                moments,
                sample.trainer.moments[sample.network.tensors.firstIndex { $0 === tensor } ?? 0]
            ) {
                let full = "optimizer.\(name).\(tensor.name)"
                #expect(checkpoint.entry(full)?.shape == tensor.description.shape)
                #expect(try checkpoint.floats(full) == Array(moment.elements))
            }
        }
        #expect(checkpoint.entries.count == 4 * sample.network.tensors.count)
        #expect(
            try NetworkFile.progress(checkpoint)
                == NetworkFile.Progress(stage: 3, epochsDone: 2, stepCount: 12, samplesSeen: 80, seed: .max)
        )
        // A checkpoint is a network, too.
        #expect(
            TrainedSample.bits(of: try NetworkFile.read(folder["c"]).network) == TrainedSample.bits(of: sample.network)
        )
    }

    @Test("resuming restores everything: training goes on to the bit as if it had never stopped")
    func resume() throws {
        let folder = try TemporaryFolder()
        let straight = try TrainedSample(epochs: 5)
        let interrupted = try TrainedSample(epochs: 2)
        try NetworkFile.write(interrupted.network, recipe: nil, trainer: interrupted.trainer, to: folder["c"])
        // Another seed of weights and of training: both must come from the file.
        let resumed = try TrainedSample(seed: 99, epochs: 1)
        try NetworkFile.resume(resumed.trainer, from: try SafetensorsFile(path: folder["c"]))
        #expect(resumed.bits == interrupted.bits)
        #expect(resumed.counters == interrupted.counters)
        _ = try resumed.trainer.fit(resumed.data, epochs: 5)
        #expect(resumed.bits == straight.bits)
        #expect(resumed.counters == straight.counters)
        #expect(resumed.bits != interrupted.bits)
    }

    @Test("what is no saved network is refused, with the file's name")
    func foreignFiles() throws {
        let folder = try TemporaryFolder()
        let none = failure { try NetworkFile.read(folder["none"]) }
        #expect(none == .file("cannot open '\(folder["none"])': No such file or directory"))
        #expect(
            failure { try NetworkFile.read(folder.path) } == .file("cannot read '\(folder.path)': it is a folder")
        )
        try folder.write(Array("name = not a network\n".utf8), to: "text")
        #expect(corruptSentence(folder["text"]).contains("'\(folder["text"])' is damaged or no safetensors file"))
        try folder.write([], to: "empty")
        #expect(corruptSentence(folder["empty"]).contains("at least 8 bytes, got 0"))
        try SafetensorsWriter.write([], metadata: ["format": "pt"], to: folder["foreign"])
        #expect(
            corruptSentence(folder["foreign"])
                == "'\(folder["foreign"])' is a safetensors file without the metadata snn.network: not a saved network"
        )
    }

    @Test("a file whose tensors are not those of its description is refused")
    func wrongTensors() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample()
        try NetworkFile.write(sample.network, recipe: nil, to: folder["n"])
        let lead = { (name: String) in "'\(folder[name])' does not hold a network this library can read: " }
        try rewrite(folder["n"], to: folder["less"], tensor: { $0.name == "out.bias" ? nil : ($0.name, $0.shape) })
        #expect(corruptSentence(folder["less"]) == lead("less") + "'\(folder["less"])' has no tensor 'out.bias'")
        try rewrite(
            folder["n"],
            to: folder["shape"],
            tensor: { ($0.name, $0.name == "out.weight" ? [3, 8] : $0.shape) }
        )
        #expect(
            corruptSentence(folder["shape"]) == lead("shape")
                + "tensor 'out.weight' of '\(folder["shape"])' must have shape [8, 3], got [3, 8]"
        )
        try rewrite(folder["n"], to: folder["json"], metadata: { $0["snn.network"] = "{\"layers\":" })
        #expect(corruptSentence(folder["json"]).hasPrefix(lead("json")))
        try rewrite(
            folder["n"],
            to: folder["steps"],
            metadata: { $0["snn.network"]?.replace("\"steps\":5", with: "\"steps\":0") }
        )
        #expect(corruptSentence(folder["steps"]) == lead("steps") + "steps must be 1 ... 1048576, got 0")
        // A model of a plugin that this build lacks is not damage: its name is what the user needs.
        try rewrite(
            folder["n"],
            to: folder["model"],
            metadata: { $0["snn.network"]?.replace("\"lif\"", with: "\"izh\"") }
        )
        guard case .unknownName(let sentence)? = failure({ try NetworkFile.read(folder["model"]) }) else {
            Issue.record("an unknown model must be SNNError.unknownName")
            return
        }
        #expect(sentence.contains("unknown neuron 'izh'; known: "))
    }

    @Test("a truncated file is refused at every length")
    func truncated() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample(epochs: 1)
        try NetworkFile.write(sample.network, recipe: nil, trainer: sample.trainer, to: folder["n"])
        let bytes = try ReadFile.bytes(folder["n"]).array
        for length in stride(from: 0, to: bytes.count, by: 97) + [bytes.count - 1] {
            overwrite(folder["t"], bytes[..<length])
            guard case .corrupt? = failure({ try NetworkFile.read(folder["t"]) }) else {
                Issue.record("\(length) of \(bytes.count) bytes are taken for a network")
                return
            }
        }
    }

    @Test("a damaged byte gives an error or another network, never a crash")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample(epochs: 1)
        try NetworkFile.write(sample.network, recipe: ["name": "r"], trainer: sample.trainer, to: folder["n"])
        let bytes = try ReadFile.bytes(folder["n"]).array
        let other = try TrainedSample()
        var refused = 0
        for position in stride(from: 0, to: bytes.count, by: 5) {
            var copy = bytes
            copy[position] ^= position % 2 == 0 ? 0x01 : 0x11
            overwrite(folder["d"], copy[...])
            // That it returns at all is the point: a trap would end the tests.
            let error = failure {
                let (_, file) = try NetworkFile.read(folder["d"])
                _ = try NetworkFile.recipe(file)
                try NetworkFile.resume(other.trainer, from: file)
            }
            refused += error == nil ? 0 : 1
        }
        #expect(refused > 100)
    }

    /// Without the care of ``AtomicFile``, which would sync every one of many files.
    private func overwrite(_ path: String, _ bytes: ArraySlice<UInt8>) {
        guard let file = fopen(path, "wb") else { return }
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
    }

    @Test("a file to resume from that does not fit is refused, and nothing changes")
    func refusedResume() throws {
        let folder = try TemporaryFolder()
        let saved = try TrainedSample(epochs: 2)
        let path = folder["c"]
        try NetworkFile.write(saved.network, recipe: nil, trainer: saved.trainer, to: path)
        let sample = try TrainedSample(seed: 3, epochs: 1)
        let before = (sample.bits, sample.counters)

        func refused(_ name: String, by trainer: Trainer? = nil) throws -> SNNError? {
            let file = try SafetensorsFile(path: folder[name])
            let error = failure { try NetworkFile.resume(trainer ?? sample.trainer, from: file) }
            #expect(sample.bits == before.0 && sample.counters == before.1, "\(name)")
            return error
        }

        try NetworkFile.write(saved.network, recipe: nil, to: folder["plain"])
        #expect(
            try refused("plain")
                == .state("'\(folder["plain"])' holds a network but no training state to go on from")
        )
        let named = try TrainedSample(hidden: "other")
        let namedBits = named.bits
        #expect(
            try refused("c", by: named.trainer)
                == .shape("'\(path)' is a checkpoint of another network: it has no tensor 'other.weight'")
        )
        #expect(named.bits == namedBits)
        let wider = try TrainedSample(outputs: 4)
        let widerBits = wider.bits
        #expect(
            try refused("c", by: wider.trainer)
                == .shape("tensor 'out.weight' of '\(path)' must have shape [8, 4], got [8, 3]")
        )
        // The tensors before the one that does not fit are not copied either.
        #expect(wider.bits == widerBits)
        let descent = try TrainedSample(training: #"{"optimizer":{"kind":"sgd","momentum":0.9}}"#)
        #expect(
            try refused("c", by: descent.trainer)
                == .shape(
                    "'\(path)' is a checkpoint of another optimizer: it has no tensor 'optimizer.momentum.hidden.weight'"
                )
        )
        // Not even its last tensor missing.
        try rewrite(
            path,
            to: folder["less"],
            tensor: { $0.name == "optimizer.largest_square.out.bias" ? nil : ($0.name, $0.shape) }
        )
        #expect(
            try refused("less")
                == .shape(
                    "'\(folder["less"])' is a checkpoint of another optimizer: "
                        + "it has no tensor 'optimizer.largest_square.out.bias'"
                )
        )
        for (name, member, value) in [("epochs", "epochs_done", "2"), ("steps", "step_count", "12")] {
            try rewrite(
                path,
                to: folder[name],
                metadata: {
                    $0["snn.progress"]?.replace("\"\(member)\":\(value)", with: "\"\(member)\":-1")
                }
            )
            #expect(try refused(name) == .corrupt("'\(folder[name])': counters must be >= 0"))
        }
    }

    @Test("damaged metadata is damage to the file, whichever entry it is")
    func damagedMetadata() throws {
        let folder = try TemporaryFolder()
        let saved = try TrainedSample(epochs: 1)
        try NetworkFile.write(saved.network, recipe: ["name": "r"], trainer: saved.trainer, to: folder["c"])
        let before = saved.bits
        for (text, law) in [
            ("{", "a key in quotes"), ("[]", "stage must be an integer, but it is missing"),
            (#"{"stage":0,"epochs_done":1,"step_count":1.5}"#, "step_count must be an integer, got 1.5"),
        ] {
            try rewrite(folder["c"], to: folder["p"], metadata: { $0["snn.progress"] = text })
            let error = failure {
                try NetworkFile.resume(saved.trainer, from: try SafetensorsFile(path: folder["p"]))
            }
            guard case .corrupt(let sentence)? = error else {
                Issue.record("\(text) must be SNNError.corrupt, got \(String(describing: error))")
                continue
            }
            #expect(sentence.hasPrefix("the training state in '\(folder["p"])' is damaged: ") && sentence.contains(law))
        }
        #expect(saved.bits == before)
        try rewrite(folder["c"], to: folder["r"], metadata: { $0["snn.recipe"] = "{" })
        guard case .corrupt(let sentence)? = failure({ try NetworkFile.recipe(SafetensorsFile(path: folder["r"])) })
        else {
            Issue.record("a damaged recipe must be SNNError.corrupt")
            return
        }
        #expect(sentence.hasPrefix("the recipe in '\(folder["r"])' is damaged: "))
    }

    @Test("a place that cannot be written is refused, and the old file stays")
    func refusedWrite() throws {
        let folder = try TemporaryFolder()
        let sample = try TrainedSample()
        guard case .file? = failure({ try NetworkFile.write(sample.network, recipe: nil, to: folder["no/such"]) })
        else {
            Issue.record("a missing folder must be SNNError.file")
            return
        }
        #expect(folder.names == [])
    }
}
