import SNNKernel

/// Everything that running a text takes: programs forward and backward, and what they are about.
struct CompiledNeuron: Sendable {
    let rowCount: Int
    let starts: [Double]
    let fires: Bool
    /// The least distance that fires.
    let least: Double
    let surrogate: Surrogate
    /// The step.
    let run: Program
    /// The step that also writes the first row after the charge, and the distance.
    let observed: Program
    /// The step that also writes what is sent, as a number.
    let reference: Program
    /// Backward with the surrogate's slopes.
    let own: Backward
    /// Backward with slopes from outside; nil where it never fires.
    let given: Backward?

    /// The programs of a derivative.
    struct Backward: Sendable {
        let slots: Slots
        /// The step again, leaving what the derivative needs.
        let forward: Program
        let backward: Program
    }

    /// Compiles a text.
    init(
        _ text: EquationText,
        values: [String: Double],
        dt: Double,
        options: EquationOptions,
        surrogate: Surrogate
    ) throws(SNNError) {
        let step = try StepGraph(text, values: values, dt: dt, options: options)
        self.surrogate = surrogate
        rowCount = text.rows.count
        starts = step.starts
        fires = text.fires && !options.isRelaxed
        least = step.isStrict ? Double(Float.leastNormalMagnitude) : 0
        let slots = Slots(rowCount: rowCount, tapeCount: 0)
        let kept = Set(step.charged + step.after + [step.sent] + (step.distance.map { [$0] } ?? []))
        let flat = FlatGraph(step.graph, roots: Array(kept), kept: kept)
        let leaves = Self.leaves(of: step.graph, slots)
        let after = step.liveRows.map { (node: step.after[$0], slot: slots.outgoing($0)) }
        let sent = [(node: step.sent, slot: Slots.sent)]
        let watched =
            [(node: step.charged[0], slot: Slots.potential)]
            + (step.distance.map { [(node: $0, slot: Slots.distance)] } ?? [])
        let bits = fires ? step.sent : nil
        func program(_ roots: [(node: Int, slot: Int)]) -> Program {
            ProgramBuilder.program(flat, leaves: leaves, roots: roots, spike: bits, firstScratch: slots.scratch)
        }
        run = program(after + (fires ? [] : sent))
        observed = program(after + watched + (fires ? [] : sent))
        reference = program(after + watched + sent)
        own = try Self.backward(step, flat, options, givesSlope: false)
        given = fires ? try Self.backward(step, flat, options, givesSlope: true) : nil
        for program in [run, observed, own.forward, own.backward] {
            for i in program.rounded where !(i.c0.isFinite && i.c1.isFinite && i.c2.isFinite && i.c3.isFinite) {
                throw .parameter("with these parameters a constant of the equations is not finite in float32")
            }
        }
    }

    private static func leaves(of graph: Graph, _ slots: Slots) -> [Int: Int] {
        var leaves: [Int: Int] = [:]
        for (node, operation) in graph.operations.enumerated() {
            switch operation {
            case .current: leaves[node] = Slots.current
            case .before(let row): leaves[node] = slots.incoming(row)
            case .ofAfter(let row): leaves[node] = slots.incoming(row)
            case .ofSent: leaves[node] = Slots.gradient
            case .givenSlope: leaves[node] = Slots.slopes
            default: break
            }
        }
        return leaves
    }

    private static func backward(
        _ step: StepGraph,
        _ flat: FlatGraph,
        _ options: EquationOptions,
        givesSlope: Bool
    ) throws(SNNError) -> Backward {
        let adjoint = AdjointGraph(step, detachReset: options.detachReset, givesSlope: givesSlope)
        guard adjoint.graph.size <= Graph.mostSize else {
            throw .document("the derivative of the equations takes too many operations")
        }
        let roots = [adjoint.ofCurrent] + adjoint.ofBefore.map(\.node)
        let tape = tapeNodes(adjoint, roots)
        let slots = Slots(rowCount: step.charged.count, tapeCount: tape.count)
        let left = tape.enumerated().map { (node: $1, slot: slots.tape($0)) }
        let forward = ProgramBuilder.program(
            flat,
            leaves: leaves(of: step.graph, slots),
            roots: step.liveRows.map { (node: step.after[$0], slot: slots.outgoing($0)) } + left,
            firstScratch: slots.scratch
        )
        var known = leaves(of: adjoint.graph, slots)
        for (node, slot) in left { known[node] = slot }
        let backward = ProgramBuilder.program(
            FlatGraph(adjoint.graph, roots: roots, leaves: Set(known.keys), kept: []),
            leaves: known,
            roots: [(node: adjoint.ofCurrent, slot: Slots.ofCurrent)]
                + adjoint.ofBefore.map { (node: $0.node, slot: slots.outgoing($0.row)) },
            firstScratch: slots.scratch
        )
        return Backward(slots: slots, forward: forward, backward: backward)
    }

    /// What the step leaves for its derivative: whatever that reads, but for what follows from one row at once.
    private static func tapeNodes(_ adjoint: AdjointGraph, _ roots: [Int]) -> [Int] {
        let graph = adjoint.graph
        let isNeeded = graph.reachable(from: roots)
        var open: Set<Int> = []
        for node in adjoint.forwardCount..<graph.operations.count where isNeeded[node] {
            open.formUnion(graph.operands(of: node).filter { $0 < adjoint.forwardCount })
        }
        open.formUnion(roots.filter { $0 < adjoint.forwardCount })
        var tape: [Int] = []
        for node in (0..<adjoint.forwardCount).reversed() where open.contains(node) {
            switch graph.operations[node] {
            case .constant, .current: break
            case .spike(let distance): open.insert(distance)
            case .atLeastZero(let operand): open.insert(operand)
            case .linear(_, let terms) where terms.count == 1: open.insert(terms[0].node)
            default: tape.append(node)
            }
        }
        return tape.reversed()
    }
}
