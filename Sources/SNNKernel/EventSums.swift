/// Sums of weight rows over events: the one loop behind dense connections, convolutions and their adjoints.
///
/// It walks output pixels and, inside, the events of the receptive field in ascending order, with the totals of a tile
/// of output channels in registers. Silent inputs cost nothing. It obeys the law of sums (see ``Connection``).
struct EventSums {
    let input: Shape
    let output: Shape
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    let paddingTop: Int
    let paddingLeft: Int

    init(
        input: Shape,
        output: Shape,
        kernelHeight: Int,
        kernelWidth: Int,
        stride: Int,
        paddingTop: Int,
        paddingLeft: Int
    ) {
        self.input = input
        self.output = output
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.paddingTop = paddingTop
        self.paddingLeft = paddingLeft
    }

    init(input: Shape, output: Shape, kernelHeight: Int, kernelWidth: Int, stride: Int, padding: Int) {
        self.init(
            input: input,
            output: output,
            kernelHeight: kernelHeight,
            kernelWidth: kernelWidth,
            stride: stride,
            paddingTop: padding,
            paddingLeft: padding
        )
    }

    /// Writes the sums alone, free of the law of order.
    ///
    /// For adjoints, which promise the same bits for the same batch but not across ways of cutting it. Narrow outputs
    /// then run on four chains of additions rather than wait for one.
    func addFreely(_ events: EventList, weights: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>) {
        forEachTile { first, width in
            if width == 1 {
                sumNarrowTile(events, weights, first, result)
            } else if width == 2 {
                sumTile(Two.self, events, weights, nil, 1, first, result)
            } else {
                sumTile(Four.self, events, weights, nil, 1, first, result)
            }
        }
    }

    /// Writes `scale * sum + bias` for every row of events: `result [rows, output]`.
    func add(
        _ events: EventList,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        // Tiles are the outer loop: a tile's weights stay in the cache while all rows pass.
        forEachTile { first, width in
            switch width {
            case 4: sumTile(Four.self, events, weights, bias, scale, first, result)
            case 2: sumTile(Two.self, events, weights, bias, scale, first, result)
            default: sumTile(One.self, events, weights, bias, scale, first, result)
            }
        }
    }

    /// Adds `sum over rows and output pixels of event x gradient` to `weights [field, out]`; `gradient [rows, output]`.
    func addWeightGradient(
        _ events: EventList,
        gradient: UnsafePointer<Float>,
        to weights: UnsafeMutablePointer<Float>
    ) {
        forEachTile { first, width in
            switch width {
            case 4: outerTile(Four.self, events, gradient, first, weights)
            case 2: outerTile(Two.self, events, gradient, first, weights)
            default: outerTile(One.self, events, gradient, first, weights)
            }
        }
    }

    /// Cuts the output channels into tiles of 4, 2 or 1 vectors.
    private func forEachTile(_ body: (_ first: Int, _ vectors: Int) -> Void) {
        var first = 0
        while first < output.channels {
            let left = output.channels - first
            let vectors = left > 48 ? 4 : (left > 16 ? 2 : 1)
            body(first, vectors)
            first += vectors * 16
        }
    }

    /// Calls `body(row of the kernel's first weight for position 0, first event, end of events)` for every kernel row
    /// of output pixel (y, x) that lies inside the image, in ascending order.
    @inline(__always)
    private func forEachStretch(
        _ starts: UnsafePointer<Int32>,
        y: Int,
        x: Int,
        _ body: (_ offset: Int, _ from: Int, _ to: Int) -> Void
    ) {
        let left = x &* stride &- paddingLeft
        let from = max(0, left)
        let to = min(input.width, left &+ kernelWidth)
        guard from < to else { return }
        let top = y &* stride &- paddingTop
        for k in max(0, -top)..<max(max(0, -top), min(kernelHeight, input.height &- top)) {
            let line = (top &+ k) &* input.width
            let begin = Int(starts[line &+ from])
            let end = Int(starts[line &+ to])
            if begin < end {
                body((k &* kernelWidth &- line &- left) &* input.channels, begin, end)
            }
        }
    }

