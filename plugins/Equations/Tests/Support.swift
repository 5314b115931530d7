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

/// A neuron that does not tell its distances.
///
/// Its derivative is checked in double precision, by forward mode and by differences of the relaxed neuron. Differences
/// of the distance in float32 are too coarse where a text has corners, or is flat at the currents that make it spike.
struct Untold: NeuronModel {
    let neuron: any NeuronModel

    var demand: CurrentDemand { neuron.demand }
    var sends: ActivityKind { neuron.sends }
    func rest(count: Int) -> any NeuronState { neuron.rest(count: count) }
    func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        neuron.run(current, state: state, potentials: potentials)
    }
    func adjoint(of gradient: Values, current: Values) -> Values { neuron.adjoint(of: gradient, current: current) }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { neuron.equations(over: lane) }
}
