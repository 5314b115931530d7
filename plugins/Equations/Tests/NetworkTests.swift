import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import EquationsPlugin

/// Networks of neurons given as text.
struct NetworkTests {
    private func registry() throws -> Registry {
        try Registry(plugins: [EquationsPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self])
    }

    private func description(_ neuron: ComponentChoice) -> NetworkDescription {
        NetworkDescription(
            input: Shape(12),
            steps: 6,
            coding: ComponentChoice("rate"),
            nodes: [
                NodeDescription(
                    name: "hidden",
                    connection: ComponentChoice("dense", ["outputs": .number(40), "init_gain": .number(8)]),
                    neuron: neuron
                ),
                NodeDescription(
                    name: "out",
                    connection: ComponentChoice("dense", ["outputs": .number(4), "init_gain": .number(4)]),
                    neuron: ComponentChoice("equations", ["text": .text("dv/dt = (2*i - v)/(3 ms)")])
                ),
            ],
            readout: ComponentChoice("membrane")
        )
    }

    private func choice(_ text: String, _ more: [String: ParameterValue] = [:]) -> ComponentChoice {
        ComponentChoice(
            "equations",
            ["text": .text(text), "surrogate": .text("gaussian"), "surrogate_width": .number(1)].merging(more) { $1 }
        )
    }

    private let texts = [
        Text.soft.replacing("tau_mem", with: "(3 ms)"), Text.hard.replacing("tau_mem", with: "(3 ms)"),
        Text.adaptive.replacing("tau_mem", with: "(3 ms)"),
        "v' = 0.8*v + tanh(i); spike when v >= 0.5 + 0.2*w; w' = 0.5*w + 0.1*v^2; v *= 0.2; w += 0.3*v",
    ]

    @Test("relaxed: engine, adjoint, forward mode and differences agree", arguments: 0..<4)
    func smooth(_ index: Int) throws {
        try checkGradients(
            of: description(choice(texts[index], ["output": .text("relaxed")])),
            registry: try registry(),
            loss: Loss(.crossEntropy),
            law: .smooth,
            seed: 3
        )
    }

    @Test("spiking: engine, adjoint and forward mode agree", arguments: 0..<4)
    func spiking(_ index: Int) throws {
        try checkGradients(
            of: description(choice(texts[index])),
            registry: try registry(),
            loss: Loss(.crossEntropy),
            law: .surrogate,
            seed: 4
        )
    }

    @Test("weights after training are equal to the bit on 1, 2 and 5 threads")
    func threads() throws {
        var random = Seeded(5)
        let count = 90
        let rows = random.numbers(count * 12, in: 0...1)
        let labels = (0..<count).map { _ in Int32(random.integer(0...3)) }
        let registry = try registry()
        let description = description(choice(texts[2]))
        try checkThreads(
            {
                try Trainer(
                    network: try Network(description, registry: registry, seed: 5),
                    loss: Loss(.crossEntropy),
                    optimizer: try BuiltIn.optimizer(ComponentChoice("adam", ["learning_rate": .number(0.01)])),
                    seed: 9
                )
            },
            rows: rows,
            answers: Answers(.labels(labels)),
            steps: 4,
            threads: [1, 2, 5],
            seed: 5
        )
    }
}

extension String {
    fileprivate func replacing(_ word: String, with other: String) -> String {
        split(separator: word, omittingEmptySubsequences: false).joined(separator: other)
    }
}
