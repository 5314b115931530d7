import SNNKernel

/// Where every slot is.
typealias SlotTable = UnsafeMutablePointer<UnsafeMutablePointer<Float>>

/// What an instruction does to sixteen neurons: types rather than closures, so that the loops are compiled for each.
protocol Operation1 {
    func callAsFunction(_ x: Lanes) -> Lanes
}
protocol Operation2 {
    func callAsFunction(_ x: Lanes, _ y: Lanes) -> Lanes
}
protocol Operation3 {
    func callAsFunction(_ x: Lanes, _ y: Lanes, _ z: Lanes) -> Lanes
}
protocol Operation4 {
    func callAsFunction(_ x: Lanes, _ y: Lanes, _ z: Lanes, _ w: Lanes) -> Lanes
}

/// The loops over neurons; every row may be the row that is written, as neurons do not mix.
enum Loop {
    @inline(never)
    static func fill(_ i: Instruction<Float>, _ slots: SlotTable, _ lanes: Int) {
        slots[Int(i.target)].update(repeating: i.c0, count: lanes)
    }

    @inline(never)
    static func run1<Operation: Operation1>(
        _ operation: Operation,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int
    ) {
        let (x, target) = (slots[Int(i.x)], slots[Int(i.target)])
        var lane = 0
        while lane < lanes {
            (target + lane).store(operation((x + lane).vector()))
            lane &+= 16
        }
    }

    @inline(never)
    static func run2<Operation: Operation2>(
        _ operation: Operation,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int
    ) {
        let (x, y, target) = (slots[Int(i.x)], slots[Int(i.y)], slots[Int(i.target)])
        var lane = 0
        while lane < lanes {
            (target + lane).store(operation((x + lane).vector(), (y + lane).vector()))
            lane &+= 16
        }
    }

    @inline(never)
    static func run3<Operation: Operation3>(
        _ operation: Operation,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int
    ) {
        let (x, y, z, target) = (slots[Int(i.x)], slots[Int(i.y)], slots[Int(i.z)], slots[Int(i.target)])
        var lane = 0
        while lane < lanes {
            (target + lane).store(operation((x + lane).vector(), (y + lane).vector(), (z + lane).vector()))
            lane &+= 16
        }
    }

    @inline(never)
    static func run4<Operation: Operation4>(
        _ operation: Operation,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int
    ) {
        let (x, y, z) = (slots[Int(i.x)], slots[Int(i.y)], slots[Int(i.z)])
        let (w, target) = (slots[Int(i.w)], slots[Int(i.target)])
        var lane = 0
        while lane < lanes {
            let result = operation(
                (x + lane).vector(),
                (y + lane).vector(),
                (z + lane).vector(),
                (w + lane).vector()
            )
            (target + lane).store(result)
            lane &+= 16
        }
    }

    @inline(never)
    static func scale2(_ i: Instruction<Float>, _ slots: SlotTable, _ lanes: Int) {
        let (x, first, second) = (slots[Int(i.x)], slots[Int(i.target)], slots[Int(i.second)])
        var lane = 0
        while lane < lanes {
            let value: Lanes = (x + lane).vector()
            (first + lane).store(Lanes(repeating: i.c0) * value)
            (second + lane).store(Lanes(repeating: i.c1) * value)
            lane &+= 16
        }
    }

    // MARK: Spikes

    @inline(__always)
    private static func write(_ spikes: Lanes, _ bits: UnsafeMutableRawPointer, _ lane: Int) {
        bits.storeBytes(of: spikes.spikeBits.littleEndian, toByteOffset: lane &>> 3, as: UInt16.self)
    }

    /// Spikes as numbers, as bits, or both.
    @inline(never)
    static func spikes<Operation: Operation2>(
        _ fire: Operation,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int,
        _ bits: UnsafeMutableRawPointer?
    ) {
        let x = slots[Int(i.x)]
        let y = i.y < 0 ? x : slots[Int(i.y)]
        let target = i.target < 0 ? nil : slots[Int(i.target)]
        var lane = 0
        switch (target, bits) {
        case (let target?, let bits?):
            while lane < lanes {
                let s = fire((x + lane).vector(), (y + lane).vector())
                (target + lane).store(s)
                write(s, bits, lane)
                lane &+= 16
            }
        case (let target?, nil):
            while lane < lanes {
                (target + lane).store(fire((x + lane).vector(), (y + lane).vector()))
                lane &+= 16
            }
        case (nil, let bits?):
            while lane < lanes {
                write(fire((x + lane).vector(), (y + lane).vector()), bits, lane)
                lane &+= 16
            }
        case (nil, nil): break
        }
    }

    /// Charge, spikes and the reset of the row that fired, in one; the row as it was before the reset where it is wanted.
    @inline(never)
    static func spikeSelect<Charge: Operation2, Fire: Operation2, Reset: Operation1>(
        _ rule: StepRule<Charge, Fire, Reset>,
        _ i: Instruction<Float>,
        _ slots: SlotTable,
        _ lanes: Int,
        _ bits: UnsafeMutableRawPointer?
    ) {
        let (x, target) = (slots[Int(i.x)], slots[Int(i.target)])
        let y = i.y < 0 ? x : slots[Int(i.y)]
        let number = i.second < 0 ? nil : slots[Int(i.second)]
        let charged = i.third < 0 ? nil : slots[Int(i.third)]
        var lane = 0
        if let bits, number == nil, charged == nil {
            while lane < lanes {
                let (_, s, after) = rule.step((x + lane).vector(), (y + lane).vector())
                (target + lane).store(after)
                write(s, bits, lane)
                lane &+= 16
            }
        } else if let charged, number == nil, bits == nil {
            while lane < lanes {
                let (u, _, after) = rule.step((x + lane).vector(), (y + lane).vector())
                (target + lane).store(after)
                (charged + lane).store(u)
                lane &+= 16
            }
        } else {
            while lane < lanes {
                let (u, s, after) = rule.step((x + lane).vector(), (y + lane).vector())
                (target + lane).store(after)
                if let charged { (charged + lane).store(u) }
                if let number { (number + lane).store(s) }
                if let bits { write(s, bits, lane) }
                lane &+= 16
            }
        }
    }
}

/// Charge, fire and reset of one row.
struct StepRule<Charge: Operation2, Fire: Operation2, Reset: Operation1> {
    let charge: Charge
    let fire: Fire
    let reset: Reset

    @inline(__always)
    func step(_ x: Lanes, _ y: Lanes) -> (charged: Lanes, spikes: Lanes, after: Lanes) {
        let u = charge(x, y)
        let s = fire(u, u)
        return (u, s, Lanes.select(s.isAbove(Lanes(repeating: 0)), reset(u), u))
    }
}
