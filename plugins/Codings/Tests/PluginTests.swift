import CodingsPlugin
import SNNKernel
import SNNTestKit
import Testing

/// What the tests of this plugin share.
enum CodingsTest {
    static func registry() throws -> Registry { try Registry(plugins: [CodingsPlugin.PluginEntry.self]) }

    /// What a coding sends for samples of one value each, `[steps, samples]`.
    static func encode(
        _ name: String,
        _ parameters: [String: ParameterValue],
        _ values: [Float],
        steps: Int,
        seed: UInt64 = 1
    ) throws -> [[Float]] {
        let coding = try registry().coding(ComponentChoice(name, parameters))
        let input = Values(steps: steps, batch: 1, count: values.count, isConstant: true)
        for (index, value) in values.enumerated() { input.base[index] = value }
        let sent = coding.encode(
            input,
            steps: 0..<steps,
            window: steps,
            samples: [0],
            random: RandomStream(seed: seed, purpose: .coding)
        )
        return (0..<steps).map { t in values.indices.map { sent.value(step: t, index: $0) } }
    }
}

@Test("the plugin keeps every law, as it comes")
func plugin() throws { try checkPlugin(CodingsPlugin.PluginEntry.self) }

@Test(
    "the conformance kit passes for every coding",
    arguments: [
        ComponentChoice("constant"), ComponentChoice("frames"), ComponentChoice("events"),
        ComponentChoice("events", ["largest_count": .number(5)]), ComponentChoice("rate"),
        ComponentChoice("rate", ["signed": .boolean(true), "gain": .number(0.4)]), ComponentChoice("latency"),
        ComponentChoice("latency", ["silent_zero": .boolean(true)]),
    ]
)
func conformance(_ choice: ComponentChoice) throws {
    for seed: UInt64 in 1...5 { checkConformance(of: try CodingsTest.registry().coding(choice), seed: seed) }
}
