extension EventSums {
    /// The sums of images, an image after the other.
    ///
    /// The events of every receptive field are listed once; then tiles so narrow that their weights stay in the
    /// first-level cache run down the lists.
    @inline(__always)
    func addImages<Worth: EventWorth>(
        _ events: EventList,
        _ worth: Worth,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let lists = FieldLists(self, events, worth)
        let packed = Storage<Float>(overwriting: lists.field * (output.channels + TwoVectors.width))
        forEachNarrowTile { first, isPair in
            if isPair {
                pack(TwoVectors.self, weights, first, to: packed.base + first * lists.field)
            } else {
                pack(OneVector.self, weights, first, to: packed.base + first * lists.field)
            }
        }
        for row in 0..<events.rows {
            lists.fill(row)
            let out = result + row * output.count
            forEachNarrowTile { first, isPair in
                let tileWeights = UnsafePointer(packed.base + first * lists.field)
                if isPair {
                    addTile(TwoVectors.self, lists, tileWeights, bias, scale, first, out)
                } else {
                    addTile(OneVector.self, lists, tileWeights, bias, scale, first, out)
                }
            }
        }
    }

    /// Cuts the output channels into pairs of vectors and, where one is left, that.
    @inline(__always)
    private func forEachNarrowTile(_ body: (_ first: Int, _ isPair: Bool) -> Void) {
        for first in Swift.stride(from: 0, to: output.channels, by: TwoVectors.width) {
            body(first, output.channels - first > OneVector.width)
        }
    }

    /// Copies the weights of a tile together: spread over rows they would share few sets of the cache.
    @inline(__always)
    private func pack<Tile: RegisterTile>(
        _: Tile.Type,
        _ weights: UnsafePointer<Float>,
        _ first: Int,
        to packed: UnsafeMutablePointer<Float>
    ) {
        let lanes = min(Tile.width, output.channels - first)
        for index in 0..<kernelHeight * kernelWidth * input.channels {
            Tile(from: weights + index * output.channels + first, lanes: lanes).write(to: packed + index * Tile.width)
        }
    }

    /// `weights` are those of the tile, packed.
    @inline(__always)
    private func addTile<Tile: RegisterTile, Worth: EventWorth>(
        _: Tile.Type,
        _ lists: FieldLists<Worth>,
        _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        _ first: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        let lanes = min(Tile.width, output.channels - first)
        let tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        var out = result + first
        for pixel in 0..<output.pixels {
            let total: Tile = lists.sum(pixel, weights)
            total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
            out += output.channels
        }
    }
}

/// The events in the receptive field of every output pixel of an image, in the order of the law of sums.
private struct FieldLists<Worth: EventWorth> {
    let map: EventSums
    let events: EventList
    let worth: Worth
    /// Weights of an output channel.
    let field: Int
    /// Blocks of the law in a field.
    let blocks: Int
    /// First event of each block of each pixel, `[pixels x blocks + 1]`.
    let starts: Storage<Int32>
    /// Sixteen times the place in the field, `[events]`: where weights lie that are packed in vectors.
    let rows: Storage<Int32>
    /// Sixteen times the positions of all events.
    private let scaled: Storage<Int32>
    /// Events that are copied at a time, needed or not.
    private static var together: Int { 32 }
    /// What it is worth; empty where all are worth 1.
    let values: Storage<Float>

    init(_ map: EventSums, _ events: EventList, _ worth: Worth) {
        self.map = map
        self.events = events
        self.worth = worth
        let taps = map.kernelHeight * map.kernelWidth
        field = taps * map.input.channels
        blocks = (field + sumBlock - 1) / sumBlock
        starts = Storage(overwriting: map.output.pixels * blocks + 1)
        var most = 0
        for row in 0..<events.rows {
            let first = events.starts.base + row * events.pixels
            most = max(most, Int(first[events.pixels] - first[0]))
        }
        rows = Storage(overwriting: most * taps + Self.together)
        values = Storage(overwriting: Worth.isOne ? 0 : most * taps + Self.together)
        scaled = Storage(overwriting: events.count + Self.together)
        for event in 0..<events.count { scaled.base[event] = events.positions.base[event] &* 16 }
    }

    /// Lists the events of one image.
    func fill(_ row: Int) {
        let pixels = UnsafePointer(events.starts.base) + row * events.pixels
        let positions = UnsafePointer(scaled.base)
        var next = 0
        var start = starts.base
        for y in 0..<map.output.height {
            for x in 0..<map.output.width {
                let first = next
                map.forEachStretch(pixels, y: y, x: x) { offset, from, to in
                    let shift = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: offset &* 16))
                    var event = from
                    repeat {
                        for lane in Swift.stride(from: 0, to: Self.together, by: 16) {
                            let place = next &+ event &- from &+ lane
                            let row: SIMD16<Int32> = (positions + (event &+ lane)).vector() &+ shift
                            (rows.base + place).store(row)
                            if !Worth.isOne { (values.base + place).store(worth.vector(event &+ lane)) }
                        }
                        event &+= Self.together
                    } while event < to
                    next &+= to &- from
                }
                start[0] = Int32(truncatingIfNeeded: first)
                for block in 1..<max(1, blocks) {
                    let limit = Int32(truncatingIfNeeded: block * sumBlock * 16)
                    start[block] = Int32(truncatingIfNeeded: first + below(limit, from: first, to: next))
                }
                start += blocks
            }
        }
        start[0] = Int32(truncatingIfNeeded: next)
    }

    /// How many of the rows listed at `first` to `end`, which ascend, are below `limit`.
    @inline(__always)
    private func below(_ limit: Int32, from first: Int, to end: Int) -> Int {
        var counts = SIMD16<Int32>(repeating: 0)
        let limits = SIMD16<Int32>(repeating: limit)
        var place = first
        while place + 16 <= end {
            let isBelow: SIMDMask<SIMD16<Int32>> = UnsafePointer(rows.base + place).vector() .< limits
            counts = counts &- unsafeBitCast(isBelow, to: SIMD16<Int32>.self)
            place += 16
        }
        var total = Int(counts.wrappedSum())
        while place < end {
            total += rows.base[place] < limit ? 1 : 0
            place += 1
        }
        return total
    }

    /// The sum over the field of a pixel.
    @inline(__always)
    func sum<Tile: RegisterTile>(_ pixel: Int, _ weights: UnsafePointer<Float>) -> Tile {
        let bounds = starts.base + pixel * blocks
        var total = Tile()
        for block in 0..<blocks {
            var sum = Tile()
            for event in Int(bounds[block])..<Int(bounds[block + 1]) {
                let row = weights + Int(rows.base[event]) &* (Tile.width / 16)
                if Worth.isOne { sum.add(Tile(row)) } else { sum.addProduct(values.base[event], row) }
            }
            total.add(sum)
        }
        return total
    }
}
