/// A graph whose sums have taken in the sums that nothing else needs.
///
/// Decided once for the step and all its programs, so that each rounds alike.
struct FlatGraph {
    typealias Node = Graph.Node

    let graph: Graph
    /// Offset and terms of every sum.
    private(set) var sums: [Node: (offset: Double, terms: [Graph.Term])] = [:]
    /// How often a node is used, roots included.
    private(set) var uses: [Int]

    /// What `roots` need, where `leaves` are there already; `kept` stay apart from the sums they are in.
    init(_ graph: Graph, roots: [Node], leaves: Set<Node> = [], kept: Set<Node>) {
        self.graph = graph
        let isNeeded = graph.reachable(from: roots, leaves: leaves)
        uses = [Int](repeating: 0, count: graph.operations.count)
        for node in graph.operations.indices where isNeeded[node] && !leaves.contains(node) {
            for operand in graph.operands(of: node) { uses[operand] += 1 }
        }
        for root in roots { uses[root] += 1 }
        let fixed = leaves.union(kept).union(roots)
        for node in graph.operations.indices where isNeeded[node] && !leaves.contains(node) {
            guard case .linear(let offset, let terms) = graph.operations[node] else { continue }
            var sum = offset
            var gathered: [Node: Double] = [:]
            for term in terms {
                if uses[term.node] == 1, !fixed.contains(term.node), let inner = sums[term.node] {
                    sum += term.coefficient * inner.offset
                    for part in inner.terms {
                        gathered[part.node, default: 0] += term.coefficient * part.coefficient
                    }
                } else {
                    gathered[term.node, default: 0] += term.coefficient
                }
            }
            sums[node] = (
                sum,
                gathered.filter { $0.value != 0 }.map { Graph.Term(coefficient: $0.value, node: $0.key) }
                    .sorted { $0.node < $1.node }
            )
        }
        recount(roots, leaves)
    }

    private mutating func recount(_ roots: [Node], _ leaves: Set<Node>) {
        uses = [Int](repeating: 0, count: graph.operations.count)
        for root in roots { uses[root] += 1 }
        for node in graph.operations.indices.reversed() where uses[node] > 0 && !leaves.contains(node) {
            for operand in operands(of: node) { uses[operand] += 1 }
        }
    }

    /// What a node is made of, sums as they are now.
    func operands(of node: Node) -> [Node] { sums[node].map { $0.terms.map(\.node) } ?? graph.operands(of: node) }
}
