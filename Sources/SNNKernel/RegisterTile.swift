import CLanes

/// Some vectors of output channels held in registers.
protocol RegisterTile {
    static var width: Int { get }
    /// Asks for the cache lines of a row.
    static func prefetch(_ row: UnsafePointer<Float>)
    init()
    init(from row: UnsafePointer<Float>, lanes: Int)
    /// The whole width of a row; lanes past its end hold what follows.
    init(_ row: UnsafePointer<Float>)
    var isZero: Bool { get }
    mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>)
    mutating func add(_ other: Self)
    func scaled(by scale: Float, plus bias: Self) -> Self
    func write(to row: UnsafeMutablePointer<Float>, lanes: Int)
    /// Writes the whole width.
    func write(to row: UnsafeMutablePointer<Float>)
    /// Adds `value x self` to a row. Lanes past the end are zero, so what follows the row is rewritten as it was; the
    /// row must belong to this thread alone.
    func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>)
}

/// Sixteen neurons.
typealias Vector = SIMD16<Float>

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
struct OneVector: RegisterTile {
    static var width: Int { 16 }
    @inline(__always) static func prefetch(_ row: UnsafePointer<Float>) { snn_prefetch(row) }
    var a = Vector()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) { a = partial(row, lanes) }
    @inline(__always) init(_ row: UnsafePointer<Float>) { a = row.vector() }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>) { row.store(a) }
    @inline(__always) var isZero: Bool { isAllZero(a) }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        a = a.addingProduct(Vector(repeating: value), row.vector())
    }
    @inline(__always) mutating func add(_ other: OneVector) { a += other.a }
    @inline(__always) func scaled(by scale: Float, plus bias: OneVector) -> OneVector {
        var result = OneVector()
        result.a = bias.a.addingProduct(Vector(repeating: scale), a)
        return result
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>, lanes: Int) { row.store(a, lanes: lanes) }
    @inline(__always) func addProduct(_ value: Float, to row: UnsafeMutablePointer<Float>) {
        row.store(row.vector().addingProduct(Vector(repeating: value), a))
    }
}

/// Two vectors; written out, as is `FourVectors`, because as a generic pair of halves the compiler spills registers, and
/// training a small network takes 18 % more instructions.
struct TwoVectors: RegisterTile {
    static var width: Int { 32 }
    @inline(__always) static func prefetch(_ row: UnsafePointer<Float>) {
        OneVector.prefetch(row)
        OneVector.prefetch(row + 16)
    }
    var low = OneVector()
    var high = OneVector()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) {
        low = OneVector(from: row, lanes: lanes)
        high = OneVector(from: row + 16, lanes: lanes - 16)
    }
    @inline(__always) init(_ row: UnsafePointer<Float>) {
        low = OneVector(row)
        high = OneVector(row + 16)
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>) {
        low.write(to: row)
        high.write(to: row + 16)
    }
    @inline(__always) var isZero: Bool { low.isZero && high.isZero }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        low.addProduct(value, row)
        high.addProduct(value, row + 16)
    }
    @inline(__always) mutating func add(_ other: TwoVectors) {
        low.add(other.low)
        high.add(other.high)
    }
    @inline(__always) func scaled(by scale: Float, plus bias: TwoVectors) -> TwoVectors {
        var result = TwoVectors()
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
struct FourVectors: RegisterTile {
    static var width: Int { 64 }
    @inline(__always) static func prefetch(_ row: UnsafePointer<Float>) {
        TwoVectors.prefetch(row)
        TwoVectors.prefetch(row + 32)
    }
    var low = TwoVectors()
    var high = TwoVectors()

    @inline(__always) init() {}
    @inline(__always) init(from row: UnsafePointer<Float>, lanes: Int) {
        low = TwoVectors(from: row, lanes: lanes)
        high = TwoVectors(from: row + 32, lanes: lanes - 32)
    }
    @inline(__always) init(_ row: UnsafePointer<Float>) {
        low = TwoVectors(row)
        high = TwoVectors(row + 32)
    }
    @inline(__always) func write(to row: UnsafeMutablePointer<Float>) {
        low.write(to: row)
        high.write(to: row + 32)
    }
    @inline(__always) var isZero: Bool { low.isZero && high.isZero }
    @inline(__always) mutating func addProduct(_ value: Float, _ row: UnsafePointer<Float>) {
        low.addProduct(value, row)
        high.addProduct(value, row + 32)
    }
    @inline(__always) mutating func add(_ other: FourVectors) {
        low.add(other.low)
        high.add(other.high)
    }
    @inline(__always) func scaled(by scale: Float, plus bias: FourVectors) -> FourVectors {
        var result = FourVectors()
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
