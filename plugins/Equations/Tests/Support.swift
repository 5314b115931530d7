import LIFPlugin
import SNNKernel
import SNNTestKit

@testable import EquationsPlugin

/// Texts that several tests use.
enum Text {
    static let soft = "dv/dt = (v_leak - v + r*i)/tau_mem; spike when v >= v_threshold; v -= v_threshold"
    static let hard = "dv/dt = (v_leak - v + r*i)/tau_mem; spike when v >= v_threshold; v = v_reset"
    /// The threshold of `lif.adaptive` holds what the adaptation was before the step.
    static let adaptive = """
        dv/dt = (v_leak - v + r*i)/tau_mem
        da/dt = -a/tau_adapt
        kept' = a                          # the adaptation before the step
        spike when v >= v_threshold + adaptation*kept
        v -= v_threshold
        a += 1
        """
    static let izhikevich = """
        a = 0.02                           : rate of the recovery
        b = 0.2
        c = -65
        d = 8
        dv/dt = (0.04*v^2 + 5*v + 140 - u + i)/ms
        du/dt = a*(b*v - u)/ms
        v(0) = c
        u(0) = b*c
        spike when v >= 30
        v = c
        u += d
        """
}

func model(_ text: String, _ parameters: [String: ParameterValue] = [:], dt: Double = 1) throws -> any NeuronModel {
    let registry = try Registry(plugins: [EquationsPlugin.PluginEntry.self])
    return try registry.neuron(
        ComponentChoice("equations", parameters.merging(["text": .text(text)]) { $1 }),
        dt: dt
    )
}

func lif(_ name: String, _ parameters: [String: ParameterValue] = [:], dt: Double = 1) throws -> any NeuronModel {
    try Registry(plugins: [LIFPlugin.PluginEntry.self]).neuron(ComponentChoice(name, parameters), dt: dt)
}

/// What a model sends in a window, its potentials, and dL/d(current) for a gradient.
func window(
    _ model: any NeuronModel,
    _ current: Values,
    _ gradient: Values
) -> (sent: [Float], potentials: [Float], gradient: [Float]) {
    let potentials = Values(steps: current.steps, batch: current.batch, count: current.count)
    let sent = model.run(current, state: model.rest(count: current.row), potentials: potentials)
    return (sent.numbers, potentials.numbers, model.adjoint(of: gradient, current: current).numbers)
}
