/// Maximum of rates over windows of an image, channel by channel: a spike leaves where the largest count of a window grows.
///
///     N(p, t) = sum of what pixel p sent up to step t;   M(t) = largest N(p, t) of the window;   y(t) = M(t) - M(t - 1)
///
/// So up to every step as many spikes have left as the busiest pixel sent; in the channels ``Pooling/latest``, as the
/// laziest. The OR of every step (``Pooling``) adds up the spikes that pixels send in turns, which makes rates too large
/// in long windows. Constant values have the maximum of ``Pooling``.
///
/// The gradient is exact: with g(t) that of y(t), and 0 after the window, g(t) - g(t + 1) is that of M(t) and goes to every
/// earlier step of the first pixel with the largest count.
///
/// A session keeps the counts. As float32 holds whole numbers up to 2^24, a pixel more than 2^22 spikes behind the busiest of
/// its image counts as just so many behind.
public struct CountPooling: Stage {
    /// The windows.
    public let pool: Pooling
    /// The image that arrives.
    public var inputShape: Shape { pool.inputShape }
    /// One pixel a window, channels as they arrive.
    public var outputShape: Shape { pool.outputShape }

    /// The windows of `pool`, which must be a maximum.
    public init(_ pool: Pooling) {
        precondition(pool.kind == .max)
        self.pool = pool
    }

    /// Spikes that count, or what is the same at every step.
    public func check(_ arriving: ActivityKind) throws(SNNError) {
        guard arriving == .raster || arriving == .constantValues else {
            throw .notSupported(
                "max_pool with counts takes spikes and constant values, but \(arriving.rawValue) arrive"
            )
        }
    }

    /// As of ``Pooling``: a window is silent where all of its pixels are.
    public func activity(_ arriving: Double) -> Double { pool.activity(arriving) }

    /// The counts of a row, the largest of the step, and those of the step before; on the way back a gradient, too.
    public func buffers(arriving: PlannedActivity, goesBack: Bool) -> [Int] {
        guard arriving.kind != .constant else { return pool.buffers(arriving: arriving, goesBack: goesBack) }
        let (arrives, leaves) = (4 * arriving.batch * inputShape.count, 4 * arriving.batch * outputShape.count)
        return goesBack ? [arrives, arrives, leaves] : [arrives, leaves, leaves]
    }

    /// The counts of a stream at rest.
    public func rest(batch: Int) -> (any StageMemory)? { Counts(of: self, batch: batch) }

    /// The spikes by which the largest counts grow.
    public func forward(_ input: Activity, _ context: StageContext) -> Activity {
        guard case .raster(let raster) = input else { return pool.forward(input, context) }
        let counts = context.memory as? Counts ?? Counts(of: self, batch: raster.batch)
        let row = raster.batch * outputShape.count
        let form: Raster.Form
        if raster.isBinary {
            let words = Raster.emptyBits(steps: raster.steps, batch: raster.batch, count: outputShape.count)
            let wordsPerStep = (row + 63) >> 6
            for t in 0..<raster.steps {
                let word = words.base + t * wordsPerStep
                counts.advance(raster, step: t, pool) { index, _ in word[index >> 6] |= 1 << UInt64(index & 63) }
            }
            form = .bits(words)
        } else {
            let numbers = Storage<Int16>(raster.steps * row)
            for t in 0..<raster.steps {
                let number = numbers.base + t * row
                counts.advance(raster, step: t, pool) { number[$0] = Int16(clamping: Int($1)) }
            }
            form = .counts(numbers)
        }
        return .raster(
            Raster(
                steps: raster.steps,
                batch: raster.batch,
                count: outputShape.count,
                scale: raster.scale,
                form: form
            )
        )
    }

    /// The gradient above.
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values {
        guard case .raster(let raster) = input else { return pool.adjoint(of: gradient, input: input, context) }
        let result = Values(overwriting: raster.steps, batch: raster.batch, count: raster.count)
        let counts = Counts(of: self, batch: raster.batch)
        let slope = Values(overwriting: 1, batch: raster.batch, count: outputShape.count, isConstant: true)
        for t in 0..<raster.steps {
            counts.add(raster, step: t)
            let now = gradient.step(t)
            if t + 1 < raster.steps {
                let next = gradient.step(t + 1)
                for index in 0..<slope.row { slope.base[index] = now[index] - next[index] }
            } else {
                slope.base.update(from: now, count: slope.row)
            }
            let winners = pool.adjoint(of: slope, input: .values(counts.sent), context)
            result.step(t).update(from: winners.base, count: result.row)
            withExtendedLifetime(winners) {}
        }
        for t in stride(from: raster.steps - 2, through: 0, by: -1) {
            let (now, next) = (result.step(t), UnsafePointer(result.step(t + 1)))
            for index in 0..<result.row { now[index] += next[index] }
        }
        withExtendedLifetime((gradient, slope)) {}
        return result
    }

    /// What every pixel has sent so far, and the largest of every window.
    private final class Counts: StageMemory, @unchecked Sendable {
        private(set) var sent: Values
        private var largest: Values
        private var steps = 0

        /// Counts of 16 bits grow by 2^23 meanwhile.
        private static let period = 1 << 8
        private static let farthest = Float(1 << 22)

        init(of stage: CountPooling, batch: Int) {
            sent = Values(steps: 1, batch: batch, count: stage.inputShape.count, isConstant: true)
            largest = Values(steps: 1, batch: batch, count: stage.outputShape.count, isConstant: true)
        }

        func add(_ raster: Raster, step t: Int) {
            let sent = sent
            raster.forEachEvent(step: t, in: 0..<raster.row) { sent.base[$0] += Float($1) }
            withExtendedLifetime(sent) {}
        }

        /// Adds a step and tells of every window whose largest count changes, and by how much.
        @inline(__always)
        func advance(_ raster: Raster, step t: Int, _ pool: Pooling, _ tell: (_ index: Int, _ growth: Float) -> Void) {
            add(raster, step: t)
            guard case .values(let now) = pool.forward(.values(sent)) else { return }
            let before = largest
            for index in 0..<now.row where now.base[index] != before.base[index] {
                tell(index, now.base[index] - before.base[index])
            }
            withExtendedLifetime((now, before)) {}
            largest = now
            steps += 1
            if steps % Self.period == 0 { rebase(pool) }
        }

        /// Takes from all counts of an image what its largest is above the farthest.
        private func rebase(_ pool: Pooling) {
            for sample in 0..<sent.batch {
                let row = UnsafeMutableBufferPointer(start: sent.base + sample * sent.count, count: sent.count)
                let excess = (row.max() ?? 0) - Self.farthest
                guard excess > 0 else { continue }
                for index in row.indices { row[index] = max(row[index] - excess, 0) }
            }
            if case .values(let now) = pool.forward(.values(sent)) { largest = now }
        }
    }
}
