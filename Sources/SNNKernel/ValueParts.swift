/// The values of a flat layer that are not zero, by part of the inputs and by row within it, each filled up to groups of
/// four with zeros.
///
/// A part is so small that the weights from it to a tile of outputs stay in the first-level cache while all rows pass.
/// Row by row over all inputs, they would come from the second for every value.
struct ValueParts {
    static let group = 4
    /// Inputs of a part; divides ``sumBlock``.
    static let width = 128

    let rows: Int
    let inputs: Int
    let events: Int
    /// First place after each row of a part, `[parts, rows]`, a multiple of `group`.
    private let ends: Storage<Int32>
    /// Input within the part, `[places]`.
    private let positions: Storage<Int32>
    private let values: Storage<Float>

    /// Lists the values of a constant input or of all steps; nil where too few would use a weight that is brought near.
    init?(_ source: Values, outputs: Int) {
        let (rows, inputs) = (source.slices * source.batch, source.count)
        let base = UnsafePointer(source.base)
        let events = base.countNonZero(rows * inputs)
        guard Self.areWorthwhile(inputs: inputs, outputs: outputs, events: events) else { return nil }
        let parts = Self.parts(inputs)
        let most = events + rows * parts * (Self.group - 1)
        ends = Storage(overwriting: parts * rows)
        positions = Storage(overwriting: most)
        values = Storage(overwriting: most)
        (self.rows, self.inputs, self.events) = (rows, inputs, events)
        var next = 0
        for part in 0..<parts {
            let first = part * Self.width
            let count = min(Self.width, inputs - first)
            for row in 0..<rows {
                let entries = base + row * inputs + first
                entries.forEachNonZero(count) { place in
                    positions.base[next] = Int32(truncatingIfNeeded: place)
                    values.base[next] = entries[place]
                    next &+= 1
                }
                while next & (Self.group - 1) != 0 {
                    positions.base[next] = 0
                    values.base[next] = 0
                    next &+= 1
                }
                ends.base[part * rows + row] = Int32(truncatingIfNeeded: next)
            }
        }
    }

    /// Whether so many values are worth a copy of the weights.
    private static func areWorthwhile(inputs: Int, outputs: Int, events: Int) -> Bool {
        inputs * outputs > nearWeights && events > leastUses * inputs
    }

    private static let leastUses = 4
    /// Weights that the first-level cache holds as they are.
    private static let nearWeights = 1 << 13

    /// Bytes of the lists of such activity, as far as they get written; nil where there are none.
    static func bytes(_ activity: PlannedActivity, outputs: Int) -> [Int]? {
        guard areWorthwhile(inputs: activity.count, outputs: outputs, events: activity.events) else { return nil }
        let ends = parts(activity.count) * activity.rows
        // Rows end anywhere in a group.
        let places = activity.events + ends * (group - 1) / 2
        return [4 * ends, 4 * places, 4 * places]
    }

    /// Bytes that the widest tile takes.
    static func tileBytes(rows: Int, outputs: Int) -> [Int] {
        let width = outputs > 48 ? FourVectors.width : outputs > 16 ? TwoVectors.width : OneVector.width
        return [4 * Self.width * width, 4 * rows * width, 4 * rows * width]
    }

    private static func parts(_ inputs: Int) -> Int { (inputs + width - 1) / width }

    /// Writes `sum + bias` of one tile of `outputs` outputs for every row: the bits of ``EventSums``.
    func sum(
        _ tile: EventSums.Tile,
        outputs: Int,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        to result: UnsafeMutablePointer<Float>
    ) {
        switch tile.vectors {
        case 4: sum(FourVectors.self, tile.first, outputs, weights, bias, result)
        case 2: sum(TwoVectors.self, tile.first, outputs, weights, bias, result)
        default: sum(OneVector.self, tile.first, outputs, weights, bias, result)
        }
    }

    @inline(__always)
    private func sum<Tile: RegisterTile>(
        _: Tile.Type,
        _ first: Int,
        _ outputs: Int,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let lanes = min(Tile.width, outputs - first)
        let near = Storage<Float>(overwriting: Self.width * Tile.width)
        // The chains of a block that a part leaves open, and the totals of the blocks before it.
        let blocks = Storage<Float>(overwriting: rows * Tile.width)
        let totals = Storage<Float>(rows * Tile.width)
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let parts = Self.parts(inputs)
        var event = 0
        var end = UnsafePointer(ends.base)
        for part in 0..<parts {
            let firstInput = part * Self.width
            var row = weights + firstInput * outputs + first
            for input in 0..<min(Self.width, inputs - firstInput) {
                // Rows lie pages apart, where no processor guesses the next.
                if inputs - firstInput - input > prefetchDistance { Tile.prefetch(row + prefetchDistance * outputs) }
                Tile(from: row, lanes: lanes).write(to: near.base + input * Tile.width)
                row += outputs
            }
            let opensBlock = firstInput % sumBlock == 0
            let closesBlock = part == parts - 1 || (firstInput + Self.width) % sumBlock == 0
            for row in 0..<rows {
                let saved = blocks.base + row * Tile.width
                var block = opensBlock ? Tile() : Tile(UnsafePointer(saved))
                let last = Int(end.pointee)
                end += 1
                while event < last {
                    for place in event..<event &+ Self.group {
                        block.addProduct(
                            values.base[place],
                            UnsafePointer(near.base) + Int(positions.base[place]) &* Tile.width
                        )
                    }
                    event &+= Self.group
                }
                guard closesBlock else {
                    block.write(to: saved)
                    continue
                }
                let place = totals.base + row * Tile.width
                var total = Tile(UnsafePointer(place))
                total.add(block)
                if part == parts - 1 {
                    total.scaled(by: 1, plus: tileBias).write(to: result + row * outputs + first, lanes: lanes)
                } else {
                    total.write(to: place)
                }
            }
        }
        withExtendedLifetime((near, blocks, totals)) {}
    }
}
