@testable import SNNKernel

extension Storage {
    /// A storage that holds `elements`.
    convenience init(of elements: [Element]) {
        self.init(elements.count)
        for (index, element) in elements.enumerated() { base[index] = element }
    }

    /// Its elements.
    var array: [Element] { Array(elements) }
}

extension Values {
    /// Values `[steps, batch, count]` from a list.
    static func perStep(_ list: [Float], steps: Int, batch: Int) -> Values {
        Values(
            steps: steps,
            batch: batch,
            count: list.count / (steps * batch),
            isConstant: false,
            storage: Storage(of: list)
        )
    }

    /// Values `[batch, count]` that hold at every one of `steps`.
    static func constant(_ list: [Float], steps: Int, batch: Int) -> Values {
        Values(steps: steps, batch: batch, count: list.count / batch, isConstant: true, storage: Storage(of: list))
    }

    var array: [Float] { storage.array }
}

extension Raster {
    /// A raster in bit form from counts 0 and 1, `[steps, batch, count]`.
    static func bits(_ list: [Int], steps: Int, batch: Int, scale: Float = 1) -> Raster {
        let count = list.count / (steps * batch)
        let words = emptyBits(steps: steps, batch: batch, count: count)
        let row = batch * count
        for (place, value) in list.enumerated() where value != 0 {
            words.base[place / row * ((row + 63) >> 6) + (place % row) >> 6] |= 1 << UInt64(place % row & 63)
        }
        return Raster(steps: steps, batch: batch, count: count, scale: scale, form: .bits(words))
    }

    /// A raster in count form, `[steps, batch, count]`.
    static func counts(_ list: [Int], steps: Int, batch: Int, scale: Float = 1) -> Raster {
        Raster(
            steps: steps,
            batch: batch,
            count: list.count / (steps * batch),
            scale: scale,
            form: .counts(Storage(of: list.map { Int16($0) }))
        )
    }

    /// Every count, `[steps, batch, count]`.
    var array: [Int] {
        (0..<steps).flatMap { t in (0..<row).map { event(step: t, index: $0) } }
    }
}

extension Activity {
    /// Every value with its scale, `[steps, batch, count]`, constant ones repeated.
    var array: [Float] {
        (0..<steps).flatMap { t in (0..<batch * count).map { value(step: t, index: $0) } }
    }
    /// The raster, if it is one.
    var raster: Raster? { if case .raster(let raster) = self { raster } else { nil } }
    /// The values, if it is such.
    var values: Values? { if case .values(let values) = self { values } else { nil } }
}

extension StageContext {
    /// The context of samples `first...` in training or inference.
    static func of(
        batch: Int,
        isTraining: Bool = true,
        first: UInt64 = 0,
        firstStep: Int = 0,
        seed: UInt64 = 7
    ) -> StageContext {
        StageContext(
            isTraining: isTraining,
            samples: (0..<batch).map { first + UInt64($0) },
            firstStep: firstStep,
            random: RandomStream(seed: seed, purpose: .dropout)
        )
    }
}

/// The inner product of two lists, in double.
func dot(_ a: [Float], _ b: [Float]) -> Double {
    precondition(a.count == b.count)
    return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
