/// What every component of a kind obeys.
///
/// The names are stable: reports in JSON and tests carry them. The order is from what follows to what it rests on: a
/// model that forgets to clear its memory breaks laws of the batch, too, so of several broken laws the last is the one to
/// repair first.
public enum Law: String, CaseIterable, Sendable {
    case adjoint
    case adjointStrips = "adjoint_strips"
    case constantCurrent = "constant_current"
    case parts
    case lanes
    case events
    case rest
    case batchAlone = "batch_alone"
    case neighbours
    case batchOrder = "batch_order"
    case stepSplit = "step_split"
    case threads
    case deterministic
    case sends
    case runs
    case binarySpikes = "binary_spikes"
    case finite
    case inputsKept = "inputs_kept"
    case ranges
    case described

    /// The law in a sentence; docs/laws.md says how it is examined.
    public var sentence: String {
        switch self {
        case .adjoint: "the adjoint is the transpose of the derivative"
        case .adjointStrips: "the adjoint of a strip of neurons has the bits of the whole"
        case .constantCurrent: "a constant current collects the gradients of all steps"
        case .parts: "some neurons of a layer alone give the bits that they have in the whole"
        case .lanes: "sixteen neurons at once give the bits of one at a time"
        case .events: "events give what their frames give"
        case .rest: "without input nothing is sent, and what starts at rest stays there"
        case .batchAlone: "a sample, or a neuron, alone gives the bits of the same among others"
        case .neighbours: "a neuron is not touched by the spikes of its neighbours"
        case .batchOrder: "the order of the samples changes none of them"
        case .stepSplit: "a window may be cut anywhere: 10 steps are 4 and 6, or ten times 1"
        case .threads: "windows on several threads at once, or in turn, give what they give one after another"
        case .deterministic: "two runs give the same bits"
        case .sends: "what is sent has the kind and the shape that are promised"
        case .runs: "no run and no adjoint fails"
        case .binarySpikes: "a spike is worth 1, and a neuron sends one or none in a step"
        case .finite: "nothing is infinite or not a number, for denormal and huge currents either"
        case .inputsKept: "neither currents nor gradients are written to"
        case .ranges: "values outside their range are refused; at its ends the laws hold as well"
        case .described: "every parameter has words and a unit, and unknown names are refused by name"
        }
    }
}
