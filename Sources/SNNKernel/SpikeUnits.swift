/// The spikes of a flat layer, by row and block of the law of sums, each filled up to groups of four with the input after the
/// last, whose weights are zeros.
///
/// A layer of few spikes has a handful in a block, and nobody can guess how many: a loop that ends after their number is
/// guessed wrong nearly every time, while most blocks fill one group.
struct SpikeUnits {
    static let group = 4

    /// Samples x steps.
    let rows: Int
    /// Blocks of a row.
    let blocks: Int
    let spikes: Int
    /// First place after each block, a multiple of `group`; every block has at least one group.
    let ends: Storage<Int32>
    /// Input, `[places]`.
    let positions: Storage<Int32>

    /// Lists binary spikes; nil where they are not binary.
    init?(_ source: Raster) {
        guard case .form(.bits(let words)) = source.held else { return nil }
        rows = source.steps * source.batch
        blocks = SpikeList.blocks(source.count)
        spikes = BitRow.count(words)
        let most = spikes + rows * blocks * Self.group + prefetchDistance + BitRow.overrun
        ends = Storage(overwriting: rows * blocks)
        positions = Storage(overwriting: most)
        let none = SIMD4<Int32>(repeating: Int32(truncatingIfNeeded: source.count))
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
                    let end = bits.writePositions(to: positions.base, at: next, origin: first, isSparse: isSparse)
                    UnsafeMutableRawPointer(positions.base + end).storeBytes(of: none, as: SIMD4<Int32>.self)
                    // An empty block is one group of nothing.
                    next &+= max(Self.group, (end &- next &+ Self.group &- 1) & ~(Self.group &- 1))
                    ends.base[unit] = Int32(truncatingIfNeeded: next)
                    unit &+= 1
                    first &+= sumBlock
                }
            }
        }
        // Weights are asked for ahead of their turn, past the last spike too.
        for place in next..<next + prefetchDistance { positions.base[place] = 0 }
    }
}

extension SpikeUnits: SpikeRows {
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
        let tile = TileWeights(Tile.self, map, weights + first, lanes: lanes, spikes: spikes)
        let (tileWeights, rowLength) = (tile.base, tile.rowLength)
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let positions = UnsafePointer(positions.base)
        var ends = UnsafePointer(ends.base)
        let isFar = map.weightsAreFar
        var out = place.base + first
        var event = 0
        for _ in 0..<rows {
            var total = Tile()
            for _ in 0..<blocks {
                var block = Tile()
                let end = Int(ends.pointee)
                ends += 1
                repeat {
                    for place in event..<event &+ SpikeUnits.group {
                        let row = tileWeights + Int(positions[place]) &* rowLength
                        if isFar { Tile.prefetch(tileWeights + Int(positions[place &+ prefetchDistance]) &* rowLength) }
                        block.add(Tile(row))
                    }
                    event &+= SpikeUnits.group
                } while event < end
                total.add(block)
            }
            total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
            out += place.rowLength
        }
        withExtendedLifetime(tile) {}
    }
}
