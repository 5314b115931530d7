import SNNKernel

/// Analog units.
public enum PluginEntry: Plugin {
    public static let identifier = "relu"

    public static let neurons: [Component<any NeuronModel>] = [
        Component("relu", "Rectified linear unit: analog, without time.") { _, _ throws(SNNError) in
            ReLUModel(isRectified: true)
        },
        Component("relu.identity", "Passes its current on: the last layer of an analog network.") {
            _,
            _ throws(SNNError) in ReLUModel(isRectified: false)
        },
    ]
}
