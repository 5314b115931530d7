/// Turns a graph into instructions: fuses what belongs together, and finds a place for every row.
struct ProgramBuilder {
    typealias Node = Graph.Node
    typealias Built = Instruction<Double>

    private let flat: FlatGraph
    private let leaves: [Node: Int]
    private let roots: [(node: Node, slot: Int)]
    private let rootNodes: Set<Node>
    /// Nodes that need an instruction.
    private var isWanted: [Bool]
    /// Nodes whose numbers something reads.
    private var isRead: Set<Node> = []
    /// The instruction of a spike that also makes a row: by spike, the row.
    private var fusedSelects: [Node: Node] = [:]
    /// Sums that the instruction of their spike makes.
    private var fusedCharges: [Node: (offset: Double, terms: [Graph.Term])] = [:]
    private var built: [Built] = []
    /// Names of values in between, beyond those of the nodes.
    private var nextValue: Int

    /// The program that makes `roots`, each in its slot, of `leaves`, which are in theirs.
    ///
    /// `spike` is wanted as bits; scratch rows begin at the slot `firstScratch`.
    static func program(
        _ flat: FlatGraph,
        leaves: [Node: Int],
        roots: [(node: Node, slot: Int)],
        spike: Node? = nil,
        firstScratch: Int
    ) -> Program {
        var builder = ProgramBuilder(flat, leaves: leaves, roots: roots)
        if let spike { builder.isWanted[spike] = true }
        builder.choose()
        builder.emit()
        return builder.placed(firstScratch)
    }

    private init(_ flat: FlatGraph, leaves: [Node: Int], roots: [(node: Node, slot: Int)]) {
        self.flat = flat
        self.leaves = leaves
        self.roots = roots
        rootNodes = Set(roots.map(\.node))
        isWanted = [Bool](repeating: false, count: flat.graph.operations.count)
        nextValue = flat.graph.operations.count
        for root in roots where leaves[root.node] == nil { isWanted[root.node] = true }
    }

    // MARK: What is fused

    /// offset + coefficient x base, where a node is that.
    private func affine(_ node: Node) -> (offset: Double, coefficient: Double, base: Node) {
        if leaves[node] == nil, let sum = flat.sums[node], sum.terms.count == 1 {
            return (sum.offset, sum.terms[0].coefficient, sum.terms[0].node)
        }
        return (0, 1, node)
    }

    /// A distance as a sum of two, where nothing else needs it.
    private func pair(_ node: Node) -> (offset: Double, terms: [Graph.Term])? {
        guard leaves[node] == nil, !rootNodes.contains(node), let sum = flat.sums[node], sum.terms.count == 2
        else { return nil }
        return sum
    }

    /// Whether a product needs no row of its own within a sum.
    ///
    /// Not asked of the roots of this program, so that a sum rounds alike in all programs of a step.
    private func isAbsorbed(_ node: Node) -> Bool {
        guard case .product = flat.graph.operations[node] else { return false }
        return flat.uses[node] == 1 && leaves[node] == nil
    }

    /// Goes from the roots down and marks what needs an instruction.
    private mutating func choose() {
        for node in isWanted.indices.reversed() where isWanted[node] {
            switch flat.graph.operations[node] {
            case .select(let spike, let yes, let no):
                if canFuse(spike, yes, no) {
                    fusedSelects[spike] = node
                    isWanted[spike] = true
                } else {
                    want(spike)
                    want(no)
                    if flat.graph.constant(of: yes) == nil { want(affine(yes).base) }
                }
            case .spike(let distance):
                if fusedSelects[node] != nil {
                    chooseCharge(affine(distance).base)
                } else if let pair = pair(distance) {
                    for term in pair.terms { want(term.node) }
                } else {
                    want(affine(distance).base)
                }
            case .slope(let distance), .smoothSpike(let distance), .atLeastZero(let distance):
                want(affine(distance).base)
            default: for operand in operands(of: node) { want(operand) }
            }
        }
    }

    /// The charge of a row whose fire and reset are one instruction: part of it where it is a sum of two.
    ///
    /// It then comes as late as the spike; where something before that reads it, it is wanted again and made apart.
    private mutating func chooseCharge(_ base: Node) {
        if leaves[base] == nil, let sum = flat.sums[base], sum.terms.count == 2,
            !sum.terms.contains(where: { isAbsorbed($0.node) })
        {
            fusedCharges[base] = sum
            isWanted[base] = false
            for term in sum.terms { want(term.node) }
        } else {
            want(base)
        }
    }

    private mutating func want(_ node: Node) {
        guard leaves[node] == nil else { return }
        isWanted[node] = true
        isRead.insert(node)
    }

    /// What a node reads, absorbed products resolved.
    private func operands(of node: Node) -> [Node] {
        flat.operands(of: node).flatMap { operand -> [Node] in
            flat.sums[node] != nil && isAbsorbed(operand) ? flat.graph.operands(of: operand) : [operand]
        }
    }

