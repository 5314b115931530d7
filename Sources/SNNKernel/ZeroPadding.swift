/// Rows and columns of zeros around an image: silence around spikes.
///
/// For convolutions whose padding differs from side to side; one that is the same on all is a parameter of `conv2d`.
public struct ZeroPadding: Stage {
    /// The image that arrives.
    public let inputShape: Shape
    /// The image with its border.
    public let outputShape: Shape
    /// What is added on the four sides.
    public let border: Border

    /// Errors: ``SNNError/shape(_:)`` where the image becomes larger than 2^31 values.
    public init(input: Shape, border: Border) throws(SNNError) {
        inputShape = input
        outputShape = try border.around(input)
        self.border = border
    }

    /// The share that stays: zeros are silent.
    public func activity(_ arriving: Double) -> Double {
        arriving * Double(inputShape.count) / Double(outputShape.count)
    }

    /// Every step with its border.
    public func forward(_ input: Activity, _ context: StageContext) -> Activity {
        switch input {
        case .raster(let raster):
            if let codes = raster.codes { return .raster(border.around(codes, raster, inputShape)) }
            return .raster(border.around(raster, inputShape, outside: 0))
        case .values(let values):
            let result = Values(
                steps: values.steps,
                batch: values.batch,
                count: outputShape.count,
                isConstant: values.isConstant
            )
            for image in 0..<values.slices * values.batch {
                border.enter(
                    values.base + image * values.count,
                    inputShape,
                    to: result.base + image * outputShape.count
                )
            }
            withExtendedLifetime(values) {}
            return .values(result)
        }
    }

    /// The gradient of the image, without that of the zeros.
    public func adjoint(of gradient: Values, input: Activity, _ context: StageContext) -> Values {
        let result = Values(
            overwriting: gradient.steps,
            batch: gradient.batch,
            count: inputShape.count,
            isConstant: gradient.isConstant
        )
        for image in 0..<gradient.slices * gradient.batch {
            border.leave(
                gradient.base + image * gradient.count,
                inputShape,
                to: result.base + image * inputShape.count
            )
        }
        withExtendedLifetime(gradient) {}
        return result
    }
}
