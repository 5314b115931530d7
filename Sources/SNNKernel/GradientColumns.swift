/// The gradient of a flat layer's weights over binary spikes, input by input.
///
/// A weight row is the sum of the gradients of the steps in which its input spiked: it stays in registers for all of them,
/// and the gradients of some outputs, packed, stay in the first-level cache for all inputs. Walking the spikes row by row
/// would read and write a weight row for each of them.
struct SpikeColumns {
    let inputs: Int
    /// Samples x steps.
    let rows: Int
    /// First spike of each input, `[inputs + 1]`.
    private let starts: Storage<Int32>
    /// Row of each spike, ascending within an input.
    private let spikes: Storage<Int32>

    /// Lists by input what a list of a flat layer's spikes has by row.
    init(_ list: EventList, inputs: Int) {
        self.inputs = inputs
        rows = list.rows
        starts = Storage(inputs + 2)
        spikes = Storage(overwriting: list.count + 2)
        let positions = UnsafePointer(list.positions.base)
        // Counted one place up, so that after the second pass every start is that of its input.
        for event in 0..<list.count { starts.base[Int(positions[event]) &+ 2] &+= 1 }
        for input in 0..<inputs { starts.base[input + 1] += starts.base[input] }
        for row in 0..<list.rows {
            for event in Int(list.starts.base[row])..<Int(list.starts.base[row + 1]) {
                let input = Int(positions[event]) &+ 1
                spikes.base[Int(starts.base[input])] = Int32(truncatingIfNeeded: row)
                starts.base[input] &+= 1
            }
        }
    }

    /// Bytes of the lists of such activity, and of the gradients of some outputs.
    static func bytes(_ activity: PlannedActivity) -> [Int] {
        [4 * (activity.count + 2), 4 * (activity.events + 2), 4 * activity.rows * TwoVectors.width]
    }

    /// Adds `scale x sum over an input's spikes of the gradient of their row` to `weights [inputs, outputs]`.
    ///
    /// Outputs without any gradient, which had no part in the loss, are left out.
    func add(
        _ gradient: UnsafePointer<Float>,
        outputs: Int,
        scale: Float,
        to weights: UnsafeMutablePointer<Float>
    ) {
        let active = Self.activeOutputs(gradient, rows: rows, outputs: outputs)
        // A tile of gradients is to fill half of the first-level cache, and no more than there are outputs.
        if rows <= 1 << 6, active.count > TwoVectors.width {
            add(FourVectors.self, gradient, outputs, active, scale, weights)
        } else if rows <= 1 << 7 || isSparse, active.count > OneVector.width {
            add(TwoVectors.self, gradient, outputs, active, scale, weights)
        } else {
            add(OneVector.self, gradient, outputs, active, scale, weights)
        }
    }

