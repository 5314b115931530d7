import SNNKernel

/// Named numbers that a long call returns; names with dots are nested objects in JSON.
package struct Report: Sendable {
    private(set) var names: [String] = []
    private var numbers: [String: Double] = [:]
    private var lists: [String: [Report]] = [:]
    private var objects: [String: Report] = [:]
    private var texts: [String: String] = [:]

    package init() {}

    /// A number by name.
    package subscript(name: String) -> Double? {
        get { numbers[name] }
        set {
            if numbers[name] == nil, newValue != nil { names.append(name) }
            numbers[name] = newValue
        }
    }

    /// Adds a text, such as the version.
    package mutating func set(_ name: String, text: String) { texts[name] = text }

    /// Adds a list of reports, such as the stages.
    package mutating func set(_ name: String, list: [Report]) { lists[name] = list }

    /// Adds a report within this one.
    package mutating func set(_ name: String, object: Report) { objects[name] = object }

    /// A number by name; throws ``SNNError/unknownName(_:)`` that lists the names.
    package func number(_ name: String) throws(SNNError) -> Double {
        guard let value = numbers[name] else { throw .unknown("number in the report", name, known: names) }
        return value
    }

    /// As one JSON object.
    package var json: JSONValue {
        var root: [String: JSONValue] = [:]
        for name in names {
            guard let value = numbers[name] else { continue }
            Self.insert(.number(value), name.split(separator: ".").map(String.init)[...], into: &root)
        }
        for (name, text) in texts { root[name] = .string(text) }
        for (name, list) in lists { root[name] = .array(list.map(\.json)) }
        for (name, report) in objects { root[name] = report.json }
        return .object(root)
    }

    private static func insert(_ value: JSONValue, _ path: ArraySlice<String>, into object: inout [String: JSONValue]) {
        guard let first = path.first else { return }
        if path.count == 1 {
            object[first] = value
            return
        }
        var inner: [String: JSONValue] = [:]
        if case .object(let present) = object[first] { inner = present }
        insert(value, path.dropFirst(), into: &inner)
        object[first] = .object(inner)
    }

    /// What `snn_network_evaluate` and `snn eval` report.
    package init(_ evaluation: Evaluation, network: Network, threads: Int) {
        self.init()
        add(evaluation, network: network)
        self["loss"] = evaluation.loss
        self["samples"] = Double(evaluation.samples)
        self["seconds"] = evaluation.seconds
        self["samples_per_second"] = evaluation.seconds > 0 ? Double(evaluation.samples) / evaluation.seconds : 0
        add(seed: network.seed, threads: threads)
    }

    /// Adds what an evaluation found.
    mutating func add(_ evaluation: Evaluation, network: Network) {
        self["accuracy"] = evaluation.accuracy
        self["test_loss"] = evaluation.loss
        self["spikes_per_neuron"] = evaluation.statistics.spikesPerNeuron
        self["synaptic_operations"] = evaluation.statistics.synapticOperations
        self["steps"] = Double(network.steps)
        for node in evaluation.statistics.nodes {
            let samples = Double(max(1, evaluation.samples))
            if node.spikes {
                self["nodes.\(node.name).spikes_per_neuron"] = Double(node.spikeCount) / samples / Double(node.neurons)
            }
            self["nodes.\(node.name).activity"] = node.activity
            self["nodes.\(node.name).synaptic_operations"] = Double(node.operations) / samples
        }
    }

    /// Adds how many recorded events lay outside of the window, where `data` consists of such.
    package mutating func addEvents(of data: Dataset) { self["events_dropped"] = data.droppedEvents.map(Double.init) }

    /// Adds what training found.
    mutating func add(_ epochs: [EpochResult], trainer: Trainer, threads: Int) {
        self["epochs"] = Double(trainer.epochsDone)
        self["loss"] = epochs.last?.loss ?? .nan
        self["train_accuracy"] = epochs.last?.accuracy ?? .nan
        self["best_loss"] = trainer.best?.loss
        let seconds = epochs.reduce(0) { $0 + $1.seconds }
        self["seconds"] = seconds
        self["samples_per_second"] = seconds > 0 ? Double(epochs.reduce(0) { $0 + $1.samples }) / seconds : 0
        for epoch in epochs {
            self["epoch.\(epoch.epoch).loss"] = epoch.loss
            self["epoch.\(epoch.epoch).train_accuracy"] = epoch.accuracy
            self["epoch.\(epoch.epoch).seconds"] = epoch.seconds
        }
        add(seed: trainer.seed, threads: threads)
    }

    /// Adds what every report ends with.
    mutating func add(seed: UInt64?, threads: Int) {
        self["peak_memory_bytes"] = Double(ResidentMemory.peak)
        if let seed { self["seed"] = Double(seed) }
        self["threads"] = Double(threads)
        set("version", text: Library.version)
    }
}

/// Threads to use where a caller asks for `wanted`: 0 means one a core.
package func resolvedThreads(_ wanted: Int) throws(SNNError) -> Int {
    guard wanted >= 0, wanted <= 1024 else { throw .argument("threads must be 0 ... 1024, got \(wanted)") }
    return wanted == 0 ? Machine.cores : wanted
}
