import ArgumentParser
import SNN
import SNNKernel

/// `snn plan`: what memory a network takes, before anything runs.
struct PlanCommand: UsesPlugins {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Tell the memory that training or inference will take.",
        discussion: """
            The total is the peak of resident memory above the idle process, without data sets and results. Lists of \
            events are counted at the activity given.
            """
    )

    @Argument(help: "A network document, a recipe (by name or path) or a file that `snn train --out` wrote.")
    var network: String
    @Option(parsing: .unconditional, help: "Samples of a batch; that of the recipe, else 128.")
    var batch: Int?
    @OptionGroup var thread: ThreadOptions
    @Option(help: "What is planned: train or inference.")
    var mode: Workload.Mode = .train
    @Option(help: "The optimizer by name; that of the recipe, else adam.")
    var optimizer: String?
    @Option(parsing: .unconditional, help: "Bytes that training may take.")
    var memoryBudget: Int?
    @Option(
        parsing: .unconditionalSingleValue,
        help: "Share of the neurons that spike in a step, or NODE=SHARE of one node; may be repeated."
    )
    var activity: [PlannedShare] = []
    @Option(parsing: .unconditional, help: "Share of the inputs that are not zero; else as --activity.")
    var inputActivity: Double?
    @OptionGroup var plugin: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let (network, stage) = try chosen()
        var request = PlanRequest()
        request.workload = Workload(
            batch: batch ?? stage?.batch ?? 128,
            threads: try resolvedThreads(thread.threads),
            mode: mode,
            isPerStep: stage?.loss.span == .step,
            activity: activity.last { $0.node == nil }?.share ?? Workload.defaultActivity,
            nodeActivity: activity.reduce(into: [:]) { shares, given in
                if let node = given.node { shares[node] = given.share }
            },
            inputActivity: inputActivity
        )
        if let optimizer {
            request.workload.optimizer = try BuiltIn.optimizer(ComponentChoice(optimizer))
        } else if let stage {
            request.workload.optimizer = stage.optimizer
        }
        request.memoryBudget = memoryBudget ?? stage?.memoryBudget
        if let budget = request.memoryBudget, budget < 1 {
            throw SNNError.parameter("--memory-budget must be >= 1, got \(budget)")
        }
        let plan = try request.plan(of: network)
        if output.json { return Console.result(plan.json.text()) }
        show(plan)
    }

    /// The network, and the last training stage of its recipe.
    private func chosen() throws(SNNError) -> (Network, TrainingDocument?) {
        if Recipe.names.contains(network) || Self.isText(network) || !ReadFile.exists(network) {
            if ReadFile.exists(network), !Recipe.names.contains(network) {
                let field = JSONField(try JSONValue(parsing: try ReadFile.text(network)))
                if !field["stages"].isPresent {
                    do throws(SNNError) {
                        let description = try NetworkDocument.read(field)
                        return (try Network(description, registry: try Library.registry(), seed: 0), nil)
                    } catch { throw error.prefixed(by: "'\(network)': ") }
                }
            }
            let recipe = try Recipe.find(network)
            return (
                try Network(recipe.network, registry: try Library.registry(), seed: 0),
                recipe.stages.last { $0.kind == .train }?.training
            )
        }
        let saved = try SavedNetwork(network)
        return (saved.network, saved.recipe?.stages.last { $0.kind == .train }?.training)
    }

    /// Whether the file is a document rather than weights.
    private static func isText(_ path: String) -> Bool { path.hasSuffix(".json") }

    private func show(_ plan: MemoryPlan) {
        let isTraining = plan.workload.mode == .train
        var table = Table(
            ["node", "weights", "gradients, moments", "activity of a slab", ""],
            [.left, .right, .right, .right, .left]
        )
        for node in plan.nodes {
            table.add([
                node.name, Self.size(node.weights),
                isTraining ? Self.size(node.transposed + node.gradients + node.moments) : "",
                Self.size(node.activity), node.isRecomputed ? "recomputed" : "",
            ])
        }
        table.show()
        Console.result("")
        var summary = Summary()
        summary.add("total", Self.size(plan.total), "\(plan.total.grouped) bytes above the idle process")
        summary.add(
            "passes",
            Self.size(plan.workspaces + plan.shared + plan.overhead),
            "of it, on \(Summary.count(plan.workers, "thread")) that find work"
        )
        summary.add("block", Summary.count(plan.block, "sample"), "that a thread takes")
        summary.add("slab", Summary.count(plan.slab, "sample"), "that pass all layers together")
        summary.show()
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10_000
            ? "\(bytes) B"
            : bytes < 1_000_000
                ? (Double(bytes) / 1e3).fixed(1) + " kB"
                : (Double(bytes) / 1e6).fixed(2) + " MB"
    }
}

extension Workload.Mode: ExpressibleByArgument {}

/// `0.2`, or `hidden=0.2` of one node.
struct PlannedShare: ExpressibleByArgument {
    let node: String?
    let share: Double

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, let share = Double(last) else { return nil }
        node = parts.count == 2 ? String(parts[0]) : nil
        self.share = share
    }
}
