import CSNN
import SNNKernel
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
