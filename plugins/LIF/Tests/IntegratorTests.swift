import SNNKernel
import SNNTestKit
import Testing

/// The integrator that never fires.
struct IntegratorTests {
    @Test("without leak it sends the sum of its currents, to the bit")
    func sum() throws {
        let model = try LIFTest.model("lif.integrator", ["decay": .text("none")])
        let found = LIFTest.run(model, [0.5, 2, -4, 0, 8])
        #expect(found.sent == [0.5, 2.5, -1.5, -1.5, 6.5])
        #expect(found.potentials == found.sent)
    }

    @Test("with leak it sends sum of alpha^(t-k) i[k]")
    func leaky() throws {
        var random = Seeded(61)
        let currents = random.numbers(40, in: -1...1)
        let model = try LIFTest.model("lif.integrator", ["tau_mem": .number(6), "v_leak": .number(0.3)])
        let found = LIFTest.run(model, currents).sent
        for t in 0..<40 {
            let wanted = (0...t).reduce(0.3) { $0 + (-Double(t - $1) / 6).exponential * Double(currents[$1]) }
            #expect(abs(Double(found[t]) - wanted) < 1e-5)
        }
    }

    @Test("its adjoint is the sum of later gradients, each decayed")
    func adjoint() throws {
        let model = try LIFTest.model("lif.integrator", ["decay": .text("factor"), "beta": .number(0.5)])
        #expect(LIFTest.adjoint(model, [1, 2, 3], sent: [1, 10, 100]) == [31, 60, 100])
    }
}
