import SNNKernel

/// Spikes that the caller has: events, or frames of whole numbers.
///
///     s[t, n] = min(largest_count, events of neuron n in step t)
///
/// | parameter       | unit   | default | range    | meaning                                        |
/// |-----------------|--------|---------|----------|------------------------------------------------|
/// | `largest_count` | spikes | 1       | 1...1024 | spikes a neuron can send in a step             |
///
/// Further events of a neuron in a step are dropped, as the pixels of event cameras repeat themselves within a step and a
/// hot one does so hundreds of times. A frame holds counts, so there a number above `largest_count`, a fraction or a
/// negative number is a mistake, and refused. One bit a neuron and step; 16 where `largest_count` > 1.
/// Shapes: values `[T, B, N]` or events -> raster `[T, B, N]`.
struct EventsCoding: EventCoding {
    let largestCount: Int

    var sends: ActivityKind { .raster }
    var takesFrames: Bool { true }
    var takes: ValueLaw { .whole(largestCount) }

    func encode(
        _ values: Values,
        steps: Range<Int>,
        window: Int,
        samples: [UInt64],
        random: RandomStream
    ) -> Activity {
        let raster = SpikeWriter(
            steps: steps.count,
            batch: values.batch,
            count: values.count,
            asCounts: largestCount > 1
        ).raster
        for t in 0..<steps.count {
            let row = values.step(t)
            switch raster.form {
            case .bits(let words):
                let bits = words.base + t * raster.wordsPerStep
                for index in 0..<values.row where row[index] > 0 { bits[index >> 6] |= 1 << UInt64(index & 63) }
            case .counts(let counts):
                let most = Float(largestCount)
                for index in 0..<values.row where row[index] > 0 {
                    counts.base[t * raster.row + index] = Int16(min(row[index], most))
                }
            }
        }
        return .raster(raster)
    }

    func encode(_ events: EventBlock) throws(SNNError) -> Activity {
        if largestCount == 1, let raster = events.ascending { return .raster(raster) }
        let raster = SpikeWriter(
            steps: events.steps,
            batch: events.batch,
            count: events.count,
            asCounts: largestCount > 1
        ).raster
        switch raster.form {
        case .bits(let words):
            let (base, stride) = (words.base, raster.wordsPerStep)
            try events.forEachEvent { base[$0 * stride + ($1 >> 6)] |= 1 << UInt64($1 & 63) }
        case .counts(let counts):
            let (base, stride, most) = (counts.base, raster.row, Int16(largestCount))
            try events.forEachEvent { step, index in
                let place = step * stride + index
                base[place] = min(most, base[place] + 1)
            }
        }
        return .raster(raster)
    }
}
