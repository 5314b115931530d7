/// The weights of a flat layer from every input to a tile of outputs, copied together where many spikes will use them.
///
/// Spread over the rows of all outputs they share few sets of the caches, and take a page every few rows.
struct TileWeights {
    /// Weights from the first input.
    let base: UnsafePointer<Float>
    /// The distance in memory from an input to the next.
    let rowLength: Int
    private let packed: Storage<Float>?

    /// The `lanes` outputs from `weights`, the first input's; a row of zeros, for spikes that are none, must follow the
    /// last input's.
    @inline(__always)
    init<Tile: RegisterTile>(
        _: Tile.Type,
        _ map: EventSums,
        _ weights: UnsafePointer<Float>,
        lanes: Int,
        spikes: Int
    ) {
        let (inputs, outputs) = (map.input.count, map.output.channels)
        guard Self.arePacked(width: Tile.width, inputs: inputs, outputs: outputs, spikes: spikes) else {
            (base, rowLength, packed) = (weights, outputs, nil)
            return
        }
        let copy = Storage<Float>(overwriting: (inputs + 1) * Tile.width)
        let isFar = map.weightsAreFar
        for input in 0...inputs {
            let row = weights + input * outputs
            if isFar { Tile.prefetch(row + prefetchDistance * outputs) }
            Tile(from: row, lanes: lanes).write(to: copy.base + input * Tile.width)
        }
        (base, rowLength, packed) = (UnsafePointer(copy.base), Tile.width, copy)
    }

    /// Whether tiles of `width` are copied: a row must be used some times to be worth it, and have neighbours.
    private static func arePacked(width: Int, inputs: Int, outputs: Int, spikes: Int) -> Bool {
        outputs > 2 * width && spikes > leastUses * inputs
    }

    private static let leastUses = 8

    /// Bytes of the copy for so many spikes, none where there is none.
    static func bytes(inputs: Int, outputs: Int, spikes: Int) -> [Int] {
        let width = FourVectors.width
        guard arePacked(width: width, inputs: inputs, outputs: outputs, spikes: spikes) else { return [] }
        return [4 * (inputs + 1) * width]
    }
}
