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
    /// Count or value, `[events]`.
    let values: Storage<Float>

    /// The number of events.
    var count: Int { Int(starts.base[rows * pixels]) }

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
    ///
    /// With `dilation` d > 1 a pixel (y, x) of `shape` is placed at (d y, d x) of an image of height (height - 1) d + 1
    /// and width (width - 1) d + 1.
    init(_ source: Values, shape: Shape, dilation: Int = 1) {
        let rows = source.slices * source.batch
        let total = rows * source.count
        let base = UnsafePointer(source.base)
        let nonZero = base.countNonZero(total)
        let place = Placement(shape: shape, dilation: dilation, rows: rows, events: nonZero)
        place.fill { row, emit in
            let values = base + row * source.count
            values.forEachNonZero(source.count) { emit($0, values[$0]) }
        }
        self = place.list
    }

    private init(_ source: Raster, shape: Shape) {
        let rows = source.steps * source.batch
        var nonZero = 0
        switch source.form {
        case .bits(let words):
            for word in words.elements { nonZero += word.nonzeroBitCount }
        case .counts(let counts):
            for count in counts.elements where count != 0 { nonZero += 1 }
        }
        let place = Placement(shape: shape, dilation: 1, rows: rows, events: nonZero)
        place.fill { row, emit in
            let first = row % source.batch * source.count
            source.forEachEvent(step: row / source.batch, in: first..<first + source.count) {
                emit($0 - first, Float($1))
            }
        }
        self = place.list
    }

    fileprivate init(
        rows: Int,
        pixels: Int,
        starts: Storage<Int32>,
        positions: Storage<Int32>,
        values: Storage<Float>
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
        let dilation: Int
        let list: EventList

        init(shape: Shape, dilation: Int, rows: Int, events: Int) {
            self.shape = shape
            self.dilation = dilation
            let pixels = ((shape.height - 1) * dilation + 1) * ((shape.width - 1) * dilation + 1)
            list = EventList(
                rows: rows,
                pixels: pixels,
                starts: Storage(overwriting: rows * pixels + 1),
                positions: Storage(overwriting: events),
                values: Storage(overwriting: events)
            )
        }

        /// `events(row, emit)` must emit the events of a row in ascending order of their index in `shape`.
        @inline(__always)
        func fill(_ events: (_ row: Int, _ emit: (Int, Float) -> Void) -> Void) {
            let starts = list.starts.base
            let positions = list.positions.base
            let values = list.values.base
            let channels = shape.channels
            let wide = (shape.width - 1) * dilation + 1
            let rowLength = shape.width * channels
            var next = 0
            for row in 0..<list.rows {
                let first = row * list.pixels
                var pixel = 0  // pixels before this one have their start
                events(row) { index, value in
                    var position = index
                    if dilation > 1 {
                        let y = index / rowLength
                        let x = index % rowLength / channels
                        position = ((y * wide + x) * dilation) * channels + index % channels
                    }
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
