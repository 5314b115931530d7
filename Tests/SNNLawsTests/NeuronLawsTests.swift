import SNNKernel
import Testing

@testable import SNNLaws

@Suite("The laws of neuron models")
struct NeuronLawsTests {
    private func findings(_ model: any NeuronModel, _ laws: Set<Law> = Set(Law.allCases)) -> [Finding] {
        let examination = Examination(laws: laws)
        NeuronLaws(of: model).examine(in: examination)
        return examination.findings
    }

    private func broken(_ findings: [Finding]) -> [Law] { findings.filter { $0.verdict == .broken }.map(\.law) }

    @Test("a healthy model breaks none, and what does not apply says why", arguments: [true, false])
    func healthy(spikes: Bool) {
        let found = findings(FaultyModel(spikes: spikes))
        #expect(broken(found) == [])
        #expect(found.map(\.law) == Law.allCases.filter(NeuronLaws.all.contains))
        for finding in found where finding.verdict == .notApplicable { #expect(!finding.detail.isEmpty) }
        #expect(found.first { $0.law == .adjoint }?.verdict == (spikes ? .notApplicable : .holds))
    }

    @Test("each fault breaks its law, named last", arguments: Fault.allCases)
    func faults(_ fault: Fault) {
        let found = findings(FaultyModel(fault))
        #expect(broken(found).last == fault.law)
        #expect(found.first { $0.law == fault.law }?.detail.isEmpty == false)
    }

    @Test("a run that fails is the breach of the law that its words name, and no other law is examined")
    func failures() {
        let words: [(String, Law)] = [
            ("the spike of neuron 3 at step 2 must be 0 or 1, got 2.0", .binarySpikes),
            ("the spike of neuron 3 at step 2 must be 0 or 1, got nan", .finite),
            ("the state v of neuron 0 is inf after 3 steps; it must stay finite", .finite),
            ("step returned 7: it gave no reason", .runs),
        ]
        for (text, law) in words { #expect(Law.broken(by: .plugin(text)) == law) }
        let found = findings(FaultyModel(.runs))
        #expect(broken(found) == [.runs])
        #expect(found.allSatisfy { $0.law == .runs || $0.verdict == .notApplicable })
    }

    @Test("only the laws asked for are examined")
    func subset() { #expect(findings(FaultyModel(.rest), [.finite, .sends]).map(\.law) == [.sends, .finite]) }

    @Test("what one part of a law finds is kept beside what another finds")
    func merging() {
        let holds = Finding(law: .adjoint, verdict: .holds, breaches: [], note: "1e-9")
        let passed = Finding(law: .adjoint, verdict: .notApplicable, breaches: [], note: "no equations")
        let broken = Finding(law: .adjoint, verdict: .broken, breaches: ["a"], note: "")
        #expect(passed.merged(with: holds).verdict == .holds && passed.merged(with: holds).note == "1e-9")
        #expect(holds.merged(with: broken).verdict == .broken && broken.merged(with: holds).detail == "a")
        #expect(broken.merged(with: broken).breaches == ["a", "a"])
    }
}

@Suite("The laws of plugins")
struct PluginLawsTests {
    /// A model whose range reaches further than its leak bears.
    private static let wide = Component<any NeuronModel>(
        "wide",
        "A model whose range is too wide.",
        parameters: [.number("leak", default: 0.5, atLeast: 0, atMost: 1e30, "share that is left after a step")]
    ) { p, _ throws(SNNError) in FaultyModel(leak: Float(p.number("leak"))) }

    private func examine(_ part: Component<any NeuronModel>) throws -> ComponentFindings {
        let registry = try Registry(plugins: [], loaded: [LoadedPlugin(identifier: "test", neurons: [part])])
        let description = try #require(registry.components.first { $0.plugin == "test" })
        return try PluginLaws(registry: registry).examine(description, measuresSpeed: true)
    }

    @Test("the ends of a range are tried, and the report names parameter, value and law")
    func ranges() throws {
        let found = try examine(Self.wide)
        #expect(found.broken.map(\.law) == [.ranges])
        #expect(found.broken[0].detail.contains("leak = ") && found.broken[0].detail.contains("finite"))
        #expect(found.speed == nil)
    }

    @Test("a model that passes is timed")
    func speed() throws {
        let part = Component<any NeuronModel>("narrow", "A model.") { _, _ throws(SNNError) in FaultyModel() }
        let found = try examine(part)
        #expect(found.broken.isEmpty)
        let speed = try #require(found.speed)
        #expect(speed.forward > 0 && (speed.backward ?? 0) > 0 && speed.steps == 20)
    }

    @Test("a range that is not enforced, and a parameter without words, are found")
    func parameters() {
        let examination = Examination()
        let parameter = ParameterDescription.number("tau", default: 1, above: 0, "")
        ParameterLaws(name: "loose", summary: "A model.", parameters: [parameter]) { _ throws(SNNError) in }
            .examine(in: examination)
        #expect(examination.findings.filter { $0.verdict == .broken }.map(\.law) == [.ranges, .described])
        #expect(examination.findings[0].detail.contains("takes"))
    }
}
