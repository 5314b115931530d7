import SNNKernel
import SNNTestKit
import Testing

/// Constant current and frames.
struct ConstantCodingTests {
    @Test("constant sends the value at every step, without a copy a step")
    func constant() throws {
        let coding = try CodingsTest.registry().coding(ComponentChoice("constant"))
        let input = Values(steps: 7, batch: 2, count: 3, isConstant: true)
        for index in 0..<6 { input.base[index] = Float(index) - 2.5 }
        let sent = coding.encode(
            input,
            steps: 0..<7,
            window: 7,
            samples: [0, 1],
            random: RandomStream(seed: 1, purpose: .coding)
        )
        guard case .values(let values) = sent else {
            Issue.record("constant sends spikes")
            return
        }
        #expect(values.isConstant && values.steps == 7 && values.storage.count == 6)
        for t in 0..<7 {
            for index in 0..<6 { #expect(values.step(t)[index] == Float(index) - 2.5) }
        }
    }

    @Test("frames sends frame t at step t")
    func frames() throws {
        let coding = try CodingsTest.registry().coding(ComponentChoice("frames"))
        #expect(coding.takesFrames)
        let input = Values(steps: 3, batch: 2, count: 2)
        for index in 0..<12 { input.base[index] = Float(index) }
        let sent = coding.encode(
            input,
            steps: 0..<3,
            window: 3,
            samples: [0, 1],
            random: RandomStream(seed: 1, purpose: .coding)
        )
        #expect(!sent.isConstant)
        #expect(sent.numbers == (0..<12).map(Float.init))
    }
}
