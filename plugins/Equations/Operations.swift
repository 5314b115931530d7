import SNNKernel

// What each instruction does, in the order of additions that OperationCode says.

struct Copy: Operation1, Operation2 {
    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { x }
    @inline(__always)
    func callAsFunction(_ x: Lanes, _: Lanes) -> Lanes { x }
}

struct Fixed: Operation1 {
    let value: Float

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { Lanes(repeating: value) }
}

/// c0 + c1 x + c2 y + c3 z.
struct Linear: Operation1, Operation2, Operation3 {
    let c0: Float
    let c1: Float
    let c2: Float
    let c3: Float

    init(_ i: Instruction<Float>) { (c0, c1, c2, c3) = (i.c0, i.c1, i.c2, i.c3) }

    /// What becomes of a row: c2 + c3 x.
    init(reset i: Instruction<Float>) { (c0, c1, c2, c3) = (i.c2, i.c3, 0, 0) }

    /// A row before its spike: c4 + c5 x + c6 y.
    init(charge i: Instruction<Float>) { (c0, c1, c2, c3) = (i.c4, i.c5, i.c6, 0) }

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { Lanes(repeating: c0).addingProduct(Lanes(repeating: c1), x) }
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes { self(x).addingProduct(Lanes(repeating: c2), y) }
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes, _ z: Lanes) -> Lanes {
        self(x, y).addingProduct(Lanes(repeating: c3), z)
    }
}

/// c0 + c2 z + c3 w + (c1 x) y.
struct Product: Operation2, Operation3, Operation4 {
    let c0: Float
    let c1: Float
    let c2: Float
    let c3: Float

    init(_ i: Instruction<Float>) { (c0, c1, c2, c3) = (i.c0, i.c1, i.c2, i.c3) }

    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes {
        Lanes(repeating: c0).addingProduct(Lanes(repeating: c1) * x, y)
    }
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes, _ z: Lanes) -> Lanes {
        Lanes(repeating: c0).addingProduct(Lanes(repeating: c2), z).addingProduct(Lanes(repeating: c1) * x, y)
    }
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes, _ z: Lanes, _ w: Lanes) -> Lanes {
        Lanes(repeating: c0).addingProduct(Lanes(repeating: c2), z).addingProduct(Lanes(repeating: c3), w)
            .addingProduct(Lanes(repeating: c1) * x, y)
    }
}

struct Quotient: Operation2 {
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes { x / y }
}

struct Exponential: Operation1 {
    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { x.exponential }
}

struct Tangent: Operation1 {
    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { x.hyperbolicTangent }
}

struct Magnitude: Operation1 {
    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { x.magnitude }
}

struct Least: Operation2 {
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes { Lanes.select(y.isAtLeast(x), x, y) }
}

struct Greatest: Operation2 {
    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes { Lanes.select(x.isAtLeast(y), x, y) }
}

/// 1 where c0 + c1 x >= 0, else 0.
struct AtLeastZero: Operation1 {
    let sum: Linear

    init(_ i: Instruction<Float>) { sum = Linear(i) }

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes {
        Lanes.select(sum(x).isAtLeast(Lanes(repeating: 0)), Lanes(repeating: 1), Lanes(repeating: 0))
    }
}

/// 1 where c0 + c1 x is at least the least distance that fires, else 0.
struct Fire1: Operation2 {
    let sum: Linear
    let least: Float

    init(_ i: Instruction<Float>, _ least: Float) { (sum, self.least) = (Linear(i), least) }

    @inline(__always)
    func callAsFunction(_ x: Lanes, _: Lanes) -> Lanes {
        Lanes.select(sum(x).isAtLeast(Lanes(repeating: least)), Lanes(repeating: 1), Lanes(repeating: 0))
    }
}

/// The same of c0 + c1 x + c2 y.
struct Fire2: Operation2 {
    let sum: Linear
    let least: Float

    init(_ i: Instruction<Float>, _ least: Float) { (sum, self.least) = (Linear(i), least) }

    @inline(__always)
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes {
        Lanes.select(sum(x, y).isAtLeast(Lanes(repeating: least)), Lanes(repeating: 1), Lanes(repeating: 0))
    }
}

struct SmoothSpike: Operation1 {
    let sum: Linear
    let surrogate: Surrogate

    init(_ i: Instruction<Float>, _ surrogate: Surrogate) { (sum, self.surrogate) = (Linear(i), surrogate) }

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { surrogate.primitive(sum(x)) }
}

struct Slope<Shape: SurrogateShape>: Operation1 {
    let sum: Linear
    let surrogate: FixedSurrogate<Shape>

    init(_ i: Instruction<Float>, _ surrogate: Surrogate) {
        (sum, self.surrogate) = (Linear(i), FixedSurrogate(surrogate))
    }

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { surrogate.derivative(sum(x)) }
}

/// The third, or c0, where the first is above 0, else the second.
struct Select: Operation2, Operation3 {
    let c0: Float

    init(_ i: Instruction<Float>) { c0 = i.c0 }

    @inline(__always)
    func callAsFunction(_ s: Lanes, _ no: Lanes) -> Lanes { self(s, no, Lanes(repeating: c0)) }
    @inline(__always)
    func callAsFunction(_ s: Lanes, _ no: Lanes, _ yes: Lanes) -> Lanes {
        Lanes.select(s.isAbove(Lanes(repeating: 0)), yes, no)
    }
}

/// c0 + c1 z where the first is above 0, else the second.
struct SelectLinear: Operation3 {
    let sum: Linear

    init(_ i: Instruction<Float>) { sum = Linear(i) }

    @inline(__always)
    func callAsFunction(_ s: Lanes, _ no: Lanes, _ z: Lanes) -> Lanes {
        Lanes.select(s.isAbove(Lanes(repeating: 0)), sum(z), no)
    }
}
