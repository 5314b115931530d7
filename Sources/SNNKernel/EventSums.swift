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
    let padding: Int
    /// Whether there is a bias for every output neuron rather than for every channel.
    var biasPerPixel = false

    /// Writes the sums alone, free of the law of order.
    ///
    /// For adjoints, which promise the same bits for the same batch but not across ways of cutting it. Narrow outputs
    /// then run on four chains of additions rather than wait for one.
    func addFreely(_ events: EventList, weights: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>) {
        guard let values = events.values else { preconditionFailure("gradients are values") }
        forEachTile { first, width in
            if width == 1 {
                sumNarrowTile(events, UnsafePointer(values.base), weights, first, result)
            } else if width == 2 {
                sumTile(TwoVectors.self, events, Weighted(values), weights, nil, 1, first, result)
            } else {
                sumTile(FourVectors.self, events, Weighted(values), weights, nil, 1, first, result)
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
        if let values = events.values {
            add(events, Weighted(values), weights, bias, scale, result)
        } else {
            add(events, Binary(), weights, bias, scale, result)
        }
    }

    @inline(__always)
    private func add<Worth: EventWorth>(
        _ events: EventList,
        _ worth: Worth,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ result: UnsafeMutablePointer<Float>
    ) {
        if output.pixels > 1 { return addImages(events, worth, weights, bias, scale, result) }
        // Tiles are the outer loop: a tile's weights stay in the cache while all rows pass.
        forEachTile { first, vectors in
            addTile(Tile(first: first, vectors: vectors), events, worth, weights, bias, scale, result)
        }
    }

    /// Some neighbouring output channels.
    struct Tile {
        let first: Int
        let vectors: Int
    }

    /// The tiles of ``forEachTile(_:)``.
    var tiles: [Tile] {
        var tiles: [Tile] = []
        forEachTile { tiles.append(Tile(first: $0, vectors: $1)) }
        return tiles
    }

    /// The part of ``add(_:weights:bias:scale:to:)`` for events with values that writes one tile.
    func addTile(
        _ tile: Tile,
        _ events: EventList,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        guard let values = events.values else { preconditionFailure("constant input is values") }
        addTile(tile, events, Weighted(values), weights, bias, scale, result)
    }

    @inline(__always)
    private func addTile<Worth: EventWorth>(
        _ tile: Tile,
        _ events: EventList,
        _ worth: Worth,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ result: UnsafeMutablePointer<Float>
    ) {
        switch tile.vectors {
        case 4: sumTile(FourVectors.self, events, worth, weights, bias, scale, tile.first, result)
        case 2: sumTile(TwoVectors.self, events, worth, weights, bias, scale, tile.first, result)
        default: sumTile(OneVector.self, events, worth, weights, bias, scale, tile.first, result)
        }
    }

    /// Adds `scale x sum over rows and output pixels of event x gradient` to `weights [field, out]`; `gradient [rows, output]`.
    func addWeightGradient(
        _ events: EventList,
        gradient: UnsafePointer<Float>,
        scale: Float,
        to weights: UnsafeMutablePointer<Float>
    ) {
        if TapGradients.suits(self, events) {
            return TapGradients(self).add(events, gradient: gradient, scale: scale, to: weights)
        }
        if let values = events.values {
            if scale != 1 { for event in 0..<events.count { values.base[event] *= scale } }
            addOuter(events, Weighted(values), gradient, weights)
        } else if scale != 1 {
            addOuter(events, Same(value: scale), gradient, weights)
        } else {
            addOuter(events, Binary(), gradient, weights)
        }
    }

    @inline(__always)
    private func addOuter<Worth: EventWorth>(
        _ events: EventList,
        _ worth: Worth,
        _ gradient: UnsafePointer<Float>,
        _ weights: UnsafeMutablePointer<Float>
    ) {
        forEachTile { first, width in
            switch width {
            case 4: outerTile(FourVectors.self, events, worth, gradient, first, weights)
            case 2: outerTile(TwoVectors.self, events, worth, gradient, first, weights)
            default: outerTile(OneVector.self, events, worth, gradient, first, weights)
            }
        }
    }

    /// Whether a layer has so many weights that they come from far, and one row of weights an event.
    var weightsAreFar: Bool { input.pixels == 1 && areFar(input.count * output.channels) }

    /// Cuts the output channels into tiles of 4, 2 or 1 vectors.
    @inline(__always)
    func forEachTile(_ body: (_ first: Int, _ vectors: Int) -> Void) {
        forEachTile(of: 0..<output.channels, body)
    }

    /// Cuts some output channels into tiles of 4, 2 or 1 vectors.
    @inline(__always)
    func forEachTile(of channels: Range<Int>, _ body: (_ first: Int, _ vectors: Int) -> Void) {
        var first = channels.lowerBound
        while first < channels.upperBound {
            let left = channels.upperBound - first
            let vectors = left > 48 ? 4 : (left > 16 ? 2 : 1)
            body(first, vectors)
            first += vectors * 16
        }
    }

    /// The part of a receptive field that lies inside the image.
    struct Field {
        /// Rows of the kernel.
        let rows: Range<Int>
        /// Columns of the image.
        let columns: Range<Int>
        /// Row and column of the image that the kernel's first weight lies on, in the padding perhaps.
        let top: Int
        let left: Int
    }

    /// The field of output pixel (y, x).
    @inline(__always)
    func field(y: Int, x: Int) -> Field {
        let left = x &* stride &- padding
        let from = max(0, left)
        let top = y &* stride &- padding
        let first = max(0, -top)
        return Field(
            rows: first..<max(first, min(kernelHeight, input.height &- top)),
            columns: from..<max(from, min(input.width, left &+ kernelWidth)),
            top: top,
            left: left
        )
    }

    /// The events of kernel row `k` of a field, from `from` to `to`, and what leads from an event's position to its place
    /// in the field.
    @inline(__always)
    func stretch(_ k: Int, of field: Field, in starts: UnsafePointer<Int32>) -> (from: Int, to: Int, offset: Int) {
        let line = (field.top &+ k) &* input.width
        return (
            Int(starts[line &+ field.columns.lowerBound]),
            Int(starts[line &+ field.columns.upperBound]),
            (k &* kernelWidth &- line &- field.left) &* input.channels
        )
    }

    /// Calls `body(offset, first event, end of events)` for every kernel row of output pixel (y, x) that has events, in
    /// ascending order.
    @inline(__always)
    private func forEachStretch(
        _ starts: UnsafePointer<Int32>,
        y: Int,
        x: Int,
        _ body: (_ offset: Int, _ from: Int, _ to: Int) -> Void
    ) {
        let field = field(y: y, x: x)
        for k in field.rows {
            let (from, to, offset) = stretch(k, of: field, in: starts)
            if from < to { body(offset, from, to) }
        }
    }

    @inline(__always)
    private func sumTile<Tile: RegisterTile, Worth: EventWorth>(
        _: Tile.Type,
        _ events: EventList,
        _ worth: Worth,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(Tile.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let tileWeights = weights + first
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        let isLong = kernelHeight * kernelWidth * input.channels > sumBlock
        let isFar = weightsAreFar
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
                            if isFar {
                                Tile.prefetch(tileWeights + Int(positions[event &+ prefetchDistance]) &* channels)
                            }
                            let index = Int(positions[event]) &+ offset
                            if index >= limit {
                                total.add(block)
                                block = Tile()
                                limit = (index / sumBlock &+ 1) &* sumBlock
                            }
                            worth.add(event, tileWeights + index &* channels, to: &block)
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
        _ values: UnsafePointer<Float>,
        _ weights: UnsafePointer<Float>,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(OneVector.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let tileWeights = weights + first
        for row in 0..<events.rows {
            let starts = UnsafePointer(events.starts.base) + row * events.pixels
            var out = result + row * output.count + first
            for y in 0..<output.height {
                for x in 0..<output.width {
                    var (a, b, c, d) = (OneVector(), OneVector(), OneVector(), OneVector())
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
    private func outerTile<Tile: RegisterTile, Worth: EventWorth>(
        _: Tile.Type,
        _ events: EventList,
        _ worth: Worth,
        _ gradient: UnsafePointer<Float>,
        _ first: Int,
        _ weights: UnsafeMutablePointer<Float>
    ) {
        let channels = output.channels
        let lanes = min(Tile.width, channels - first)
        let positions = UnsafePointer(events.positions.base)
        let tileWeights = weights + first
        let isFar = weightsAreFar
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
                            if isFar {
                                Tile.prefetch(
                                    UnsafePointer(tileWeights) + Int(positions[event &+ prefetchDistance]) &* channels
                                )
                            }
                            let target = tileWeights + (Int(positions[event]) &+ offset) &* channels
                            worth.add(tile, event, to: target)
                        }
                    }
                }
            }
        }
    }
}
