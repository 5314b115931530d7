import SNNKernel

/// One spike an input, the earlier the larger its value.
///
///     t(x) = trunc((1 - x) (T - 1)),   x clamped to [0, 1]
///
/// | parameter     | unit | default | range | meaning                                           |
/// |---------------|------|---------|-------|---------------------------------------------------|
/// | `silent_zero` |      | false   |       | whether inputs <= 0 stay silent rather than last   |
///
/// Shapes: values `[B, N]` -> raster `[T, B, N]`.
/// Source: Taylor, Morrison, Harper, arXiv 2205.15286, whose inputs all spike once, black ones in the last step.
struct LatencyCoding: Coding {
    let silentZero: Bool

    var sends: ActivityKind { .raster }
    var takesFrames: Bool { false }
    var largestCount: Int { 1 }

    func encode(
        _ values: Values,
        steps: Range<Int>,
        window: Int,
        samples: [UInt64],
        random: RandomStream
    ) -> Activity {
        let spikes = SpikeWriter(steps: steps.count, batch: values.batch, count: values.count, asCounts: false)
        for place in 0..<values.batch {
            let row = values.base + place * values.count
            for index in 0..<values.count where row[index] > 0 || !silentZero {
                let x = min(1, max(0, row[index]))
                let t = Int(((1 - x) * Float(window - 1)).rounded(.towardZero))
                if steps.contains(t) { spikes.set(t - steps.lowerBound, place, index, 1) }
            }
        }
        return .raster(spikes.raster)
    }
}
