import SNNKernel

/// A question about memory, as JSON: what `snn_network_plan` takes.
///
///     {"batch": 128, "threads": 2, "mode": "train", "optimizer": {"kind": "adam"}, "memory_budget": 100000000}
///
/// `activity` is one share for all nodes, or an object of shares by node, as `nodes` of an evaluation tells them.
package struct PlanRequest: Sendable {
    /// What the network is to do.
    package var workload = Workload()
    /// Bytes that it may take; nil sets no bound.
    package var memoryBudget: Int?

    package init() {}

    /// Reads a request; `threads` (0: one a core) holds where it names none.
    package init(_ field: JSONField, threads: Int) throws(SNNError) {
        try field.check(
            keys: [
                "batch", "threads", "mode", "optimizer", "loss", "memory_budget", "activity", "input_activity",
            ]
        )
        let loss = field["loss"]
        if loss.isPresent {
            let kind = Loss.Kind.crossEntropy.rawValue
            let choice = try NetworkDocument.choice(loss, key: "kind", default: kind, except: ["class_weights"])
            workload.isPerStep = try BuiltIn.loss(choice, classWeights: nil).span == .step
        }
        if field["optimizer"].isPresent {
            workload.optimizer = try BuiltIn.optimizer(
                try NetworkDocument.choice(field["optimizer"], key: "kind", default: "adam")
            )
        }
        if field["mode"].isPresent {
            let mode = try field["mode"].choice(of: Workload.Mode.allCases.map(\.rawValue))
            workload.mode = Workload.Mode(rawValue: mode) ?? .train
        }
        workload.batch = try field["batch"].optionalInteger() ?? workload.batch
        workload.threads = try resolvedThreads(try field["threads"].optionalInteger() ?? threads)
        if case .object = field["activity"].value {
            for (node, share) in try field["activity"].object() { workload.nodeActivity[node] = try share.number() }
        } else {
            workload.activity = try field["activity"].optionalNumber() ?? workload.activity
        }
        workload.inputActivity = try field["input_activity"].optionalNumber() ?? workload.activity
        memoryBudget = try field["memory_budget"].optionalInteger()
        if let memoryBudget, memoryBudget < 1 { throw field["memory_budget"].rangeError("must be >= 1") }
    }

    /// The plan for a network.
    package func plan(of network: Network) throws(SNNError) -> MemoryPlan {
        try MemoryPlan(network, workload, budget: memoryBudget)
    }
}

extension MemoryPlan {
    /// The plan as one JSON object.
    package var json: JSONValue {
        func number(_ value: Int) -> JSONValue { .number(Double(value)) }
        let nodes = self.nodes.map { node -> JSONValue in
            .object([
                "name": .string(node.name), "weight_bytes": number(node.weights),
                "transposed_bytes": number(node.transposed), "gradient_bytes": number(node.gradients),
                "moment_bytes": number(node.moments), "activity_bytes": number(node.activity),
                "recomputed": .bool(node.isRecomputed),
            ])
        }
        let activity: JSONValue =
            workload.nodeActivity.isEmpty
            ? .number(workload.activity) : .object(workload.nodeActivity.mapValues { .number($0) })
        return .object([
            "total_bytes": number(total), "workspace_bytes": number(workspaces), "shared_bytes": number(shared),
            "overhead_bytes": number(overhead), "block": number(block), "slab": number(slab),
            "workers": number(workers), "batch": number(workload.batch), "threads": number(workload.threads),
            "mode": .string(workload.mode.rawValue), "activity": activity,
            "input_activity": .number(workload.inputActivity), "nodes": .array(nodes),
        ])
    }
}
