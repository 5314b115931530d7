/// What `snn new-plugin` writes: a leaky integrate-and-fire neuron to change into one's own.
struct PluginTemplate {
    /// The name of folder and module, `Saturating`.
    let name: String

    /// The name in descriptions: `TwoStage` is `two_stage`.
    var identifier: String {
        var text = ""
        var before: Character = "_"
        for (place, letter) in zip(name.indices, name) {
            let next = name.index(after: place)
            let startsWord =
                letter.isUppercase && (before.isLowercase || next < name.endIndex && name[next].isLowercase)
            if startsWord, !text.isEmpty, before != "_" { text += "_" }
            text += letter.lowercased()
            before = letter
        }
        return text
    }

    /// The equations and the model around them.
    var model: String {
        """
        import SNNKernel

        /// Leaky integrate-and-fire neuron. (Say here what yours is, and where its equations stand.)
        ///
        ///     charge   u[t] = alpha v[t-1] + i[t]
        ///     fire     s[t] = 1 if u[t] >= threshold else 0
        ///     reset    v[t] = u[t] - threshold s[t]
        ///
        /// State: `v`, starts at 0.
        \(Self.equations(name))

        /// The model: the equations over sixteen neurons. A concrete type, so that the kernel's loops specialise for it.
        struct \(name)Model: ClockDrivenNeuron {
            let alpha: Double
            let threshold: Double
            let surrogate: Surrogate
            let equations: \(name)<SIMD16<Float>>

            init(alpha: Double, threshold: Double, surrogate: Surrogate) {
                self.alpha = alpha
                self.threshold = threshold
                self.surrogate = surrogate
                equations = \(name)(alpha: .init(alpha), threshold: .init(threshold), surrogate: surrogate)
            }

            var sends: ActivityKind { .raster }
            func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? {
                \(name)<V>(alpha: V(alpha), threshold: V(threshold), surrogate: surrogate)
            }
        }

        """
    }

    /// The equations alone, as README.md shows them.
    static func equations(_ name: String) -> String {
        """
        struct \(name)<Value: Lane>: StepEquations {
            struct State: BitwiseCopyable, Sendable { var v: Value }
            let alpha: Value, threshold: Value, surrogate: Surrogate
            var rest: State { State(v: .zero) }
            var zeroState: State { State(v: .zero) }

            func step(_ current: Value, _ state: inout State) -> (sent: Value, potential: Value) {
                let u = current.addingProduct(alpha, state.v)
                let s = Value.spike(where: u.isAtLeast(threshold), distance: u - threshold) { surrogate.derivative($0) }
                state.v = u - s * threshold
                return (s, u)
            }

            func stepAdjoint(_ current: Value, before: State, sent: Value, state: inout State) -> Value {
                let u = current.addingProduct(alpha, before.v)
                let gradient = state.v + (sent - state.v * threshold) * surrogate.derivative(u - threshold)
                state.v = alpha * gradient
                return gradient
            }
        }
        """
    }

    /// What the plugin brings.
    var entry: String {
        """
        import SNNKernel

        /// What the plugin brings. Parameters are data: they check input, word errors, and appear in `snn plugins`.
        public enum PluginEntry: Plugin {
            public static let identifier = "\(identifier)"

            public static let neurons: [Component<any NeuronModel>] = [
                Component(
                    "\(identifier)",
                    "Leaky integrate-and-fire.",
                    parameters: [
                        .number("alpha", default: 0.9, atLeast: 0, atMost: 1, "share of the membrane that is left after a step"),
                        .number("threshold", default: 1, above: 0, "firing threshold"),
                    ] + Surrogate.parameterDescriptions
                ) { p, _ throws(SNNError) in
                    \(name)Model(
                        alpha: p.number("alpha"),
                        threshold: p.number("threshold"),
                        surrogate: try Surrogate(p)
                    )
                }
            ]
        }

        """
    }

