import SNNKernel

@testable import SNN

/// A small network that uses everything a checkpoint must carry: dropout, a random coding, moments, an odd batch.
struct TrainedSample {
    let network: Network
    let trainer: Trainer
    let data: Dataset

    static let training =
        #"{"optimizer":{"kind":"adam","amsgrad":true},"schedule":{"kind":"exponential","gamma":0.5},"batch":7}"#

    static func description(outputs: Int = 3, hidden: String = "hidden") throws -> NetworkDescription {
        try NetworkDocument.read(
            #"{"name":"small","input":{"shape":[6]},"steps":5,"dt":0.5,"coding":"rate","layers":["#
                + #"{"name":"\#(hidden)","connection":{"kind":"dense","outputs":8},"neuron":{"model":"lif","tau_mem":7}},"#
                + #"{"name":"out","stages":["dropout"],"connection":{"kind":"dense","outputs":\#(outputs)},"neuron":"lif"}]}"#
        )
    }

    init(
        training: String = TrainedSample.training,
        outputs: Int = 3,
        hidden: String = "hidden",
        seed: UInt64 = 5,
        epochs: Int = 0
    ) throws {
        network = try Network(
            try Self.description(outputs: outputs, hidden: hidden),
            registry: try Library.registry(),
            seed: seed
        )
        trainer = try TrainingDocument(JSONField(try JSONValue(parsing: training))).trainer(for: network, seed: seed)
        data = try Self.samples(features: 6, classes: 3, count: 40)
        if epochs > 0 { _ = try trainer.fit(data, epochs: epochs) }
    }

    /// Random rows in 0 ..< 1, or of whole numbers 0 and 1, with random labels, from a fixed seed.
    static func samples(features: Int, classes: Int, count: Int, areWhole: Bool = false) throws -> Dataset {
        let stream = RandomStream(seed: 11, purpose: .shuffle)
        let values = Storage<Float>(features * count)
        stream.fillUniform(values.elements)
        if areWhole { for index in 0..<values.count { values.base[index].round() } }
        return try Dataset(
            name: "random",
            split: "train",
            shape: SampleShape(features: features),
            classes: classes,
            count: count,
            storage: .floats(try ByteBuffer(Array(values.elements))),
            labels: .owned((0..<count).map { Int32(stream.below(classes, index: UInt32($0), sample: 1)) })
        )
    }

    /// Everything that training changes, to the bit.
    var bits: [[UInt32]] { Self.bits(of: trainer) }

    static func bits(of trainer: Trainer) -> [[UInt32]] {
        bits(of: trainer.network) + trainer.moments.flatMap { $0 }.map { $0.elements.map(\.bitPattern) }
    }

    static func bits(of network: Network) -> [[UInt32]] {
        network.tensors.map { $0.storage.elements.map(\.bitPattern) }
    }

    /// Where training stands.
    var counters: NetworkFile.Progress {
        NetworkFile.Progress(
            epochsDone: trainer.epochsDone,
            stepCount: trainer.stepCount,
            samplesSeen: trainer.samplesSeen,
            seed: trainer.seed
        )
    }
}
