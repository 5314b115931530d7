import Testing

@testable import SNNKernel

@Suite("Flatten and dropout")
struct StageTests {
    private func dropout(_ count: Int, _ probability: Double, _ mask: Dropout.Mask) -> Dropout {
        Dropout(input: Shape(count), probability: probability, mask: mask)
    }

    private let ones = Activity.values(.perStep([Float](repeating: 1, count: 5 * 2 * 40), steps: 5, batch: 2))

    /// What of an activity is not silent, `[step][neurons of the batch]`.
    private func masks(_ activity: Activity) -> [[Bool]] {
        (0..<activity.steps).map { t in
            (0..<activity.batch * activity.count).map { activity.value(step: t, index: $0) != 0 }
        }
    }

    @Test("flatten keeps the order (row, column, channel) and changes the shape alone")
    func flatten() {
        let stage = Flatten(input: Shape(height: 2, width: 2, channels: 3))
        #expect(stage.outputShape == Shape(12) && stage.sends(.raster) == .raster)
        let input = Activity.values(.constant((0..<12).map { Float($0) }, steps: 1, batch: 1))
        #expect(stage.forward(input, .of(batch: 1)).array == input.array)
        let gradient = Values.constant([Float](repeating: 2, count: 12), steps: 1, batch: 1)
        #expect(stage.adjoint(of: gradient, input: input, .of(batch: 1)).array == gradient.array)
    }

    @Test("with probability 0, and in inference, dropout changes nothing", arguments: Dropout.Mask.allCases)
    func identity(_ mask: Dropout.Mask) {
        let gradient = Values.perStep(ones.array, steps: 5, batch: 2)
        let raster = Activity.raster(.bits([1, 0, 1, 1], steps: 2, batch: 1))
        for (stage, isTraining) in [(dropout(40, 0, mask), true), (dropout(40, 0.5, mask), false)] {
            let context = StageContext.of(batch: 2, isTraining: isTraining)
            #expect(stage.forward(ones, context).array == ones.array)
            #expect(stage.adjoint(of: gradient, input: ones, context).array == gradient.array)
            #expect(stage.forward(raster, context).array == raster.array)
        }
    }

