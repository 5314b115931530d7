/// Hands activity on as current, one to one: where inputs only add up, as behind the branches of a residual block.
///
///     current[t, b, n] = activity[t, b, n]
///
/// No weights. Constant over the window where the activity is.
public struct Identity: Connection {
    /// What arrives.
    public let inputShape: Shape
    /// As what arrives.
    public var outputShape: Shape { inputShape }
    /// None.
    public var tensors: [TensorDescription] { [] }

    /// The identity on what has the shape `input`.
    public init(input: Shape) { inputShape = input }

    /// One a value that is not zero.
    public func operations(for activity: Activity) -> Int {
        switch activity {
        case .values(let values): return UnsafePointer(values.base).countNonZero(values.slices * values.row)
        case .raster(let raster):
            var events = 0
            for t in 0..<raster.steps { raster.forEachEvent(step: t, in: 0..<raster.row) { _, _ in events += 1 } }
            return events
        }
    }

    /// Nothing to prepare.
    public func prepare(
        _ tensors: [Storage<Float>],
        buffers: [Storage<Float>],
        isTraining: Bool,
        adjoint: Bool
    ) -> PreparedWeights { PreparedWeights(weight: Storage(0), bias: nil, adjoint: nil) }

    /// The values themselves; of spikes what each is worth.
    public func current(of activity: Activity, with weights: PreparedWeights) -> Values {
        switch activity.decoded {
        case .values(let values): return values
        case .raster(let raster):
            let values = Values(overwriting: raster.steps, batch: raster.batch, count: raster.count)
            for t in 0..<raster.steps { activity.write(step: t, to: values.step(t)) }
            return values
        }
    }

    /// There are none.
    public func addGradients(of current: Values, input: Activity, to gradients: [Storage<Float>]) {}

    /// The gradient as it is.
    public func inputGradient(of current: Values, input: Activity, with weights: PreparedWeights) -> Values { current }
}
