import Testing

@testable import FSPlugin

/// The spikes of `text`, the first step first.
private func mask(_ text: String) -> UInt32 { UInt32(text, radix: 2) ?? .max }

@Test("the published SiLU table gives the values and spikes that an independent program computed")
func publishedSiLUGoldenValues() {
    let golden: [(x: Float, y: Float, mask: String)] = [
        (-10, 0, "0000000000000000"), (-5, 0, "0000000000000000"), (-3, -0.1483057, "0000000000000001"),
        (-2, -0.2621714, "0000000000000100"), (-1, -0.2621714, "0000000000000100"),
        (-0.5, -0.2621714, "0000000000000100"), (0, 0.0661562, "0000000000010100"),
        (0.5, 0.2777871, "1000000000001100"), (1, 0.7204130, "1000000000101100"), (2, 1.7495687, "1000100000001100"),
        (3, 2.7952960, "1100000000110100"), (5, 4.9484286, "1110000100001100"), (8, 7.9442878, "1111100010001100"),
        (10, 10.0483236, "1111110010010100"), (12, 11.9211540, "1111111100001100"),
        (20, 14.2470293, "1111111111111100"), (50, 14.3360853, "1111111111111111"),
    ]
    for entry in golden {
        let spikes = StepTable.publishedSiLU.spikes(for: entry.x)
        #expect(spikes == mask(entry.mask), "at \(entry.x)")
        #expect(
            abs(StepTable.publishedSiLU.value(of: spikes) - entry.y) <= 1e-6 * max(1, abs(entry.y)),
            "at \(entry.x)"
        )
    }
}

@Test("the published sigmoid table gives the values and spikes that an independent program computed")
func publishedSigmoidGoldenValues() {
    let golden: [(x: Float, y: Float, mask: String)] = [
        (-10, 0, "000000000000"), (-5, 0.0102179, "000000000001"), (-3, 0.0538247, "000000100001"),
        (-2, 0.1167549, "000001100001"), (-1, 0.2868127, "000101100001"), (-0.5, 0.3985451, "010011001000"),
        (0, 0.5556687, "100011001000"), (0.5, 0.6298862, "100101001000"), (1, 0.7463397, "110010100001"),
        (2, 0.8834874, "110101100001"), (3, 0.9793277, "110111100001"), (5, 0.9993881, "111000000000"),
        (8, 1.0096060, "111000000001"), (10, 1.0193872, "111000001000"), (12, 1.1781577, "111011001000"),
        (20, 1.3577306, "111111111001"), (50, 1.4438264, "111111111111"),
    ]
    for entry in golden {
        let spikes = StepTable.publishedSigmoid.spikes(for: entry.x)
        #expect(spikes == mask(entry.mask), "at \(entry.x)")
        #expect(abs(StepTable.publishedSigmoid.value(of: spikes) - entry.y) <= 1e-6, "at \(entry.x)")
    }
}

@Test("errors and spikes of the published tables, uniform and as often as a network's inputs")
func publishedTablesQuality() throws {
    let inputs = StaircaseTarget.Weighting.normal(mean: -0.063, deviation: 1.563)
    let silu = try StaircaseReport(.publishedSiLU, StaircaseTarget("silu"))
    #expect(abs(silu.meanSquaredError - 3.446e-3) < 1e-6)
    #expect(abs(silu.largestError - 0.295) < 5e-4)
    #expect(abs(silu.spikesPerInput - 4.17) < 5e-3)
    let siluInputs = try StaircaseReport(.publishedSiLU, StaircaseTarget("silu", weighting: inputs))
    #expect(abs(siluInputs.meanSquaredError - 2.55e-3) < 5e-6)
    #expect(abs(siluInputs.spikesPerInput - 2.35) < 5e-3)
    let sigmoid = try StaircaseReport(.publishedSigmoid, StaircaseTarget("sigmoid"))
    #expect(abs(sigmoid.meanSquaredError - 1.438e-4) < 1e-7)
    #expect(abs(sigmoid.largestError - 0.0577) < 1e-4)
    #expect(abs(sigmoid.spikesPerInput - 2.738) < 1e-3)
    let sigmoidInputs = try StaircaseReport(.publishedSigmoid, StaircaseTarget("sigmoid", weighting: inputs))
    #expect(abs(sigmoidInputs.meanSquaredError - 3.6e-4) < 5e-6)
    #expect(abs(sigmoidInputs.spikesPerInput - 4.23) < 5e-3)
}
