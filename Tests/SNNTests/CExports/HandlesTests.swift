import CSNN
import SNNKernel
import Testing

@testable import SNN

@Suite("handles")
struct HandlesTests {
    @Test("a handle lives until it is freed, and null may be freed")
    func ownership() throws {
        weak var watched: NetworkHandle?
        var pointer: OpaquePointer?
        do {
            let handle = NetworkHandle(try TrainedSample().network)
            watched = handle
            pointer = handle.retained()
        }
        #expect(watched != nil)
        #expect(try NetworkHandle.from(pointer) === watched)
        NetworkHandle.free(pointer)
        #expect(watched == nil)
        NetworkHandle.free(nil)
        TrainerHandle.free(nil)
    }

    @Test("null is refused by the argument's name")
    func null() {
        #expect(failure { try NetworkHandle.from(nil) } == .argument("network must not be NULL"))
        #expect(failure { try DatasetHandle.from(nil) } == .argument("dataset must not be NULL"))
        #expect(failure { try TrainerHandle.from(nil) } == .argument("trainer must not be NULL"))
        #expect(failure { try SessionHandle.from(nil) } == .argument("session must not be NULL"))
        #expect(failure { try RecordingHandle.from(nil) } == .argument("recording must not be NULL"))
        #expect(failure { try ReportHandle.from(nil) } == .argument("report must not be NULL"))
    }

    @Test("a trainer keeps its network alive")
    func trainerKeepsNetwork() throws {
        weak var watched: NetworkHandle?
        var trainer: OpaquePointer?
        do {
            let sample = try TrainedSample()
            let network = NetworkHandle(sample.network)
            watched = network
            trainer = TrainerHandle(sample.trainer, network: network).retained()
        }
        #expect(watched != nil)
        TrainerHandle.free(trainer)
        #expect(watched == nil)
    }

    @Test("shapes and names that C borrows are those of the tensors")
    func borrowed() throws {
        let network = try TrainedSample().network
        let handle = NetworkHandle(network)
        for (index, tensor) in network.tensors.enumerated() {
            let shape = try #require(handle.shape(index))
            #expect((0..<tensor.description.shape.count).map { Int(shape[$0]) } == tensor.description.shape)
            #expect(String(cString: handle.tensorNames.pointers[index]) == tensor.name)
        }
        #expect(handle.nodeNames.pointers.map { String(cString: $0) } == ["hidden", "out"])
        #expect(handle.threads == 0)
        #expect(try handle.resolvedThreads() == Machine.cores)
        handle.threads = 3
        #expect(try handle.resolvedThreads() == 3)
    }

    @Test("the catalogue tells C what the registry holds")
    func catalogue() throws {
        let components = try Library.registry().components
        let catalogue = CatalogueEntry.all
        #expect(catalogue.map { String(cString: $0.texts.pointers[2]) } == components.map(\.name))
        for (component, entry) in zip(components, catalogue) {
            let parameters = entry.parameterTexts
            #expect(parameters.map { String(cString: $0.pointers[0]) } == component.parameters.map(\.name))
            #expect(parameters.allSatisfy { $0.pointers.count == 6 })
        }
        var count = 0
        #expect(snn_component_count(&count) == SNN_OK)
        #expect(count == components.count)
        #expect(snn_component_count(nil) == SNN_E_ARGUMENT)
    }

    @Test("a default reads as people write it")
    func defaults() {
        func text(_ value: ParameterValue?) -> String {
            ParameterDescription("p", .boolean, default: value, "m").defaultText
        }
        #expect(text(nil) == "required")
        #expect(text(.number(1)) == "1")
        #expect(text(.number(0.25)) == "0.25")
        #expect(text(.text("soft")) == "soft")
        #expect(text(.boolean(true)) == "true")
        #expect(text(.numbers([3, 2])) == "[3, 2]")
    }
}
