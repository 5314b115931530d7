import SNNKernel
import Testing

@testable import SNN

@Suite("reports")
struct ReportTests {
    @Test("names with dots are nested objects")
    func nesting() {
        var report = Report()
        report["accuracy"] = 0.5
        report["nodes.hidden.activity"] = 0.25
        report["nodes.hidden.spikes_per_neuron"] = 3
        report["nodes.out.activity"] = 1
        report["epoch.1.loss"] = .nan
        report.set("version", text: "1.2.3")
        var stage = Report()
        stage["accuracy"] = 0.125
        report.set("stages", list: [stage, Report()])
        #expect(
            report.json == [
                "accuracy": 0.5,
                "nodes": ["hidden": ["activity": 0.25, "spikes_per_neuron": 3], "out": ["activity": 1]],
                "epoch": ["1": ["loss": .number(.nan)]],
                "version": "1.2.3",
                "stages": [["accuracy": 0.125], [:]],
            ]
                || report.json.text()
                    == #"{"accuracy":0.5,"epoch":{"1":{"loss":null}},"nodes":{"hidden":{"activity":0.25,"#
                    + #""spikes_per_neuron":3},"out":{"activity":1}},"stages":[{"accuracy":0.125},{}],"version":"1.2.3"}"#
        )
    }

    @Test("a number is found by name, an unknown name lists the known ones")
    func numbers() throws {
        var report = Report()
        report["loss"] = 2
        report["epoch.1.loss"] = 3
        #expect(try report.number("loss") == 2)
        #expect(try report.number("epoch.1.loss") == 3)
        #expect(
            failure { try report.number("los") }
                == .unknownName("unknown number in the report 'los'; known: epoch.1.loss, loss")
        )
        #expect(failure { try report.number("epoch") } != nil)
        // A text is no number.
        report.set("version", text: "1")
        #expect(failure { try report.number("version") } != nil)
    }

    @Test("a number can be changed and keeps its one place")
    func changing() {
        var report = Report()
        report["a"] = 1
        report["b"] = 2
        report["a"] = 3
        #expect(report.names == ["a", "b"])
        #expect(report["a"] == 3)
        #expect(report["c"] == nil)
    }

    @Test("an evaluation's report has what the interface names")
    func evaluation() throws {
        let sample = try TrainedSample()
        let report = Report(try sample.network.evaluate(sample.data), network: sample.network, threads: 2)
        for name in [
            "accuracy", "loss", "spikes_per_neuron", "synaptic_operations", "steps", "samples", "seconds",
            "samples_per_second", "peak_memory_bytes", "seed", "threads", "nodes.hidden.activity",
            "nodes.hidden.spikes_per_neuron", "nodes.out.synaptic_operations",
        ] {
            #expect(try report.number(name).isFinite, "\(name)")
        }
        #expect(report["samples"] == 40 && report["steps"] == 5 && report["seed"] == 5 && report["threads"] == 2)
        #expect(JSONField(report.json)["version"].value == .string(Library.version))
        let spikes = try #require(report["nodes.hidden.spikes_per_neuron"])
        // One hidden node: its spikes are the network's.
        #expect(report["spikes_per_neuron"] == spikes)
        #expect(try #require(report["peak_memory_bytes"]) > 1e6)
    }

    @Test("threads are resolved: 0 is one a core, others as they are, out of range refused")
    func threads() throws {
        #expect(try resolvedThreads(0) == Machine.cores)
        #expect(try resolvedThreads(1) == 1)
        #expect(try resolvedThreads(1024) == 1024)
        #expect(failure { try resolvedThreads(-1) } == .argument("threads must be 0 ... 1024, got -1"))
        #expect(failure { try resolvedThreads(1025) } == .argument("threads must be 0 ... 1024, got 1025"))
    }
}
