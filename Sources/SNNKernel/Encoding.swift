/// Which values a coding takes.
public enum ValueLaw: Sendable, Equatable {
    /// Every finite number.
    case finite
    /// Whole numbers from 0 to this, which is at most `Int16.max`: what a raster can hold.
    case whole(Int)
    /// Numbers between two, both included.
    case range(Float, Float)

    /// Whether one value obeys.
    func holds(_ value: Float) -> Bool {
        switch self {
        case .finite: value.isFinite
        case .whole(let largest): value >= 0 && value <= Float(largest) && value == value.rounded()
        case .range(let low, let high): value >= low && value <= high
        }
    }

    /// Whether `count` values obey.
    func holds(_ values: UnsafePointer<Float>, count: Int) -> Bool { scan(values, count) { _, _ in } }

    /// Copies `count` values and tells whether they obey.
    func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int) -> Bool {
        let isGood = scan(from, count) { (to + $0).store($1) }
        // The last values, fewer than a vector, which `scan` looks at one by one.
        for index in (count & ~15)..<count { to[index] = from[index] }
        return isGood
    }

    /// Looks at `count` values, handing on whole vectors; one pass without a branch a value.
    @inline(__always)
    private func scan(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        _ vector: (_ index: Int, SIMD16<Float>) -> Void
    ) -> Bool {
        let whole = count & ~15
        var isGood = true
        for index in whole..<count where !holds(values[index]) { isGood = false }
        switch self {
        case .finite:
            // x - x is 0 for every finite number and NaN for the others.
            var sum = SIMD16<Float>(repeating: 0)
            for index in stride(from: 0, to: whole, by: 16) {
                let x = (values + index).vector()
                sum += x - x
                vector(index, x)
            }
            return isGood && all(sum .== SIMD16<Float>(repeating: 0))
        case .range(let low, let high):
            var good = SIMDMask<SIMD16<Int32>>(repeating: true)
            for index in stride(from: 0, to: whole, by: 16) {
                let x = (values + index).vector()
                good .&= (x .>= low) .& (x .<= high)
                vector(index, x)
            }
            return isGood && all(good)
        case .whole(let largest):
            var good = SIMDMask<SIMD16<Int32>>(repeating: true)
            let most = SIMD16(repeating: Float(largest))
            // Floats from here on are whole: adding it rounds.
            let rounder = SIMD16<Float>(repeating: 0x1p23)
            for index in stride(from: 0, to: whole, by: 16) {
                let x = (values + index).vector()
                good .&= (x .>= 0) .& (x .<= most) .& ((x + rounder) - rounder .== x)
                vector(index, x)
            }
            return isGood && all(good)
        }
    }
}

extension Network {
    /// Reads samples and encodes them, for a window or for some steps of it.
    ///
    /// - Parameters:
    ///   - source: gives the values of a sample, or those of all its frames, in NCHW order; or its events.
    ///   - samples: numbers within `source`.
    ///   - context: the number of each sample and the stream, for random codings.
    ///   - steps: which steps of the window; nil means all, as it must where `source` gives events.
    /// - Returns: the activity of these samples at these steps, with images in (height, width, channel) order.
    /// - Throws: ``SNNError/notFinite(_:)`` for an input that is not a finite number, ``SNNError/parameter(_:)`` for one
    ///   that the coding does not take and for an event outside the window or the input,
    ///   ``SNNError/notSupported(_:)`` for events where the coding takes values.
    func encode(
        _ source: any SampleSource,
        samples: Range<Int>,
        context: BlockContext,
        steps: Range<Int>? = nil
    ) throws(SNNError) -> Activity {
        if source.events(samples.lowerBound) != nil { return try encodeEvents(source, samples: samples) }
        let steps = steps ?? 0..<self.steps
        return coding.encode(
            try read(source, samples: samples, frames: steps.count),
            steps: steps,
            window: self.steps,
            samples: context.samples,
            random: context.coding
        )
    }

    /// The coding, if it takes events.
    func eventCoding() throws(SNNError) -> any EventCoding {
        guard let coding = coding as? any EventCoding else {
            throw .notSupported("the coding \(description.coding.name) takes values, it cannot take events")
        }
        return coding
    }

    private func encodeEvents(_ source: any SampleSource, samples: Range<Int>) throws(SNNError) -> Activity {
        let coding = try eventCoding()
        var lists: [SampleEvents] = []
        for sample in samples {
            guard let events = source.events(sample) else {
                throw .argument("a source must give events for every sample or for none, sample \(sample) has values")
            }
            lists.append(events)
        }
        return try coding.encode(
            EventBlock(lists, first: samples.lowerBound, steps: self.steps, shape: inputShape)
        )
    }

    /// The values of samples, `[steps, B, N]` or constant, checked and channels last.
    ///
    /// One pass over rows in memory, where no reordering is needed.
    private func read(
        _ source: any SampleSource,
        samples: Range<Int>,
        frames steps: Int
    ) throws(SNNError) -> Values {
        let count = inputShape.count
        let frames = coding.takesFrames ? steps : 1
        let isOrdered = inputShape.isChannelsLast
        let law = coding.takes
        let values = Values(
            steps: steps,
            batch: samples.count,
            count: count,
            isConstant: !coding.takesFrames,
            storage: Storage(overwriting: frames * samples.count * count)
        )
        // A single frame that keeps its order is made where it belongs.
        let isDirect = isOrdered && frames == 1
        let made = Storage<Float>(overwriting: isDirect ? 0 : frames * count)
        for (place, sample) in samples.enumerated() {
            let target = values.base + place * count
            var from = source.storedRow(sample)
            if from == nil {
                let to = isDirect ? target : made.base
                source.fill(sample, into: to)
                from = UnsafePointer(to)
            }
            guard let from else { continue }
            var isGood = true
            if isDirect, from == UnsafePointer(target) {
                isGood = law.holds(from, count: count)
            } else {
                for frame in 0..<frames {
                    let (from, to) = (from + frame * count, target + frame * values.row)
                    if isOrdered {
                        isGood = law.copy(from, to: to, count: count) && isGood
                    } else {
                        isGood = law.holds(from, count: count) && isGood
                        toChannelsLast(from, to)
                    }
                }
            }
            if !isGood { try refuse(from, frames * count, sample: sample) }
        }
        withExtendedLifetime(made) {}
        return values
    }

    /// Throws for the first value that the coding does not take.
    private func refuse(_ row: UnsafePointer<Float>, _ count: Int, sample: Int) throws(SNNError) {
        for index in 0..<count where !row[index].isFinite {
            throw .notFinite("inputs must be finite, got \(row[index]) in sample \(sample), value \(index)")
        }
        let law: String
        switch coding.takes {
        case .finite: return
        case .whole(let largest): law = "whole numbers 0 ... \(largest)"
        case .range(let low, let high): law = "numbers \(Double(low).plain) ... \(Double(high).plain)"
        }
        for index in 0..<count where !coding.takes.holds(row[index]) {
            throw .parameter(
                "the coding \(description.coding.name) takes \(law), "
                    + "got \(row[index]) in sample \(sample), value \(index)"
            )
        }
    }

    /// `[C, H, W]` to `[H, W, C]`.
    private func toChannelsLast(_ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>) {
        let shape = inputShape
        for channel in 0..<shape.channels {
            for pixel in 0..<shape.pixels {
                to[pixel * shape.channels + channel] = from[channel * shape.pixels + pixel]
            }
        }
    }
}

extension Shape {
    /// Whether (channel, height, width) order and (height, width, channel) order are one.
    var isChannelsLast: Bool { channels == 1 || pixels == 1 }
}
