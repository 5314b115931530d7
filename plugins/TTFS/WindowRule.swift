import SNNKernel

/// Exact back-propagation through spike times, with windows that make room.
///
/// The gradient is ``Backpropagation``'s. After each step the window of every layer grows, never shrinks:
///
///     D <- max(D, growth x largest time left in the batch)
///
/// What a layer computes does not depend on its window, but for the alpha-1 model, whose window stays.
///
/// | parameter          | unit | default | range | meaning                                              |
/// |--------------------|------|---------|-------|------------------------------------------------------|
/// | `growth`           |      | 10      | >= 0  | room above the largest activation; 0 leaves windows alone |
/// | `activity_penalty` |      | 0       | >= 0  | factor on the summed time left of hidden neurons in the loss |
///
/// Source: Stanojevic et al., arXiv 2306.08744.
struct WindowRule: LearningRule {
    let growth: Float
    let gradients: Backpropagation

    init(growth: Double, activityPenalty: Double) {
        self.growth = Float(growth)
        gradients = Backpropagation(activityPenalty: activityPenalty)
    }

    var notesLargest: Bool { growth > 0 }

    func addGradients(of pass: ForwardPass, output: Values, to sums: [Storage<Float>]) {
        gradients.addGradients(of: pass, output: output, to: sums)
    }

    func afterStep(_ network: Network, largest: [Float]) {
        guard growth > 0 else { return }
        for (node, most) in zip(network.nodes, largest) {
            // What is infinite is no reason for an infinite window: the loss will tell.
            guard (node.neuron as? TTFSModel)?.alpha1 == nil, let window = network.buffer("window", of: node),
                (growth * most).isFinite
            else { continue }
            window.base[0] = max(window.base[0], growth * most)
        }
    }
}
