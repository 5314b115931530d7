import Testing

@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Losses")
struct LossTests {
    /// Loss as a training step reports it, and the gradient of the scores.
    private func judge(
        _ loss: Loss,
        _ scores: Values,
        labels: [Int32]? = nil,
        values: [Float]? = nil,
        perStep: Bool = false
    ) -> (loss: Double, gradient: [Float]) {
        let labelStorage = Storage<Int32>(of: labels ?? [])
        let valueStorage = Storage<Float>(of: values ?? [])
        let targets = Targets(
            values == nil ? .labels(labelStorage.base) : .values(valueStorage.base),
            perStep: perStep
        )
        let divisor = loss.divisor(
            targets: targets,
            batch: scores.batch,
            steps: scores.steps,
            classes: scores.count
        )
        let gradient = Values(
            steps: scores.steps,
            batch: scores.batch,
            count: scores.count,
            isConstant: scores.isConstant
        )
        let total = withExtendedLifetime((labelStorage, valueStorage)) {
            loss.evaluate(scores, targets: targets, first: 0, divisor: divisor, gradient: gradient)
        }
        return (total / divisor, gradient.array)
    }

    /// The loss by definition, in double.
    private func naive(
        _ loss: Loss,
        _ scores: [Double],
        rows: [(target: Int, steps: Int)],
        classes: Int,
        labels: [Int32]?,
        values: [Float]?
    ) -> Double {
        var total = 0.0
        var weightTotal = 0.0
        for (row, (target, _)) in rows.enumerated() {
            let z = scores[row * classes..<(row + 1) * classes].map { $0 }
            func weight(_ c: Int) -> Double { Double(loss.classWeights?[c] ?? 1) }
            if loss.kind == .crossEntropy, let label = labels.map({ Int($0[target]) }) {
                total += weight(label) * (log(z.map { exp($0) }.reduce(0, +)) - z[label])
                weightTotal += weight(label)
            } else {
                for c in 0..<classes {
                    let wanted =
                        values.map { Double($0[target * classes + c]) } ?? (Int(labels?[target] ?? 0) == c ? 1 : 0)
                    total += weight(c) * (z[c] - wanted) * (z[c] - wanted)
                }
                weightTotal += Double(classes)
            }
        }
        let steps = loss.span == .step ? rows[0].steps : 1
        return loss.reduction == .mean ? total / weightTotal : total / Double(steps)
    }

    private let scores = Values.constant([1, 2, -1, 0.5, -0.25, 3], steps: 4, batch: 2)

