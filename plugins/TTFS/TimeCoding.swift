import SNNKernel

/// One spike an input, the earlier the larger its value.
///
///     t = 1 - (x - low) / (high - low),   sent as the time left: 1 - t = (x - low) / (high - low)
///
/// The window of the input is 1 long; a value `low` gives no spike, as one at the end of the window counts nothing.
///
/// | parameter | unit | default | range | meaning                              |
/// |-----------|------|---------|-------|--------------------------------------|
/// | `low`     |      | 0       |       | the value that stays silent, p       |
/// | `high`    |      | 1       | > low | the value that spikes at once, q     |
///
/// Values outside [low, high] are refused. Shapes: values `[B, N]` -> spike times `[B, N]`.
/// Source: Stanojevic et al., arXiv 2306.08744.
struct TimeCoding: Coding {
    let low: Float
    let high: Float

    init(low: Double, high: Double) throws(SNNError) {
        guard low < high else { throw .parameter("ttfs: high must be > low, got \(high.plain) and \(low.plain)") }
        self.low = Float(low)
        self.high = Float(high)
    }

    var sends: ActivityKind { .times }
    var takesFrames: Bool { false }
    var largestCount: Int { 1 }
    var takes: ValueLaw { .range(low, high) }

    func encode(
        _ values: Values,
        steps: Range<Int>,
        window: Int,
        samples: [UInt64],
        random: RandomStream
    ) -> Activity {
        // The unit range is the time left already.
        if low == 0, high == 1 {
            return .values(
                Values(
                    steps: steps.count,
                    batch: values.batch,
                    count: values.count,
                    isConstant: true,
                    storage: values.storage
                )
            )
        }
        let left = Values(overwriting: steps.count, batch: values.batch, count: values.count, isConstant: true)
        for index in 0..<left.row { left.base[index] = (values.base[index] - low) / (high - low) }
        return .values(left)
    }
}
