import SNNKernel

/// Random spikes with the value as their rate: a Bernoulli trial a step, the discrete Poisson process.
///
///     s[t] = sign(x) if r < gain |x| else 0,   r uniform in [0, 1), fresh for every sample, step and input
///
/// | parameter | unit     | default | range       | meaning                                        |
/// |-----------|----------|---------|-------------|------------------------------------------------|
/// | `gain`    | 1 / step | 1       | > 0         | probability of a spike in a step at value 1     |
/// | `signed`  |          | false   |             | whether negative values send negative spikes   |
///
/// Unsigned, values <= 0 never spike; rates above 1 saturate at a spike a step. The numbers depend on (seed, sample,
/// step, input) alone. Shapes: values `[B, N]` -> raster `[T, B, N]`.
struct RateCoding: Coding {
    let gain: Float
    let isSigned: Bool

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
        let spikes = SpikeWriter(steps: steps.count, batch: values.batch, count: values.count, asCounts: isSigned)
        let uniform = Storage<Float>(overwriting: values.count)
        for place in 0..<values.batch {
            let row = values.base + place * values.count
            for t in steps {
                random.fillUniform(uniform.elements, step: UInt32(truncatingIfNeeded: t), sample: samples[place])
                for index in 0..<values.count {
                    let x = row[index]
                    if x > 0 {
                        if uniform.base[index] < gain * x { spikes.set(t - steps.lowerBound, place, index, 1) }
                    } else if isSigned, uniform.base[index] < -gain * x {
                        spikes.set(t - steps.lowerBound, place, index, -1)
                    }
                }
            }
        }
        withExtendedLifetime(uniform) {}
        return .raster(spikes.raster)
    }
}

/// Memory for spikes that a coding is writing: bits, or counts where spikes have signs or come several at once.
struct SpikeWriter {
    let raster: Raster

    init(steps: Int, batch: Int, count: Int, asCounts: Bool) {
        raster = Raster(
            steps: steps,
            batch: batch,
            count: count,
            form: asCounts
                ? .counts(Storage(steps * batch * count))
                : .bits(Raster.emptyBits(steps: steps, batch: batch, count: count))
        )
    }

    func set(_ t: Int, _ sample: Int, _ index: Int, _ value: Int16) {
        let place = sample * raster.count + index
        switch raster.form {
        case .bits(let words): words.base[t * raster.wordsPerStep + (place >> 6)] |= 1 << UInt64(place & 63)
        case .counts(let counts): counts.base[t * raster.row + place] = value
        }
    }
}
