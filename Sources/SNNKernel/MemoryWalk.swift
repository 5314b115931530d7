/// The account of one worker's workspace, and of what is too small for it.
final class PlannedMemory {
    /// A buffer.
    final class Piece {
        /// Bytes that were asked for.
        fileprivate let bytes: Int
        fileprivate let place: Place?
        fileprivate init(_ bytes: Int, _ place: Place?) {
            self.bytes = bytes
            self.place = place
        }
    }

    /// Memory of a workspace; pages become resident when they are first written.
    fileprivate final class Place { var resident = 0 }

    private var account = WorkspaceAccount<Place>()
    /// Bytes resident now, and the most so far.
    private(set) var resident = 0
    private(set) var peak = 0

    init(retention: Double) { account.retention = retention }

    func take(_ count: Int) -> Piece {
        let bytes = count + Storage<Float>.margin
        guard bytes >= Workspace.least else {
            grow(bytes)
            return Piece(bytes, nil)
        }
        let place = account.take(bytes) { place, _ in resident -= place.resident } ?? Place()
        grow(max(0, bytes - place.resident))
        place.resident = max(place.resident, bytes)
        return Piece(bytes, place)
    }

    func give(_ piece: Piece) {
        if let place = piece.place {
            account.give(place, bytes: piece.bytes)
        } else {
            resident -= piece.bytes
        }
    }

    /// Takes buffers that are held at once and gives them back.
    func pass(_ sizes: [Int]) {
        let pieces = sizes.map(take)
        for piece in pieces { give(piece) }
    }

    private func grow(_ bytes: Int) {
        resident += bytes
        peak = max(peak, resident)
    }
}

/// Forward and backward passes without numbers: ``Network/forward(_:weights:context:states:first:record:)`` and
/// ``Network/backward(_:gradient:weights:context:to:later:)`` buffer by buffer.
final class MemoryWalk {
    typealias Piece = PlannedMemory.Piece

    let network: Network
    let workload: Workload
    let recomputed: Set<Int>
    let block: Int
    let memory: PlannedMemory
    /// Bytes that a slab leaves in each node.
    private(set) var activity: [Int]
    /// Bytes into which products pack factors.
    private(set) var packed = 0
    /// Bytes that a block leaves until the end of the batch.
    private(set) var heldPerBlock = 0
    /// Bytes held for the whole batch.
    private(set) var columns = 0
    private var held: [Piece] = []
    /// Slabs so far.
    private var slabs = 0
    private let isTraining: Bool

    init(_ network: Network, _ workload: Workload, recomputed: Set<Int>, block: Int) {
        self.network = network
        self.workload = workload
        self.recomputed = recomputed
        self.block = block
        memory = PlannedMemory(
            retention: workload.mode == .inference
                ? Retention.inference : recomputed.isEmpty ? Retention.training : Retention.budget
        )
        activity = network.nodes.map { _ in 0 }
        isTraining = workload.mode == .train
    }

    /// Activity on its way.
    private struct Flow {
        var planned: PlannedActivity
        var largest: Int
        /// Whether it is codes of spikes, which are decoded where they arrive.
        var isCode = false
    }

    /// What every node sent, with the memory that it lies in unless somebody else answers for that.
    private struct Sent {
        let input: Flow
        var flows: [Flow]
        var pieces: [Piece?]

        init(_ input: Flow, nodes: Int) {
            self.input = input
            flows = Array(repeating: input, count: nodes)
            pieces = Array(repeating: nil, count: nodes)
        }

        func arriving(_ node: Node) -> [Flow] { node.inputs.map { $0 < 0 ? input : flows[$0] } }
    }

    /// Several activities added up.
    private func join(_ parts: [Flow], at node: Node, _ kept: inout Kept) -> Flow {
        guard parts.count > 1 else { return parts[0] }
        let share = parts.reduce(1.0) { $0 * (1 - $1.planned.activity) }
        var planned = parts[0].planned
        planned.activity = 1 - share
        let largest = node.joins == .raster ? parts.reduce(0) { $0 + $1.largest } : 1
        planned.kind = kind(node.joins, largest: largest)
        kept.pieces.append(memory.take(planned.bytes))
        memory.pass(
            (node.joins == .raster ? [] : [4 * planned.batch * planned.count])
                + parts.filter(\.isCode).map(\.planned.bytes)
        )
        return Flow(planned: planned, largest: largest)
    }

    /// What a node keeps for the way back.
    private struct Kept {
        var stageInputs: [PlannedActivity] = []
        var arriving: PlannedActivity?
        var currentIsConstant = false
        /// Bytes of a panel, of neurons that ran in panels.
        var panelBytes: Int?
        var pieces: [Piece] = []
    }

