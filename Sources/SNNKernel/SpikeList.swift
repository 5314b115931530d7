/// The binary spikes of a flat layer as events listed them, by sample, step and block of the law of sums.
///
/// A raster made from events holds it instead of bits, so that nothing has to look for those that are set.
@usableFromInline
struct SpikeList: Sendable {
    /// Steps of the window.
    @usableFromInline let steps: Int
    /// Samples, B.
    @usableFromInline let batch: Int
    /// Blocks of a row.
    @usableFromInline let blocks: Int
    /// First spike of each block of each row, `[batch, steps, blocks]`, and the end of the last.
    @usableFromInline let starts: Storage<Int32>
    /// Input, ascending within a row; some that are none follow.
    @usableFromInline let positions: Storage<Int32>

    /// Samples x steps.
    var rows: Int { steps * batch }
    /// Spikes.
    var count: Int { Int(starts.base[rows * blocks]) }

    /// Spikes that may be read past the last: weights are asked for ahead of their turn.
    private static let overread = prefetchDistance + 16

    /// Blocks of the law of sums in a row of `count` inputs.
    static func blocks(_ count: Int) -> Int { (count + sumBlock - 1) / sumBlock }

    /// Lists the events of some samples; nil where they do not ascend by step and neuron or are refused.
    init?(_ events: EventBlock) {
        let total = events.lists.reduce(0) { $0 + $1.count }
        guard total < Int32.max else { return nil }
        steps = events.steps
        batch = events.batch
        blocks = Self.blocks(events.count)
        let units = steps * batch * blocks
        starts = Storage(units + 1 + Self.overread)
        positions = Storage(overwriting: total + Self.overread)
        let (window, neurons) = (UInt64(steps), UInt32(truncatingIfNeeded: events.count))
        var next = 0
        for (sample, list) in events.lists.enumerated() {
            let ends = starts.base + (sample * steps * blocks + 1)
            var least: UInt64 = 0
            for event in 0..<list.count {
                let neuron = list.neurons[event]
                let key = UInt64(list.steps[event]) << 32 | UInt64(neuron)
                guard key >= least, key >> 32 < window, neuron < neurons else { return nil }
                least = key &+ 1
                // Written again with each spike of a block: cheaper than a guess which is its last.
                let unit = Int(truncatingIfNeeded: key >> 32) &* blocks &+ Int(neuron) / sumBlock
                ends[unit] = Int32(truncatingIfNeeded: next &+ event &+ 1)
            }
            UnsafeMutableRawPointer(positions.base + next).copyMemory(from: list.neurons, byteCount: 4 * list.count)
            next += list.count
        }
        fillEmpty(units)
        for place in next..<next + Self.overread { positions.base[place] = 0 }
    }

    /// Lets blocks without spikes, which are zero so far, start where those before them end.
    private func fillEmpty(_ units: Int) {
        // The largest so far, four at a time: a comparison each would be guessed wrong.
        var last = SIMD4<Int32>(repeating: 0)
        for unit in stride(from: 1, through: units, by: 4) {
            let place = UnsafeMutableRawPointer(starts.base + unit)
            var most = place.loadUnaligned(as: SIMD4<Int32>.self)
            most = pointwiseMax(most, SIMD4(0, most.x, most.y, most.z))
            most = pointwiseMax(most, SIMD4(0, 0, most.x, most.y))
            most = pointwiseMax(most, last)
            place.storeBytes(of: most, as: SIMD4<Int32>.self)
            last = SIMD4(repeating: most.w)
        }
    }

    /// Bytes of the list of such activity, buffer by buffer.
    static func bytes(_ activity: PlannedActivity) -> [Int] {
        [4 * (activity.rows * blocks(activity.count) + 1 + overread), 4 * (activity.events + overread)]
    }

    /// The spikes of a row.
    @usableFromInline
    func spikes(step t: Int, sample: Int) -> Range<Int> {
        let row = sample * steps + t
        return Int(starts.base[row * blocks])..<Int(starts.base[(row + 1) * blocks])
    }

