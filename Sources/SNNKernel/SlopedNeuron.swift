/// A neuron whose derivative at the threshold comes from outside: the model is smooth but for its spikes, and of its
/// spikes it tells the distance from the threshold.
///
///     spike      s[t] = 1 where distance[t] >= 0
///     backward   ds/d(distance) := slope[t], the surrogate's derivative at that distance unless a caller says otherwise
///
/// A caller who chooses the slopes can examine a derivative whose text it does not see: with a slope at one step alone,
/// dL/d(current) is slope x d(distance)/d(current), which differences of the distance give too.
public protocol SlopedNeuron: NeuronModel {
    /// Where slopes come from.
    var surrogate: Surrogate { get }
    /// ``NeuronModel/run(_:state:potentials:)`` that also writes the distance from the threshold of every step,
    /// `[T, B, N]`.
    func run(_ current: Values, state: any NeuronState, potentials: Values?, distances: Values?) -> Activity
    /// ``NeuronModel/adjoint(of:current:)`` with the slopes given, `[T, B, N]`, in place of the surrogate's.
    func adjoint(of gradient: Values, current: Values, slopes: Values) -> Values
}

extension SlopedNeuron {
    /// Without the distances.
    public func run(_ current: Values, state: any NeuronState, potentials: Values?) -> Activity {
        run(current, state: state, potentials: potentials, distances: nil)
    }
}
