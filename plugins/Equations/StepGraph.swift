import SNNKernel

/// What a text leaves open.
struct EquationOptions: Sendable {
    var method = Method.exact
    /// Whether it sends the surrogate's integral in place of spikes.
    var isRelaxed = false
    /// Whether the gradient ignores the resets' path through the spike.
    var detachReset = false

    /// How differential equations become steps.
    enum Method: String, CaseIterable {
        /// The solution for a current that is constant within the step; linear equations only.
        case exact
        /// x + dt dx/dt.
        case euler
    }
}

/// One step of a neuron as a graph: charge, fire, reset.
struct StepGraph {
    typealias Node = Graph.Node

    var graph = Graph()
    /// The rows after the charge.
    private(set) var charged: [Node] = []
    /// The rows after the step.
    private(set) var after: [Node] = []
    /// The distance from the threshold; nil where it never fires.
    private(set) var distance: Node?
    /// What is sent: the spike, or the first row.
    private(set) var sent: Node = 0
    /// What the rows of a window begin with.
    private(set) var starts: [Double] = []
    let isStrict: Bool

    private let text: EquationText
    private let constants: [String: Double]
    private let rowNumber: [String: Int]

    /// The step of a text with `values` of its parameters, in the units that they are declared in, and steps of `dt` ms.
    ///
    /// Errors: ``SNNError/notSupported(_:)`` where the method does not fit, with the place; ``SNNError/parameter(_:)``
    /// where a constant is not finite; ``SNNError/document(_:)`` for equations that are too large.
    init(
        _ text: EquationText,
        values: [String: Double],
        dt: Double,
        options: EquationOptions
    ) throws(SNNError) {
        self.text = text
        isStrict = text.condition?.isStrict ?? false
        var constants = ["dt": dt]
        for parameter in text.parameters {
            constants[parameter.name] = (values[parameter.name] ?? parameter.value) * parameter.unit.scale
        }
        self.constants = constants
        rowNumber = Dictionary(uniqueKeysWithValues: text.rows.enumerated().map { ($1.name, $0) })
        if options.method == .exact, let error = text.nonlinearity { throw error }
        try start()
        try charge(options.method, dt: dt)
        try fireAndReset(options)
    }

    /// The rows that a later step depends on: the others need not be kept.
    var liveRows: [Int] {
        var live: Set<Int> = []
        while true {
            let roots = [sent] + (distance.map { [$0] } ?? []) + live.map { after[$0] }
            let isNeeded = graph.reachable(from: roots)
            var found = live
            for (node, operation) in graph.operations.enumerated() where isNeeded[node] {
                if case .before(let row) = operation { found.insert(row) }
            }
            if found.count == live.count { return live.sorted() }
            live = found
        }
    }

    private mutating func start() throws(SNNError) {
        // Numbers of the inputs first: sums run in the order of the nodes.
        _ = graph.add(.current)
        for row in text.rows.indices { _ = graph.add(.before(row)) }
        for row in text.rows {
            guard let start = row.start else {
                starts.append(0)
                continue
            }
            var scope = Scope(rows: [])
            let value = try node(start, &scope)
            starts.append(graph.constant(of: value) ?? 0)
        }
    }

    private mutating func charge(_ method: EquationOptions.Method, dt: Double) throws(SNNError) {
        let before = text.rows.indices.map { graph.add(.before($0)) }
        var scope = Scope(rows: before)
        var rules: [Node] = []
        for row in text.rows { rules.append(try node(row.rule, &scope)) }
        charged = rules
        let moving = text.rows.indices.filter { text.rows[$0].isDifferential }
        switch method {
        case .euler:
            for row in moving {
                charged[row] = graph.sum(
                    0,
                    [Graph.Term(coefficient: 1, node: before[row]), Graph.Term(coefficient: dt, node: rules[row])]
                )
            }
        case .exact: try solve(moving, rules, before, dt: dt)
        }
        for (row, node) in charged.enumerated() { try checkFinite(node, text.rows[row].place) }
    }

    /// x(t + dt) = exp(A dt) x + (integral of exp(A s) over the step) f, where dx/dt = A x + f and f is held.
    private mutating func solve(_ moving: [Int], _ rules: [Node], _ before: [Node], dt: Double) throws(SNNError) {
        var system = [[Double]](repeating: Array(repeating: 0, count: moving.count), count: moving.count)
        var forcing: [Node] = []
        for (place, row) in moving.enumerated() {
            let (coefficients, offset, rest) = linearParts(of: rules[row])
            for (column, other) in moving.enumerated() { system[place][column] = coefficients[other] ?? 0 }
            forcing.append(graph.sum(offset, rest))
        }
        let solution = LinearSolution(system, dt: dt)
        for (place, row) in moving.enumerated() {
            var terms: [Graph.Term] = []
            for column in moving.indices {
                terms.append(Graph.Term(coefficient: solution.transition[place][column], node: before[moving[column]]))
                terms.append(Graph.Term(coefficient: solution.response[place][column], node: forcing[column]))
            }
            charged[row] = graph.sum(0, terms)
        }
    }