    /// The test: every law of a neuron model, and room for what is special about this one.
    var test: String {
        """
        import SNNKernel
        import SNNTestKit
        import Testing

        @testable import \(name)Plugin

        @Suite struct \(name)Tests {
            @Test("it obeys every law of a neuron model")
            func conformance() throws { try checkPlugin(PluginEntry.self) }

            @Test("a current of 1 fires at once, the leak of what is left never does")
            func golden() throws {
                let model = try Registry(plugins: [PluginEntry.self]).neuron(ComponentChoice("\(identifier)"), dt: 1)
                let current = Values(steps: 3, batch: 1, count: 1)
                current.base[0] = 1.5
                let potentials = Values(steps: 3, batch: 1, count: 1)
                let sent = model.run(current, state: model.rest(count: 1), potentials: potentials)
                #expect(sent.numbers == [1, 0, 0])
                #expect(zip(potentials.numbers, [1.5, 0.45, 0.405]).allSatisfy { abs($0 - $1) < 1e-6 })
            }
        }

        """
    }

    /// A recipe that trains a network of the neurons.
    var recipe: String {
        """
        {
          "name": "digits-\(identifier)",
          "description": "8x8 handwritten digits, 64-256-10 neurons of the plugin \(identifier)",
          "data": {"set": "digits"},
          "network": {
            "input": {"shape": [1, 8, 8]},
            "steps": 20,
            "layers": [
              {
                "name": "hidden",
                "stages": ["flatten"],
                "connection": {"kind": "dense", "outputs": 256},
                "neuron": {"model": "\(identifier)"}
              },
              {"name": "out", "connection": {"kind": "dense", "outputs": 10}, "neuron": {"model": "\(identifier)"}}
            ]
          },
          "stages": [
            {"kind": "train", "epochs": 10, "batch": 32, "optimizer": {"kind": "adam", "learning_rate": 0.003}}
          ]
        }

        """
    }

    /// The manifest of a package of its own that depends on this one at a path.
    func manifest(kernel: String) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            platforms: [.macOS(.v15)],
            products: [.library(name: "\(name)Plugin", targets: ["\(name)Plugin"])],
            dependencies: [.package(name: "snn", path: "\(kernel)")],
            targets: [
                .target(name: "\(name)Plugin", dependencies: [.product(name: "SNNKernel", package: "snn")]),
                .executableTarget(
                    name: "demo",
                    dependencies: ["\(name)Plugin", .product(name: "SNNPlugins", package: "snn")]
                ),
                .testTarget(
                    name: "\(name)PluginTests",
                    dependencies: ["\(name)Plugin", .product(name: "SNNTestKit", package: "snn")],
                    path: "Tests"
                ),
            ],
            swiftLanguageModes: [.v6]
        )

        """
    }

    /// A program of a package of its own: trains a network with the neuron beside those of this package.
    var demo: String {
        """
        import CodingsPlugin
        import LIFPlugin
        import SNNKernel
        import \(name)Plugin

        // Which of two numbers is larger: 512 pairs, drawn by a stream that gives every run the same.
        let random = RandomStream(seed: 1, purpose: .initialisation)
        let rows = (0..<1024).map { random.uniform(index: $0) }
        let labels = (0..<512).map { Int32(rows[2 * $0] > rows[2 * $0 + 1] ? 1 : 0) }

        let registry = try Registry(
            plugins: [\(name)Plugin.PluginEntry.self, CodingsPlugin.PluginEntry.self, LIFPlugin.PluginEntry.self]
        )
        func layer(_ name: String, _ outputs: Double, _ neuron: String) -> NodeDescription {
            NodeDescription(
                name: name,
                connection: ComponentChoice("dense", ["outputs": .number(outputs)]),
                neuron: ComponentChoice(neuron)
            )
        }
        let network = try Network(
            NetworkDescription(
                input: Shape(2),
                steps: 20,
                nodes: [layer("hidden", 64, "\(identifier)"), layer("out", 2, "lif.integrator")],
                readout: ComponentChoice("membrane")
            ),
            registry: registry,
            seed: 1
        )
        let trainer = try Trainer(network: network, loss: Loss(.crossEntropy), optimizer: Adam(learningRate: 0.01), seed: 1)
        var correct = 0
        try rows.withUnsafeBufferPointer { rows in
            try labels.withUnsafeBufferPointer { labels in
                guard let rows = rows.baseAddress, let labels = labels.baseAddress else { return }
                let source = RowSource(rows, inputCount: 2)
                for _ in 0..<60 {
                    correct = try trainer.trainBatch(source, targets: Targets(.labels(labels)), count: 512).correct
                }
            }
        }
        print("\\(Double(correct) / 512) of the pairs right after 60 steps")

        """
    }
}