    /// Adds what strips of errors give to `weights [inputs, outputs]` and `bias`, as ``add(_:outputs:scale:to:)`` does
    /// with the errors of all outputs.
    ///
    /// `errors` is asked for strip after strip: they are used while they are in the cache, and never lie in memory together.
    func add(
        outputs: Int,
        scale: Float,
        to weights: UnsafeMutablePointer<Float>,
        bias: UnsafeMutablePointer<Float>?,
        errors: (GradientStrip) -> Void
    ) {
        // Two vectors a row where an input has few spikes, else a tile for each: see `isSparse`.
        let rowLength = isSparse ? TwoVectors.width : OneVector.width
        let tiles = Storage<Float>(overwriting: rows * TwoVectors.width)
        let halves = (UnsafePointer(tiles.base), UnsafePointer(tiles.base + (isSparse ? 1 : rows) * OneVector.width))
        // Outputs with errors whose neighbours have none, moved together.
        let gathered = Storage<Float>(overwriting: rows * OneVector.width)
        let sums = Storage<Float>(OneVector.width)
        let isFar = areFar(inputs * outputs)
        var places: [Int] = []
        func addGathered() {
            forEachSum(OneVector.self, UnsafePointer(gathered.base), rowLength: OneVector.width) { input, sum in
                sum.write(to: sums.base)
                let row = weights + input * outputs
                for (lane, place) in places.enumerated() { row[place].addProduct(scale, sums.base[lane]) }
            }
            places.removeAll(keepingCapacity: true)
        }
        /// Adds sixteen outputs as they are, or moves those that have errors.
        func addHalf(_ errors: UnsafePointer<Float>, active: UInt16, first: Int, lanes: Int) {
            guard active.nonzeroBitCount < Self.leastTogether else {
                forEachSum(OneVector.self, errors, rowLength: rowLength) { input, sum in
                    let row = weights + input * outputs + first
                    if isFar { OneVector.prefetch(row + prefetchDistance * outputs) }
                    sum.scaled(by: scale, plus: OneVector(from: row, lanes: lanes)).write(to: row, lanes: lanes)
                }
                return
            }
            var left = active
            while left != 0 {
                let lane = left.trailingZeroBitCount
                left &= left - 1
                let to = gathered.base + places.count
                for row in 0..<rows { to[row * OneVector.width] = errors[row * rowLength + lane] }
                places.append(first + lane)
                if places.count == OneVector.width { addGathered() }
            }
        }
        for first in stride(from: 0, to: outputs, by: GradientStrip.width) {
            let lanes = min(GradientStrip.width, outputs - first)
            errors(
                GradientStrip(
                    neurons: first..<first + lanes,
                    low: UnsafeMutablePointer(mutating: halves.0),
                    high: UnsafeMutablePointer(mutating: halves.1),
                    rowLength: rowLength
                )
            )
            let low = active(halves.0, rowLength: rowLength, lanes: lanes, bias: bias.map { $0 + first })
            let high =
                lanes <= OneVector.width
                ? 0 : active(halves.1, rowLength: rowLength, lanes: lanes - 16, bias: bias.map { $0 + first + 16 })
            if isSparse, min(low.nonzeroBitCount, high.nonzeroBitCount) >= Self.leastTogether {
                forEachSum(TwoVectors.self, halves.0, rowLength: TwoVectors.width) { input, sum in
                    let row = weights + input * outputs + first
                    if isFar { TwoVectors.prefetch(row + prefetchDistance * outputs) }
                    sum.scaled(by: scale, plus: TwoVectors(from: row, lanes: lanes)).write(to: row, lanes: lanes)
                }
            } else {
                addHalf(halves.0, active: low, first: first, lanes: min(16, lanes))
                if high != 0 { addHalf(halves.1, active: high, first: first + 16, lanes: lanes - 16) }
            }
        }
        if !places.isEmpty { addGathered() }
        withExtendedLifetime((tiles, gathered, sums)) {}
    }

    /// Outputs with errors from which sixteen are taken as they are.
    private static let leastTogether = 10

    /// Adds the sum over the rows to `bias`, and tells which of sixteen outputs have errors at all.
    private func active(
        _ errors: UnsafePointer<Float>,
        rowLength: Int,
        lanes: Int,
        bias: UnsafeMutablePointer<Float>?
    ) -> UInt16 {
        // Two chains of additions hide one another's latency.
        var (even, odd) = (SIMD16<Float>(repeating: 0), SIMD16<Float>(repeating: 0))
        var bits = SIMD16<UInt32>(repeating: 0)
        var row = errors
        for _ in 0..<rows / 2 {
            let (a, b) = (row.vector(), (row + rowLength).vector())
            even += a
            odd += b
            bits |= unsafeBitCast(a, to: SIMD16<UInt32>.self) | unsafeBitCast(b, to: SIMD16<UInt32>.self)
            row += 2 * rowLength
        }
        if rows & 1 == 1 {
            even += row.vector()
            bits |= unsafeBitCast(row.vector(), to: SIMD16<UInt32>.self)
        }
        even += odd
        if let bias { for lane in 0..<min(16, lanes) { bias[lane] += even[lane] } }
        let seen: SIMDMask<SIMD16<Int32>> = bits .!= 0
        let marks = SIMD16<Float>(repeating: 0).replacing(with: SIMD16<Float>(repeating: 1), where: seen)
        return lanes >= 16 ? marks.nonZeroBits : marks.nonZeroBits & (1 << UInt16(lanes) - 1)
    }

