import SNNKernel

/// The laws that every neuron model obeys.
public struct NeuronLaws {
    let model: any NeuronModel
    let relaxed: (any NeuronModel)?
    let restIsSilent: Bool
    let isDetached: Bool
    /// Whether the model promises what not every neuron does: that a window starts where the model stays without input, and
    /// that nothing in it overflows at currents of 1e30.
    var isStrict = true
    /// Whether its parameters are at an end of their range, where huge currents need not fit in float32.
    var isAtEnd = false

    /// - Parameters:
    ///   - model: the model.
    ///   - relaxed: the same model with a smooth output; nil where `model` is smooth itself, or there is none.
    ///   - restIsSilent: whether the model promises silence without input.
    ///   - isDetached: whether its gradient leaves a path out, which neither differences nor forward mode can.
    public init(
        of model: any NeuronModel,
        relaxed: (any NeuronModel)? = nil,
        restIsSilent: Bool = true,
        isDetached: Bool = false
    ) {
        self.model = model
        self.relaxed = relaxed
        self.restIsSilent = restIsSilent
        self.isDetached = isDetached
    }

    /// Every law of a neuron model.
    static let all: [Law] = [
        .adjoint, .adjointStrips, .constantCurrent, .parts, .lanes, .rest, .batchAlone, .neighbours, .batchOrder,
        .stepSplit,
        .threads, .deterministic, .sends, .runs, .binarySpikes, .finite, .inputsKept,
    ]

    /// Examines the laws of the examination.
    public func examine(in examination: Examination) {
        let subject = NeuronSubject(model, seed: examination.seed)
        examination.takeFailure = { model.takeFailure() }
        defer { examination.takeFailure = { nil } }
        if let failure = subject.failure {
            let broken = Law.broken(by: failure)
            examination.examine(broken) { $0.require(false, failure.message) }
            for law in Self.all where law != broken {
                examination.pass(law, because: "its runs fail, see \(broken.rawValue)")
            }
            return
        }
        NeuronGradientLaws(laws: self, subject: subject).examine(in: examination)
        ofWindows(subject, in: examination)
        ofBatches(subject, in: examination)
    }

    private func ofWindows(_ subject: NeuronSubject, in examination: Examination) {
        if restIsSilent {
            examination.examine(.rest) { subject.rest($0, isFixed: isStrict) }
        } else {
            examination.pass(.rest, because: "the model does not promise silence")
        }
        if subject.takesTotal {
            examination.pass(.stepSplit, because: "its window is one whole, without steps")
        } else {
            examination.examine(.stepSplit, subject.stepSplit)
        }
        examination.examine(.sends, subject.sends)
        examination.examine(.runs) { _ in }
        if model.sends == .raster {
            examination.examine(.binarySpikes, subject.binarySpikes)
        } else {
            examination.pass(.binarySpikes, because: "it sends \(model.sends.rawValue)")
        }
        examination.examine(.finite) { subject.finite($0, isStrict: isStrict, probesHuge: !isAtEnd) }
        examination.examine(.inputsKept, subject.inputsKept)
    }

    private func ofBatches(_ subject: NeuronSubject, in examination: Examination) {
        examination.examine(.batchAlone, subject.batchAlone)
        examination.examine(.neighbours, subject.neighbours)
        examination.examine(.batchOrder, subject.batchOrder)
        examination.examine(.deterministic, subject.deterministic)
        if examination.isBroken(.deterministic) {
            examination.pass(.threads, because: "two runs one after another differ already, see deterministic")
        } else {
            examination.examine(.threads) { subject.threads($0, time: examination.threadTime) }
        }
    }
}

extension Law {
    /// The law that a model breaks whose run ends in this failure.
    static func broken(by failure: SNNError) -> Law {
        let words = failure.message
        if words.contains("must stay finite") || words.contains("got nan") || words.contains("got -nan")
            || words.contains("got inf")
        {
            return .finite
        }
        return words.contains("must be 0 or 1") ? .binarySpikes : .runs
    }
}
