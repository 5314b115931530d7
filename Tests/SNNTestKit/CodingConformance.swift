import SNNKernel
import Testing

/// Checks the laws that every coding obeys.
///
/// It is deterministic, does not mutate its input, treats every sample
/// by its number alone, gives the same steps one at a time as in a window, sends what it says, and makes of events what it
/// makes of their frames.
public func checkConformance(
    of coding: any Coding,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let check = CodingCheck(
        coding: coding,
        law: Law(subject: "\(type(of: coding))", seed: seed, location: sourceLocation)
    )
    check.pure()
    check.splittable()
    check.batchIndependent()
    check.sendsWhatItSays()
    if let coding = coding as? any EventCoding {
        do { try check.takesEvents(coding) } catch { check.law.require(false, "events are refused: \(error)") }
    }
}

private struct CodingCheck {
    let coding: any Coding
    let law: Law

    private let window = 6
    private let batch = 5
    private let count = 13

    private var values: Values {
        var random = Seeded(law.seed)
        let values = random.values(
            steps: window,
            batch: batch,
            count: count,
            isConstant: !coding.takesFrames,
            in: -1.5...1.5,
            activity: 0.8
        )
        for index in 0..<values.storage.count { values.base[index] = coding.takes.legal(values.base[index]) }
        return values
    }

    private func encode(_ values: Values, _ steps: Range<Int>, _ samples: [UInt64]) -> Activity {
        coding.encode(
            values,
            steps: steps,
            window: window,
            samples: samples,
            random: RandomStream(seed: law.seed, purpose: .coding)
        )
    }

    private var samples: [UInt64] { (0..<batch).map { UInt64($0) &+ 40 } }

    func pure() {
        let values = self.values
        let before = values.copy
        let first = encode(values, 0..<window, samples)
        law.equalBits(first.numbers, encode(values, 0..<window, samples).numbers, "two runs differ")
        law.equalBits(values.numbers, before.numbers, "encoding mutates the values")
    }

    func splittable() {
        let values = self.values
        let whole = encode(values, 0..<window, samples).numbers
        for cut in 1..<window {
            let parts = [0..<cut, cut..<window].flatMap { steps in
                encode(slice(values, steps), steps, samples).numbers
            }
            law.equalBits(parts, whole, "cut at step \(cut) it sends something else")
        }
    }

    private func slice(_ values: Values, _ steps: Range<Int>) -> Values {
        guard !values.isConstant else { return values }
        let part = Values(steps: steps.count, batch: values.batch, count: values.count)
        for index in 0..<part.storage.count { part.base[index] = values.step(steps.lowerBound)[index] }
        return part
    }

    func batchIndependent() {
        let values = self.values
        let whole = encode(values, 0..<window, samples).numbers
        for sample in 0..<batch {
            let one = Values(steps: window, batch: 1, count: count, isConstant: values.isConstant)
            for t in 0..<one.slices {
                for index in 0..<count { one.step(t)[index] = values.step(t)[sample * count + index] }
            }
            let wanted = part(of: sample, in: whole, batch: batch, count: count)
            law.equalBits(
                encode(one, 0..<window, [samples[sample]]).numbers,
                wanted,
                "a sample alone differs from one in a batch"
            )
        }
    }

    /// Random frames of whole numbers, and their events in random order.
    func takesEvents(_ coding: any EventCoding) throws {
        var random = Seeded(law.seed)
        let whole = if case .whole(let largest) = coding.takes { ValueLaw.whole(largest) } else { ValueLaw.whole(3) }
        let rows = random.numbers(batch * window * count, in: -0.5...1.5, activity: 0.6).map(whole.legal)
        let events = try EventArrays(frames: rows, steps: window, neurons: count, random: &random)
        let values = Values(steps: window, batch: batch, count: count)
        for (place, row) in rows.enumerated() {
            let (sample, t) = (place / (window * count), place / count % window)
            values.step(t)[sample * count + place % count] = row
        }
        let lists = (0..<batch).compactMap { events.events($0) }
        let sent = try coding.encode(EventBlock(lists, steps: window, shape: Shape(count)))
        law.require(
            sent.steps == window && sent.batch == batch && sent.count == count,
            "events make another shape than asked for"
        )
        law.equalBits(sent.numbers, encode(values, 0..<window, samples).numbers, "events and their frames differ")
        withExtendedLifetime(events) {}
    }