    @inline(__always)
    private func sumTile<Tile: RegisterTile>(
        _: Tile.Type,
        _ events: EventList,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(Tile.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let values = UnsafePointer(events.values.base)
        let tileWeights = weights + first
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let isLong = kernelHeight * kernelWidth * input.channels > sumBlock
        for row in 0..<events.rows {
            let starts = UnsafePointer(events.starts.base) + row * events.pixels
            var out = result + row * output.count + first
            for y in 0..<output.height {
                for x in 0..<output.width {
                    var block = Tile()
                    var total = Tile()
                    var limit = isLong ? sumBlock : Int.max
                    forEachStretch(starts, y: y, x: x) { offset, from, to in
                        for event in from..<to {
                            let index = Int(positions[event]) &+ offset
                            if index >= limit {
                                total.add(block)
                                block = Tile()
                                limit = (index / sumBlock &+ 1) &* sumBlock
                            }
                            block.addProduct(values[event], tileWeights + index &* channels)
                        }
                    }
                    total.add(block)
                    total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
                    out += channels
                }
            }
        }
    }

    private func sumNarrowTile(
        _ events: EventList,
        _ weights: UnsafePointer<Float>,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(One.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let values = UnsafePointer(events.values.base)
        let tileWeights = weights + first
        for row in 0..<events.rows {
            let starts = UnsafePointer(events.starts.base) + row * events.pixels
            var out = result + row * output.count + first
            for y in 0..<output.height {
                for x in 0..<output.width {
                    var (a, b, c, d) = (One(), One(), One(), One())
                    forEachStretch(starts, y: y, x: x) { offset, from, to in
                        @inline(__always) func weight(_ event: Int) -> UnsafePointer<Float> {
                            tileWeights + (Int(positions[event]) &+ offset) &* channels
                        }
                        var event = from
                        while event &+ 4 <= to {
                            a.addProduct(values[event], weight(event))
                            b.addProduct(values[event &+ 1], weight(event &+ 1))
                            c.addProduct(values[event &+ 2], weight(event &+ 2))
                            d.addProduct(values[event &+ 3], weight(event &+ 3))
                            event &+= 4
                        }
                        while event < to {
                            a.addProduct(values[event], weight(event))
                            event &+= 1
                        }
                    }
                    a.add(b)
                    c.add(d)
                    a.add(c)
                    a.write(to: out, lanes: lanes)
                    out += channels
                }
            }
        }
    }

    @inline(__always)
    private func outerTile<Tile: RegisterTile>(
        _: Tile.Type,
        _ events: EventList,
        _ gradient: UnsafePointer<Float>,
        _ first: Int,
        _ weights: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(Tile.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let values = UnsafePointer(events.values.base)
        let tileWeights = weights + first
        for row in 0..<events.rows {
            let starts = UnsafePointer(events.starts.base) + row * events.pixels
            var error = gradient + row * output.count + first
            for y in 0..<output.height {
                for x in 0..<output.width {
                    let tile = Tile(from: error, lanes: lanes)
                    error += channels
                    // A surrogate of compact support leaves most gradients zero.
                    if tile.isZero { continue }
                    forEachStretch(starts, y: y, x: x) { offset, from, to in
                        for event in from..<to {
                            let target = tileWeights + (Int(positions[event]) &+ offset) &* channels
                            tile.addProduct(values[event], to: target)
                        }
                    }
                }
            }
        }
    }
}

/// The non-zero entries of constant activity, listed by input rather than by sample.
struct InputColumns {
    /// First entry of each input, `[inputs + 1]`.
    let starts: [Int32]
    /// Sample of each entry, ascending within an input.
    let rows: Storage<Int32>
    let values: Storage<Float>

    /// Lists the samples of some blocks, numbered through.
    init(_ blocks: [Activity], inputs: Int) {
        var starts = [Int32](repeating: 0, count: inputs + 1)
        Self.forEach(blocks) { _, input, _ in starts[input + 1] += 1 }
        for input in 0..<inputs { starts[input + 1] += starts[input] }
        self.starts = starts
        let rows = Storage<Int32>(overwriting: Int(starts[inputs]))
        let values = Storage<Float>(overwriting: Int(starts[inputs]))
        Self.forEach(blocks) { row, input, value in
            let place = Int(starts[input])
            rows.base[place] = Int32(truncatingIfNeeded: row)
            values.base[place] = value
            starts[input] += 1
        }
        self.rows = rows
        self.values = values
    }

    private static func forEach(_ blocks: [Activity], _ body: (_ row: Int, _ input: Int, _ value: Float) -> Void) {
        var row = 0
        for case .values(let values) in blocks {
            for sample in 0..<values.batch {
                let entries = UnsafePointer(values.base + sample * values.count)
                entries.forEachNonZero(values.count) { body(row, $0, entries[$0]) }
                row += 1
            }
        }
    }

    /// Adds `sum over rows of value x gradient[row]` to the rows of `weights`; `gradient [rows, 64]`.
    func addOuter(
        _ gradient: UnsafePointer<Float>,
        width: Int,
        to weights: UnsafeMutablePointer<Float>,
        rowLength: Int
    ) {
        let rows = UnsafePointer(self.rows.base)
        let values = UnsafePointer(self.values.base)
        starts.withUnsafeBufferPointer { starts in
            for input in 0..<starts.count - 1 {
                let from = Int(starts[input])
                let to = Int(starts[input + 1])
                if from == to { continue }
                let target = weights + input * rowLength
                var sum = Four(from: target, lanes: width)
                for entry in from..<to { sum.addProduct(values[entry], gradient + Int(rows[entry]) &* Four.width) }
                sum.write(to: target, lanes: width)
            }
        }
    }
}

/// Some vectors of output channels held in registers.
private protocol RegisterTile {
    static var width: Int { get }
    init()
    init(from row: UnsafePointer<Float>, lanes: Int)
    var isZero: Bool { get }
    mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>)
    mutating func add(_ other: Self)
    func scaled(by scale: Float, plus bias: Self) -> Self
    func write(to row: UnsafeMutablePointer<Float>, lanes: Int)
    /// Adds `value x self` to a row. Lanes past the end are zero, so what follows the row is rewritten as it was; the
    /// row must belong to this thread alone.
    func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>)
}

private typealias Vector = SIMD16<Float>

@inline(__always)
private func partial(_ row: UnsafePointer<Float>, _ lanes: Int) -> Vector {
    if lanes >= 16 { return row.vector() }
    var vector = Vector()
    for lane in 0..<max(0, lanes) { vector[lane] = row[lane] }
    return vector
}

@inline(__always)
private func isAllZero(_ vector: Vector) -> Bool {
    // The bits without the sign, or-ed together.
    let bits = unsafeBitCast(vector.magnitude, to: SIMD16<UInt32>.self)
    let eight = bits.lowHalf | bits.highHalf
    let four = eight.lowHalf | eight.highHalf
    let two = four.lowHalf | four.highHalf
    return two.x | two.y == 0
}

/// One vector.
private struct One: RegisterTile {
    static var width: Int { 16 }
    var a = Vector()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) { a = partial(row, lanes) }
    @inline(__always) var isZero: Bool { isAllZero(a) }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        a = a.addingProduct(Vector(repeating: value), row.vector())
    }
    @inline(__always) mutating func add(_ other: One) { a += other.a }
    @inline(__always) func scaled(by scale: Float, plus bias: One) -> One {
        var result = One()
        result.a = bias.a.addingProduct(Vector(repeating: scale), a)
        return result
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>, lanes: Int) { row.store(a, lanes: lanes) }
    @inline(__always) func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>) {
        row.store(row.vector().addingProduct(Vector(repeating: value), a))
    }
}

