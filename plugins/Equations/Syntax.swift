/// A formula as it was written.
///
/// Sums and products are lists, so that long ones are not deep.
struct Expression: Sendable {
    indirect enum Kind: Sendable {
        case number(Double)
        case name(String)
        /// A unit of time or rate; worth its number of ms to the power of its exponent.
        case unit(Unit)
        case sum([Term])
        case product([Factor])
        case power(Expression, Int)
        case call(Function, [Expression])
    }

    struct Term: Sendable {
        let isNegative: Bool
        let expression: Expression
    }

    struct Factor: Sendable {
        let isDivisor: Bool
        let expression: Expression
    }

    let kind: Kind
    let place: Place
}

/// What a text may call.
enum Function: String, CaseIterable, Sendable {
    case exp, tanh, abs, min, max

    var argumentCount: Int { self == .min || self == .max ? 2 : 1 }
}

/// A quantity of time: `scale` times ms to a power.
///
/// Potentials and currents have none.
struct Unit: Hashable, Sendable {
    var scale = 1.0
    var exponent = 0

    static let named = [
        "ms": Unit(scale: 1, exponent: 1), "s": Unit(scale: 1000, exponent: 1),
        "Hz": Unit(scale: 0.001, exponent: -1), "kHz": Unit(scale: 1, exponent: -1),
    ]
    /// Largest exponent either way.
    static let mostExponent = 16

    /// «ms», «1/ms», «ms^2», or «1» without dimension.
    static func shown(_ exponent: Int) -> String {
        switch exponent {
        case 0: "1"
        case 1: "ms"
        case -1: "1/ms"
        case ..<0: "1/ms^\(-exponent)"
        default: "ms^\(exponent)"
        }
    }
}

/// A parameter that a text declares.
struct Declaration: Sendable {
    let name: String
    /// In `unit`.
    var value: Double
    let unit: Unit
    /// The unit as it was written: «ms».
    let unitText: String
    var above: Double?
    var atLeast: Double?
    var below: Double?
    var atMost: Double?
    var meaning: String
    let place: Place

    /// The names that have a meaning everywhere here, with the defaults that plugin `lif` gives them: a text need not
    /// declare them.
    static let house: [Declaration] = [
        Declaration("tau_mem", 20, isTime: true, "membrane time constant"),
        Declaration("tau_syn", 5, isTime: true, "synaptic time constant"),
        Declaration("tau_adapt", 200, isTime: true, "time constant of the adaptation"),
        Declaration("v_leak", 0, "potential at rest"),
        Declaration("v_threshold", 1, "firing threshold"),
        Declaration("v_reset", 0, "potential after a hard reset"),
        Declaration("r", 1, "what the current is multiplied by"),
        Declaration("adaptation", 0.1, "what a spike adds"),
    ]

    private init(_ name: String, _ value: Double, isTime: Bool = false, _ meaning: String) {
        self.init(
            name: name,
            value: value,
            unit: Unit(exponent: isTime ? 1 : 0),
            unitText: isTime ? "ms" : "1",
            above: isTime ? 0 : nil,
            meaning: meaning,
            place: Place()
        )
    }

    init(
        name: String,
        value: Double,
        unit: Unit,
        unitText: String,
        above: Double? = nil,
        meaning: String,
        place: Place
    ) {
        self.name = name
        self.value = value
        self.unit = unit
        self.unitText = unitText
        self.above = above
        self.meaning = meaning
        self.place = place
    }
}

extension Declaration {
    /// Its number and unit as a formula.
    var expression: Expression {
        let size = Expression(kind: .number(abs(value)), place: place)
        let signed = Expression(
            kind: .sum([Expression.Term(isNegative: value < 0, expression: size)]),
            place: place
        )
        guard unit != Unit() else { return signed }
        return Expression(
            kind: .product([
                Expression.Factor(isDivisor: false, expression: signed),
                Expression.Factor(isDivisor: false, expression: Expression(kind: .unit(unit), place: place)),
            ]),
            place: place
        )
    }
}

/// A number that a neuron carries from step to step.
struct Row: Sendable {
    let name: String
    /// Whether `rule` is its derivative by time; else its value after the step.
    let isDifferential: Bool
    let rule: Expression
    let place: Place
    /// What a window begins with; 0 where nil.
    var start: Expression?
}

/// What a spike does to a row.
struct Reset: Sendable {
    enum Operation: String, Sendable {
        case set = "="
        case add = "+="
        case subtract = "-="
        case multiply = "*="
    }

    let row: String
    let operation: Operation
    let value: Expression
    let place: Place
}

/// `left` >= `right`, or > where strict.
struct Condition: Sendable {
    let left: Expression
    let right: Expression
    let isStrict: Bool
    let place: Place
}

/// What the statements of a text say, before anybody asked whether it makes sense.
struct Statements: Sendable {
    /// Most rows of a neuron.
    static let mostRows = 16

    var declarations: [Declaration] = []
    var definitions: [String: Expression] = [:]
    var rows: [Row] = []
    var condition: Condition?
    var resets: [Reset] = []
}