    /// Nodes that can do without their currents: the larger first, and without the last, whose current is the first that
    /// the way back asks for.
    static func candidates(_ network: Network) -> [Int] {
        let nodes = network.nodes
        let last = nodes.lastIndex { $0.connection != nil }
        var found: [Int] = []
        for (index, node) in nodes.enumerated() {
            var kind = node.joins
            for stage in node.stages { kind = stage.sends(kind) }
            // One current for all steps costs little to keep.
            if node.connection != nil, !kind.isConstant, index != last { found.append(index) }
        }
        return found.sorted {
            (nodes[$0].outputShape.count, $1) > (nodes[$1].outputShape.count, $0)
        }
    }

    /// One block of samples, slab by slab.
    func runBlock() {
        let slab = network.slabSize
        let heldBefore = held.count
        guard block > slab else {
            let input = encode(block)
            runSlab(block, input.flow, input.pieces, first: nil)
            heldPerBlock = held[heldBefore...].reduce(0) { $0 + $1.bytes }
            return
        }
        var whole: (flow: Flow, pieces: [Piece])?
        var first: (Kept, Flow)?
        if network.coding.sends.isConstant {
            let input = encode(block)
            whole = input
            if network.nodes.first?.connection != nil {
                var kept = Kept()
                var flow = input.flow
                arrive(0, &flow, &kept)
                if kept.currentIsConstant {
                    first = (kept, flow)
                } else {
                    kept.pieces.forEach(memory.give)
                }
            }
        }
        // What serves the whole batch is counted there.
        if isBatchwise { ((first?.0.pieces ?? []) + (whole?.pieces ?? [])).forEach(memory.give) }
        for start in stride(from: 0, to: block, by: slab) {
            let count = min(slab, block - start)
            if var flow = whole?.flow {
                flow.planned.batch = count
                runSlab(count, flow, [], first: first)
            } else {
                let input = encode(count)
                runSlab(count, input.flow, input.pieces, first: nil)
            }
        }
        if isBatchwise {
            heldPerBlock = held[heldBefore...].reduce(0) { $0 + $1.bytes }
            return
        }
        // Shares of gradients that wait read the input of the whole block.
        let waits = isTraining && network.nodes.first?.defersGradients == true
        var rest = (first?.0.pieces ?? []) + (whole?.pieces ?? [])
        if waits, let piece = rest.popLast() { held.append(piece) }
        rest.forEach(memory.give)
        heldPerBlock = held[heldBefore...].reduce(0) { $0 + $1.bytes }
    }

    /// Whether the first layer's currents are computed for many blocks at once: ``Network/batchArrival``.
    private var isBatchwise: Bool {
        network.sharesArrival && (isTraining || workload.batch > network.slabSize)
    }

    /// What is computed once for the whole batch, or as much of it as shares the first layer's currents.
    func startBatch() {
        guard isBatchwise, let connection = network.nodes.first?.connection else { return }
        let arriving = PlannedActivity(
            kind: .constant,
            steps: network.steps,
            batch: isTraining
                ? workload.batch
                : min(workload.batch, network.shareSize(count: workload.batch, threads: workload.threads)),
            count: connection.inputShape.count,
            activity: workload.inputActivity
        )
        columns += 4 * arriving.batch * (connection.inputShape.count + connection.outputShape.count)
        let buffers = connection.constantBuffers(arriving: arriving)
        columns += buffers.shared.reduce(0, +)
        memory.pass(buffers.piece)
    }

    /// What is found at the end of a batch.
    func endBatch() {
        guard isTraining else { return }
        for node in network.nodes where node.defersGradients {
            guard let connection = node.connection else { continue }
            let (inputs, outputs) = (connection.inputShape.count, connection.outputShape.count)
            columns += BatchGradients.heldBytes(outputs: outputs, samples: workload.batch)
            let sizes = BatchGradients.tileBytes(inputs: inputs, outputs: outputs, samples: workload.batch)
            memory.pass(workload.keepsGradients ? sizes.dropLast() : sizes)
        }
        held.forEach(memory.give)
        held = []
    }