    /// As bits, of `count` inputs a sample.
    @usableFromInline
    func words(count: Int) -> Storage<UInt64> {
        let words = Raster.emptyBits(steps: steps, batch: batch, count: count)
        let wordsPerStep = (batch * count + 63) >> 6
        for t in 0..<steps {
            for sample in 0..<batch {
                for spike in spikes(step: t, sample: sample) {
                    let index = sample * count + Int(positions.base[spike])
                    words.base[t * wordsPerStep + (index >> 6)] |= 1 << UInt64(index & 63)
                }
            }
        }
        return words
    }
}

extension EventBlock {
    /// The raster of events of a flat input that ascend by step and neuron within a sample; nil for others.
    public var ascending: Raster? {
        guard isFlat else { return nil }
        let events = lists.reduce(0) { $0 + $1.count }
        if SpikeWords.areMany(events, rows: steps * batch, inputs: count) { return ascendingBits }
        return SpikeList(self).map { Raster($0, count: count) }
    }

    /// As ``ascending``, bit by bit.
    private var ascendingBits: Raster? {
        let words = Raster.emptyBits(steps: steps, batch: batch, count: count)
        let wordsPerStep = (batch * count + 63) >> 6
        let (window, neurons) = (UInt32(truncatingIfNeeded: steps), UInt32(truncatingIfNeeded: count))
        for (sample, list) in lists.enumerated() {
            let origin = sample * count
            var event = 0
            var leastStep: UInt32 = 0
            while event < list.count {
                let step = list.steps[event]
                guard step >= leastStep, step < window else { return nil }
                leastStep = step &+ 1
                let row = words.base + Int(step) * wordsPerStep
                var least: UInt32 = 0
                // Bits that go to a word are gathered before they are written: each write would wait for the one before.
                var (word, pending) = (origin >> 6, UInt64(0))
                repeat {
                    let neuron = list.neurons[event]
                    guard neuron >= least, neuron < neurons else { return nil }
                    least = neuron &+ 1
                    let place = origin &+ Int(neuron)
                    if place >> 6 != word {
                        row[word] |= pending
                        (word, pending) = (place >> 6, 0)
                    }
                    pending |= 1 &<< UInt64(truncatingIfNeeded: place)
                    event &+= 1
                } while event < list.count && list.steps[event] == step
                row[word] |= pending
            }
        }
        return Raster(steps: steps, batch: batch, count: count, form: .bits(words))
    }
}

extension SpikeList: SpikeRows {
    @inline(__always)
    func sum<Tile: RegisterTile>(
        _: Tile.Type,
        _ map: EventSums,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        first: Int,
        to place: EventSums.Place
    ) {
        let lanes = min(Tile.width, map.output.channels - first)
        let tile = TileWeights(Tile.self, map, weights + first, lanes: lanes, spikes: count)
        let (tileWeights, rowLength) = (tile.base, tile.rowLength)
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let positions = UnsafePointer(positions.base)
        var starts = UnsafePointer(starts.base)
        let step = batch * place.rowLength
        @inline(__always)
        func weight(of event: Int) -> Tile {
            Tile.prefetch(tileWeights + Int(positions[event &+ prefetchDistance]) &* rowLength)
            return Tile(tileWeights + Int(positions[event]) &* rowLength)
        }
        var event = 0
        for sample in 0..<batch {
            var out = place.base + (sample * place.rowLength + first)
            for _ in 0..<steps {
                var total = Tile()
                for _ in 0..<blocks {
                    starts += 1
                    let end = Int(starts.pointee)
                    guard event < end else { continue }
                    // From the first spike on, not from zero: what differs is the sign of a zero, which the total drops.
                    var block = weight(of: event)
                    event &+= 1
                    while event < end {
                        block.add(weight(of: event))
                        event &+= 1
                    }
                    total.add(block)
                }
                total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
                out += step
            }
        }
        withExtendedLifetime(tile) {}
    }
}
