/// The gradient of a convolution's input: every output pixel's gradient through all taps of the kernel, added to the
/// pixels of its receptive field.
///
/// A neuron that took no part in the loss has no gradient at any step: behind a max pool that is most of them. So steps
/// are taken in groups, the channels that any of a group's steps has a gradient for are listed once a pixel, and each
/// weight that is loaded serves all steps of the group, whose sums stay in registers.
struct FieldGradients {
    let input: Shape
    let output: Shape
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    let padding: Int

    /// Images that lie a fixed distance apart in memory.
    struct Images<Pointer> {
        let base: Pointer
        let distance: Int
    }

    /// Adds to `count` images, which must be zero at the start.
    ///
    /// - Parameters:
    ///   - gradient: of the output, `[pixels, out]` an image.
    ///   - count: how many images.
    ///   - weights: `[out, kernel height, kernel width, in]`.
    ///   - images: `[pixels, in]` an image, followed by a margin.
    func add(
        _ gradient: Images<UnsafePointer<Float>>,
        count: Int,
        weights: UnsafePointer<Float>,
        to images: Images<UnsafeMutablePointer<Float>>
    ) {
        let active = Storage<Int32>(overwriting: output.channels + 16)
        var first = 0
        while first < count {
            let left = count - first
            let from = Images(base: gradient.base + first * gradient.distance, distance: gradient.distance)
            let to = Images(base: images.base + first * images.distance, distance: images.distance)
            if left > 4 {
                addGroup(SixImages.self, from, count: min(left, 6), weights, active.base, to)
                first += 6
            } else if left > 2 {
                addGroup(FourImages.self, from, count: left, weights, active.base, to)
                first += 4
            } else {
                addGroup(TwoImages.self, from, count: left, weights, active.base, to)
                first += 2
            }
        }
        withExtendedLifetime(active) {}
    }

    private func addGroup<Rows: RowGroup>(
        _: Rows.Type,
        _ gradient: Images<UnsafePointer<Float>>,
        count: Int,
        _ weights: UnsafePointer<Float>,
        _ active: UnsafeMutablePointer<Int32>,
        _ images: Images<UnsafeMutablePointer<Float>>
    ) {
        let channels = input.channels
        let field = kernelHeight * kernelWidth * channels
        // Rows past the last repeat it: they are computed and not written.
        let distances = Rows.distances(gradient.distance, count: count)
        var pixel = gradient.base
        for y in 0..<output.height {
            for x in 0..<output.width {
                let found = list(pixel, count: count, distance: gradient.distance, to: active)
                let errors = pixel
                pixel += output.channels
                if found == 0 { continue }
                let left = x * stride - padding
                let skipped = max(0, -left)
                let length = (min(input.width, left + kernelWidth) - left - skipped) * channels
                guard length > 0 else { continue }
                for k in 0..<kernelHeight {
                    let row = y * stride - padding + k
                    guard row >= 0, row < input.height else { continue }
                    let taps = weights + (k * kernelWidth + skipped) * channels
                    let target = images.base + (row * input.width + left + skipped) * channels
                    for tile in Swift.stride(from: 0, to: length, by: 16) {
                        var sums = Rows()
                        for place in 0..<found {
                            let channel = Int(active[place])
                            sums.addProducts(errors + channel, distances, (taps + channel &* field + tile).vector())
                        }
                        sums.add(
                            to: target + tile,
                            distance: images.distance,
                            count: count,
                            lanes: min(16, length - tile)
                        )
                    }
                }
            }
        }
    }

    /// Lists the channels that have a gradient in any of `count` images.
    @inline(__always)
    private func list(
        _ pixel: UnsafePointer<Float>,
        count: Int,
        distance: Int,
        to active: UnsafeMutablePointer<Int32>
    ) -> Int {
        var found = 0
        for first in Swift.stride(from: 0, to: output.channels, by: 16) {
            var bits: UInt16 = 0
            for image in 0..<count { bits |= (pixel + image * distance + first).vector().nonZeroBits }
            let left = output.channels - first
            if left < 16 { bits &= (1 << UInt16(left)) - 1 }
            while bits != 0 {
                active[found] = Int32(truncatingIfNeeded: first + bits.trailingZeroBitCount)
                found += 1
                bits &= bits &- 1
            }
        }
        return found
    }
}

/// Sums of sixteen inputs in the images of a group.
private protocol RowGroup {
    /// Distances of the images from the first, beyond the second.
    associatedtype Distances
    init()
    static func distances(_ distance: Int, count: Int) -> Distances
    mutating func addProducts(_ errors: UnsafePointer<Float>, _ distances: Distances, _ weights: Vector)
    func add(to row: UnsafeMutablePointer<Float>, distance: Int, count: Int, lanes: Int)
}