    /// ``Network/encode(_:samples:context:steps:)``.
    private func encode(_ batch: Int) -> (flow: Flow, pieces: [Piece]) {
        let coding = network.coding
        let largest = coding.largestCount
        // Events are taken to ascend.
        let isListed =
            coding.sends == .raster && largest == 1 && coding is any EventCoding && network.inputShape.isFlat
        var planned = PlannedActivity(
            kind: isListed ? .list : kind(coding.sends, largest: largest),
            steps: network.steps,
            batch: batch,
            count: network.inputShape.count,
            activity: coding.sends == .raster ? varied(workload.inputActivity) : workload.inputActivity
        )
        if isListed, SpikeWords.areMany(planned.events, rows: planned.rows, inputs: planned.count) {
            planned.kind = .bits
        }
        let flow = Flow(planned: planned, largest: largest)
        if coding.sends == .raster, !(coding is any EventCoding) {
            // Values are read, turned into spikes with random numbers of a sample, and let go.
            let values = memory.take(4 * batch * planned.count * (coding.takesFrames ? planned.steps : 1))
            let random = memory.take(4 * batch * planned.count)
            let piece = memory.take(planned.bytes)
            memory.give(values)
            memory.give(random)
            return (flow, [piece])
        }
        return (flow, planned.buffers.map(memory.take))
    }

    private func kind(_ kind: ActivityKind, largest: Int) -> PlannedActivity.Kind {
        switch kind {
        case .constantValues, .times, .codes: .constant
        case .values: .values
        case .raster: largest > 1 ? .counts : .bits
        }
    }

    /// ``Network/arrive(_:at:weights:context:in:)``: stages and connection of a node.
    private func arrive(_ index: Int, _ flow: inout Flow, _ kept: inout Kept) {
        let node = network.nodes[index]
        for stage in node.stages {
            let arriving = flow.planned
            kept.stageInputs.append(arriving)
            flow.largest = stage.largestCount(flow.largest)
            let sends: ActivityKind =
                switch flow.planned.kind {
                case .constant: .constantValues
                case .values: .values
                case .bits, .list, .counts: .raster
                }
            let passes = stage.passesOn(isTraining: isTraining)
            if !passes {
                let wasCounts = flow.planned.kind == .counts
                flow.planned.kind = kind(stage.sends(sends), largest: wasCounts ? max(2, flow.largest) : flow.largest)
            }
            flow.planned.count = stage.outputShape.count
            flow.planned.activity = stage.activity(flow.planned.activity)
            if !passes {
                kept.pieces.append(memory.take(flow.planned.bytes))
                memory.pass(stage.buffers(arriving: arriving, goesBack: false))
                flow.isCode = flow.isCode && stage.sends(.codes) == .codes
            }
        }
        guard let connection = node.connection else { return }
        kept.arriving = flow.planned
        if flow.isCode { kept.pieces.append(memory.take(flow.planned.bytes)) }
        packed = max(
            packed,
            connection.packedBytes(goesBack: isTraining && node.needsInputGradient, arriving: flow.planned)
        )
        kept.currentIsConstant = flow.planned.kind == .constant
        if let panels = panels(index, flow.planned) {
            kept.panelBytes = panels.bytes
            kept.pieces += panels.pieces
        } else if let piece = current(connection, flow.planned) {
            kept.pieces.append(piece)
        }
    }

    /// ``Node/runPanels(_:weights:keeps:)``; nil where the neurons run together.
    private func panels(_ index: Int, _ arriving: PlannedActivity) -> (bytes: Int, pieces: [Piece])? {
        let node = network.nodes[index]
        guard node.takesPanels(rows: arriving.rows), let neuron = node.neuron,
            let buffers = node.connection?.panelBuffers(arriving: arriving)
        else { return nil }
        let keeps = isTraining && !recomputed.contains(index)
        let rest = buffers.map(memory.take)
        var pieces: [Piece] = []
        for neurons in Panel.ranges(node.outputShape.count) {
            let row = arriving.batch * neurons.count
            let piece = memory.take(4 * network.steps * row)
            memory.pass([stateBytes(neuron) * ((row + 15) / 16), 8 * network.steps * ((row + 63) / 64)])
            if keeps { pieces.append(piece) } else { memory.give(piece) }
        }
        rest.forEach(memory.give)
        return (4 * arriving.rows * Panel.width, pieces)
    }

    /// ``Connection/current(of:with:)``; nil where it hands on what arrives.
    private func current(_ connection: any Connection, _ arriving: PlannedActivity) -> Piece? {
        if connection is Identity, arriving.kind == .constant || arriving.kind == .values { return nil }
        let result = memory.take(numbers(arriving.kind == .constant, arriving.batch, connection.outputShape.count))
        memory.pass(connection.buffers(of: .current, arriving: arriving))
        return result
    }