    /// Whether a select is that of a row by the spike on that same row: fire and reset in one.
    private func canFuse(_ spike: Node, _ yes: Node, _ no: Node) -> Bool {
        guard leaves[spike] == nil, fusedSelects[spike] == nil,
            case .spike(let distance) = flat.graph.operations[spike],
            affine(distance).base == no
        else { return false }
        return flat.graph.constant(of: yes) != nil || affine(yes).base == no
    }

    // MARK: Instructions

    private mutating func emit() {
        for node in isWanted.indices where isWanted[node] { emit(node) }
    }

    private mutating func add(
        _ code: OperationCode,
        _ target: Int,
        _ operands: [Int] = [],
        _ constants: [Double] = [],
        second: Int = -1,
        third: Int = -1
    ) {
        func operand(_ index: Int) -> Int32 { index < operands.count ? Int32(operands[index]) : -1 }
        func constant(_ index: Int) -> Double { index < constants.count ? constants[index] : 0 }
        built.append(
            Built(
                code: code,
                target: Int32(target),
                second: Int32(second),
                third: Int32(third),
                x: operand(0),
                y: operand(1),
                z: operand(2),
                w: operand(3),
                c0: constant(0),
                c1: constant(1),
                c2: constant(2),
                c3: constant(3),
                c4: constant(4),
                c5: constant(5),
                c6: constant(6)
            )
        )
    }

    private mutating func emit(_ node: Node) {
        switch flat.graph.operations[node] {
        case .constant(let value): add(.fill, node, [], [value])
        case .current, .before, .ofSent, .ofAfter, .givenSlope:
            preconditionFailure("what comes from outside has a slot")
        case .linear: emitSum(node)
        case .product(let a, let b): add(.product, node, [a, b], [0, 1])
        case .quotient(let a, let b): add(.quotient, node, [a, b])
        case .exponential(let a): add(.exponential, node, [a])
        case .tangent(let a): add(.tangent, node, [a])
        case .magnitude(let a): add(.magnitude, node, [a])
        case .least(let a, let b): add(.least, node, [a, b])
        case .greatest(let a, let b): add(.greatest, node, [a, b])
        case .atLeastZero(let a):
            let (offset, coefficient, base) = affine(a)
            add(.atLeastZero, node, [base], [offset, coefficient])
        case .smoothSpike(let a):
            let (offset, coefficient, base) = affine(a)
            add(.smoothSpike, node, [base], [offset, coefficient])
        case .slope(let a):
            let (offset, coefficient, base) = affine(a)
            add(.slope, node, [base], [offset, coefficient])
        case .spike(let distance): emitSpike(node, distance)
        case .select(let spike, let yes, let no): emitSelect(node, spike, yes, no)
        }
    }

    private mutating func emitSpike(_ node: Node, _ distance: Node) {
        // A spike that only its own reset reads is never written as a number.
        let number = isRead.contains(node) || rootNodes.contains(node) ? node : -1
        if let select = fusedSelects[node], case .select(_, let yes, _) = flat.graph.operations[select] {
            emitFused(select, node, affine(distance), yes, number: number)
        } else if let pair = pair(distance) {
            add(
                .spike,
                number,
                pair.terms.map(\.node),
                [pair.offset, pair.terms[0].coefficient, pair.terms[1].coefficient]
            )
        } else {
            let (offset, coefficient, base) = affine(distance)
            add(.spike, number, [base], [offset, coefficient])
        }
    }

    /// Fire and reset of a row in one instruction, and its charge where that is a sum of two.
    private mutating func emitFused(
        _ select: Node,
        _ spike: Node,
        _ distance: (offset: Double, coefficient: Double, base: Node),
        _ yes: Node,
        number: Int
    ) {
        let value = flat.graph.constant(of: yes)
        let (to, factor) = value.map { ($0, 0) } ?? (affine(yes).offset, affine(yes).coefficient)
        var constants = [distance.offset, distance.coefficient, to, factor]
        guard let charge = fusedCharges[distance.base], !isWanted[distance.base] else {
            return add(value == nil ? .spikeSelect : .spikeSet, select, [distance.base], constants, second: number)
        }
        constants += [charge.offset, charge.terms[0].coefficient, charge.terms[1].coefficient]
        let isUsed = isRead.contains(distance.base) || rootNodes.contains(distance.base)
        add(
            value == nil ? .chargeSpikeSelect : .chargeSpikeSet,
            select,
            charge.terms.map(\.node),
            constants,
            second: number,
            third: isUsed ? distance.base : -1
        )
    }

    private mutating func emitSelect(_ node: Node, _ spike: Node, _ yes: Node, _ no: Node) {
        if fusedSelects[spike] == node { return }
        if let value = flat.graph.constant(of: yes) { return add(.selectConstant, node, [spike, no], [value]) }
        let (offset, coefficient, base) = affine(yes)
        if base == yes {
            add(.select, node, [spike, no, yes])
        } else {
            add(.selectLinear, node, [spike, no, base], [offset, coefficient])
        }
    }

