/// Turns the values of samples into activity.
public protocol Coding: Sendable {
    /// What it sends.
    var sends: ActivityKind { get }
    /// Whether a sample is a sequence of frames, one a step, rather than one set of values.
    var takesFrames: Bool { get }
    /// The largest count it can send.
    var largestCount: Int { get }
    /// Which values it takes; the kernel refuses others before ``encode(_:steps:window:samples:random:)``.
    var takes: ValueLaw { get }

    /// Encodes `values` for some steps of a window.
    ///
    /// - Parameters:
    ///   - values: `[B, N]` constant; where ``takesFrames``, `[steps, B, N]`.
    ///   - steps: which steps of the window; a stream asks for one at a time.
    ///   - window: steps of the whole window, T.
    ///   - samples: the number of each sample, for random codings.
    ///   - random: the stream of this coding.
    /// - Returns: activity of kind ``sends`` for `steps.count` steps, with the batch and the neurons of `values`.
    func encode(_ values: Values, steps: Range<Int>, window: Int, samples: [UInt64], random: RandomStream) -> Activity
}

extension Coding {
    /// Every finite number.
    public var takes: ValueLaw { .finite }
}

/// A coding that also takes samples as events.
///
/// Law: events give what the frames would that ``EventSource/fill(_:into:)`` makes of them, to the bit, wherever these
/// are within ``Coding/takes``. So it takes frames, too.
public protocol EventCoding: Coding {
    /// Encodes the events of a whole window.
    ///
    /// - Parameter events: steps, batch and neurons of the activity wanted.
    /// - Returns: activity of kind ``Coding/sends``.
    /// - Throws: what ``EventBlock/forEachEvent(_:)`` throws.
    func encode(_ events: EventBlock) throws(SNNError) -> Activity
}

/// Turns the activity of the last node into scores.
///
/// A readout adds up step by step, so that a stream can be read at any time and a whole window gives the same bits.
public protocol Readout: Sendable {
    /// Scores a sample, given the neurons of the last node.
    func scoreCount(neurons: Int) throws(SNNError) -> Int
    /// Whether it can read this kind of activity.
    func reads(_ kind: ActivityKind) -> Bool
    /// Takes in what one more step sent, `[B, N]`; `step` counts from 0.
    func accumulate(_ sent: UnsafePointer<Float>, step: Int, into total: Values)
    /// Scores `[B, C]` after `steps` steps.
    func scores(total: Values, steps: Int) -> Values
    /// The gradient of the activity, laid out as it, given that of the scores `[B, C]`.
    func adjoint(of scores: Values, activity: Activity) -> Values
    /// Scores of one step alone, from what it sent `[B, N]` to `[B, C]`: for losses per step.
    func stepScores(_ sent: UnsafePointer<Float>, batch: Int, neurons: Int, to scores: UnsafeMutablePointer<Float>)
    /// The transpose of ``stepScores(_:batch:neurons:to:)``.
    func stepAdjoint(_ scores: UnsafePointer<Float>, batch: Int, neurons: Int, to sent: UnsafeMutablePointer<Float>)
}

extension Readout {
    /// Scores of a whole window.
    public func decode(_ activity: Activity) -> Values {
        let total = Values(steps: 1, batch: activity.batch, count: activity.count, isConstant: true)
        switch activity {
        case .values(let values):
            for t in 0..<values.steps { accumulate(values.step(t), step: t, into: total) }
        case .raster(let raster):
            let row = Storage<Float>(raster.row)
            for t in 0..<raster.steps {
                activity.write(step: t, to: row.base)
                accumulate(row.base, step: t, into: total)
            }
            withExtendedLifetime(row) {}
        }
        return scores(total: total, steps: activity.steps)
    }

    /// Scores of every step, `[T, B, C]`.
    func decodeSteps(_ activity: Activity, scoreCount: Int) -> Values {
        let scores = Values(steps: activity.steps, batch: activity.batch, count: scoreCount)
        let row = Storage<Float>(activity.batch * activity.count)
        for t in 0..<activity.steps {
            activity.write(step: t, to: row.base)
            stepScores(row.base, batch: activity.batch, neurons: activity.count, to: scores.step(t))
        }
        withExtendedLifetime(row) {}
        return scores
    }

    /// The gradient of the activity, given that of the scores of every step.
    func adjointSteps(of scores: Values, activity: Activity) -> Values {
        let result = Values(
            steps: activity.steps,
            batch: activity.batch,
            count: activity.count,
            isConstant: activity.isConstant
        )
        let row = Storage<Float>(activity.batch * activity.count)
        for t in 0..<activity.steps {
            stepAdjoint(scores.step(t), batch: activity.batch, neurons: activity.count, to: row.base)
            let slice = result.step(t)
            for index in 0..<row.count { slice[index] += row.base[index] }
        }
        withExtendedLifetime(row) {}
        return result
    }
}