    /// Whether an input has so few spikes that going to it costs more than fetching errors from the second level of the
    /// cache.
    private var isSparse: Bool { starts.base[inputs] < Self.leastDense * Int32(inputs) }

    /// Spikes of an input from which the cache decides.
    private static let leastDense: Int32 = 64

    /// The outputs that have a gradient in any row.
    private static func activeOutputs(_ gradient: UnsafePointer<Float>, rows: Int, outputs: Int) -> [Int32] {
        var active: [Int32] = []
        for first in stride(from: 0, to: outputs, by: 16) {
            var bits: UInt16 = 0
            for row in 0..<rows {
                bits |= (gradient + (row * outputs + first)).vector().nonZeroBits
                if bits == .max { break }
            }
            if outputs - first < 16 { bits &= (1 << UInt16(outputs - first)) - 1 }
            while bits != 0 {
                active.append(Int32(first + bits.trailingZeroBitCount))
                bits &= bits &- 1
            }
        }
        return active
    }

    @inline(__always)
    private func add<Tile: RegisterTile>(
        _: Tile.Type,
        _ gradient: UnsafePointer<Float>,
        _ outputs: Int,
        _ active: [Int32],
        _ scale: Float,
        _ weights: UnsafeMutablePointer<Float>
    ) {
        let packed = Storage<Float>(rows * Tile.width)
        let sums = Storage<Float>(Tile.width)
        active.withUnsafeBufferPointer { active in
            for first in stride(from: 0, to: active.count, by: Tile.width) {
                let lanes = min(Tile.width, active.count - first)
                let places = UnsafeBufferPointer(rebasing: active[first..<first + lanes])
                // Neighbours in memory need no gathering.
                let isWhole = Int(places[lanes - 1] - places[0]) == lanes - 1
                for row in 0..<rows {
                    let to = packed.base + row * Tile.width
                    let from = gradient + row * outputs
                    if isWhole {
                        to.update(from: from + Int(places[0]), count: lanes)
                    } else {
                        for lane in 0..<lanes { to[lane] = from[Int(places[lane])] }
                    }
                }
                forEachSum(Tile.self, UnsafePointer(packed.base), rowLength: Tile.width) { input, sum in
                    let target = weights + input * outputs
                    if isWhole {
                        let row = target + Int(places[0])
                        sum.scaled(by: scale, plus: Tile(from: row, lanes: lanes)).write(to: row, lanes: lanes)
                    } else {
                        sum.write(to: sums.base)
                        for lane in 0..<lanes { target[Int(places[lane])].addProduct(scale, sums.base[lane]) }
                    }
                }
            }
        }
        withExtendedLifetime((packed, sums)) {}
    }

    /// Calls `body(input, sum of its spikes' errors)` for every input that spiked; `errors [rows, rowLength]`.
    @inline(__always)
    private func forEachSum<Tile: RegisterTile>(
        _: Tile.Type,
        _ errors: UnsafePointer<Float>,
        rowLength: Int,
        _ body: (_ input: Int, _ sum: Tile) -> Void
    ) {
        var spike = 0
        for input in 0..<inputs {
            let end = Int(starts.base[input &+ 1])
            guard spike < end else { continue }
            // Two chains of additions hide one another's latency.
            var (even, odd) = (Tile(), Tile())
            while spike &+ 1 < end {
                even.add(Tile(errors + Int(spikes.base[spike]) &* rowLength))
                odd.add(Tile(errors + Int(spikes.base[spike &+ 1]) &* rowLength))
                spike &+= 2
            }
            if spike < end {
                even.add(Tile(errors + Int(spikes.base[spike]) &* rowLength))
                spike &+= 1
            }
            even.add(odd)
            body(input, even)
        }
    }
}
