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
        let packed = Storage<Float>(overwriting: lists.weightRows * (output.channels + TwoVectors.width))
        forEachNarrowTile { first, isPair in
            if isPair {
                pack(TwoVectors.self, weights, first, to: packed.base + first * lists.weightRows)
            } else {
                pack(OneVector.self, weights, first, to: packed.base + first * lists.weightRows)
            }
        }
        for row in 0..<events.rows {
            lists.fill(row)
            let out = result + row * output.count
            forEachNarrowTile { first, isPair in
                let tileWeights = UnsafePointer(packed.base + first * lists.weightRows)
                if isPair {
                    addTile(TwoVectors.self, lists, tileWeights, bias, scale, first, out)
                } else {
                    addTile(OneVector.self, lists, tileWeights, bias, scale, first, out)
                }
            }
        }
        withExtendedLifetime(packed) {}
    }

    /// Cuts the output channels into pairs of vectors and, where one is left, that.
    @inline(__always)
    private func forEachNarrowTile(_ body: (_ first: Int, _ isPair: Bool) -> Void) {
        for first in Swift.stride(from: 0, to: output.channels, by: TwoVectors.width) {
            body(first, output.channels - first > OneVector.width)
        }
    }

    /// Copies the weights of a tile together, as spread over rows they would share few sets of the cache, and a row of
    /// zeros after them.
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
        Tile().write(to: packed + kernelHeight * kernelWidth * input.channels * Tile.width)
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
        var tileBias = bias.map { Tile(from: $0 + first, lanes: lanes) } ?? Tile()
        var out = result + first
        for pixel in 0..<output.pixels {
            if biasPerPixel, let bias { tileBias = Tile(from: bias + (pixel * output.channels + first), lanes: lanes) }
            let total: Tile = lists.sum(pixel, weights)
            total.scaled(by: scale, plus: tileBias).write(to: out, lanes: lanes)
            out += output.channels
        }
    }
}

/// The events in the receptive field of every output pixel of an image, in the order of the law of sums.
///
/// Every block of the law is filled up to groups of four with the row of zeros, so that a loop over groups ends at once: a
/// loop over what is left of a group would end at a number that nobody can guess.
private struct FieldLists<Worth: EventWorth> {
    let map: EventSums
    let events: EventList
    let worth: Worth
    /// Weights of an output channel, and after them the row of zeros.
    let weightRows: Int
    /// Blocks of the law in a field.
    let blocks: Int
    /// First event of each block of each pixel, `[pixels x blocks + 1]`: multiples of the group.
    let starts: Storage<Int32>
    /// Sixteen times the place in the field, `[events]`: where weights lie that are packed in vectors.
    let rows: Storage<Int32>
    /// What it is worth; empty where all are worth 1.
    let values: Storage<Float>
    /// Sixteen times the positions of all events.
    private let scaled: Storage<Int32>

    private static var group: Int { 4 }
    /// Events that are copied at a time, needed or not.
    private static var together: Int { 32 }