    /// A sum, in as few instructions as its length allows: plain terms first, in order, then products.
    private mutating func emitSum(_ node: Node) {
        guard let sum = flat.sums[node] else { return }
        var plain = sum.terms.filter { !isAbsorbed($0.node) }[...]
        var products = sum.terms.filter { isAbsorbed($0.node) }[...]
        var offset = sum.offset
        var isFirst = true
        if plain.isEmpty, products.isEmpty { return add(.fill, node, [], [offset]) }
        while isFirst || !plain.isEmpty || !products.isEmpty {
            // The first products wait until plain terms that have no room beside them are done.
            let takesProduct = !products.isEmpty && plain.count <= 2
            let room = takesProduct ? 2 : 3
            let taken = Array(plain.prefix(room))
            plain = plain.dropFirst(taken.count)
            var nodes = taken.map(\.node)
            var coefficients = taken.map(\.coefficient)
            var code: OperationCode = [.fill, .linear1, .linear2, .linear3][taken.count]
            if takesProduct, let product = products.popFirst(),
                case .product(let a, let b) = flat.graph.operations[product.node]
            {
                nodes = [a, b] + nodes
                coefficients = [product.coefficient] + coefficients
                code = [.product, .productPlus1, .productPlus2][taken.count]
            }
            isFirst = false
            let isLast = plain.isEmpty && products.isEmpty
            let target = isLast ? node : nextValue
            add(code, target, nodes, [offset] + coefficients)
            guard !isLast else { return }
            plain = [Graph.Term(coefficient: 1, node: nextValue)] + plain
            nextValue += 1
            offset = 0
        }
    }

    // MARK: Places

    /// The instructions with slots for nodes.
    private mutating func placed(_ firstScratch: Int) -> Program {
        pairScales()
        var slots = leaves
        for root in roots where slots[root.node] == nil { slots[root.node] = root.slot }
        var lastUse: [Int: Int] = [:]
        for (index, instruction) in built.enumerated() {
            for value in instruction.reads + instruction.writes { lastUse[value] = index }
        }
        let fixed = Set(slots.keys)
        var free: [Int] = []
        var scratchCount = 0
        var result: [Built] = []
        for (index, instruction) in built.enumerated() {
            // A row that is read here for the last time may be overwritten here: neurons do not mix.
            for value in Set(instruction.reads) where lastUse[value] == index && !fixed.contains(value) {
                if let slot = slots[value] { free.append(slot) }
            }
            for value in instruction.writes where slots[value] == nil {
                if free.isEmpty {
                    free.append(firstScratch + scratchCount)
                    scratchCount += 1
                }
                slots[value] = free.removeLast()
            }
            result.append(instruction.replacing(slots))
            for value in instruction.writes where lastUse[value] == index && !fixed.contains(value) {
                if let slot = slots[value] { free.append(slot) }
            }
        }
        for root in roots where slots[root.node] != root.slot {
            result.append(
                Built(
                    code: .copy,
                    target: Int32(root.slot),
                    x: Int32(slots[root.node] ?? root.slot),
                    c0: 0,
                    c1: 0,
                    c2: 0,
                    c3: 0,
                    c4: 0,
                    c5: 0,
                    c6: 0
                )
            )
        }
        return Program(result, scratchCount: scratchCount)
    }

    /// Two multiples of the same row become one instruction.
    private mutating func pairScales() {
        var first: [Int32: Int] = [:]
        var removed: Set<Int> = []
        for (index, instruction) in built.enumerated() where instruction.code == .linear1 && instruction.c0 == 0 {
            guard let other = first[instruction.x], index - other <= 8 else {
                first[instruction.x] = index
                continue
            }
            first[instruction.x] = nil
            // The second takes the place of both, if nothing between them needs the first.
            let early = built[other].target
            guard !built[other + 1..<index].contains(where: { $0.reads.contains(Int(early)) }) else { continue }
            built[index].code = .scale2
            built[index].second = built[index].target
            built[index].target = early
            (built[index].c0, built[index].c1) = (built[other].c1, instruction.c1)
            removed.insert(other)
        }
        built = built.indices.filter { !removed.contains($0) }.map { built[$0] }
    }
}

extension Instruction {
    fileprivate var reads: [Int] { [x, y, z, w].filter { $0 >= 0 }.map(Int.init) }
    fileprivate var writes: [Int] { [target, second, third].filter { $0 >= 0 }.map(Int.init) }

    /// With the slots of the values it names.
    fileprivate func replacing(_ slots: [Int: Int]) -> Instruction {
        func slot(_ value: Int32) -> Int32 { value < 0 ? -1 : Int32(slots[Int(value)] ?? 0) }
        var result = self
        (result.target, result.second, result.third) = (slot(target), slot(second), slot(third))
        (result.x, result.y, result.z, result.w) = (slot(x), slot(y), slot(z), slot(w))
        return result
    }
}
