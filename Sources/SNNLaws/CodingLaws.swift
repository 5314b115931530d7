import SNNKernel

/// The laws that every coding obeys.
public struct CodingLaws {
    let coding: any Coding

    /// The laws of one coding.
    public init(of coding: any Coding) { self.coding = coding }

    /// Examines the laws of the examination.
    public func examine(in examination: Examination) {
        let check = CodingCheck(coding: coding, seed: examination.seed)
        if let events = coding as? any EventCoding {
            examination.examine(.events) { evidence in
                do { try check.takesEvents(events, evidence) } catch {
                    evidence.require(false, "events are refused: \(error)")
                }
            }
        } else {
            examination.pass(.events, because: "it takes values, not events")
        }
        examination.examine(.batchAlone, check.batchAlone)
        examination.examine(.stepSplit, check.stepSplit)
        examination.examine(.deterministic, check.deterministic)
        examination.examine(.sends, check.sends)
        examination.examine(.inputsKept, check.inputsKept)
    }
}

private struct CodingCheck {
    let coding: any Coding
    let seed: UInt64

    private let window = 6
    private let batch = 5
    private let count = 13

    private var values: Values {
        var random = Seeded(seed)
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
            random: RandomStream(seed: seed, purpose: .coding)
        )
    }

    private var samples: [UInt64] { (0..<batch).map { UInt64($0) &+ 40 } }

    func deterministic(_ evidence: Evidence) {
        let first = encode(values, 0..<window, samples)
        evidence.equalBits(first.numbers, encode(values, 0..<window, samples).numbers, "two runs differ")
    }

    func inputsKept(_ evidence: Evidence) {
        let values = self.values
        let before = values.copy
        _ = encode(values, 0..<window, samples)
        evidence.equalBits(values.numbers, before.numbers, "encoding mutates the values")
    }

    func stepSplit(_ evidence: Evidence) {
        let values = self.values
        let whole = encode(values, 0..<window, samples).numbers
        for cut in 1..<window {
            let parts = [0..<cut, cut..<window].flatMap { steps in
                encode(slice(values, steps), steps, samples).numbers
            }
            evidence.equalBits(parts, whole, "cut at step \(cut) it sends something else")
        }
    }

    private func slice(_ values: Values, _ steps: Range<Int>) -> Values {
        guard !values.isConstant else { return values }
        let part = Values(steps: steps.count, batch: values.batch, count: values.count)
        for index in 0..<part.storage.count { part.base[index] = values.step(steps.lowerBound)[index] }
        return part
    }

    func batchAlone(_ evidence: Evidence) {
        let values = self.values
        let whole = encode(values, 0..<window, samples).numbers
        for sample in 0..<batch {
            let one = Values(steps: window, batch: 1, count: count, isConstant: values.isConstant)
            for t in 0..<one.slices {
                for index in 0..<count { one.step(t)[index] = values.step(t)[sample * count + index] }
            }
            let wanted = part(of: sample, in: whole, batch: batch, count: count)
            evidence.equalBits(
                encode(one, 0..<window, [samples[sample]]).numbers,
                wanted,
                "a sample alone differs from one in a batch"
            )
        }
    }

    /// Random frames of whole numbers, and their events in random order.
    func takesEvents(_ coding: any EventCoding, _ evidence: Evidence) throws {
        var random = Seeded(seed)
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
        evidence.require(
            sent.steps == window && sent.batch == batch && sent.count == count,
            "events make another shape than asked for"
        )
        evidence.equalBits(sent.numbers, encode(values, 0..<window, samples).numbers, "events and their frames differ")
        withExtendedLifetime(events) {}
    }

    func sends(_ evidence: Evidence) {
        let sent = encode(values, 0..<window, samples)
        evidence.require(
            sent.steps == window && sent.batch == batch && sent.count == count,
            "it sends another shape than arrived"
        )
        switch sent {
        case .values(let values):
            let kind: ActivityKind = values.isConstant ? .constantValues : .values
            if coding.sends == .times {
                evidence.require(
                    kind == .constantValues && values.storage.elements.allSatisfy { $0 >= 0 },
                    "spike times must be one number a window and not negative"
                )
                return
            }
            evidence.require(kind == coding.sends, "it sends \(kind.rawValue) and says \(coding.sends.rawValue)")
        case .raster(let raster):
            evidence.require(coding.sends == .raster, "it sends spikes and says \(coding.sends.rawValue)")
            let largest =
                (0..<window * raster.row)
                .map { abs(raster.event(step: $0 / raster.row, index: $0 % raster.row)) }.max() ?? 0
            evidence.require(
                largest <= coding.largestCount,
                "it sends \(largest) and says at most \(coding.largestCount)"
            )
            evidence.require(largest > 0, "it sends nothing, so nothing is checked")
        }
    }
}
