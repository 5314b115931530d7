import CSNN
import SNNKernel
import SNNTestKit
import Testing

@testable import SNN

@Suite("checks of a network's arguments")
struct NetworkExportsTests {
    @Test("rows of any absurd number are refused before anything is computed")
    func rows() throws {
        let network = try TrainedSample().network
        let inputs: [Float] = Array(repeating: 0, count: 12)
        #expect(throws: Never.self) { try network.rows(inputs, 12, batch: 2) }
        #expect(failure { try network.rows(nil, 12, batch: 2) } == .argument("inputs must not be NULL"))
        #expect(failure { try network.rows(inputs, 12, batch: 0) } == .argument("batch must be >= 1, got 0"))
        #expect(
            failure { try network.rows(inputs, 11, batch: 2) }
                == .shape("inputs must hold 2 x 6 values, got a count of 11")
        )
        // Counts that agree with each other and with nothing in this world: 3 scores a sample must not overflow.
        let batch = 1 << 60
        #expect(
            failure { try network.rows(inputs, 6 * batch, batch: batch) }
                == .memory("batch x 3 results must be <= 2147483647, got a batch of \(batch)")
        )
        #expect(failure { try network.rows(inputs, 6 * (1 << 30), batch: 1 << 30) } != nil)
    }

    @Test("a result has a size, an unknown one lists the known")
    func resultSizes() throws {
        let network = try TrainedSample().network
        for (name, size) in [("scores", 3), ("probabilities", 3), ("class", 1), ("spike_counts", 2)] {
            #expect(try network.resultSize(name) == size, "\(name)")
        }
        guard case .unknownName(let text)? = failure({ try network.resultSize("score") }) else {
            Issue.record("an unknown result must be refused")
            return
        }
        #expect(text.hasPrefix("unknown result 'score'; known: class, decision_class, decision_time"))
        guard case .notSupported? = failure({ try network.resultSize("decision_time") }) else {
            Issue.record("a network without spike times must say so")
            return
        }
    }

    @Test("results named take one pass together, those of plugins too")
    func onePass() throws {
        let network = try Network(
            try NetworkDocument.read(
                #"{"input":{"shape":[6]},"coding":"ttfs","readout":"membrane","layers":["#
                    + #"{"connection":{"kind":"dense","outputs":8},"neuron":"ttfs"},"#
                    + #"{"connection":{"kind":"dense","outputs":3},"neuron":"ttfs.membrane"}]}"#
            ),
            registry: try Library.registry(),
            seed: 2
        )
        let data = try TrainedSample.samples(features: 6, classes: 3, count: 40)
        let names = ["class", "decision_class", "event_scores", "scores", "spike_times", "latency", "spike_counts"]
        func predicted(_ names: [String]) throws -> (rows: [[Float]], fills: Int) {
            let source = CountingSource(source: data)
            let targets = try names.map { Storage<Float>(40 * (try network.resultSize($0))) }
            let words = names.map { $0.utf8CString.map(\.self) }
            let texts = words.map { word -> UnsafeMutablePointer<CChar> in
                let text = UnsafeMutablePointer<CChar>.allocate(capacity: word.count)
                text.update(from: word, count: word.count)
                return text
            }
            defer { for text in texts { text.deallocate() } }
            try network.predict(
                source,
                40,
                0,
                threads: 2,
                texts.map { UnsafePointer($0) },
                targets.map(\.base),
                targets.map(\.count),
                names.count
            )
            return (targets.map { Array($0.elements) }, source.fills)
        }
        let all = try predicted(names)
        #expect(all.fills == 40)
        for (name, rows) in zip(names, all.rows) { #expect(try predicted([name]).rows == [rows], "\(name)") }
        #expect(all.rows[0] == all.rows[1] && Set(all.rows[0]).count > 1)
    }

    @Test("a recording is asked for as the header says")
    func recordingRequests() throws {
        func read(_ text: String) throws -> RecordingRequest {
            try RecordingRequest(JSONField(try JSONValue(parsing: text)))
        }
        let all = try RecordingRequest(JSONField(nil))
        #expect(all.spikes && !all.potentials && all.nodes == nil)
        let some = try read(#"{"nodes":["a"],"spikes":false,"potentials":true,"byte_budget":1000}"#)
        #expect(some.nodes == ["a"] && !some.spikes && some.potentials && some.byteBudget == 1000)
        #expect(
            failure { try read(#"{"spikes":false}"#) }
                == .argument("a recording must ask for spikes or potentials")
        )
        #expect(failure { try read(#"{"byte_budget":0}"#) } == .parameter("byte_budget must be > 0, got 0"))
        #expect(
            failure { try read(#"{"node":[]}"#) }
                == .unknownName("unknown key 'node'; known: byte_budget, nodes, potentials, spikes")
        )
        #expect(failure { try read(#"{"nodes":[1]}"#) } == .document("nodes[0] must be a string, got 1"))
    }
}
