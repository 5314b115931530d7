/// Events between the one whose weights are asked for and the one at work.
///
/// In large layers weights come from the second or third-level cache, in an order that no processor guesses. Margins of
/// lists are longer than this.
let prefetchDistance = 8

/// Whether so many numbers come from so far that rows of them are asked for ahead.
func areFar(_ numbers: Int) -> Bool { numbers > 1 << 17 }

/// What an event is worth.
protocol EventWorth {
    /// Whether every event is worth 1.
    static var isOne: Bool { get }
    /// The worth of sixteen events.
    func vector(_ event: Int) -> Vector
    /// Adds the event's worth times a row to a tile.
    func add<Tile: RegisterTile>(_ event: Int, _ row: UnsafePointer<Float>, to tile: inout Tile)
    /// Adds the event's worth times a tile to a row.
    func add<Tile: RegisterTile>(_ tile: Tile, _ event: Int, to row: UnsafeMutablePointer<Float>)
}

/// A number an event.
struct Weighted: EventWorth {
    let values: UnsafePointer<Float>

    init(_ values: Storage<Float>) { self.values = UnsafePointer(values.base) }

    static var isOne: Bool { false }
    @inline(__always) func vector(_ event: Int) -> Vector { (values + event).vector() }

    @inline(__always)
    func add<Tile: RegisterTile>(_ event: Int, _ row: UnsafePointer<Float>, to tile: inout Tile) {
        tile.addProduct(values[event], row)
    }
    @inline(__always)
    func add<Tile: RegisterTile>(_ tile: Tile, _ event: Int, to row: UnsafeMutablePointer<Float>) {
        tile.addProduct(values[event], to: row)
    }
}

/// One number for all events.
struct Same: EventWorth {
    let value: Float

    static var isOne: Bool { false }
    @inline(__always) func vector(_ event: Int) -> Vector { Vector(repeating: value) }

    @inline(__always)
    func add<Tile: RegisterTile>(_ event: Int, _ row: UnsafePointer<Float>, to tile: inout Tile) {
        tile.addProduct(value, row)
    }
    @inline(__always)
    func add<Tile: RegisterTile>(_ tile: Tile, _ event: Int, to row: UnsafeMutablePointer<Float>) {
        tile.addProduct(value, to: row)
    }
}

/// 1: a sum has the bits of one of products with 1, and no number to load.
struct Binary: EventWorth {
    static var isOne: Bool { true }
    @inline(__always) func vector(_ event: Int) -> Vector { Vector(repeating: 1) }

    @inline(__always)
    func add<Tile: RegisterTile>(_ event: Int, _ row: UnsafePointer<Float>, to tile: inout Tile) {
        tile.add(Tile(row))
    }
    @inline(__always)
    func add<Tile: RegisterTile>(_ tile: Tile, _ event: Int, to row: UnsafeMutablePointer<Float>) {
        var sum = Tile(UnsafePointer(row))
        sum.add(tile)
        sum.write(to: row)
    }
}