/// Two vectors; written out, as is `Four`, because as a generic pair of halves the compiler spills registers, and
/// training a small network takes 18 % more instructions.
private struct Two: RegisterTile {
    static var width: Int { 32 }
    var low = One()
    var high = One()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) {
        low = One(from: row, lanes: lanes)
        high = One(from: row + 16, lanes: lanes - 16)
    }
    @inline(__always) var isZero: Bool { low.isZero && high.isZero }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        low.addProduct(value, row)
        high.addProduct(value, row + 16)
    }
    @inline(__always) mutating func add(_ other: Two) {
        low.add(other.low)
        high.add(other.high)
    }
    @inline(__always) func scaled(by scale: Float, plus bias: Two) -> Two {
        var result = Two()
        result.low = low.scaled(by: scale, plus: bias.low)
        result.high = high.scaled(by: scale, plus: bias.high)
        return result
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>, lanes: Int) {
        low.write(to: row, lanes: lanes)
        if lanes > 16 { high.write(to: row + 16, lanes: lanes - 16) }
    }
    @inline(__always) func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>) {
        low.addProduct(value, to: row)
        high.addProduct(value, to: row + 16)
    }
}

/// Four vectors.
private struct Four: RegisterTile {
    static var width: Int { 64 }
    var low = Two()
    var high = Two()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) {
        low = Two(from: row, lanes: lanes)
        high = Two(from: row + 32, lanes: lanes - 32)
    }
    @inline(__always) var isZero: Bool { low.isZero && high.isZero }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        low.addProduct(value, row)
        high.addProduct(value, row + 32)
    }
    @inline(__always) mutating func add(_ other: Four) {
        low.add(other.low)
        high.add(other.high)
    }
    @inline(__always) func scaled(by scale: Float, plus bias: Four) -> Four {
        var result = Four()
        result.low = low.scaled(by: scale, plus: bias.low)
        result.high = high.scaled(by: scale, plus: bias.high)
        return result
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>, lanes: Int) {
        low.write(to: row, lanes: lanes)
        if lanes > 32 { high.write(to: row + 32, lanes: lanes - 32) }
    }
    @inline(__always) func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>) {
        low.addProduct(value, to: row)
        high.addProduct(value, to: row + 32)
    }
}
