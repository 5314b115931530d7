/// The non-zero entries of an activity, listed for sums that skip silent inputs.
///
/// A row is one sample at one step (or one sample, where the activity is constant). Within a row events ascend by
/// position (pixel x channels + channel) and `starts` tells where each pixel's events begin, so that the events of a
/// stretch of pixels are one contiguous stretch of the list: what a convolution asks for.
struct EventList {
    /// Samples x slices.
    let rows: Int
    /// Pixels of a sample.
    let pixels: Int
    /// First event of each pixel, `[rows x pixels + 1]`.
    let starts: Storage<Int32>
    /// Position within the sample, `[events]`.
    let positions: Storage<Int32>
    /// Count or value, `[events]`; nil where every event counts 1.
    let values: Storage<Float>?

    /// The number of events.
    var count: Int { Int(starts.base[rows * pixels]) }

    /// Values that may be read past the last: lists are copied 32 at a time, and a storage's margin is 16.
    private static let overread = 16

    /// What event `event` is worth, without the raster's scale.
    func value(_ event: Int) -> Float { values?.base[event] ?? 1 }

    /// Lists an activity.
    ///
    /// A raster lists its counts without its scale.
    init(_ activity: Activity, shape: Shape) {
        switch activity {
        case .values(let values): self.init(values, shape: shape)
        case .raster(let raster): self.init(raster, shape: shape)
        }
    }

    /// Lists the values of every slice.
    init(_ source: Values, shape: Shape) {
        let rows = source.slices * source.batch
        let total = rows * source.count
        let base = UnsafePointer(source.base)
        let nonZero = base.countNonZero(total)
        let place = Placement(shape: shape, rows: rows, events: nonZero)
        if nonZero > total / Self.leastShare {
            place.fill(from: base)
        } else {
            place.fill { row, emit in
                let values = base + row * source.count
                values.forEachNonZero(source.count) { emit($0, values[$0]) }
            }
        }
        self = place.list
    }

    /// One in so many numbers that are not zero make it worth looking at each rather than for the next.
    private static let leastShare = 16

    private init(_ source: Raster, shape: Shape) {
        switch source.held {
        case .list(let list) where shape.isFlat: self.init(list)
        case .list(let list):
            let words = list.words(count: source.count)
            self.init(words, of: source, shape: shape)
        case .codes(let codes): self.init(source.words(of: codes), of: source, shape: shape)
        case .form(.bits(let words)): self.init(words, of: source, shape: shape)
        case .form(.counts(let counts)):
            let nonZero = counts.elements.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
            let place = Placement(shape: shape, rows: source.steps * source.batch, events: nonZero)
            place.fill { row, emit in
                let values = UnsafePointer(counts.base + row * source.count)
                for index in 0..<source.count where values[index] != 0 { emit(index, Float(values[index])) }
            }
            self = place.list
        }
    }

    /// Lists the spikes of a flat layer again, row by row of each step.
    private init(_ list: SpikeList) {
        let rows = list.rows
        let starts = Storage<Int32>(overwriting: rows + 1)
        starts.base[rows] = Int32(truncatingIfNeeded: list.count)
        guard list.batch > 1 else {
            for row in 0..<rows { starts.base[row] = list.starts.base[row * list.blocks] }
            self.init(rows: rows, pixels: 1, starts: starts, positions: list.positions, values: nil)
            return
        }
        let positions = Storage<Int32>(overwriting: list.count)
        var next = 0
        for t in 0..<list.steps {
            for sample in 0..<list.batch {
                starts.base[t * list.batch + sample] = Int32(truncatingIfNeeded: next)
                for spike in list.spikes(step: t, sample: sample) {
                    positions.base[next] = list.positions.base[spike]
                    next += 1
                }
            }
        }
        self.init(rows: rows, pixels: 1, starts: starts, positions: positions, values: nil)
    }

    /// Lists binary spikes.
    private init(_ words: Storage<UInt64>, of source: Raster, shape: Shape) {
        let rows = source.steps * source.batch
        let pixels = shape.pixels
        let nonZero = BitRow.count(words)
        let starts = Storage<Int32>(overwriting: rows * pixels + 1)
        let positions = Storage<Int32>(overwriting: nonZero + BitRow.overrun)
        let isSparse = BitRow.isSparse(events: nonZero, words: words.count)
        var next = 0
        var start = starts.base
        for t in 0..<source.steps {
            for sample in 0..<source.batch {
                let bits = BitRow(
                    words: UnsafePointer(words.base + t * source.wordsPerStep),
                    first: sample * source.count,
                    count: source.count
                )
                if pixels == 1 {
                    start.pointee = Int32(truncatingIfNeeded: next)
                } else {
                    bits.writeStarts(from: next, pixels: pixels, channels: shape.channels, to: start)
                }
                start += pixels
                next = bits.writePositions(to: positions.base, at: next, isSparse: isSparse)
            }
        }
        start.pointee = Int32(truncatingIfNeeded: next)
        self.init(rows: rows, pixels: pixels, starts: starts, positions: positions, values: nil)
    }

