import SNNKernel

extension StepTable {
    /// The published table of the SiLU (swish) with 16 steps, fitted from -8 to 12.
    ///
    /// Source: Stöckl and Maass, Nature Machine Intelligence 3 (2021), arXiv 2002.00860, the authors' constants.
    package static let publishedSiLU = published(
        thresholds: [
            0.05946945, 1.6541206, 1.3066754, 1.3267198, 1.1000695, 1.2308974, 1.1188028, 0.9472501, 0.5447531,
            1.0236325,
            0.11921431, -0.12855051, -0.44731247, -2.1383545, 1.0, -4.109145,
        ],
        resets: [
            0.7844085, 1.7550646, 1.4212719, 1.9244663, 1.4400164, 1.9249276, 1.6100428, 1.29061, 0.83985287, 3.0827985,
            0.43503317, 0.5155389, 0.3269445, 7.618048, -14.419675, 0,
        ],
        amplitudes: [
            0.40088242, 1.8856316, 1.4915457, 1.947229, 1.4717816, 1.9147849, 1.6389303, 1.2934641, 0.8703124,
            0.68460804,
            0.44262582, 0.32832766, 0.13907616, -0.26217145, 0.23736191, -0.14830568,
        ]
    )

    /// The published table of the sigmoid with 12 steps, fitted from -10 to 10.
    ///
    /// Source: as ``publishedSiLU``.
    package static let publishedSigmoid = published(
        thresholds: [
            -0.00824843, -0.9319625, 1.0080122, -1.2074932, -1.7885877, -2.7065408, -3.2715735, 0.07132628, -3.719372,
            -0.543918, -3.7693157, -5.5447803,
        ],
        resets: [
            1.6558512, 1.0989026, 10.7739, 1.3579437, 1.0146959, 0.8972655, 2.1207616, 1.6949341, 3.6397197, -2.1483946,
            5.1177883, 0,
        ],
        amplitudes: [
            0.37689912, 0.21977554, 0.40271342, 0.17005783, 0.09584032, 0.06293014, 0.04360681, -0.0443096, 0.01999909,
            0.07107325, 0.01502249, 0.01021793,
        ]
    )

    private static func published(thresholds: [Float], resets: [Float], amplitudes: [Float]) -> StepTable {
        do throws(SNNError) {
            return try StepTable(thresholds: thresholds, resets: resets, amplitudes: amplitudes)
        } catch {
            preconditionFailure(error.message)
        }
    }
}