    init(_ map: EventSums, _ events: EventList, _ worth: Worth) {
        self.map = map
        self.events = events
        self.worth = worth
        let taps = map.kernelHeight * map.kernelWidth
        weightRows = taps * map.input.channels + 1
        blocks = (taps * map.input.channels + sumBlock - 1) / sumBlock
        starts = Storage(overwriting: map.output.pixels * blocks + 1)
        var most = 0
        for row in 0..<events.rows {
            let first = events.starts.base + row * events.pixels
            most = max(most, Int(first[events.pixels] - first[0]))
        }
        let places = most * taps + map.output.pixels * blocks * Self.group + Self.together
        rows = Storage(overwriting: places)
        values = Storage(overwriting: Worth.isOne ? 0 : places)
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
                start[0] = Int32(truncatingIfNeeded: next)
                var block = 1
                let field = map.field(y: y, x: x)
                for k in field.rows {
                    let (from, to, offset) = map.stretch(k, of: field, in: pixels)
                    if from == to { continue }
                    let shift = Int32(truncatingIfNeeded: offset &* 16)
                    if block == blocks || positions[to &- 1] &+ shift < limit(block) {
                        copy(from, to, shift, to: next)
                        next &+= to &- from
                    } else {
                        // Where blocks of the law meet within the stretch it is cut.
                        next = cut(from, to, shift, at: next, start, &block)
                    }
                }
                next = fillUp(next)
                while block < blocks {
                    start[block] = Int32(truncatingIfNeeded: next)
                    block &+= 1
                }
                start += blocks
            }
        }
        start[0] = Int32(truncatingIfNeeded: next)
    }

    /// Copies a stretch in which blocks end; returns the place after it.
    @inline(never)
    private func cut(
        _ first: Int,
        _ to: Int,
        _ shift: Int32,
        at place: Int,
        _ start: UnsafeMutablePointer<Int32>,
        _ block: inout Int
    ) -> Int {
        var (from, next) = (first, place)
        while block < blocks, scaled.base[to &- 1] &+ shift >= limit(block) {
            let cut = from &+ below(limit(block) &- shift, from: from, to: to)
            copy(from, cut, shift, to: next)
            next = fillUp(next &+ cut &- from)
            start[block] = Int32(truncatingIfNeeded: next)
            block &+= 1
            from = cut
        }
        copy(from, to, shift, to: next)
        return next &+ to &- from
    }

    /// Sixteen times the first place in the field of a block.
    @inline(__always)
    private func limit(_ block: Int) -> Int32 { Int32(truncatingIfNeeded: block &* sumBlock &* 16) }

    @inline(__always)
    private func copy(_ from: Int, _ to: Int, _ shift: Int32, to place: Int) {
        let shifts = SIMD16<Int32>(repeating: shift)
        var done = 0
        repeat {
            for lane in Swift.stride(from: done, to: done &+ Self.together, by: 16) {
                let row: SIMD16<Int32> = UnsafePointer(scaled.base + (from &+ lane)).vector() &+ shifts
                (rows.base + (place &+ lane)).store(row)
                if !Worth.isOne { (values.base + (place &+ lane)).store(worth.vector(from &+ lane)) }
            }
            done &+= Self.together
        } while from &+ done < to
    }

    /// Fills the group that ends at `end` up; returns the place after it.
    @inline(__always)
    private func fillUp(_ end: Int) -> Int {
        let zeros = SIMD4<Int32>(repeating: Int32(truncatingIfNeeded: (weightRows &- 1) &* 16))
        UnsafeMutableRawPointer(rows.base + end).storeBytes(of: zeros, as: SIMD4<Int32>.self)
        if !Worth.isOne {
            UnsafeMutableRawPointer(values.base + end).storeBytes(of: SIMD4<Float>(), as: SIMD4<Float>.self)
        }
        return (end &+ Self.group &- 1) & ~(Self.group &- 1)
    }

    /// How many of the events from `from` on, whose positions ascend, lie below `limit`.
    @inline(__always)
    private func below(_ limit: Int32, from: Int, to end: Int) -> Int {
        let limits = SIMD16<Int32>(repeating: limit)
        var total = 0
        var event = from
        while event < end {
            let isBelow: SIMDMask<SIMD16<Int32>> = UnsafePointer(scaled.base + event).vector() .< limits
            let ones = SIMD16<Int32>(repeating: 0).replacing(with: 1, where: isBelow)
            let place = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
            let isListed: SIMDMask<SIMD16<Int32>> =
                place .< SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: end &- event))
            total &+= Int(SIMD16<Int32>(repeating: 0).replacing(with: ones, where: isListed).wrappedSum())
            event &+= 16
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
            var event = Int(bounds[block])
            let end = Int(bounds[block + 1])
            while event < end {
                for lane in event..<event &+ Self.group {
                    let row = weights + Int(rows.base[lane]) &* (Tile.width / 16)
                    if Worth.isOne { sum.add(Tile(row)) } else { sum.addProduct(values.base[lane], row) }
                }
                event &+= Self.group
            }
            total.add(sum)
        }
        return total
    }
}
