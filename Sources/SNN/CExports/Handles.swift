import CSNN
import SNNKernel

/// What an opaque pointer of `snn.h` points to.
protocol Handle: AnyObject {
    /// The argument's name in error sentences.
    static var noun: String { get }
}

extension Handle {
    /// A pointer that the caller owns until the matching `_free`.
    func retained() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    /// The object behind a pointer.
    static func from(_ pointer: OpaquePointer?) throws(SNNError) -> Self {
        guard let pointer else { throw .argument("\(noun) must not be NULL") }
        return Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Ends the caller's ownership; null is allowed.
    static func free(_ pointer: OpaquePointer?) {
        if let pointer { Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).release() }
    }
}

/// `snn_network`.
final class NetworkHandle: Handle {
    static let noun = "network"
    let network: Network
    /// The recipe that made it, for the file.
    let recipe: JSONValue?
    /// 0: one a core.
    var threads = 0
    let nodeNames: StaticStrings
    let tensorNames: StaticStrings
    /// Shapes of the tensors, one after another.
    private let extents: UnsafeMutableBufferPointer<Int64>
    private let offsets: [Int]

    init(_ network: Network, recipe: JSONValue? = nil) {
        self.network = network
        self.recipe = recipe
        nodeNames = StaticStrings(network.nodes.map(\.name))
        tensorNames = StaticStrings(network.allTensors.map(\.name))
        let shapes = network.allTensors.map(\.description.shape)
        extents = .allocate(capacity: max(1, shapes.reduce(0) { $0 + $1.count }))
        var offsets: [Int] = []
        var next = 0
        for shape in shapes {
            offsets.append(next)
            for extent in shape {
                extents.initializeElement(at: next, to: Int64(extent))
                next += 1
            }
        }
        self.offsets = offsets
    }

    deinit { extents.deallocate() }

    func shape(_ tensor: Int) -> UnsafePointer<Int64>? {
        UnsafePointer(extents.baseAddress.map { $0 + offsets[tensor] })
    }

    func resolvedThreads() throws(SNNError) -> Int { try SNN.resolvedThreads(threads) }
}

/// `snn_dataset`.
final class DatasetHandle: Handle {
    static let noun = "dataset"
    let dataset: Dataset
    init(_ dataset: Dataset) { self.dataset = dataset }
}

/// `snn_trainer`, which keeps its network alive.
final class TrainerHandle: Handle {
    static let noun = "trainer"
    let trainer: Trainer
    let network: NetworkHandle
    init(_ trainer: Trainer, network: NetworkHandle) {
        self.trainer = trainer
        self.network = network
    }
}

/// `snn_events`.
final class EventsHandle: Handle {
    static let noun = "events"
    let events: EventSet
    init(_ events: EventSet) { self.events = events }
}

/// `snn_session`.
final class SessionHandle: Handle {
    static let noun = "session"
    let session: Session
    init(_ session: Session) { self.session = session }
}

/// `snn_recording`, with the shapes that callers borrow.
final class RecordingHandle: Handle {
    static let noun = "recording"
    let recording: Recording
    private let extents: UnsafeMutableBufferPointer<Int64>

    init(_ recording: Recording) {
        self.recording = recording
        extents = .allocate(capacity: 3 * max(1, recording.nodes.count))
        for (index, node) in recording.nodes.enumerated() {
            for (axis, extent) in node.shape.enumerated() {
                extents.initializeElement(at: 3 * index + axis, to: Int64(extent))
            }
        }
    }

    deinit { extents.deallocate() }

    func shape(_ name: String) -> UnsafePointer<Int64>? {
        guard let index = recording.nodes.firstIndex(where: { $0.name == name }) else { return nil }
        return UnsafePointer(extents.baseAddress.map { $0 + 3 * index })
    }
}

/// `snn_report`, with the layers of a conversion where it is of one.
final class ReportHandle: Handle {
    static let noun = "report"
    let report: Report
    let layers: [ConversionReport.Layer]?
    /// Name and model of each layer.
    let layerTexts: [StaticStrings]

    init(_ report: Report) {
        self.report = report
        layers = nil
        layerTexts = []
    }

    init(_ conversion: ConversionReport) {
        report = conversion.numbers
        layers = conversion.layers
        layerTexts = conversion.layers.map { StaticStrings([$0.name, $0.model]) }
    }
}

/// A component with its texts as C strings, which live as long as the process.
struct CatalogueEntry: Sendable {
    /// Plugin, kind, name, summary.
    let texts: StaticStrings
    /// Name, type, unit, default, range, meaning of each parameter.
    let parameterTexts: [StaticStrings]

    init(_ component: ComponentDescription) {
        texts = StaticStrings([component.plugin, component.kind, component.name, component.summary])
        parameterTexts = component.parameters.map { parameter in
            StaticStrings([
                parameter.name, parameter.type, parameter.unit, parameter.defaultText, parameter.range,
                parameter.meaning,
            ])
        }
    }

    /// Every component: those of the build, made at the first question, then those that came at run time.
    static var all: [CatalogueEntry] { builtIn + LoadedPlugins.all.flatMap(\.catalogue) }

    private static let builtIn = ((try? Registry(plugins: builtInPlugins))?.components ?? []).map(CatalogueEntry.init)
}

extension ParameterDescription {
    /// The default in words.
    package var defaultText: String {
        switch defaultValue {
        case .none: "required"
        case .text(let text): text
        case .some(let value): value.description
        }
    }
}
