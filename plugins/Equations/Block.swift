import SNNKernel

/// The rows of a block of neurons: where each slot is, and how it moves from step to step.
///
/// Rows before and after a step change places, so that nothing is copied. What leaves the block goes straight to its
/// place where a whole number of sixteens does, else by way of a row of the block.
struct Block {
    /// Neurons that it has room for, a multiple of sixteen.
    let capacity: Int
    private let slots: Slots
    /// Where every slot is at this step.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// A row of its own for every slot, and one more.
    private let memory: Storage<Float>
    private let table: Storage<UnsafeMutablePointer<Float>>

    private var first = 0
    private var lanes = 0
    /// Slots that lie elsewhere, and how far they move in a step.
    private var moving: [(slot: Int, stride: Int)] = []
    /// Slots whose rows go elsewhere by way of the block, and where at this step.
    private var copied: [(slot: Int, to: UnsafeMutablePointer<Float>, stride: Int)] = []
    /// A slot whose rows are added up, if any.
    private var collected: Int?

    init(_ slots: Slots, _ scratchCount: Int, lanes: Int) {
        self.slots = slots
        capacity = max(16, lanes)
        let count = slots.scratch + scratchCount
        memory = Storage(overwriting: (count + 1) * capacity)
        table = Storage(overwriting: count)
        pointers = table.base
        for slot in 0..<count { pointers[slot] = memory.base + slot * capacity }
    }

    private func own(_ slot: Int) -> UnsafeMutablePointer<Float> { memory.base + slot * capacity }
    private var sum: UnsafeMutablePointer<Float> { memory.base + memory.count - capacity }

    /// Neurons, rounded up to sixteens.
    var paddedLanes: Int { (lanes + 15) / 16 * 16 }

    /// Turns to neurons from `first` on.
    mutating func begin(_ first: Int, of row: Int) {
        self.first = first
        lanes = min(capacity, row - first)
        moving.removeAll(keepingCapacity: true)
        copied.removeAll(keepingCapacity: true)
        collected = nil
        for row in 0..<slots.rowCount {
            pointers[slots.incoming(row)] = own(slots.incoming(row))
            pointers[slots.outgoing(row)] = own(slots.outgoing(row))
        }
    }

    /// A slot whose row is elsewhere.
    mutating func point(_ slot: Int, _ place: UnsafeMutablePointer<Float>, stride: Int = 0) {
        pointers[slot] = place
        if stride != 0 { moving.append((slot, stride)) }
    }

    /// A slot whose rows are those of `values`, from the last step back.
    mutating func point(_ slot: Int, last values: Values, _ first: Int) {
        let stride = values.stepStride
        point(slot, values.base + first + (values.steps - 1) * stride, stride: -stride)
    }

    /// A slot whose rows are written to `values`, from its first step on or from its last back.
    mutating func write(_ slot: Int, to values: Values?, isBackward: Bool = false) {
        guard let values else {
            pointers[slot] = own(slot)
            return
        }
        let stride = values.stepStride
        let place = values.base + first + (isBackward ? (values.steps - 1) * stride : 0)
        if lanes % 16 == 0 {
            point(slot, place, stride: isBackward ? -stride : stride)
        } else {
            pointers[slot] = own(slot)
            copied.append((slot, place, isBackward ? -stride : stride))
        }
    }

    /// A slot whose rows are added up over the steps.
    mutating func collect(_ slot: Int) {
        pointers[slot] = own(slot)
        collected = slot
        sum.update(repeating: 0, count: paddedLanes)
    }

    /// The sum of a collected slot.
    func store(_ slot: Int, at place: UnsafeMutablePointer<Float>) { place.update(from: sum, count: lanes) }

    /// Writes a number to every neuron of a slot.
    func fill(_ slot: Int, _ number: Float) { pointers[slot].update(repeating: number, count: paddedLanes) }

    /// Ends a step: what leaves is copied, pointers move on, rows after the step become those before the next.
    mutating func advance() {
        for index in copied.indices {
            copied[index].to.update(from: pointers[copied[index].slot], count: lanes)
            copied[index].to += copied[index].stride
        }
        if let collected {
            let (from, to) = (pointers[collected], sum)
            for lane in stride(from: 0, to: paddedLanes, by: 16) {
                let total: SIMD16<Float> = (to + lane).vector() + (from + lane).vector()
                (to + lane).store(total)
            }
        }
        for index in moving.indices { pointers[moving[index].slot] += moving[index].stride }
        for row in 0..<slots.rowCount {
            let incoming = pointers[slots.incoming(row)]
            pointers[slots.incoming(row)] = pointers[slots.outgoing(row)]
            pointers[slots.outgoing(row)] = incoming
        }
    }

    /// Turns round after the last step: every moving slot goes back a step, and from now on backwards.
    mutating func turn() {
        for index in moving.indices {
            pointers[moving[index].slot] -= moving[index].stride
            moving[index].stride = -moving[index].stride
        }
    }

    /// Clears the bits of neurons that do not exist.
    func clearBeyond(_ word: UnsafeMutableRawPointer) {
        guard lanes % 16 != 0 else { return }
        let offset = lanes / 16 * 2
        let valid = UInt16((1 << (lanes % 16)) - 1)
        let bits = UInt16(littleEndian: word.load(fromByteOffset: offset, as: UInt16.self))
        word.storeBytes(of: (bits & valid).littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Leaves the rows after the last step in the state, wherever they are.
    func settle(_ state: EquationState, _ first: Int, steps: Int) {
        guard steps % 2 == 1 else { return }
        for row in 0..<slots.rowCount {
            let place = state.rows.base + row * state.stride + first
            place.update(from: pointers[slots.incoming(row)], count: paddedLanes)
        }
    }
}