    /// The coefficients of the rows, and what is left.
    private func linearParts(of node: Node) -> (rows: [Int: Double], offset: Double, rest: [Graph.Term]) {
        var rows: [Int: Double] = [:]
        var offset = 0.0
        var rest: [Graph.Term] = []
        var open = [Graph.Term(coefficient: 1, node: node)]
        while let term = open.popLast() {
            switch graph.operations[term.node] {
            case .constant(let value): offset += term.coefficient * value
            case .before(let row) where text.rows[row].isDifferential: rows[row, default: 0] += term.coefficient
            case .linear(let inner, let terms):
                offset += term.coefficient * inner
                open += terms.map { Graph.Term(coefficient: term.coefficient * $0.coefficient, node: $0.node) }
            default: rest.append(term)
            }
        }
        return (rows, offset, rest)
    }

    private mutating func fireAndReset(_ options: EquationOptions) throws(SNNError) {
        after = charged
        sent = charged[0]
        guard let condition = text.condition else { return }
        var scope = Scope(rows: charged)
        let left = try node(condition.left, &scope)
        let right = try node(condition.right, &scope)
        let distance = graph.difference(left, right)
        guard graph.constant(of: distance) == nil else {
            throw condition.place.error("whether it spikes depends on no equation")
        }
        try checkFinite(distance, condition.place)
        self.distance = distance
        sent = graph.add(options.isRelaxed ? .smoothSpike(distance) : .spike(distance))
        for reset in text.resets {
            guard let row = rowNumber[reset.row] else { continue }
            let value = try node(reset.value, &scope)
            let old = scope.rows[row]
            let new =
                switch reset.operation {
                case .set: value
                case .add: graph.sum(old, value)
                case .subtract: graph.difference(old, value)
                case .multiply: graph.product(old, value)
                }
            try checkFinite(new, reset.place)
            scope = Scope(rows: scope.rows)
            scope.rows[row] = new
        }
        for row in text.rows.indices {
            let (yes, no) = (scope.rows[row], charged[row])
            after[row] =
                options.isRelaxed
                ? graph.sum(no, graph.product(sent, graph.difference(yes, no))) : graph.select(sent, yes, no)
        }
    }

    // MARK: Formulas

    /// What names of rows stand for, and the definitions that were looked up meanwhile.
    private struct Scope {
        var rows: [Node]
        var definitions: [String: Node] = [:]
    }

    private mutating func node(_ expression: Expression, _ scope: inout Scope) throws(SNNError) -> Node {
        let result: Node
        switch expression.kind {
        case .number(let value): result = graph.constant(value)
        case .unit(let unit): result = graph.constant(unit.scale)
        case .name(let name): result = try node(named: name, &scope)
        case .sum(let list):
            var terms: [Graph.Term] = []
            for term in list {
                terms.append(
                    Graph.Term(coefficient: term.isNegative ? -1 : 1, node: try node(term.expression, &scope))
                )
            }
            result = graph.sum(0, terms)
        case .product(let factors):
            var value = graph.constant(1)
            for factor in factors {
                let next = try node(factor.expression, &scope)
                if factor.isDivisor, graph.constant(of: next) == 0 {
                    throw .parameter("\(factor.expression.place): a division by 0 with these parameters")
                }
                value = factor.isDivisor ? graph.quotient(value, next) : graph.product(value, next)
            }
            result = value
        case .power(let base, let exponent):
            let value = try node(base, &scope)
            result = graph.power(value, exponent)
        case .call(let function, let arguments):
            var nodes: [Node] = []
            for argument in arguments { nodes.append(try node(argument, &scope)) }
            result = graph.apply(function, nodes)
        }
        try checkFinite(result, expression.place)
        return result
    }

    private mutating func node(named name: String, _ scope: inout Scope) throws(SNNError) -> Node {
        if name == "i" { return graph.add(.current) }
        if let row = rowNumber[name] { return scope.rows[row] }
        if let value = constants[name] { return graph.constant(value) }
        if let known = scope.definitions[name] { return known }
        guard let expression = text.definitions[name] else { preconditionFailure("'\(name)' was checked") }
        let result = try node(expression, &scope)
        scope.definitions[name] = result
        return result
    }

    private func checkFinite(_ node: Node, _ place: Place) throws(SNNError) {
        let numbers: [Double] =
            switch graph.operations[node] {
            case .constant(let value): [value]
            case .linear(let offset, let terms): [offset] + terms.map(\.coefficient)
            default: []
            }
        guard numbers.allSatisfy({ Float($0).isFinite }) else {
            throw .parameter("\(place): with these parameters a number here is not finite in float32")
        }
        guard graph.size <= Graph.mostSize else { throw place.error("the equations take too many operations") }
    }
}
