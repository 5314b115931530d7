import SNNKernel
import SNNTestKit
import Testing

/// Gradients through every loss and readout.
struct LossGradientTests {
    static let everyReadout: [ComponentChoice] = [
        ComponentChoice("spike_count"), ComponentChoice("spike_count", ["reduce": .text("mean")]),
        ComponentChoice("population", ["neurons_per_class": .number(2)]),
    ]
    static let everyLoss: [Loss] = [.crossEntropy, .meanSquaredError].flatMap { (kind: Loss.Kind) in
        Loss.Span.allCases.flatMap { span in
            Loss.Reduction.allCases.flatMap { reduction in
                [nil, 1].map { weighted in
                    Loss(kind, reduction: reduction, span: span, classWeights: weighted.map { _ in [0.5, 2, 1.25] })
                }
            }
        }
    }

    /// Answers of every form that a loss takes.
    private func answers(_ loss: Loss, _ random: inout Seeded, classes: Int, steps: Int) -> [Answers] {
        let batch = 3
        func labels(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(random.integer(0...classes - 1)) } }
        var list = [Answers(.labels(labels(batch)))]
        if loss.span == .step { list.append(Answers(.labels(labels(batch * steps)), perStep: true)) }
        guard loss.kind == .meanSquaredError else { return list }
        list.append(Answers(.values(random.numbers(batch * classes, in: -1...4))))
        if loss.span == .step {
            list.append(Answers(.values(random.numbers(batch * steps * classes, in: -1...2)), perStep: true))
        }
        return list
    }

    @Test("every loss, reduction, span, class weight and form of targets: all four agree", arguments: everyLoss)
    func losses(_ loss: Loss) throws {
        var random = Seeded(10)
        for answers in answers(loss, &random, classes: 3, steps: 5) {
            for (neuron, law) in [(GradientTests.smooth, GradientLaw.smooth), (GradientTests.spiking, .surrogate)] {
                try checkGradients(
                    of: GradientTests.dense(neuron, outputs: 3),
                    registry: try LIFTest.registry(),
                    loss: loss,
                    answers: answers,
                    law: law,
                    seed: 10,
                    coordinates: 12
                )
            }
        }
    }

    @Test("every readout of spikes, per window and per step: all four agree", arguments: everyReadout)
    func readouts(_ readout: ComponentChoice) throws {
        for span in Loss.Span.allCases {
            for kind in Loss.Kind.allCases {
                for (neuron, law) in [(GradientTests.smooth, GradientLaw.smooth), (GradientTests.spiking, .surrogate)] {
                    try checkGradients(
                        of: GradientTests.dense(neuron, readout: readout, outputs: 6),
                        registry: try LIFTest.registry(),
                        loss: Loss(kind, span: span),
                        law: law,
                        seed: 11,
                        coordinates: 12
                    )
                }
            }
        }
    }

    @Test(
        "every readout of an integrator, per window and per step: all four agree",
        arguments: ["sum", "mean", "max", "last"]
    )
    func integrators(_ reduction: String) throws {
        let readout = ComponentChoice("membrane", ["reduce": .text(reduction)])
        let last = ComponentChoice("lif.integrator", ["v_leak": .number(0.1), "tau_mem": .number(4)])
        for span in Loss.Span.allCases {
            for (neuron, law) in [(GradientTests.smooth, GradientLaw.smooth), (GradientTests.spiking, .surrogate)] {
                try checkGradients(
                    of: GradientTests.dense(neuron, readout: readout, last: last),
                    registry: try LIFTest.registry(),
                    loss: Loss(.crossEntropy, span: span),
                    law: law,
                    seed: 12
                )
            }
        }
    }
}