    private func numbers(_ isConstant: Bool, _ batch: Int, _ count: Int) -> Int {
        4 * (isConstant ? 1 : network.steps) * batch * count
    }

    /// The activity of a slab, around its mean.
    ///
    /// Lists of different lengths take buffers of different sizes, and a workspace keeps some of each. By a tenth at 500 steps,
    /// as measured, and less by the root of the steps in longer windows.
    private func varied(_ activity: Double) -> Double {
        let width = min(0.1, 2.2 / Double(network.steps).squareRoot())
        return min(1, activity * (1 + width * (Double(slabs * 5 % 8) / 3.5 - 1)))
    }

    /// One slab forward and, in training, back; gives back `input`.
    private func runSlab(_ batch: Int, _ start: Flow, _ input: [Piece], first: (Kept, Flow)?) {
        var flow = start
        slabs += 1
        var trace: [Kept] = []
        var sent = Sent(start, nodes: network.nodes.count)
        for (index, node) in network.nodes.enumerated() {
            var kept = Kept()
            flow = join(sent.arriving(node), at: node, &kept)
            if index == 0, let first {
                (kept, flow) = first
                kept.pieces = []
                kept.arriving?.batch = batch
                flow.planned.batch = batch
                for place in kept.stageInputs.indices { kept.stageInputs[place].batch = batch }
            } else {
                arrive(index, &flow, &kept)
            }
            var own: Piece?
            if let connection = node.connection, let neuron = node.neuron {
                let outputs = connection.outputShape.count
                let state = memory.take(stateBytes(neuron) * ((batch * outputs + 15) / 16))
                flow = Flow(
                    planned: PlannedActivity(
                        kind: kind(node.sends, largest: 1),
                        steps: network.steps,
                        batch: batch,
                        count: outputs,
                        activity: node.spikes ? varied(workload.nodeActivity[node.name] ?? workload.activity) : 1
                    ),
                    largest: 1,
                    isCode: node.sends == .codes
                )
                let piece = memory.take(flow.planned.bytes)
                own = piece
                memory.give(state)
                if isTraining, recomputed.contains(index), kept.panelBytes == nil, let current = kept.pieces.popLast() {
                    memory.give(current)
                }
            }
            sent.flows[index] = flow
            if isTraining {
                if let own { kept.pieces.append(own) }
                activity[index] = max(activity[index], kept.pieces.reduce(0) { $0 + $1.bytes })
            } else {
                activity[index] = max(activity[index], kept.pieces.reduce(own?.bytes ?? 0) { $0 + $1.bytes })
                // A node of stages alone sends what its last stage made, or hands on what it got.
                sent.pieces[index] = node.connection == nil ? kept.pieces.popLast() : own
                kept.pieces.forEach(memory.give)
                kept.pieces = []
                for done in network.releases[index] {
                    guard let piece = sent.pieces[done] else { continue }
                    sent.pieces[done] = nil
                    if node.connection == nil, sent.pieces[index] == nil {
                        sent.pieces[index] = piece
                    } else {
                        memory.give(piece)
                    }
                }
            }
            trace.append(kept)
        }
        // The readout: a sum, and a step as numbers.
        memory.pass([4 * batch * flow.planned.count, 4 * batch * flow.planned.count, 4 * batch * network.scoreCount])
        if isTraining { walkBack(batch, flow.planned, trace) }
        for kept in trace { kept.pieces.forEach(memory.give) }
        for piece in sent.pieces { if let piece { memory.give(piece) } }
        input.forEach(memory.give)
    }

