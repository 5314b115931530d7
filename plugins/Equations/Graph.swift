/// The operations of a step as a graph without duplicates: equal operations on equal values are one node.
///
/// Operands have smaller numbers than what is made of them, so the numbers are an order of evaluation. Every operation
/// simplifies what constants allow.
struct Graph {
    typealias Node = Int

    /// `coefficient` x `node`.
    struct Term: Hashable {
        var coefficient: Double
        var node: Node
    }

    enum Operation: Hashable {
        case constant(Double)
        /// The current of this step.
        case current
        /// A row before the step.
        case before(Int)
        /// dL/d(sent) of this step, from outside.
        case ofSent
        /// dL/d(row after the step).
        case ofAfter(Int)
        /// ds/d(distance) of this step, from outside.
        case givenSlope
        /// offset + the sum of the terms, of which there is at least one.
        case linear(Double, [Term])
        case product(Node, Node)
        case quotient(Node, Node)
        case exponential(Node)
        case tangent(Node)
        case magnitude(Node)
        case least(Node, Node)
        case greatest(Node, Node)
        /// 1 where the node is >= 0, else 0; without a derivative.
        case atLeastZero(Node)
        /// 1 where the distance from the threshold fires, else 0.
        case spike(Node)
        /// The surrogate's integral at a distance: a spike that is smooth.
        case smoothSpike(Node)
        /// The surrogate at a distance.
        case slope(Node)
        /// The second where the spike, the first, is 1; else the third.
        case select(Node, Node, Node)
    }

    private(set) var operations: [Operation] = []
    private var numbers: [Operation: Node] = [:]
    /// Terms held, which bound the work of every pass.
    private(set) var size = 0

    /// Most operations and terms of a step, its derivative included.
    static let mostSize = 4096

    mutating func add(_ operation: Operation) -> Node {
        if let node = numbers[operation] { return node }
        let node = operations.count
        operations.append(operation)
        numbers[operation] = node
        size += 1
        if case .linear(_, let terms) = operation { size += terms.count }
        return node
    }

    mutating func constant(_ value: Double) -> Node { add(.constant(value == 0 ? 0 : value)) }

    /// The number, where it is one.
    func constant(of node: Node) -> Double? {
        if case .constant(let value) = operations[node] { value } else { nil }
    }

    /// Offset + terms, constants and equal nodes gathered; terms in the order of their nodes.
    mutating func sum(_ offset: Double, _ terms: [Term]) -> Node {
        var offset = offset
        var gathered: [Node: Double] = [:]
        for term in terms {
            if let value = constant(of: term.node) {
                offset += term.coefficient * value
            } else if case .linear(let inner, let only) = operations[term.node], only.count == 1 {
                // A scaled node stays one term, so that equal ones meet.
                offset += term.coefficient * inner
                gathered[only[0].node, default: 0] += term.coefficient * only[0].coefficient
            } else {
                gathered[term.node, default: 0] += term.coefficient
            }
        }
        let kept = gathered.filter { $0.value != 0 }.map { Term(coefficient: $0.value, node: $0.key) }
            .sorted { $0.node < $1.node }
        if kept.isEmpty { return constant(offset) }
        if offset == 0, kept.count == 1, kept[0].coefficient == 1 { return kept[0].node }
        return add(.linear(offset == 0 ? 0 : offset, kept))
    }

    mutating func sum(_ a: Node, _ b: Node) -> Node {
        sum(0, [Term(coefficient: 1, node: a), Term(coefficient: 1, node: b)])
    }
    mutating func difference(_ a: Node, _ b: Node) -> Node {
        sum(0, [Term(coefficient: 1, node: a), Term(coefficient: -1, node: b)])
    }

    /// `factor` x node; a sum stays one node, as others may share it.
    mutating func scaled(_ factor: Double, _ node: Node) -> Node { sum(0, [Term(coefficient: factor, node: node)]) }

    /// A node as coefficient x another, where it is nothing else.
    private func split(_ node: Node) -> (Double, Node) {
        if case .linear(0, let terms) = operations[node], terms.count == 1 {
            return (terms[0].coefficient, terms[0].node)
        }
        return (1, node)
    }

    mutating func product(_ a: Node, _ b: Node) -> Node {
        if let value = constant(of: a) { return scaled(value, b) }
        if let value = constant(of: b) { return scaled(value, a) }
        let (x, first) = split(a)
        let (y, second) = split(b)
        let node = add(.product(min(first, second), max(first, second)))
        return x * y == 1 ? node : sum(0, [Term(coefficient: x * y, node: node)])
    }

    mutating func quotient(_ a: Node, _ b: Node) -> Node {
        if let value = constant(of: b) { return scaled(1 / value, a) }
        let (x, first) = split(a)
        let (y, second) = split(b)
        let node = add(.quotient(constant(of: first) == nil ? first : constant(1), second))
        let factor = (constant(of: first) ?? 1) * x / y
        return factor == 1 ? node : sum(0, [Term(coefficient: factor, node: node)])
    }

    mutating func power(_ base: Node, _ exponent: Int) -> Node {
        guard exponent != 0 else { return constant(1) }
        var result: Node?
        var square = base
        var rest = abs(exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = result.map { product($0, square) } ?? square }
            rest >>= 1
            if rest > 0 { square = product(square, square) }
        }
        let value = result ?? base
        return exponent > 0 ? value : quotient(constant(1), value)
    }

    mutating func apply(_ function: Function, _ arguments: [Node]) -> Node {
        let x = arguments[0]
        if arguments.allSatisfy({ constant(of: $0) != nil }) {
            let values = arguments.map { constant(of: $0) ?? 0 }
            switch function {
            case .exp: return constant(values[0].exponential)
            case .tanh: return constant(values[0].hyperbolicTangent)
            case .abs: return constant(Swift.abs(values[0]))
            case .min: return constant(Swift.min(values[0], values[1]))
            case .max: return constant(Swift.max(values[0], values[1]))
            }
        }
        switch function {
        case .exp: return add(.exponential(x))
        case .tanh: return add(.tangent(x))
        case .abs: return add(.magnitude(x))
        case .min: return add(.least(x, arguments[1]))
        case .max: return add(.greatest(x, arguments[1]))
        }
    }

    mutating func select(_ spike: Node, _ yes: Node, _ no: Node) -> Node {
        yes == no ? no : add(.select(spike, yes, no))
    }

    /// What a node is made of.
    func operands(of node: Node) -> [Node] {
        switch operations[node] {
        case .constant, .current, .before, .ofSent, .ofAfter, .givenSlope: []
        case .linear(_, let terms): terms.map(\.node)
        case .product(let a, let b), .quotient(let a, let b), .least(let a, let b), .greatest(let a, let b): [a, b]
        case .exponential(let a), .tangent(let a), .magnitude(let a), .atLeastZero(let a), .spike(let a),
            .smoothSpike(let a), .slope(let a):
            [a]
        case .select(let a, let b, let c): [a, b, c]
        }
    }

    /// The nodes that `roots` need, those of `leaves` without what they are made of.
    func reachable(from roots: [Node], leaves: Set<Node> = []) -> [Bool] {
        var isNeeded = [Bool](repeating: false, count: operations.count)
        for root in roots { isNeeded[root] = true }
        for node in operations.indices.reversed() where isNeeded[node] && !leaves.contains(node) {
            for operand in operands(of: node) { isNeeded[operand] = true }
        }
        return isNeeded
    }
}