    func sendsWhatItSays() {
        let sent = encode(values, 0..<window, samples)
        law.require(
            sent.steps == window && sent.batch == batch && sent.count == count,
            "it sends another shape than arrived"
        )
        switch sent {
        case .values(let values):
            let kind: ActivityKind = values.isConstant ? .constantValues : .values
            if coding.sends == .times {
                law.require(
                    kind == .constantValues && values.storage.elements.allSatisfy { $0 >= 0 },
                    "spike times must be one number a window and not negative"
                )
                return
            }
            law.require(kind == coding.sends, "it sends \(kind.rawValue) and says \(coding.sends.rawValue)")
        case .raster(let raster):
            law.require(coding.sends == .raster, "it sends spikes and says \(coding.sends.rawValue)")
            let largest =
                (0..<window * raster.row)
                .map { abs(raster.event(step: $0 / raster.row, index: $0 % raster.row)) }.max() ?? 0
            law.require(largest <= coding.largestCount, "it sends \(largest) and says at most \(coding.largestCount)")
            law.require(largest > 0, "it sends nothing, so nothing is checked")
        }
    }
}

/// Checks the laws that every readout obeys, for `neurons` of the last node.
///
/// Samples do not know each other, activity is not mutated, and both adjoints are the transposes of what they claim.
/// That a stream is read to the same bits is a law of ``checkEngine(_:rows:seed:sourceLocation:)``.
public func checkConformance(
    of readout: any Readout,
    neurons: Int,
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let check = ReadoutCheck(
        readout: readout,
        neurons: neurons,
        classes: try readout.scoreCount(neurons: neurons),
        law: Law(subject: "\(type(of: readout))", seed: seed, location: sourceLocation)
    )
    for kind in [ActivityKind.raster, .values, .constantValues] where readout.reads(kind) { check.reads(kind) }
}

private struct ReadoutCheck {
    let readout: any Readout
    let neurons: Int
    let classes: Int
    let law: Law

    private let steps = 6
    private let batch = 3

    private func activity(_ kind: ActivityKind) -> Activity {
        var random = Seeded(law.seed)
        if kind == .raster { return .raster(random.raster(steps: steps, batch: batch, count: neurons, activity: 0.4)) }
        return .values(
            random.values(steps: steps, batch: batch, count: neurons, isConstant: kind == .constantValues)
        )
    }

    func reads(_ kind: ActivityKind) {
        let activity = activity(kind)
        let before = activity.numbers
        let scores = readout.decode(activity)
        law.require(scores.batch == batch && scores.count == classes, "\(kind.rawValue): wrong number of scores")
        law.equalBits(readout.decode(activity).numbers, scores.numbers, "\(kind.rawValue): two readings differ")
        var random = Seeded(law.seed &+ 1)
        let slope = random.values(steps: 1, batch: batch, count: classes, isConstant: true)
        let gradient = readout.adjoint(of: slope, activity: activity)
        law.equalBits(activity.numbers, before, "\(kind.rawValue): reading mutates the activity")
        alone(activity, scores, kind)
        if case .values(let values) = activity { differences(values, slope, gradient) }
        transpose(activity)
    }

    private func alone(_ activity: Activity, _ scores: Values, _ kind: ActivityKind) {
        for sample in 0..<batch {
            let one = Values(steps: steps, batch: 1, count: neurons, isConstant: activity.isConstant)
            for t in 0..<one.slices {
                for index in 0..<neurons {
                    one.step(t)[index] = activity.value(step: t, index: sample * neurons + index)
                }
            }
            law.equalBits(
                readout.decode(.values(one)).numbers,
                Array(scores.numbers[sample * classes..<(sample + 1) * classes]),
                "\(kind.rawValue): a sample alone has other scores"
            )
        }
    }

    /// Scores are piecewise linear in what was sent, so differences are exact up to float32 rounding.
    private func differences(_ values: Values, _ slope: Values, _ gradient: Values) {
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
            law.require(abs(found - wanted) <= 1e-3, "the adjoint says \(wanted) at \(place), differences say \(found)")
        }
    }

    /// <slope, stepScores(y)> = <stepAdjoint(slope), y> for every y.
    private func transpose(_ activity: Activity) {
        var random = Seeded(law.seed &+ 2)
        let sent = Storage<Float>(batch * neurons)
        activity.write(step: 0, to: sent.base)
        let slope = random.values(steps: 1, batch: batch, count: classes)
        let scores = Storage<Float>(batch * classes)
        let back = Storage<Float>(batch * neurons)
        readout.stepScores(sent.base, batch: batch, neurons: neurons, to: scores.base)
        readout.stepAdjoint(slope.base, batch: batch, neurons: neurons, to: back.base)
        let left = zip(scores.elements, slope.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let right = zip(sent.elements, back.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        law.require(abs(left - right) <= 1e-5, "stepAdjoint is not the transpose of stepScores: \(left), \(right)")
    }
}