    fileprivate init(
        rows: Int,
        pixels: Int,
        starts: Storage<Int32>,
        positions: Storage<Int32>,
        values: Storage<Float>?
    ) {
        self.rows = rows
        self.pixels = pixels
        self.starts = starts
        self.positions = positions
        self.values = values
    }

    /// The lists while they are being filled.
    private struct Placement {
        let shape: Shape
        let list: EventList
        let values: Storage<Float>

        init(shape: Shape, rows: Int, events: Int) {
            self.shape = shape
            let pixels = shape.pixels
            values = Storage(overwriting: events + EventList.overread)
            list = EventList(
                rows: rows,
                pixels: pixels,
                starts: Storage(overwriting: rows * pixels + 1),
                positions: Storage(overwriting: events),
                values: values
            )
        }

        /// `events(row, emit)` must emit the events of a row in ascending order of their index in `shape`.
        @inline(__always)
        func fill(_ events: (_ row: Int, _ emit: (Int, Float) -> Void) -> Void) {
            let starts = list.starts.base
            let positions = list.positions.base
            let values = self.values.base
            let channels = shape.channels
            var next = 0
            for row in 0..<list.rows {
                let first = row * list.pixels
                var pixel = 0  // pixels before this one have their start
                events(row) { position, value in
                    while pixel * channels <= position {
                        starts[first + pixel] = Int32(truncatingIfNeeded: next)
                        pixel += 1
                    }
                    positions[next] = Int32(truncatingIfNeeded: position)
                    values[next] = value
                    next += 1
                }
                while pixel < list.pixels {
                    starts[first + pixel] = Int32(truncatingIfNeeded: next)
                    pixel += 1
                }
            }
            starts[list.rows * list.pixels] = Int32(truncatingIfNeeded: next)
        }

        /// Lists the values of all rows, `[rows, shape.count]`, without a branch: each is written where the next event
        /// belongs, and the next one over it where it was zero.
        func fill(from source: UnsafePointer<Float>) {
            let (starts, positions, values) = (list.starts.base, list.positions.base, self.values.base)
            let (pixels, channels) = (list.pixels, shape.channels)
            var next = 0
            var from = source
            for pixel in 0..<list.rows * pixels {
                starts[pixel] = Int32(truncatingIfNeeded: next)
                let first = Int32(truncatingIfNeeded: pixel % pixels * channels)
                for channel in 0..<channels {
                    let value = from[channel]
                    positions[next] = first &+ Int32(truncatingIfNeeded: channel)
                    values[next] = value
                    // 1 where any bit but the sign is set: written as a choice it becomes a branch.
                    let bits = value.bitPattern &<< 1
                    next &+= Int(truncatingIfNeeded: (bits | (0 &- bits)) &>> 31)
                }
                from += channels
            }
            starts[list.rows * pixels] = Int32(truncatingIfNeeded: next)
            // A zero at the end was written into the margin, which is zero.
            positions[next] = 0
            values[next] = 0
        }
    }
}

/// The bits of one sample, or of a part of it, in a step of a raster.
struct BitRow {
    let words: UnsafePointer<UInt64>
    let first: Int
    let count: Int

    /// Positions that ``writePositions(to:at:)`` may write after the last.
    static let overrun = 4

    /// Whether a word holds so few events that two are nearly always all of them.
    static func isSparse(events: Int, words: Int) -> Bool { events < words }