@inline(__always)
private func fused(_ sum: Vector, _ error: Float, _ weights: Vector) -> Vector {
    sum.addingProduct(Vector(repeating: error), weights)
}

/// Adds the first `lanes` of `sum` to a row; the others are added as zeros to what follows it.
@inline(__always)
private func add(_ sum: Vector, to row: UnsafeMutablePointer<Float>, lanes: Int) {
    if lanes == 16 {
        row.store(row.vector() + sum)
    } else {
        let place = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let inside: SIMDMask<SIMD16<Int32>> = place .< SIMD16<Int32>(repeating: Int32(lanes))
        row.store(row.vector() + Vector(repeating: 0).replacing(with: sum, where: inside))
    }
}

private struct TwoImages: RowGroup {
    var a = Vector(repeating: 0)
    var b = Vector(repeating: 0)

    @inline(__always) static func distances(_ distance: Int, count: Int) -> Int { count > 1 ? distance : 0 }

    @inline(__always)
    mutating func addProducts(_ errors: UnsafePointer<Float>, _ distances: Int, _ weights: Vector) {
        a = fused(a, errors[0], weights)
        b = fused(b, errors[distances], weights)
    }

    @inline(__always)
    func add(to row: UnsafeMutablePointer<Float>, distance: Int, count: Int, lanes: Int) {
        SNNKernel.add(a, to: row, lanes: lanes)
        if count > 1 { SNNKernel.add(b, to: row + distance, lanes: lanes) }
    }
}

private struct FourImages: RowGroup {
    var low = TwoImages()
    var c = Vector(repeating: 0)
    var d = Vector(repeating: 0)

    @inline(__always)
    static func distances(_ distance: Int, count: Int) -> (Int, Int, Int) {
        (distance, 2 * distance, (count > 3 ? 3 : 2) * distance)
    }

    @inline(__always)
    mutating func addProducts(_ errors: UnsafePointer<Float>, _ distances: (Int, Int, Int), _ weights: Vector) {
        low.addProducts(errors, distances.0, weights)
        c = fused(c, errors[distances.1], weights)
        d = fused(d, errors[distances.2], weights)
    }

    @inline(__always)
    func add(to row: UnsafeMutablePointer<Float>, distance: Int, count: Int, lanes: Int) {
        low.add(to: row, distance: distance, count: 2, lanes: lanes)
        SNNKernel.add(c, to: row + 2 * distance, lanes: lanes)
        if count > 3 { SNNKernel.add(d, to: row + 3 * distance, lanes: lanes) }
    }
}

private struct SixImages: RowGroup {
    var low = FourImages()
    var e = Vector(repeating: 0)
    var f = Vector(repeating: 0)

    @inline(__always)
    static func distances(_ distance: Int, count: Int) -> (low: (Int, Int, Int), Int, Int) {
        (FourImages.distances(distance, count: 4), 4 * distance, (count > 5 ? 5 : 4) * distance)
    }

    @inline(__always)
    mutating func addProducts(
        _ errors: UnsafePointer<Float>,
        _ distances: (low: (Int, Int, Int), Int, Int),
        _ weights: Vector
    ) {
        low.addProducts(errors, distances.low, weights)
        e = fused(e, errors[distances.1], weights)
        f = fused(f, errors[distances.2], weights)
    }

    @inline(__always)
    func add(to row: UnsafeMutablePointer<Float>, distance: Int, count: Int, lanes: Int) {
        low.add(to: row, distance: distance, count: 4, lanes: lanes)
        SNNKernel.add(e, to: row + 4 * distance, lanes: lanes)
        if count > 5 { SNNKernel.add(f, to: row + 5 * distance, lanes: lanes) }
    }
}

/// The gradient of a convolution's weights over binary events.
///
/// For every weight row (tap and input channel) the output pixels whose field has an event there are the bits of a few
/// words: the channel's bits, shifted. Their gradients are added in registers and reach memory once an image, where
/// walking the events would read and write a weight row for each.
struct TapGradients {
    private let map: EventSums
    /// Output rows whose bits make up a word; at most eight.
    private let rowsPerWord: Int
    private let words: Int
    /// Lines of a channel: the padded image and as many more as are read at once.
    private let lineCount: Int

    init(_ map: EventSums) {
        self.map = map
        rowsPerWord = min(map.output.height, 64 / map.output.width, Lines.scalarCount)
        words = (map.output.height + rowsPerWord - 1) / rowsPerWord
        lineCount = max(map.input.height + map.padding, words * rowsPerWord + map.kernelHeight) + Lines.scalarCount
    }

    private typealias Lines = SIMD8<UInt64>

    /// Whether a map and events are such that this is faster than walking the events.
    static func suits(_ map: EventSums, _ events: EventList) -> Bool {
        events.values == nil && map.stride == 1 && map.output.pixels > 1 && map.output.channels >= 32
            && map.input.width + map.padding <= 64 && map.output.width <= 64
    }

