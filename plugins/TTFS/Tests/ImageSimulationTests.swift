import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

@testable import TTFSPlugin

@Suite("The event-driven simulation of images")
struct ImageSimulationTests {
    @Test("a bias for every pixel, and pools of the latest spike, equal the closed form", arguments: [false, true])
    func equalsClosedForm(_ perPixel: Bool) throws {
        let pool = ComponentChoice("max_pool", ["kernel": .number(2), "latest": .numbers([0, 2])])
        let network = try Network(
            NetworkDescription(
                input: Shape(height: 6, width: 6, channels: 2),
                steps: 1,
                coding: ComponentChoice("ttfs"),
                nodes: [
                    NodeDescription(
                        name: "conv",
                        connection: ComponentChoice(
                            "conv2d",
                            [
                                "channels": .number(4), "kernel": .number(3), "padding": .number(1),
                                "bias_per_pixel": .boolean(perPixel),
                            ]
                        ),
                        neuron: ComponentChoice("ttfs", ["window": .number(40)])
                    ),
                    NodeDescription(
                        name: "out",
                        stages: [pool, ComponentChoice("flatten")],
                        connection: ComponentChoice("dense", ["outputs": .number(3)]),
                        neuron: ComponentChoice("ttfs.membrane")
                    ),
                ],
                readout: ComponentChoice("membrane")
            ),
            registry: try Registry(plugins: [TTFSPlugin.PluginEntry.self, CodingsPlugin.PluginEntry.self]),
            seed: 3
        )
        var random = Seeded(5)
        let bias = network.tensors[1]
        #expect(bias.description.shape == (perPixel ? [6, 6, 4] : [4]))
        for index in 0..<bias.storage.count { bias.storage.base[index] = Float(random.number(-0.5...0.5)) }
        let rows = random.numbers(5 * 72, in: 0...1, activity: 0.7)
        let source = ArraySource(rows, inputCount: 72)
        let (scores, events) = (Storage<Float>(15), Storage<Float>(15))
        let result = try Registry(plugins: [TTFSPlugin.PluginEntry.self]).result("event_scores")
        let reader = try result.reader(of: network)
        try network.predict(source, count: 5, scores: scores.base, results: [(reader, events.base)])
        for index in 0..<15 {
            #expect(abs(scores.base[index] - events.base[index]) < 1e-5, "score \(index)")
        }
        #expect(Set(scores.elements).count > 10)
    }
}
