import SNNKernel

/// Analog units.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `relu`.
    public static let identifier = "relu"

    /// The rectified linear unit and the identity, both without time.
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "relu",
            "Rectified linear unit: analog, without time.",
            // Half the currents are cut off: the gain keeps the variance from layer to layer (He et al., ICCV 2015).
            initialiser: Initialiser(.kaimingUniform, gain: 2.0.squareRoot())
        ) { _, _ throws(SNNError) in ReLUModel(isRectified: true) },
        Component("relu.identity", "Passes its current on: the last layer of an analog network.") {
            _,
            _ throws(SNNError) in ReLUModel(isRectified: false)
        },
    ]
}
