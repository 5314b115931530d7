#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Counts of spikes and of the work they cause.
///
/// A synaptic operation is one weight added on behalf of one event: an event (a spike, or a non-zero value, counted once
/// a window where the input is constant) costs as many as it has outgoing connections, edges of images included.
public struct SpikeStatistics: Sendable {
    /// One node's share.
    public struct Node: Sendable {
        /// The node's name; «input» for the encoded input.
        public let name: String
        /// Neurons of one sample.
        public let neurons: Int
        /// Whether it sends spikes of neurons of its own.
        public let spikes: Bool
        /// Spikes over all samples.
        public internal(set) var spikeCount = 0
        /// Non-zero entries of what it sends, over all samples and steps.
        public internal(set) var events = 0
        /// Entries it could have sent.
        public internal(set) var slots = 0
        /// Synaptic operations of its connection over all samples.
        public internal(set) var operations = 0

        /// Share of entries that are not zero, 0...1.
        public var activity: Double { slots == 0 ? 0 : Double(events) / Double(slots) }

        fileprivate mutating func add(_ other: Node) {
            spikeCount += other.spikeCount
            events += other.events
            slots += other.slots
            operations += other.operations
        }
    }

    /// The nodes' shares, in the order of the network.
    public private(set) var nodes: [Node]
    /// Samples counted.
    public private(set) var samples = 0
    /// Share of the encoded input that is not zero.
    public private(set) var input = Node(name: "input", neurons: 0, spikes: false)

    init(network: Network) {
        nodes = network.nodes.map { Node(name: $0.name, neurons: $0.outputShape.count, spikes: $0.spikes) }
    }

    mutating func add(_ trace: Trace, network: Network) {
        samples += trace.input.batch
        Self.count(trace.input, in: &input)
        for (index, layer) in trace.layers.enumerated() {
            if let output = layer.output { Self.count(output, in: &nodes[index]) }
            if let arriving = layer.arriving ?? layer.connectionInput, let connection = network.nodes[index].connection
            {
                nodes[index].operations += connection.operations(for: arriving)
            }
        }
    }

    /// Adds what was counted over other samples of the same network.
    mutating func add(_ other: SpikeStatistics) {
        samples += other.samples
        input.add(other.input)
        for index in nodes.indices { nodes[index].add(other.nodes[index]) }
    }

    private static func count(_ activity: Activity, in node: inout Node) {
        switch activity {
        case .values(let values):
            node.slots += values.slices * values.row
            let events = UnsafePointer(values.base).countNonZero(values.slices * values.row)
            node.events += events
            // Of spike times each is one.
            if node.spikes { node.spikeCount += events }
        case .raster(let raster) where raster.codes != nil:
            let spikes = raster.spikes(samples: 0..<raster.batch)
            node.slots += raster.steps * raster.row
            node.events += spikes
            node.spikeCount += spikes
        case .raster(let raster):
            node.slots += raster.steps * raster.row
            for t in 0..<raster.steps {
                raster.forEachEvent(step: t, in: 0..<raster.row) {
                    node.events += 1
                    node.spikeCount += abs($1)
                }
            }
        }
    }

    /// Spikes per sample and hidden spiking neuron: neither input nor the last node count.
    ///
    /// 0 without such neurons.
    public var spikesPerNeuron: Double {
        let hidden = nodes.dropLast().filter(\.spikes)
        let neurons = hidden.reduce(0) { $0 + $1.neurons }
        guard neurons > 0, samples > 0 else { return 0 }
        return Double(hidden.reduce(0) { $0 + $1.spikeCount }) / Double(neurons * samples)
    }

    /// Synaptic operations per sample.
    public var synapticOperations: Double {
        samples == 0 ? 0 : Double(nodes.reduce(0) { $0 + $1.operations }) / Double(samples)
    }
}

/// Monotonic time.
public enum Clock {
    /// Seconds since some fixed moment.
    public static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
