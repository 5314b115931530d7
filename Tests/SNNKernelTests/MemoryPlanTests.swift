import SNNTestKit
import Testing

@testable import SNNKernel

@Suite("Memory plans")
struct MemoryPlanTests {
    private func network(_ steps: Int = 60) throws -> Network {
        try Network(
            NetworkDescription(
                input: Shape(40),
                steps: steps,
                coding: ComponentChoice("rate"),
                nodes: [.dense("one", 200, gain: 3), .dense("two", 300, gain: 3), .dense("out", 5, gain: 3)]
            ),
            registry: try allPlugins(),
            seed: 1
        )
    }

    /// The least budget, as the refusal of one byte names it.
    private func leastBudget(_ network: Network, _ workload: Workload) -> Int? {
        do throws(SNNError) {
            _ = try MemoryPlan(network, workload, budget: 1)
        } catch {
            guard case .memory(let text) = error else { return nil }
            return text.split(separator: " ").lazy.compactMap { Int($0) }.first
        }
        return nil
    }

    @Test("more samples, threads, moments and activity never take less")
    func monotone() throws {
        let network = try network()
        let base = try MemoryPlan(network, Workload(batch: 64)).total
        #expect(try MemoryPlan(network, Workload(batch: 64, mode: .inference)).total < base)
        #expect(try MemoryPlan(network, Workload(batch: 64, optimizer: GradientDescent(learningRate: 1))).total < base)
        #expect(try MemoryPlan(network, Workload(batch: 64, threads: 2)).total > base)
        #expect(try MemoryPlan(network, Workload(batch: 64, activity: 1)).total > base)
        #expect(try MemoryPlan(network, Workload(batch: 1)).total <= base)
    }

    @Test("the activity of a node holds for that node")
    func nodeActivity() throws {
        let network = try network()
        func total(_ shares: [String: Double]) throws -> Int {
            try MemoryPlan(network, Workload(batch: 64, nodeActivity: shares)).total
        }
        #expect(try total(["one": 0.2, "two": 0.2, "out": 0.2]) == total([:]))
        #expect(try total(["two": 0.9]) > total([:]))
        #expect(try total(["two": 0.01]) < total([:]))
        #expect(throws: SNNError.unknownName("unknown node in activity: 'tow'; known: one, out, two")) {
            try total(["tow": 0.1])
        }
        #expect(throws: SNNError.parameter("activity.two must be 0 ... 1, got -0.5")) { try total(["two": -0.5]) }
    }

    @Test("the largest layer gives up its current first, and the last never")
    func order() throws {
        let network = try network()
        let workload = Workload(batch: 64)
        let whole = try MemoryPlan(network, workload)
        #expect(whole.recomputed.isEmpty)
        let plan = try MemoryPlan(network, workload, budget: whole.total - 1)
        #expect(plan.nodes.map(\.isRecomputed) == [false, true, false] && plan.total < whole.total)
    }

    @Test("a budget below the least is refused with both numbers")
    func refused() throws {
        let network = try network()
        let least = try #require(leastBudget(network, Workload(batch: 64)))
        #expect(throws: Never.self) { try MemoryPlan(network, Workload(batch: 64), budget: least) }
        #expect {
            try MemoryPlan(network, Workload(batch: 64), budget: least - 1)
        } throws: { error in
            guard case .memory(let text) = error as? SNNError else { return false }
            return text.contains("\(least)") && text.contains("\(least - 1)")
        }
        for bad in [Workload(batch: 0), Workload(threads: 0), Workload(activity: 2), Workload(inputActivity: -1)] {
            #expect(throws: SNNError.self) { try MemoryPlan(network, bad) }
        }
    }

    /// Three steps on rows, all with label 0.
    private func trained(_ network: Network, _ rows: [Float], _ batch: Int, budget: Int?) throws -> TrainerState {
        let trainer = try Trainer(
            network: network,
            loss: Loss(.crossEntropy),
            optimizer: Adam(learningRate: 0.01),
            memoryBudget: budget,
            seed: 3
        )
        let values = Storage<Float>(rows.count)
        for (index, value) in rows.enumerated() { values.base[index] = value }
        let labels = Storage<Int32>(batch)
        for _ in 0..<3 {
            _ = try trainer.trainBatch(
                RowSource(values.base, inputCount: network.inputCount),
                targets: Targets(.labels(labels.base)),
                count: batch
            )
        }
        withExtendedLifetime((values, labels)) {}
        return TrainerState(trainer)
    }

    @Test("currents that are computed again leave every bit as it is: random networks")
    func random() throws {
        var seen = 0
        for seed in 1...150 as ClosedRange<UInt64> {
            let drawn = RandomNetwork(seed: seed, neurons: [ComponentChoice("lif", ["tau_mem": .number(5)])])
            func network() throws -> Network {
                // Long windows, so that currents are what takes the memory.
                var description = drawn.description
                if !["frames", "events"].contains(description.coding.name) { description.steps = 200 }
                return try Network(description, registry: try allPlugins(), seed: seed)
            }
            let workload = Workload(batch: drawn.batch)
            guard let least = leastBudget(try network(), workload) else { continue }
            seen += try MemoryPlan(try network(), workload, budget: least).recomputed.count
            let free = try trained(try network(), drawn.rows, drawn.batch, budget: nil)
            let bound = try trained(try network(), drawn.rows, drawn.batch, budget: least)
            #expect(free == bound, "seed \(seed)")
        }
        #expect(seen >= 20, "only \(seen) layers were computed again")
    }

    @Test("a batch that does not fit its budget is refused before anything runs")
    func trainer() throws {
        let network = try network()
        #expect(throws: SNNError.self) { try trained(network, [Float](repeating: 1, count: 80), 2, budget: 1000) }
        #expect(throws: SNNError.parameter("memory_budget must be >= 1 byte, got 0")) {
            try Trainer(
                network: network,
                loss: Loss(.crossEntropy),
                optimizer: Adam(learningRate: 1),
                memoryBudget: 0,
                seed: 1
            )
        }
    }
}
