import SNNKernel

/// A neuron as text, read and found to make sense: every name known, every unit right, nothing defined by itself.
struct EquationText: Sendable {
    /// What can be chosen: the declarations in their order, then the names of the house that are used.
    let parameters: [Declaration]
    let rows: [Row]
    let definitions: [String: Expression]
    let condition: Condition?
    let resets: [Reset]
    /// Why the equations have no exact solution here, with the place; nil where they are linear.
    let nonlinearity: SNNError?

    /// Errors: ``SNNError/document(_:)`` with the place.
    init(_ text: String) throws(SNNError) {
        let statements = try Parser.statements(of: text)
        for declaration in statements.declarations { try declaration.checkDefault() }
        guard !statements.rows.isEmpty else {
            throw .document("the text has no equation; write one such as dv/dt = (v_leak - v + r*i)/tau_mem")
        }
        if statements.condition == nil, let reset = statements.resets.first {
            throw reset.place.error("what a spike does to '\(reset.row)' needs a 'spike when ...'")
        }
        var check = Check(statements)
        try check.all()
        parameters = statements.declarations + check.housesUsed
        rows = statements.rows
        definitions = statements.definitions
        condition = statements.condition
        resets = statements.resets
        nonlinearity = check.nonlinearity
    }

    /// Whether it spikes; else it sends its first row.
    var fires: Bool { condition != nil }
}

/// How a formula depends on the rows that differential equations move.
private enum Order {
    /// Parameters alone.
    case constant
    /// Held over a step: the current, and rows that are set from step to step.
    case held
    /// Linear, with constant coefficients.
    case linear
    case nonlinear(Place, String)

    var rank: Int {
        switch self {
        case .constant: 0
        case .held: 1
        case .linear: 2
        case .nonlinear: 3
        }
    }
}

/// Goes through every formula once: names, units, depth, and what is linear.
private struct Check {
    /// What a formula is.
    struct Found {
        /// The power of time of its unit.
        var exponent: Int
        var order: Order
        /// Formulas within one another, through definitions too.
        var depth: Int
    }

    private let statements: Statements
    private var declared: [String: Declaration]
    private(set) var housesUsed: [Declaration] = []
    private(set) var nonlinearity: SNNError?
    private var rows: [String: (exponent: Int, isDifferential: Bool)] = [:]
    private var measured: [String: Found] = [:]
    private var open: [String] = []
    /// Formulas that are being measured within one another.
    private var running = 0

    init(_ statements: Statements) {
        self.statements = statements
        declared = Dictionary(uniqueKeysWithValues: statements.declarations.map { ($0.name, $0) })
    }

    mutating func all() throws(SNNError) {
        for row in statements.rows {
            var exponent = 0
            if let start = row.start {
                let found = try measure(start)
                guard case .constant = found.order else {
                    throw start.place.error("\(row.name)(0) must be made of parameters alone")
                }
                exponent = found.exponent
            }
            rows[row.name] = (exponent, row.isDifferential)
        }
        for row in statements.rows { try check(row) }
        if let condition = statements.condition {
            let left = try measure(condition.left)
            let right = try measure(condition.right)
            guard left.exponent == right.exponent else {
                throw condition.place.error(
                    "compares \(Unit.shown(left.exponent)) with \(Unit.shown(right.exponent))"
                )
            }
        }
        for reset in statements.resets { try check(reset) }
        // Also those that nothing uses.
        for name in statements.definitions.keys.sorted() { _ = try definition(name) }
    }

    private mutating func check(_ row: Row) throws(SNNError) {
        let found = try measure(row.rule)
        let exponent = rows[row.name]?.exponent ?? 0
        let wanted = exponent - (row.isDifferential ? 1 : 0)
        guard found.exponent == wanted else {
            let what = row.isDifferential ? "d\(row.name)/dt" : "\(row.name)'"
            let help =
                row.isDifferential && found.exponent == exponent
                ? "; where equations are published without units, divide by one: (...)/ms" : ""
            throw row.rule.place.error(
                "\(what) must be in \(Unit.shown(wanted)), but this is in \(Unit.shown(found.exponent))\(help)"
            )
        }
        if row.isDifferential, nonlinearity == nil, case .nonlinear(let place, let why) = found.order {
            nonlinearity = .notSupported(
                "\(place): d\(row.name)/dt has no exact solution here: \(why); use method euler"
            )
        }
    }

    private mutating func check(_ reset: Reset) throws(SNNError) {
        let found = try measure(reset.value)
        let wanted = reset.operation == .multiply ? 0 : rows[reset.row]?.exponent ?? 0
        guard found.exponent == wanted else {
            throw reset.value.place.error(
                "\(reset.row) \(reset.operation.rawValue) needs \(Unit.shown(wanted)), but this is in \(Unit.shown(found.exponent))"
            )
        }
    }

    // MARK: Formulas

