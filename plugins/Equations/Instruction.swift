/// One instruction of a program: it acts on whole rows of neurons, whose places are slots.
///
/// `x`, `y`, `z`, `w` are slots that it reads, `target`, `second` and `third` slots that it writes, -1 where it has none; `c` holds
/// its constants. A product of three is taken from the left, and sums run from the offset on, each product rounded once
/// with its sum.
struct Instruction<Number: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
    var code: OperationCode
    var target: Int32
    var second: Int32 = -1
    var third: Int32 = -1
    var x: Int32 = -1
    var y: Int32 = -1
    var z: Int32 = -1
    var w: Int32 = -1
    var c0: Number
    var c1: Number
    var c2: Number
    var c3: Number
    var c4: Number
    var c5: Number
    var c6: Number
}

/// What an instruction does.
enum OperationCode: UInt8, BitwiseCopyable, Sendable {
    /// c0
    case fill
    /// x
    case copy
    /// c0 + c1 x
    case linear1
    /// c0 + c1 x + c2 y
    case linear2
    /// c0 + c1 x + c2 y + c3 z
    case linear3
    /// c0 + (c1 x) y
    case product
    /// (c0 + c2 z) + (c1 x) y
    case productPlus1
    /// (c0 + c2 z + c3 w) + (c1 x) y
    case productPlus2
    /// x / y
    case quotient
    /// exp(x)
    case exponential
    /// tanh(x)
    case tangent
    /// |x|
    case magnitude
    /// The smaller of x and y; y where either is no number.
    case least
    /// The larger of x and y; y where either is no number.
    case greatest
    /// 1 where c0 + c1 x >= 0, else 0.
    case atLeastZero
    /// Whether d fires, 1 or 0, d = c0 + c1 x or, with y, c0 + c1 x + c2 y; to `target` where there is one. The spikes go to
    /// the bits of the step too, where bits are wanted.
    case spike
    /// As `spike`, 1 or 0 to `second` where there is one; `target` is c2 + c3 x after a spike, and x else.
    case spikeSelect
    /// The same where `target` is c2 after a spike.
    case spikeSet
    /// As `spikeSelect` of the row c4 + c5 x + c6 y, which goes to `third` where there is one.
    case chargeSpikeSelect
    /// As `spikeSet` of that row.
    case chargeSpikeSet
    /// The surrogate's integral at c0 + c1 x.
    case smoothSpike
    /// The surrogate at c0 + c1 x.
    case slope
    /// z where x is above 0, else y.
    case select
    /// c0 + c1 z where x is above 0, else y.
    case selectLinear
    /// c0 where x is above 0, else y.
    case selectConstant
    /// c0 x to `target`, c1 x to `second`.
    case scale2
}

extension Instruction where Number == Double {
    /// The same with constants as the engine has them.
    var rounded: Instruction<Float> {
        Instruction<Float>(
            code: code,
            target: target,
            second: second,
            third: third,
            x: x,
            y: y,
            z: z,
            w: w,
            c0: Float(c0),
            c1: Float(c1),
            c2: Float(c2),
            c3: Float(c3),
            c4: Float(c4),
            c5: Float(c5),
            c6: Float(c6)
        )
    }
}

/// Where the rows of a step are: one numbering for every program of a neuron.
struct Slots: Sendable {
    let rowCount: Int
    let tapeCount: Int

    static let current = 0
    /// dL/d(sent).
    static let gradient = 1
    /// Slopes from outside.
    static let slopes = 2
    /// dL/d(current).
    static let ofCurrent = 3
    static let sent = 4
    static let potential = 5
    static let distance = 6
    private static let first = 7

    /// A row before the step; backward dL/d(row after it).
    func incoming(_ row: Int) -> Int { Self.first + row }
    /// A row after the step; backward dL/d(row before it).
    func outgoing(_ row: Int) -> Int { Self.first + rowCount + row }
    /// What forward leaves for backward.
    func tape(_ index: Int) -> Int { Self.first + 2 * rowCount + index }
    /// Where scratch rows begin.
    var scratch: Int { Self.first + 2 * rowCount + tapeCount }
}

/// Instructions in order, and the scratch rows they need.
struct Program: Sendable {
    let instructions: [Instruction<Double>]
    let rounded: [Instruction<Float>]
    let scratchCount: Int

    init(_ instructions: [Instruction<Double>], scratchCount: Int) {
        self.instructions = instructions
        rounded = instructions.map(\.rounded)
        self.scratchCount = scratchCount
    }
}