    /// Adds `scale x sum over rows and output pixels of event x gradient` to `weights [field, out]`.
    func add(
        _ events: EventList,
        gradient: UnsafePointer<Float>,
        scale: Float,
        to weights: UnsafeMutablePointer<Float>
    ) {
        let input = map.input
        let output = map.output
        // `[channel, row of the padded image]`, a bit a column.
        let lines = Storage<UInt64>(overwriting: input.channels * lineCount)
        var (inside, places) = (Lines(repeating: 0), Lines(repeating: 0))
        for place in 0..<rowsPerWord {
            inside[place] = ~0 >> UInt64(64 - output.width)
            places[place] = UInt64(place * output.width)
        }
        let alive = Storage<UInt64>(overwriting: words)
        for row in 0..<events.rows {
            fillLines(events, row, lines.base)
            let errors = gradient + row * output.count
            fillAlive(errors, alive.base)
            var target = weights
            for k in 0..<map.kernelHeight {
                for tap in 0..<map.kernelWidth {
                    let shift = Lines(repeating: UInt64(tap))
                    for channel in 0..<input.channels {
                        let line = lines.base + channel * lineCount + k
                        for word in 0..<words {
                            let rows = UnsafeRawPointer(line + word * rowsPerWord).loadUnaligned(as: Lines.self)
                            let bits = (((rows &>> shift) & inside) &<< places).orOfAll & alive.base[word]
                            if bits == 0 { continue }
                            let first = errors + word * rowsPerWord * output.width * output.channels
                            addRows(bits, first, scale, target)
                        }
                        target += output.channels
                    }
                }
            }
        }
        withExtendedLifetime((lines, alive)) {}
    }

    private func fillLines(_ events: EventList, _ row: Int, _ lines: UnsafeMutablePointer<UInt64>) {
        let input = map.input
        lines.update(repeating: 0, count: input.channels * lineCount)
        let starts = UnsafePointer(events.starts.base) + row * events.pixels
        for y in 0..<input.height {
            for x in 0..<input.width {
                let pixel = y * input.width + x
                let line = lines + y + map.padding - pixel * input.channels * lineCount
                let bit: UInt64 = 1 << UInt64(x + map.padding)
                for event in Int(starts[pixel])..<Int(starts[pixel + 1]) {
                    line[Int(events.positions.base[event]) * lineCount] |= bit
                }
            }
        }
    }

    /// One bit an output pixel that has any gradient.
    private func fillAlive(_ errors: UnsafePointer<Float>, _ alive: UnsafeMutablePointer<UInt64>) {
        let channels = map.output.channels
        alive.update(repeating: 0, count: words)
        for pixel in 0..<map.output.pixels {
            let base = errors + pixel * channels
            var any: UInt16 = 0
            for first in Swift.stride(from: 0, to: channels, by: 16) {
                var bits = (base + first).vector().nonZeroBits
                if channels - first < 16 { bits &= (1 << UInt16(channels - first)) - 1 }
                any |= bits
            }
            if any == 0 { continue }
            let perWord = rowsPerWord * map.output.width
            alive[pixel / perWord] |= 1 << UInt64(pixel % perWord)
        }
    }

    /// Adds the gradients of the pixels in `bits` to a weight row.
    @inline(__always)
    private func addRows(
        _ bits: UInt64,
        _ errors: UnsafePointer<Float>,
        _ scale: Float,
        _ target: UnsafeMutablePointer<Float>
    ) {
        map.forEachTile { first, vectors in
            let lanes = min(vectors * 16, map.output.channels - first)
            switch vectors {
            case 4: addTile(FourVectors.self, bits, errors + first, scale, target + first, lanes: lanes)
            case 2: addTile(TwoVectors.self, bits, errors + first, scale, target + first, lanes: lanes)
            default: addTile(OneVector.self, bits, errors + first, scale, target + first, lanes: lanes)
            }
        }
    }

    @inline(__always)
    private func addTile<Tile: RegisterTile>(
        _: Tile.Type,
        _ bits: UInt64,
        _ errors: UnsafePointer<Float>,
        _ scale: Float,
        _ target: UnsafeMutablePointer<Float>,
        lanes: Int
    ) {
        var sum = Tile()
        var left = bits
        while left != 0 {
            sum.add(Tile(errors + left.trailingZeroBitCount &* map.output.channels))
            left &= left &- 1
        }
        sum.scaled(by: scale, plus: Tile(from: target, lanes: lanes)).write(to: target, lanes: lanes)
    }
}

extension SIMD8 where Scalar == UInt64 {
    /// The bits of all eight words together.
    @inline(__always)
    fileprivate var orOfAll: UInt64 {
        let four = lowHalf | highHalf
        let two = four.lowHalf | four.highHalf
        return two.x | two.y
    }
}