    private mutating func measure(_ expression: Expression) throws(SNNError) -> Found {
        running += 1
        defer { running -= 1 }
        // Before going deeper, and below for what was measured earlier: no text reaches the end of the stack.
        guard running <= Parser.mostDepth else {
            throw expression.place.error("formulas within more than \(Parser.mostDepth) others")
        }
        let found: Found
        switch expression.kind {
        case .number: found = Found(exponent: 0, order: .constant, depth: 0)
        case .unit(let unit): found = Found(exponent: unit.exponent, order: .constant, depth: 0)
        case .name(let name): found = try measure(name, expression.place)
        case .sum(let terms): found = try measure(sum: terms)
        case .product(let factors): found = try measure(product: factors)
        case .power(let base, let power): found = try measure(power: base, power, expression.place)
        case .call(let function, let arguments): found = try measure(call: function, arguments, expression.place)
        }
        guard abs(found.exponent) <= Unit.mostExponent else {
            throw expression.place.error("too high a power of time: \(Unit.shown(found.exponent))")
        }
        guard found.depth < Parser.mostDepth else {
            throw expression.place.error("formulas within more than \(Parser.mostDepth) others")
        }
        return Found(exponent: found.exponent, order: found.order, depth: found.depth + 1)
    }

    private mutating func measure(_ name: String, _ place: Place) throws(SNNError) -> Found {
        if name == "i" { return Found(exponent: 0, order: .held, depth: 0) }
        if name == "dt" { return Found(exponent: 1, order: .constant, depth: 0) }
        if let row = rows[name] {
            return Found(exponent: row.exponent, order: row.isDifferential ? .linear : .held, depth: 0)
        }
        guard !statements.rows.contains(where: { $0.name == name }) else {
            throw place.error("a start must be made of parameters alone, but '\(name)' moves")
        }
        if statements.definitions[name] != nil {
            guard !open.contains(name) else {
                throw place.error("'\(name)' is defined by itself: \((open + [name]).joined(separator: " -> "))")
            }
            return try definition(name)
        }
        if declared[name] == nil, let house = Declaration.house.first(where: { $0.name == name }) {
            declared[name] = house
            housesUsed.append(house)
        }
        guard let declaration = declared[name] else {
            throw place.error("'\(name)' is not known; a parameter is declared by a line such as «\(name) = 1»")
        }
        return Found(exponent: declaration.unit.exponent, order: .constant, depth: 0)
    }

    private mutating func definition(_ name: String) throws(SNNError) -> Found {
        if let found = measured[name] { return found }
        guard let expression = statements.definitions[name] else {
            return Found(exponent: 0, order: .constant, depth: 0)
        }
        // Each open definition is a call within others.
        guard open.count < Parser.mostDepth else {
            throw expression.place.error("definitions within more than \(Parser.mostDepth) others")
        }
        open.append(name)
        let found = try measure(expression)
        open.removeLast()
        measured[name] = found
        return found
    }

    private mutating func measure(sum terms: [Expression.Term]) throws(SNNError) -> Found {
        var result = try measure(terms[0].expression)
        for term in terms.dropFirst() {
            let found = try measure(term.expression)
            guard found.exponent == result.exponent else {
                throw term.expression.place.error(
                    "\(Unit.shown(found.exponent)) is added to \(Unit.shown(result.exponent))"
                )
            }
            if found.order.rank > result.order.rank { result.order = found.order }
            result.depth = max(result.depth, found.depth)
        }
        return result
    }

    private mutating func measure(product factors: [Expression.Factor]) throws(SNNError) -> Found {
        var result = Found(exponent: 0, order: .constant, depth: 0)
        for factor in factors {
            let found = try measure(factor.expression)
            result.exponent += factor.isDivisor ? -found.exponent : found.exponent
            result.depth = max(result.depth, found.depth)
            switch (result.order, found.order) {
            case (.nonlinear, _), (_, .constant): break
            case (_, .nonlinear): result.order = found.order
            case (.constant, .linear) where !factor.isDivisor: result.order = .linear
            case (.constant, .held), (.held, .held): result.order = .held
            default:
                let why = factor.isDivisor ? "it divides by what moves" : "it multiplies what moves by what moves"
                result.order = .nonlinear(factor.expression.place, why)
            }
        }
        return result
    }

    private mutating func measure(power base: Expression, _ power: Int, _ place: Place) throws(SNNError) -> Found {
        var result = try measure(base)
        result.exponent *= power
        if case .linear = result.order, power != 1 {
            result.order = .nonlinear(place, "it takes a power of what moves")
        }
        return result
    }

    private mutating func measure(
        call function: Function,
        _ arguments: [Expression],
        _ place: Place
    ) throws(SNNError) -> Found {
        var result = try measure(arguments[0])
        if function == .exp || function == .tanh {
            guard result.exponent == 0 else {
                throw arguments[0].place.error(
                    "\(function.rawValue) takes a number without unit, got \(Unit.shown(result.exponent))"
                )
            }
        }
        for argument in arguments.dropFirst() {
            let found = try measure(argument)
            guard found.exponent == result.exponent else {
                throw argument.place.error(
                    "\(function.rawValue) compares \(Unit.shown(found.exponent)) with \(Unit.shown(result.exponent))"
                )
            }
            if found.order.rank > result.order.rank { result.order = found.order }
            result.depth = max(result.depth, found.depth)
        }
        if case .linear = result.order {
            result.order = .nonlinear(place, "\(function.rawValue) of what moves is not linear")
        }
        return result
    }
}
