import SNNKernel
import Testing

@testable import SNN

extension Dataset {
    /// The events of sample `sample` as pairs (step, neuron), in their order.
    func eventPairs(_ sample: Int) -> [[Int]] {
        guard let events = events(sample) else { return [] }
        return (0..<events.count).map { [Int(events.steps[$0]), Int(events.neurons[$0])] }
    }
}

@Suite("binning recorded events")
struct EventBinningTests {
    private func parse(_ text: String) throws -> Preprocessing {
        try Preprocessing(JSONField(JSONValue(parsing: text), path: "preprocessing"))
    }

    /// One sample of 2 polarities x 1 x 3 pixels from (time in us, neuron).
    private func record(
        _ events: [(Int, Int)],
        _ binning: EventBinning,
        steps: Int?,
        channels: Int = 2,
        preprocessing: Preprocessing = Preprocessing()
    ) throws -> Dataset {
        var recorder = try EventRecorder(
            "test",
            shape: SampleShape(channels: channels, height: 1, width: 3),
            binning: binning,
            steps: steps,
            capacity: 1
        )
        try recorder.reserve(events.count)
        for (time, neuron) in events { recorder.add(time: time, neuron: neuron) }
        recorder.endSample()
        return try recorder.dataset(
            split: "test",
            classes: 1,
            classNames: nil,
            labels: [0],
            preprocessing: preprocessing
        )
    }

    @Test("steps round to the nearest, halves to the even one, and late events are dropped and counted")
    func steps() throws {
        let times = [0, 499, 500, 501, 1499, 1500, 2500, 3499, 3500, 4000, 1_000_000_000_000_000]
        let set = try record(times.map { ($0, 1) }, EventBinning(), steps: 4)
        #expect(set.eventPairs(0).map { $0[0] } == [0, 0, 0, 1, 1, 2, 2, 3])
        #expect(set.droppedEvents == 3)
        #expect(set.shape == SampleShape(channels: 2, height: 1, width: 3, frames: 4))
        #expect(set.eventWindow?.steps == 4 && set.eventWindow?.neurons == 6)
        var coarse = EventBinning()
        coarse.bin = 2
        #expect(
            try record([(999, 0), (1000, 0), (1001, 0), (3000, 0)], coarse, steps: 9).eventPairs(0)
                == [[0, 0], [0, 0], [1, 0], [2, 0]]
        )
        coarse.bin = 0.001
        #expect(try record([(999, 0), (1000, 0)], coarse, steps: 1000).eventPairs(0) == [[999, 0]])
    }

    @Test("polarities are merged or apart; order and duplicates stay as recorded")
    func polarity() throws {
        let events = [(3000, 4), (0, 1), (0, 4), (0, 4)]
        var binning = EventBinning()
        #expect(try record(events, binning, steps: 5).eventPairs(0) == [[3, 4], [0, 1], [0, 4], [0, 4]])
        binning.mergePolarity = true
        let merged = try record(events, binning, steps: 5)
        #expect(merged.eventPairs(0) == [[3, 1], [0, 1], [0, 1], [0, 1]])
        #expect(merged.shape == SampleShape(channels: 1, height: 1, width: 3, frames: 5))
        #expect(merged.row(0)[..<3] == [0, 3, 0], "frames hold counts")
        #expect(
            failure { try record(events, binning, steps: 5, channels: 1) }
                == .shape("events.merge_polarity needs 2 polarities, 'test' has 1")
        )
    }

    @Test("a sample without events is a sample")
    func empty() throws {
        let set = try record([], EventBinning(), steps: 2)
        #expect(set.count == 1 && set.eventPairs(0).isEmpty && set.droppedEvents == 0)
        #expect(set.row(0) == [Float](repeating: 0, count: 12))
    }

    @Test("the document's steps win over the network's; without both the set is refused")
    func window() throws {
        var binning = EventBinning()
        #expect(
            failure { try record([], binning, steps: nil) }
                == .parameter(
                    "events.steps must be given for 'test', which is a set of events: "
                        + "the steps of the network that reads it"
                )
        )
        binning.steps = 7
        #expect(try record([], binning, steps: 3).eventWindow?.steps == 7)
    }

    @Test("JSON becomes a value and the same JSON again, also for the test split")
    func roundTrip() throws {
        let text = #"{"events":{"bin":0.5,"merge_polarity":true,"steps":300},"samples":3}"#
        let value = try parse(text)
        #expect(value.json.text() == text)
        #expect(value.forEvaluation.events == value.events && value.forEvaluation.samples == nil)
        #expect(try parse(#"{"events": {}}"#).events == EventBinning())
        #expect(try parse("{}").events == nil)
    }

    @Test(
        "bad documents are refused with law and value",
        arguments: [
            (#"{"events": {"bin": 0}}"#, "events.bin must be > 0 ms and finite, got 0.0"),
            (#"{"events": {"bin": -1}}"#, "events.bin must be > 0 ms and finite, got -1.0"),
            (#"{"events": {"steps": 0}}"#, "events.steps must be 1 ... 2147483647, got 0"),
            (#"{"events": {"steps": 3000000000}}"#, "events.steps must be 1 ... 2147483647, got 3000000000"),
            (
                #"{"events": {"bins": 1}}"#,
                "unknown key in preprocessing.events: 'bins'; known: bin, merge_polarity, steps"
            ),
            (#"{"events": 1}"#, "preprocessing.events must be an object, got 1"),
        ]
    )
    func refused(_ text: String, _ sentence: String) {
        #expect(failure { try parse(text) }?.message == sentence)
    }

    @Test("what acts on values is refused for events, and binning for values")
    func misfits() throws {
        for text in [#"{"scale": 2}"#, #"{"normalize": {"mean": [0, 0]}}"#, #"{"augment": {"flip": true}}"#] {
            #expect(
                failure { try record([], EventBinning(), steps: 1, preprocessing: parse(text)) }
                    == .notSupported("scale, normalize and augment act on values, 'test' holds events")
            )
        }
        #expect(
            failure { try DataCatalogue.open("digits", split: "test", preprocessing: parse(#"{"events": {}}"#)) }
                == .notSupported("preprocessing.events acts on recorded events, 'digits' holds values")
        )
    }
}
