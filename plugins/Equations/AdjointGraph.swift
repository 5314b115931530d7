/// The derivative of a step, transposed: reverse mode over the graph, which gives more nodes of the same graph.
///
///     ds/d(distance) := the surrogate, or a slope from outside; everything else is exact
///
/// What is shared forward is shared backward, so the derivative is at most some times as large as the step.
struct AdjointGraph {
    typealias Node = Graph.Node

    private(set) var graph: Graph
    /// dL/d(current).
    private(set) var ofCurrent: Node = 0
    /// dL/d(row before the step) of the rows that live.
    private(set) var ofBefore: [(row: Int, node: Node)] = []
    /// Nodes below are those of the step.
    let forwardCount: Int

    private let detachReset: Bool
    private let givesSlope: Bool
    private var contributions: [Node: [Graph.Term]] = [:]

    init(_ step: StepGraph, detachReset: Bool, givesSlope: Bool) {
        graph = step.graph
        forwardCount = graph.operations.count
        self.detachReset = detachReset
        self.givesSlope = givesSlope
        give(step.sent, graph.add(.ofSent))
        let live = step.liveRows
        for row in live { give(step.after[row], graph.add(.ofAfter(row))) }
        var found: [Node: Node] = [:]
        for node in (0..<forwardCount).reversed() {
            guard let terms = contributions.removeValue(forKey: node) else { continue }
            let adjoint = graph.sum(0, terms)
            if graph.constant(of: adjoint) == 0 { continue }
            found[node] = adjoint
            pass(adjoint, through: node)
        }
        let zero = graph.constant(0)
        for node in 0..<forwardCount {
            switch graph.operations[node] {
            case .current: ofCurrent = found[node] ?? zero
            case .before(let row) where live.contains(row): ofBefore.append((row, found[node] ?? zero))
            default: break
            }
        }
    }

    private mutating func give(_ node: Node, _ adjoint: Node, times factor: Double = 1) {
        contributions[node, default: []].append(Graph.Term(coefficient: factor, node: adjoint))
    }

    private mutating func pass(_ adjoint: Node, through node: Node) {
        switch graph.operations[node] {
        case .constant, .current, .before, .ofSent, .ofAfter, .givenSlope, .slope, .atLeastZero: break
        case .linear(_, let terms): for term in terms { give(term.node, adjoint, times: term.coefficient) }
        case .product(let a, let b):
            give(a, graph.product(adjoint, b))
            give(b, graph.product(adjoint, a))
        case .quotient(let a, let b):
            let part = graph.quotient(adjoint, b)
            give(a, part)
            give(b, graph.product(part, node), times: -1)
        case .exponential(let a): give(a, graph.product(adjoint, node))
        case .tangent(let a):
            let square = graph.product(node, node)
            give(a, graph.product(adjoint, graph.sum(1, [Graph.Term(coefficient: -1, node: square)])))
        case .magnitude(let a):
            give(a, graph.product(adjoint, graph.add(.atLeastZero(a))), times: 2)
            give(a, adjoint, times: -1)
        case .least(let a, let b): choose(adjoint, graph.difference(b, a), a, b)
        case .greatest(let a, let b): choose(adjoint, graph.difference(a, b), a, b)
        case .spike(let distance), .smoothSpike(let distance):
            let slope = graph.add(givesSlope ? .givenSlope : .slope(distance))
            give(distance, graph.product(adjoint, slope))
        case .select(let spike, let yes, let no):
            let share = graph.product(adjoint, spike)
            if !detachReset { give(spike, graph.product(adjoint, graph.difference(yes, no))) }
            give(yes, share)
            give(no, adjoint)
            give(no, share, times: -1)
        }
    }

    /// The whole adjoint to `a` where `difference` is >= 0, to `b` elsewhere.
    private mutating func choose(_ adjoint: Node, _ difference: Node, _ a: Node, _ b: Node) {
        if let constant = graph.constant(of: difference) { return give(constant >= 0 ? a : b, adjoint) }
        let share = graph.product(adjoint, graph.add(.atLeastZero(difference)))
        give(a, share)
        give(b, adjoint)
        give(b, share, times: -1)
    }
}
