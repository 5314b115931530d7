import SNNKernel

/// Analog units with other nonlinearities than the rectified linear unit.
public enum PluginEntry: Plugin {
    /// The folder's name in snake case: `analog`.
    public static let identifier = "analog"

    /// Smooth units, and the linear unit that is cut off on both sides; all without time.
    ///
    /// Each keeps the second moment of what it sends from layer to layer at currents of variance 1, by its gain
    /// 1 / sqrt(E f(z)^2) (He et al., ICCV 2015); the two that level off keep the variance of small currents instead, by
    /// 1 / (f'(0) sqrt(1 + f(0)^2)) (Kumar, arXiv 1704.08863).
    public static let neurons: [Component<any NeuronModel>] = [
        Component(
            "analog.silu",
            "Current times its logistic function: analog, without time.",
            initialiser: Initialiser(.kaimingUniform, gain: 1.677)
        ) { _, _ throws(SNNError) in SiluModel() },
        Component(
            "analog.sigmoid",
            "Logistic function of the current: analog, without time.",
            initialiser: Initialiser(.kaimingUniform, gain: 3.578)
        ) { _, _ throws(SNNError) in SigmoidModel() },
        Component(
            "analog.tanh",
            "Hyperbolic tangent of the current: analog, without time.",
            initialiser: Initialiser(.kaimingUniform)
        ) { _, _ throws(SNNError) in TanhModel() },
        Component(
            "analog.gelu",
            "Current times the normal distribution below it, exact: analog, without time.",
            initialiser: Initialiser(.kaimingUniform, gain: 1.534)
        ) { _, _ throws(SNNError) in GeluModel() },
        Component(
            "analog.clip",
            "Linear unit cut off on both sides: analog, without time.",
            parameters: [
                .number("low", default: 0, "the least it sends"), .number("high", default: 6, "the most it sends"),
            ],
            // As of a rectified linear unit, which it is below 6.
            initialiser: Initialiser(.kaimingUniform, gain: 2.0.squareRoot())
        ) { p, _ throws(SNNError) in try ClipModel(low: p.number("low"), high: p.number("high")) },
    ]
}