    @Test("cross-entropy has the values of its formula, mean and sum")
    func crossEntropy() {
        // By numpy 2.4.6 in float64: log(exp(z).sum()) - z[y] for y = 1, 0 is 0.34901222, 2.61409554.
        #expect(abs(judge(Loss(.crossEntropy), scores, labels: [1, 0]).loss - 1.481_553_878_294_091_6) < 1e-12)
        #expect(
            abs(judge(Loss(.crossEntropy, reduction: .sum), scores, labels: [1, 0]).loss - 2.963_107_756_588_183)
                < 1e-12
        )
        let gradient = judge(Loss(.crossEntropy, reduction: .sum), scores, labels: [1, 0]).gradient
        let expected: [Float] = [
            0.259_496_46, 0.705_384_51 - 1, 0.035_119_027, 0.073_233_996 - 1, 0.034_593_29, 0.892_172_7,
        ]
        // Float32 of a double.
        #expect(zip(gradient, expected).allSatisfy { abs($0 - $1) < 1e-7 })
    }

    @Test("a weighted mean divides by the weights of the targets, as in PyTorch's CrossEntropyLoss")
    func classWeights() {
        // numpy as above with weights 2, 1, 0.5: (1 x 0.349 + 2 x 2.614) / (1 + 2).
        let weights: [Float] = [2, 1, 0.5]
        #expect(
            abs(
                judge(Loss(.crossEntropy, classWeights: weights), scores, labels: [1, 0]).loss - 1.859_067_765_469_393_2
            )
                < 1e-12
        )
        #expect(
            abs(
                judge(Loss(.crossEntropy, reduction: .sum, classWeights: weights), scores, labels: [1, 0]).loss
                    - 5.577_203_296_408_18
            ) < 1e-12
        )
        // Targets without weight leave nothing to learn, and no division by zero.
        let none = judge(Loss(.crossEntropy, classWeights: [0, 0, 1]), scores, labels: [1, 0])
        #expect(none.loss == 0 && none.gradient.allSatisfy { $0 == 0 })
    }

    @Test("squared error has the values of its formula, against labels and values, mean and sum")
    func squaredError() {
        let sum = Loss(.meanSquaredError, reduction: .sum)
        // (1, 2, -1) - (0, 1, 0): 1 + 1 + 1; (0.5, -0.25, 3) - (1, 0, 0): 0.25 + 0.0625 + 9.
        let labelled = judge(sum, scores, labels: [1, 0])
        #expect(labelled.loss == 12.3125 && labelled.gradient == [2, 2, -2, -1, -0.5, 6])
        let mean = judge(Loss(.meanSquaredError), scores, labels: [1, 0])
        #expect(mean.loss == 12.3125 / 6 && mean.gradient[0] == 2 / 6 as Float)
        let valued = judge(sum, scores, values: [1, 2, -1, 0.5, 0.75, 3])
        #expect(valued.loss == 1 && valued.gradient == [0, 0, 0, 0, -2, 0])
        let weighted = Loss(.meanSquaredError, reduction: .sum, classWeights: [1, 10, 0])
        #expect(judge(weighted, scores, labels: [1, 0]).loss == 11 + 0.25 + 0.625)
    }

    /// A combination of the options of a loss.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: Loss.Kind
        let reduction: Loss.Reduction
        let span: Loss.Span
        let weighted: Bool
        let perStep: Bool
        let values: Bool
        var testDescription: String {
            "\(kind) \(reduction) per \(span), \(weighted ? "weighted, " : "")"
                + "\(values ? "values" : "labels") per \(perStep ? "step" : "window")"
        }
    }

    static var cases: [Case] {
        var list: [Case] = []
        for kind in Loss.Kind.allCases {
            for reduction in Loss.Reduction.allCases {
                for (span, perStep) in [(Loss.Span.window, false), (.step, false), (.step, true)] {
                    for weighted in [false, true] {
                        for values in kind == .crossEntropy ? [false] : [false, true] {
                            list.append(
                                Case(
                                    kind: kind,
                                    reduction: reduction,
                                    span: span,
                                    weighted: weighted,
                                    perStep: perStep,
                                    values: values
                                )
                            )
                        }
                    }
                }
            }
        }
        return list
    }

    @Test("value and gradient are those of the definition and its central differences in double", arguments: cases)
    func finiteDifferences(_ test: Case) {
        var numbers = TestNumbers(51)
        let (steps, batch, classes) = (3, 4, 5)
        let slices = test.span == .step ? steps : 1
        let z = numbers.floats(slices * batch * classes).map { 3 * $0 }
        let scores: Values =
            test.span == .step
            ? .perStep(z, steps: steps, batch: batch) : .constant(z, steps: steps, batch: batch)
        let targetCount = test.perStep ? batch * steps : batch
        let labels = (0..<targetCount).map { _ in Int32(numbers.next() % 5) }
        let values = numbers.floats(targetCount * classes)
        let loss = Loss(
            test.kind,
            reduction: test.reduction,
            span: test.span,
            classWeights: test.weighted ? [0.5, 2, 1, 0, 1.5] : nil
        )
        let rows = (0..<slices * batch).map { row in
            let (t, sample) = row.quotientAndRemainder(dividingBy: batch)
            return (target: test.perStep ? sample * steps + t : sample, steps: steps)
        }
        func reference(_ z: [Double]) -> Double {
            naive(
                loss,
                z,
                rows: rows,
                classes: classes,
                labels: test.values ? nil : labels,
                values: test.values ? values : nil
            )
        }
        let exact = z.map { Double($0) }
        let judged = judge(
            loss,
            scores,
            labels: test.values ? nil : labels,
            values: test.values ? values : nil,
            perStep: test.perStep
        )
        // The same sums in another order, in double.
        #expect(abs(judged.loss - reference(exact)) < 1e-12 * max(1, judged.loss))
        for index in z.indices {
            var (above, below) = (exact, exact)
            above[index] += 1e-5
            below[index] -= 1e-5
            let slope = (reference(above) - reference(below)) / 2e-5
            // h^2 / 6 of the third derivative and 1e-16 / h of rounding; float32 holds 6e-8 of the value.
            #expect(abs(Double(judged.gradient[index]) - slope) < 1e-8 + 1e-6 * abs(slope), "score \(index)")
        }
    }

    @Test("a block of a batch takes the targets of its own samples, and gradients are added")
    func blocks() {
        let labels = Storage<Int32>(of: [2, 0, 1])
        let targets = Targets(.labels(labels.base))
        let loss = Loss(.crossEntropy)
        let block = Values.constant([1, 0, 2], steps: 1, batch: 1)
        let gradient = Values.constant([1, 1, 1], steps: 1, batch: 1)
        let value = loss.evaluate(block, targets: targets, first: 2, divisor: 1, gradient: gradient)
        // log(e + 1 + e^2) - 0
        #expect(abs(value - 2.407_605_964_444_38) < 1e-12)
        // 1 + p - [0, 1, 0], p = 0.24473, 0.09003, 0.66524.
        #expect(zip(gradient.array, [1.244_728_5, 0.090_030_57, 1.665_240_9]).allSatisfy { abs($0 - $1) < 1e-6 })
        withExtendedLifetime(labels) {}
    }

    @Test("extreme scores neither overflow nor lose the answer")
    func extremes() {
        for z: [Float] in [[1e30, -1e30, 0], [3e38, 3e38, -3e38], [-3e38, -3e38, -3e38], [1000, 999, -1000]] {
            let judged = judge(Loss(.crossEntropy), .constant(z, steps: 1, batch: 1), labels: [0])
            #expect(judged.loss.isFinite && judged.loss >= 0 && judged.gradient.allSatisfy { $0.isFinite })
        }
        let tied = judge(Loss(.crossEntropy), .constant([1e6, 1e6, -1e6], steps: 1, batch: 1), labels: [0])
        // log 2 next to 1e6 in double: 1e-10.
        #expect(abs(tied.loss - 0.693_147_180_559_945_3) < 1e-9)
        #expect(zip(tied.gradient, [-0.5, 0.5, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
        let wrong = judge(Loss(.crossEntropy), .constant([0, 1000], steps: 1, batch: 1), labels: [0])
        #expect(wrong.loss == 1000 && wrong.gradient == [-1, 1])
        let far = judge(Loss(.meanSquaredError), .constant([1e15], steps: 1, batch: 1), values: [-1e15])
        #expect(far.loss.isFinite)
    }

    @Test("probabilities add up to 1 and the lowest index wins a tie")
    func softmax() {
        let z = Storage<Float>(of: [2, 5, 5, -1])
        let p = Storage<Float>(4)
        Softmax.probabilities(z.base, 4, to: p.base)
        #expect(abs(p.array.reduce(0, +) - 1) < 1e-6 && p.array[1] == p.array[2] && p.array[3] < p.array[0])
        #expect(Softmax.winner(z.base, 4) == 1)
        let zeros = Storage<Float>(3)
        #expect(Softmax.winner(zeros.base, 3) == 0)
        #expect(abs(Softmax.loss(zeros.base, 2, label: 0) - 0.693_147_180_559_945_3) < 1e-15)
        withExtendedLifetime((z, p, zeros)) {}
    }
}
