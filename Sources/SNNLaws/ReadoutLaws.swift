import SNNKernel

/// The laws that every readout obeys.
///
/// That a stream is read to the same bits is a law of the engine, which reads it.
public struct ReadoutLaws {
    let readout: any Readout
    let neurons: Int
    let classes: Int

    /// The laws of one readout of `neurons` neurons.
    ///
    /// Errors: as ``Readout/scoreCount(neurons:)``.
    public init(of readout: any Readout, neurons: Int) throws(SNNError) {
        self.readout = readout
        self.neurons = neurons
        classes = try readout.scoreCount(neurons: neurons)
    }

    /// Examines the laws of the examination, with every kind of activity that the readout reads.
    public func examine(in examination: Examination) {
        let check = ReadoutCheck(readout: readout, neurons: neurons, classes: classes, seed: examination.seed)
        for kind in [ActivityKind.raster, .values, .constantValues] where readout.reads(kind) {
            let activity = check.activity(kind)
            examination.examine(.adjoint) { check.adjoint(activity, $0) }
            examination.examine(.batchAlone) { check.batchAlone(activity, $0) }
            examination.examine(.deterministic) { check.deterministic(activity, $0) }
            examination.examine(.sends) { check.sends(activity, $0) }
            examination.examine(.inputsKept) { check.inputsKept(activity, $0) }
        }
    }
}

private struct ReadoutCheck {
    let readout: any Readout
    let neurons: Int
    let classes: Int
    let seed: UInt64

    private let steps = 6
    private let batch = 3

    func activity(_ kind: ActivityKind) -> Activity {
        var random = Seeded(seed)
        if kind == .raster { return .raster(random.raster(steps: steps, batch: batch, count: neurons, activity: 0.4)) }
        return .values(
            random.values(steps: steps, batch: batch, count: neurons, isConstant: kind == .constantValues)
        )
    }

    private func kind(_ activity: Activity) -> String {
        if case .raster = activity { return ActivityKind.raster.rawValue }
        return (activity.isConstant ? ActivityKind.constantValues : .values).rawValue
    }

    func deterministic(_ activity: Activity, _ evidence: Evidence) {
        let (first, second) = (readout.decode(activity), readout.decode(activity))
        evidence.equalBits(first.numbers, second.numbers, "\(kind(activity)): two readings differ")
    }

    func sends(_ activity: Activity, _ evidence: Evidence) {
        let scores = readout.decode(activity)
        evidence.require(
            scores.batch == batch && scores.count == classes,
            "\(kind(activity)): \(scores.batch) x \(scores.count) scores, not \(batch) x \(classes)"
        )
    }

    func inputsKept(_ activity: Activity, _ evidence: Evidence) {
        let before = activity.numbers
        _ = readout.decode(activity)
        _ = readout.adjoint(of: slope(), activity: activity)
        evidence.equalBits(activity.numbers, before, "\(kind(activity)): reading mutates the activity")
    }

    func adjoint(_ activity: Activity, _ evidence: Evidence) {
        if case .values(let values) = activity { differences(values, evidence) }
        transpose(activity, evidence)
    }

    private func slope() -> Values {
        var random = Seeded(seed &+ 1)
        return random.values(steps: 1, batch: batch, count: classes, isConstant: true)
    }

    func batchAlone(_ activity: Activity, _ evidence: Evidence) {
        let scores = readout.decode(activity)
        for sample in 0..<batch {
            let one = Values(steps: steps, batch: 1, count: neurons, isConstant: activity.isConstant)
            for t in 0..<one.slices {
                for index in 0..<neurons {
                    one.step(t)[index] = activity.value(step: t, index: sample * neurons + index)
                }
            }
            evidence.equalBits(
                readout.decode(.values(one)).numbers,
                Array(scores.numbers[sample * classes..<(sample + 1) * classes]),
                "\(kind(activity)): a sample alone has other scores"
            )
        }
    }

    /// Scores are piecewise linear in what was sent, so differences are exact up to float32 rounding.
    private func differences(_ values: Values, _ evidence: Evidence) {
        let slope = slope()
        let gradient = readout.adjoint(of: slope, activity: .values(values))
        let h: Float = 0x1p-13
        let moved = values.copy
        func value() -> Double {
            zip(readout.decode(.values(moved)).numbers, slope.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        for place in 0..<moved.storage.count {
            let y = moved.base[place]
            moved.base[place] = y + h
            let above = value()
            moved.base[place] = y - h
            let found = (above - value()) / (2 * Double(h))
            moved.base[place] = y
            let t = place / values.row
            let wanted = Double(gradient.step(t)[place % values.row])
            evidence.require(
                abs(found - wanted) <= 1e-3,
                "the adjoint says \(wanted) at \(place), differences say \(found)"
            )
        }
    }

    /// <slope, stepScores(y)> = <stepAdjoint(slope), y> for every y.
    private func transpose(_ activity: Activity, _ evidence: Evidence) {
        var random = Seeded(seed &+ 2)
        let sent = Storage<Float>(batch * neurons)
        activity.write(step: 0, to: sent.base)
        let slope = random.values(steps: 1, batch: batch, count: classes)
        let scores = Storage<Float>(batch * classes)
        let back = Storage<Float>(batch * neurons)
        readout.stepScores(sent.base, batch: batch, neurons: neurons, to: scores.base)
        readout.stepAdjoint(slope.base, batch: batch, neurons: neurons, to: back.base)
        let left = zip(scores.elements, slope.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let right = zip(sent.elements, back.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        evidence.require(abs(left - right) <= 1e-5, "stepAdjoint is not the transpose of stepScores: \(left), \(right)")
    }
}