    @Test("what passes is scaled by 1 / (1 - p): values in place, spikes through the scale")
    func scaling() throws {
        let passed = dropout(40, 0.75, .step).forward(ones, .of(batch: 2)).array
        #expect(Set(passed) == [0, 4])
        let bits = Activity.raster(.bits([Int](repeating: 1, count: 400), steps: 5, batch: 2, scale: 0.5))
        let raster = try #require(dropout(40, 0.75, .step).forward(bits, .of(batch: 2)).raster)
        #expect(raster.scale == 2 && Set(raster.array) == [0, 1])
        guard case .bits = raster.form else { return #expect(Bool(false), "bits must stay bits") }
    }

    @Test("values, bits and counts meet the same mask", arguments: Dropout.Mask.allCases)
    func sameMask(_ mask: Dropout.Mask) {
        let stage = dropout(40, 0.5, mask)
        let context = StageContext.of(batch: 2)
        let ofValues = masks(stage.forward(ones, context))
        let all = [Int](repeating: 1, count: 400)
        #expect(masks(stage.forward(.raster(.bits(all, steps: 5, batch: 2)), context)) == ofValues)
        let signed = all.map { -2 * $0 }
        #expect(masks(stage.forward(.raster(.counts(signed, steps: 5, batch: 2)), context)) == ofValues)
    }

    @Test("one mask a window is the same at all steps; masks a step differ")
    func lifetime() {
        let window = masks(dropout(40, 0.5, .window).forward(ones, .of(batch: 2)))
        #expect(Set(window).count == 1)
        // Five masks of 80 neurons: equal by chance once in 2^80.
        #expect(Set(masks(dropout(40, 0.5, .step).forward(ones, .of(batch: 2)))).count == 5)
    }

    @Test("masks of samples differ, and do not depend on how a batch is cut", arguments: Dropout.Mask.allCases)
    func batchSplit(_ mask: Dropout.Mask) {
        let stage = dropout(40, 0.5, mask)
        let whole = masks(stage.forward(ones, .of(batch: 2, first: 10)))
        let single = Activity.values(.perStep([Float](repeating: 1, count: 5 * 40), steps: 5, batch: 1))
        let first = masks(stage.forward(single, .of(batch: 1, first: 10)))
        let second = masks(stage.forward(single, .of(batch: 1, first: 11)))
        #expect(zip(first, second).map { $0 + $1 } == whole)
        #expect(first != second)
    }

    @Test("a stream that asks for one step at a time meets the masks of the window", arguments: Dropout.Mask.allCases)
    func stepByStep(_ mask: Dropout.Mask) {
        let stage = dropout(40, 0.5, mask)
        let single = Activity.values(.perStep([Float](repeating: 1, count: 80), steps: 1, batch: 2))
        let steps = (0..<5).flatMap { masks(stage.forward(single, .of(batch: 2, firstStep: $0))) }
        #expect(steps == masks(stage.forward(ones, .of(batch: 2))))
    }

    @Test("the mean over seeds is the input", arguments: Dropout.Mask.allCases)
    func mean(_ mask: Dropout.Mask) {
        let stage = dropout(40, 0.3, mask)
        var sum = 0.0
        for seed: UInt64 in 0..<200 {
            let passed = stage.forward(ones, .of(batch: 2, seed: seed)).array
            sum += Double(passed.reduce(0, +)) / Double(passed.count)
        }
        // Deviation of one neuron sqrt(0.3 / 0.7) = 0.65; 200 x 80 masks at least: 0.0052. Four of them.
        #expect(abs(sum / 200 - 1) < 0.021, "mean \(sum / 200)")
    }

    @Test("constant values meet one mask a window and stay constant, or one a step and do not")
    func constantValues() {
        let constant = Activity.values(.constant([Float](repeating: 1, count: 80), steps: 5, batch: 2))
        let window = dropout(40, 0.5, .window)
        #expect(window.forward(constant, .of(batch: 2)).isConstant && window.sends(.constantValues) == .constantValues)
        let step = dropout(40, 0.5, .step)
        let passed = step.forward(constant, .of(batch: 2))
        #expect(!passed.isConstant && step.sends(.constantValues) == .values)
        #expect(masks(passed) == masks(step.forward(ones, .of(batch: 2))))
    }

    @Test("the adjoint is the transpose: <D x, y> = <x, D' y>", arguments: Dropout.Mask.allCases)
    func adjoint(_ mask: Dropout.Mask) {
        var numbers = TestNumbers(41)
        let stage = dropout(40, 0.5, mask)
        let context = StageContext.of(batch: 2)
        let y = numbers.eighths(400)
        let bits = numbers.bits(400, share: 0.5)
        let inputs: [Activity] = [
            .values(.perStep(numbers.eighths(400), steps: 5, batch: 2)), .raster(.bits(bits, steps: 5, batch: 2)),
            .raster(.counts(bits.map { -2 * $0 }, steps: 5, batch: 2, scale: 0.5)),
        ]
        for input in inputs {
            let back = stage.adjoint(of: .perStep(y, steps: 5, batch: 2), input: input, context)
            // Multiples of 1/64 that stay small: both sums are exact.
            #expect(dot(stage.forward(input, context).array, y) == dot(input.array, back.array))
        }
    }

    @Test("a constant input collects the gradients of all steps")
    func constantAdjoint() throws {
        var numbers = TestNumbers(42)
        let context = StageContext.of(batch: 2)
        let x = numbers.eighths(80)
        let constant = Activity.values(.constant(x, steps: 5, batch: 2))
        let y = numbers.eighths(400)
        let step = dropout(40, 0.5, .step)
        let back = step.adjoint(of: .perStep(y, steps: 5, batch: 2), input: constant, context)
        #expect(back.isConstant && dot(step.forward(constant, context).array, y) == dot(x, back.array))
        // A gradient marked constant holds at every step.
        let held = numbers.eighths(80)
        let heldBack = step.adjoint(of: .constant(held, steps: 5, batch: 2), input: constant, context)
        let repeated = (0..<5).flatMap { _ in held }
        #expect(dot(step.forward(constant, context).array, repeated) == dot(x, heldBack.array))
        // One mask a window: one activity, one gradient.
        let window = dropout(40, 0.5, .window)
        let once = window.adjoint(of: .constant(held, steps: 5, batch: 2), input: constant, context)
        let passed = try #require(window.forward(constant, context).values)
        #expect(dot(passed.array, held) == dot(x, once.array))
    }
}