    /// Writes the positions of the bits that are set, ascending and counted from `origin`, from `positions[next]`; returns
    /// the place after them.
    ///
    /// Few bits of a word are set and nobody can guess how many: so many are written at a time, needed or not, that one
    /// time is nearly always enough, as a wrong guess costs more than needless stores.
    @inline(__always)
    func writePositions(
        to positions: UnsafeMutablePointer<Int32>,
        at next: Int,
        origin: Int = 0,
        isSparse: Bool
    ) -> Int {
        let end: UnsafeMutablePointer<Int32>
        if isSparse {
            end = forEachWord(origin, from: positions + next) { bits, base, place in
                var (bits, place) = (bits, place)
                repeat {
                    place[0] = base &+ Self.takeLowest(of: &bits)
                    place[1] = base &+ Self.takeLowest(of: &bits)
                    place += 2
                } while bits != 0
            }
        } else {
            end = forEachWord(origin, from: positions + next) { bits, base, place in
                var (bits, place) = (bits, place)
                repeat {
                    place[0] = base &+ Self.takeLowest(of: &bits)
                    place[1] = base &+ Self.takeLowest(of: &bits)
                    place[2] = base &+ Self.takeLowest(of: &bits)
                    place[3] = base &+ Self.takeLowest(of: &bits)
                    place += 4
                } while bits != 0
            }
        }
        return end - positions
    }

    /// Clears the lowest bit that is set and returns its place, 64 where there is none.
    @inline(__always)
    private static func takeLowest(of bits: inout UInt64) -> Int32 {
        let place = bits.trailingZeroBitCount
        bits &= bits &- 1
        return Int32(truncatingIfNeeded: place)
    }

    /// Calls `body` with every word's bits, the position of its first and the place of its first event; returns the place
    /// after the last event.
    @inline(__always)
    private func forEachWord(
        _ origin: Int,
        from start: UnsafeMutablePointer<Int32>,
        _ body: (_ bits: UInt64, _ base: Int32, _ place: UnsafeMutablePointer<Int32>) -> Void
    ) -> UnsafeMutablePointer<Int32> {
        guard count > 0 else { return start }
        let end = first &+ count
        let lastWord = (end &- 1) >> 6
        var word = first >> 6
        var place = start
        var base = Int32(truncatingIfNeeded: word << 6 &- first &+ origin)
        var keep: UInt64 = ~0 << UInt64(first & 63)
        while word < lastWord {
            let bits = words[word] & keep
            keep = ~0
            body(bits, base, place)
            place += bits.nonzeroBitCount
            base &+= 64
            word &+= 1
        }
        let bits = words[word] & keep & (~0 >> UInt64((0 &- end) & 63))
        body(bits, base, place)
        return place + bits.nonzeroBitCount
    }

    /// Bits that are set in some words.
    static func count(_ words: Storage<UInt64>) -> Int {
        let base = UnsafePointer(words.base)
        var (a, b, c, d) = (0, 0, 0, 0)
        var word = 0
        while word &+ 4 <= words.count {
            a &+= base[word].nonzeroBitCount
            b &+= base[word &+ 1].nonzeroBitCount
            c &+= base[word &+ 2].nonzeroBitCount
            d &+= base[word &+ 3].nonzeroBitCount
            word &+= 4
        }
        while word < words.count {
            a &+= base[word].nonzeroBitCount
            word &+= 1
        }
        return a &+ b &+ c &+ d
    }

    /// Writes the first event of each pixel, where `next` is that of the row.
    @inline(__always)
    func writeStarts(from next: Int, pixels: Int, channels: Int, to starts: UnsafeMutablePointer<Int32>) {
        var next = next
        var index = first
        for pixel in 0..<pixels {
            starts[pixel] = Int32(truncatingIfNeeded: next)
            var left = channels
            while left > 0 {
                let taken = min(left, 64 - index & 63)
                let bits = words[index >> 6] >> UInt64(index & 63)
                next += (bits & (~0 >> UInt64(64 - taken))).nonzeroBitCount
                index += taken
                left -= taken
            }
        }
    }
}

extension UnsafePointer where Pointee == Float {
    /// Numbers among the first `count` that are not zero; sixteen at a time, which may read into the margin after them.
    func countNonZero(_ count: Int) -> Int {
        var total = 0
        var index = 0
        while index + 16 <= count {
            total += (self + index).vector().nonZeroBits.nonzeroBitCount
            index += 16
        }
        while index < count {
            total += self[index] == 0 ? 0 : 1
            index += 1
        }
        return total
    }

    /// Calls `body(index)` for each of the first `count` numbers that is not zero, in ascending order.
    @inline(__always)
    func forEachNonZero(_ count: Int, _ body: (Int) -> Void) {
        var first = 0
        while first < count {
            let left = count - first
            var bits = UInt32((self + first).vector().nonZeroBits)
            if left < 16 { bits &= (1 << UInt32(left)) - 1 }
            while bits != 0 {
                body(first + bits.trailingZeroBitCount)
                bits &= bits &- 1
            }
            first += 16
        }
    }
}
