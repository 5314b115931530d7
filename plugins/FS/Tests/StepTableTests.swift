import Testing

@testable import FSPlugin

@Test("the staircase of a rectified linear unit, both comparisons", arguments: [StepTable.Comparison.above, .atLeast])
func reluToyTable(_ comparison: StepTable.Comparison) {
    let table = StepTable(reluSteps: 4, range: 16, comparison: comparison)
    let inputs: [Float] = [-1, 0.5, 1, 1.5, 5, 5.5, 8, 8.0001, 15, 15.9, 16, 20, .nan]
    let above: [UInt32] = [0, 0, 0, 1, 4, 5, 7, 8, 14, 15, 15, 15, 0]
    let atLeast: [UInt32] = [0, 0, 1, 1, 5, 5, 8, 8, 15, 15, 15, 15, 0]
    for (x, code) in zip(inputs, comparison == .above ? above : atLeast) {
        #expect(table.spikes(for: x) == code, "at \(x)")
        #expect(table.value(of: code) == Float(code))
    }
}
