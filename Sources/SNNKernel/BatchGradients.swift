/// Elements of a tensor's gradient that are found together: some rows, and some columns of them.
struct GradientTile: Sendable {
    /// Which of the connection's tensors.
    let tensor: Int
    let rows: Range<Int>
    let columns: Range<Int>
}

/// The gradients of a dense connection over a whole batch of constant input.
///
/// Each slab of samples leaves the gradients of its currents, in the layout that sums over all samples want. When all
/// have, the gradients of the tensors are found tile by tile, in any order: every sum is made by one worker, in the order
/// of the samples. A tile may be used up at once, so that nobody need hold the whole.
public final class BatchGradients: @unchecked Sendable {
    /// Outputs whose gradients for 128 samples fit the first-level cache.
    static let partWidth = FourVectors.width
    /// Most rows and columns of a tile: its gradients and what an optimizer keeps of it fit the second-level cache.
    private static let most = (rows: 32, columns: 1 << 10)

    private let inputs: Int
    private let outputs: Int
    private let samples: Int
    private let hasBias: Bool
    /// Gradients of the currents: `[outputs / partWidth, samples, partWidth]`.
    private let errors: Storage<Float>
    /// What arrived, each slab's at the place of its first sample.
    private let arrived: UnsafeMutableBufferPointer<Values?>

    init(inputs: Int, outputs: Int, samples: Int, hasBias: Bool) {
        self.inputs = inputs
        self.outputs = outputs
        self.samples = samples
        self.hasBias = hasBias
        errors = Storage(overwriting: Self.errorCount(outputs: outputs, samples: samples))
        arrived = .allocate(capacity: samples)
        arrived.initialize(repeating: nil)
    }

    deinit {
        arrived.deinitialize()
        arrived.deallocate()
    }

    /// Takes what some samples add, given the gradient of their current and what arrived; slabs may come at once.
    func add(_ current: Values, input: Values, firstSample: Int) {
        for first in stride(from: 0, to: outputs, by: Self.partWidth) {
            let width = min(Self.partWidth, outputs - first)
            for sample in 0..<current.batch {
                let part = errors.base + (first * samples + (firstSample + sample) * Self.partWidth)
                part.update(from: current.base + sample * outputs + first, count: width)
                (part + width).update(repeating: 0, count: Self.partWidth - width)
            }
        }
        arrived[firstSample] = input
    }

    /// What there is to find: tiles that together are all gradients.
    var tiles: [GradientTile] {
        var tiles: [GradientTile] = []
        for column in stride(from: 0, to: outputs, by: Self.most.columns) {
            let columns = column..<min(column + Self.most.columns, outputs)
            for row in stride(from: 0, to: inputs, by: Self.most.rows) {
                tiles.append(
                    GradientTile(tensor: 0, rows: row..<min(row + Self.most.rows, inputs), columns: columns)
                )
            }
            if hasBias { tiles.append(GradientTile(tensor: 1, rows: 0..<1, columns: columns)) }
        }
        return tiles
    }

    /// Writes the gradients of a tile, its rows `rowLength` apart.
    func fill(_ tile: GradientTile, to target: UnsafeMutablePointer<Float>, rowLength: Int) {
        if tile.tensor == 0 {
            fillWeights(tile, to: target, rowLength: rowLength)
        } else {
            fillBias(tile, to: target)
        }
    }

    private func fillWeights(_ tile: GradientTile, to target: UnsafeMutablePointer<Float>, rowLength: Int) {
        // The entries of an input that are not zero, by ascending sample: `[rows, samples]`.
        let places = Storage<Int32>(overwriting: tile.rows.count * samples)
        let values = Storage<Float>(overwriting: tile.rows.count * samples)
        withUnsafeTemporaryAllocation(of: Int.self, capacity: tile.rows.count) { ends in
            for row in 0..<tile.rows.count { ends.initializeElement(at: row, to: row * samples) }
            forEachSample { sample, input in
                let entries = input + tile.rows.lowerBound
                entries.forEachNonZero(tile.rows.count) { row in
                    let end = ends[row]
                    places.base[end] = Int32(truncatingIfNeeded: sample)
                    values.base[end] = entries[row]
                    ends[row] = end &+ 1
                }
            }
            for first in stride(from: tile.columns.lowerBound, to: tile.columns.upperBound, by: Self.partWidth) {
                let part = UnsafePointer(errors.base + first * samples)
                let width = min(Self.partWidth, tile.columns.upperBound - first)
                for row in 0..<tile.rows.count {
                    var sum = FourVectors()
                    for entry in row &* samples..<ends[row] {
                        sum.addProduct(values.base[entry], part + Int(places.base[entry]) &* Self.partWidth)
                    }
                    sum.write(to: target + (row &* rowLength &+ first &- tile.columns.lowerBound), lanes: width)
                }
            }
        }
        withExtendedLifetime((places, values)) {}
    }

    private func fillBias(_ tile: GradientTile, to target: UnsafeMutablePointer<Float>) {
        for first in stride(from: tile.columns.lowerBound, to: tile.columns.upperBound, by: Self.partWidth) {
            let part = UnsafePointer(errors.base + first * samples)
            var sum = FourVectors()
            forEachSample { sample, _ in sum.add(FourVectors(part + sample &* Self.partWidth)) }
            sum.write(
                to: target + (first - tile.columns.lowerBound),
                lanes: min(Self.partWidth, tile.columns.upperBound - first)
            )
        }
    }

    /// The samples that came, in their order, with what arrived.
    @inline(__always)
    private func forEachSample(_ body: (_ sample: Int, _ input: UnsafePointer<Float>) -> Void) {
        var sample = 0
        while sample < samples {
            guard let slab = arrived[sample] else {
                sample += 1
                continue
            }
            for place in 0..<slab.batch {
                body(sample, UnsafePointer(slab.base + place * slab.count))
                sample += 1
            }
        }
    }

    private static func errorCount(outputs: Int, samples: Int) -> Int {
        (outputs + partWidth - 1) / partWidth * partWidth * samples
    }

    /// Bytes held from the first block of a batch to its end, for ``MemoryPlan``.
    static func heldBytes(outputs: Int, samples: Int) -> Int {
        4 * errorCount(outputs: outputs, samples: samples) + MemoryLayout<Values?>.stride * samples
    }

    /// Bytes of each buffer that a worker takes for a tile, that of its gradients last, for ``MemoryPlan``.
    static func tileBytes(inputs: Int, outputs: Int, samples: Int) -> [Int] {
        let rows = min(inputs, most.rows)
        return [4 * rows * samples, 4 * rows * samples, 4 * rows * min(outputs, most.columns)]
    }
}

/// What a batch leaves for its end: the gradients of the nodes that defer them.
final class DeferredGradients: Sendable {
    /// One a node; nil where gradients are added block by block.
    let nodes: [BatchGradients?]

    init(_ network: Network, samples: Int) {
        nodes = network.nodes.map { $0.defersGradients ? $0.connection?.batchGradients(samples: samples) : nil }
    }

    /// Every tile, with the tensor of the network it belongs to.
    func tiles(_ network: Network) -> [(gradients: BatchGradients, tile: GradientTile, tensor: Int)] {
        zip(nodes, network.nodes).flatMap { gradients, node in
            gradients.map { gradients in
                gradients.tiles.map { (gradients, $0, node.tensors.lowerBound + $0.tensor) }
            } ?? []
        }
    }
}
