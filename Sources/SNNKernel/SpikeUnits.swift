/// The spikes of a flat layer, by row and block of the law of sums, each filled up to groups of four with spikes worth 0.
///
/// A layer of few spikes has a handful in a block, and nobody can guess how many: a loop that ends after their number is
/// guessed wrong nearly every time, while most blocks fill one group.
struct SpikeUnits {
    static let group = 4

    /// Samples x steps.
    let rows: Int
    /// Blocks of a row.
    let blocks: Int
    /// First place after each block, a multiple of `group`; every block has at least one group.
    let ends: Storage<Int32>
    /// Input, `[places]`.
    let positions: Storage<Int32>
    /// 1 or, to fill up, 0.
    let worth: Storage<Float>

    /// Lists binary spikes; nil where they are not binary.
    init?(_ source: Raster) {
        guard case .bits(let words) = source.form else { return nil }
        rows = source.steps * source.batch
        blocks = (source.count + sumBlock - 1) / sumBlock
        let spikes = words.elements.reduce(0) { $0 + $1.nonzeroBitCount }
        let most = spikes + rows * blocks * Self.group + prefetchDistance + BitRow.overrun
        ends = Storage(overwriting: rows * blocks)
        positions = Storage(overwriting: most)
        worth = Storage(overwriting: most)
        let isSparse = BitRow.isSparse(events: spikes, words: words.count)
        var next = 0
        var unit = 0
        for t in 0..<source.steps {
            let step = UnsafePointer(words.base + t * source.wordsPerStep)
            for sample in 0..<source.batch {
                var first = 0
                while first < source.count {
                    let bits = BitRow(
                        words: step,
                        first: sample &* source.count &+ first,
                        count: min(sumBlock, source.count &- first)
                    )
                    let start = next
                    next = bits.writePositions(to: positions.base, at: next, origin: first, isSparse: isSparse)
                    next = fillUp(from: start, to: next)
                    ends.base[unit] = Int32(truncatingIfNeeded: next)
                    unit &+= 1
                    first &+= sumBlock
                }
            }
        }
        // Weights are asked for ahead of their turn, past the last spike too.
        for place in next..<next + prefetchDistance { positions.base[place] = 0 }
    }

    /// Fills the last group up; returns the place after it.
    @inline(__always)
    private func fillUp(from start: Int, to end: Int) -> Int {
        var place = start
        repeat {
            let (positions, worth) = (positions.base + place, worth.base + place)
            for lane in 0..<Self.group {
                // All ones for a spike, found without a branch.
                let isSpike = Int32(truncatingIfNeeded: (place &+ lane &- end) >> 63)
                positions[lane] &= isSpike
                worth[lane] = Float(bitPattern: UInt32(bitPattern: isSpike) & Float(1).bitPattern)
            }
            place &+= Self.group
        } while place < end
        return place
    }
}

extension EventSums {
    /// Writes `scale * sum + bias` for every row of binary spikes of a flat layer: the bits of ``add(_:weights:bias:scale:to:)``.
    func add(
        _ units: SpikeUnits,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        forEachTile { first, width in
            switch width {
            case 4: sumUnits(FourVectors.self, units, weights, bias, scale, first, result)
            case 2: sumUnits(TwoVectors.self, units, weights, bias, scale, first, result)
            default: sumUnits(OneVector.self, units, weights, bias, scale, first, result)
            }
        }
    }

    @inline(__always)
    private func sumUnits<Tile: RegisterTile>(
        _: Tile.Type,
        _ units: SpikeUnits,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(Tile.width, channels - first)
        let tileWeights = weights + first
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let positions = UnsafePointer(units.positions.base)
        let worth = UnsafePointer(units.worth.base)
        var ends = UnsafePointer(units.ends.base)
        let isFar = weightsAreFar
        var out = result + first
        var event = 0
        for _ in 0..<units.rows {
            var total = Tile()
            for _ in 0..<units.blocks {
                var block = Tile()
                let end = Int(ends.pointee)
                ends += 1
                repeat {
                    for place in event..<event &+ SpikeUnits.group {
                        let row = tileWeights + Int(positions[place]) &* channels
                        if isFar { Tile.prefetch(tileWeights + Int(positions[place &+ prefetchDistance]) &* channels) }
                        block.addProduct(worth[place], row)
                    }
                    event &+= SpikeUnits.group
                } while event < end
                total.add(block)
            }
            total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
            out += channels
        }
    }
}
