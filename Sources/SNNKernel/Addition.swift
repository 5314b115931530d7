/// What a node, or the coding, sends, as far as it is known before anything runs.
struct Sending {
    var shape: Shape
    var kind: ActivityKind
    /// The largest count of spikes.
    var count: Int
    /// Whether a spike is worth 1 at every step.
    var isUnit: Bool
    /// Whether a trainable tensor stands before it.
    var carriesGradient = false

    /// What arrives where several activities add up.
    ///
    /// Analog values and codes of spikes add to analog values, spikes worth 1 to counts of spikes, everything else to values
    /// per step.
    /// Errors: ``SNNError/shape(_:)`` for different shapes, ``SNNError/notSupported(_:)`` for spike times.
    static func sum(_ parts: [Sending]) throws(SNNError) -> Sending {
        guard var sum = parts.first, parts.count > 1 else { return parts[0] }
        for part in parts {
            guard part.shape == sum.shape else {
                throw .shape("inputs that add up must have one shape, got \(sum.shape) and \(part.shape)")
            }
            guard part.kind != .times else {
                throw .notSupported("spike times do not add up: a layer of them is one input")
            }
        }
        sum.carriesGradient = parts.contains(where: \.carriesGradient)
        if parts.allSatisfy({ $0.kind == .raster && $0.isUnit }) {
            sum.count = parts.reduce(0) { $0 + $1.count }
        } else {
            sum.kind = parts.allSatisfy(\.kind.isConstant) ? .constantValues : .values
            sum.count = 1
            sum.isUnit = false
        }
        return sum
    }
}

extension Activity {
    /// The sum of activities of one shape, first to last, as activity of `kind`.
    public static func sum(_ parts: [Activity], as kind: ActivityKind) -> Activity {
        guard parts.count > 1 else { return parts[0] }
        let parts = kind.isConstant ? parts.map(\.decoded) : parts
        let (steps, batch, count) = (parts[0].steps, parts[0].batch, parts[0].count)
        if kind == .raster {
            let counts = Storage<Int16>(steps * batch * count)
            for case .raster(let raster) in parts {
                for t in 0..<steps {
                    let row = counts.base + t * raster.row
                    raster.forEachEvent(step: t, in: 0..<raster.row) { row[$0] += Int16(truncatingIfNeeded: $1) }
                }
            }
            return .raster(Raster(steps: steps, batch: batch, count: count, form: .counts(counts)))
        }
        let sum = Values(overwriting: steps, batch: batch, count: count, isConstant: kind.isConstant)
        let row = Storage<Float>(overwriting: sum.row)
        for t in 0..<sum.slices {
            let to = sum.step(t)
            parts[0].write(step: t, to: to)
            for part in parts.dropFirst() {
                var from = UnsafePointer(row.base)
                if case .values(let values) = part {
                    from = UnsafePointer(values.step(t))
                } else {
                    part.write(step: t, to: row.base)
                }
                for index in 0..<sum.row { to[index] += from[index] }
            }
        }
        return withExtendedLifetime((row, parts)) { .values(sum) }
    }

    /// The gradient of this part of a sum, laid out as it, given that of the sum.
    func partGradient(_ gradient: Values, of kind: ActivityKind) -> Values {
        // What holds for the whole window collects the gradients of all steps.
        guard isConstant, !kind.isConstant else { return gradient }
        let total = Values(steps: gradient.steps, batch: gradient.batch, count: gradient.count, isConstant: true)
        for t in 0..<gradient.steps {
            let from = gradient.step(t)
            for index in 0..<total.row { total.base[index] += from[index] }
        }
        return withExtendedLifetime(gradient) { total }
    }
}

extension Values {
    /// The sum of two gradients of one activity; one that is marked constant holds at every step.
    func adding(_ other: Values) -> Values {
        let sum = Values(overwriting: steps, batch: batch, count: count, isConstant: isConstant && other.isConstant)
        for t in 0..<sum.slices {
            let (a, b, to) = (UnsafePointer(step(t)), UnsafePointer(other.step(t)), sum.step(t))
            for index in 0..<sum.row { to[index] = a[index] + b[index] }
        }
        return withExtendedLifetime((self, other)) { sum }
    }
}