    private func walkBack(_ batch: Int, _ output: PlannedActivity, _ trace: [Kept]) {
        let slope = memory.take(
            numbers(!workload.isPerStep && readoutIsConstant(output), batch, output.count)
        )
        // Nodes whose readers share a gradient share its memory; that of the output belongs to the caller of the walk.
        var gradients: [Gradient?] = network.nodes.map { _ in nil }
        gradients[network.nodes.count - 1] = Gradient(nil)
        for (index, node) in network.nodes.enumerated().reversed() {
            let kept = trace[index]
            guard var gradient = gradients[index] else { continue }
            gradients[index] = nil
            func replace(by next: Piece) {
                release(gradient)
                gradient = Gradient(next)
            }
            if let connection = node.connection, let neuron = node.neuron, let arriving = kept.arriving {
                let again = recomputed.contains(index) ? current(connection, arriving) : nil
                // Gradients of a panel's spikes, and of its currents where they do not go into strips.
                let panel = again == nil ? kept.panelBytes : nil
                if !node.needsInputGradient, !node.defersGradients, !kept.currentIsConstant,
                    let strips = connection.stripBuffers(arriving: arriving)
                {
                    memory.pass(strips + [2 * network.steps * stateBytes(neuron)] + (panel.map { [$0] } ?? []))
                    if let again { memory.give(again) }
                    release(gradient)
                    continue
                }
                let ofCurrent = memory.take(numbers(kept.currentIsConstant, batch, connection.outputShape.count))
                memory.pass([2 * network.steps * stateBytes(neuron)] + (panel.map { [$0, $0] } ?? []))
                if let again { memory.give(again) }
                if !node.defersGradients {
                    memory.pass(connection.buffers(of: .gradients, arriving: arriving))
                }
                guard node.needsInputGradient else {
                    memory.give(ofCurrent)
                    release(gradient)
                    continue
                }
                guard !(connection is Identity) else {
                    replace(by: ofCurrent)
                    hand(gradient, to: node, batch: batch, &gradients)
                    continue
                }
                let next = memory.take(numbers(kept.currentIsConstant, batch, connection.inputShape.count))
                memory.pass(
                    connection.buffers(
                        of: .inputGradient(someAreZero: leavesZeros(neuron)),
                        arriving: arriving
                    )
                )
                replace(by: next)
                memory.give(ofCurrent)
            }
            for (position, stage) in node.stages.enumerated().reversed()
            where !stage.passesOn(isTraining: true) {
                let input = kept.stageInputs[position]
                let next = memory.take(numbers(input.kind == .constant, batch, input.count))
                memory.pass(stage.buffers(arriving: input, goesBack: true))
                replace(by: next)
            }
            hand(gradient, to: node, batch: batch, &gradients)
        }
        memory.give(slope)
    }

    /// A gradient, and how many nodes wait for it.
    private final class Gradient {
        let piece: Piece?
        var readers = 1

        init(_ piece: Piece?) { self.piece = piece }
    }

    private func release(_ gradient: Gradient) {
        gradient.readers -= 1
        if gradient.readers == 0, let piece = gradient.piece { memory.give(piece) }
    }

    /// Hands the gradient of what arrived at a node to those that sent it.
    private func hand(
        _ gradient: Gradient,
        to node: Node,
        batch: Int,
        _ gradients: inout [Gradient?]
    ) {
        for input in node.inputs where input >= 0 {
            let sender = network.nodes[input]
            let part =
                node.inputs.count > 1 && sender.sends.isConstant && !node.joins.isConstant
                ? Gradient(memory.take(numbers(true, batch, sender.outputShape.count))) : gradient
            if part === gradient { gradient.readers += 1 }
            guard let known = gradients[input] else {
                gradients[input] = part
                continue
            }
            let sum = memory.take(numbers(sender.sends.isConstant, batch, sender.outputShape.count))
            release(known)
            release(part)
            gradients[input] = Gradient(sum)
        }
        release(gradient)
    }

    /// Bytes of the state of sixteen neurons.
    private func stateBytes(_ neuron: any NeuronModel) -> Int { neuron.rest(count: 16).byteCount }

    /// Whether the readout sends one gradient back for all steps: asked of the readout itself, with a sample at rest.
    private func readoutIsConstant(_ output: PlannedActivity) -> Bool {
        let activity: Activity =
            switch output.kind {
            case .constant, .values:
                .values(
                    Values(steps: 2, batch: 1, count: output.count, isConstant: output.kind == .constant)
                )
            case .bits, .list, .counts:
                .raster(
                    Raster(
                        steps: 2,
                        batch: 1,
                        count: output.count,
                        form: .bits(Raster.emptyBits(steps: 2, batch: 1, count: output.count))
                    )
                )
            }
        let scores = Values(steps: 1, batch: 1, count: network.scoreCount, isConstant: true)
        return network.readout.adjoint(of: scores, activity: activity).isConstant
    }

    /// Whether the neuron's adjoint has zeros, as a surrogate of compact support leaves them: asked of the model itself,
    /// at currents far from and near to a threshold.
    private func leavesZeros(_ neuron: any NeuronModel) -> Bool {
        let count = 64
        let current = Values(steps: 1, batch: 1, count: count)
        let gradient = Values(steps: 1, batch: 1, count: count)
        for index in 0..<count {
            current.base[index] = Float(index - count / 2)
            gradient.base[index] = 1
        }
        let result = neuron.adjoint(of: gradient, current: current)
        // Named and held, so that its memory lives until it is counted.
        return withExtendedLifetime(result) { UnsafePointer(result.base).countNonZero(count) < count }
    }
}
