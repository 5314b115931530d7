import SNNKernel

extension Lane {
    /// `i`, cut to -200...200, where everything that multiplies it is 0 or 1 already: infinity times 0 would be no number.
    @inline(__always)
    fileprivate func bounded() -> Self {
        let above = Self.select(isAbove(Self(200)), Self(200), self)
        return Self.select(Self(-200).isAbove(above), Self(-200), above)
    }

    /// 1 / (1 + exp(-i)), without overflow on either side; not-a-number stays.
    @inline(__always)
    fileprivate var sigmoid: Self {
        let e = (-magnitude).exponential
        let share = Self.select(isAtLeast(Self.zero), Self.one, e) / (Self.one + e)
        return Self.select(magnitude.isAtLeast(Self.zero), share, self)
    }

    /// Its derivative, e / (1 + e)^2 with e = exp(-|i|), which does not cancel.
    @inline(__always)
    fileprivate var sigmoidSlope: Self {
        let e = (-magnitude).exponential
        let d = Self.one + e
        return Self.select(magnitude.isAtLeast(Self.zero), e / (d * d), self)
    }
}

/// The logistic function.
///
///     y = 1 / (1 + exp(-i))      dy/di = y (1 - y)
struct SigmoidModel: AnalogUnit {
    @inline(__always) func value<V: Lane>(_ i: V) -> V { i.sigmoid }
    @inline(__always) func slope<V: Lane>(_ i: V) -> V { i.sigmoidSlope }
}

/// The current times the logistic function of it («swish»).
///
///     y = i s(i)      dy/di = s + i s (1 - s),   s(i) = 1 / (1 + exp(-i))
///
/// Source: Elfwing, Uchibe, Doya, Neural Networks 107 (2018).
struct SiluModel: AnalogUnit {
    @inline(__always)
    func value<V: Lane>(_ i: V) -> V {
        // Infinity stays infinity, minus infinity becomes 0.
        V.select(V(-200).isAbove(i), V(-200), i) * i.sigmoid
    }

    @inline(__always)
    func slope<V: Lane>(_ i: V) -> V { i.sigmoid.addingProduct(i.bounded(), i.sigmoidSlope) }
}

/// The hyperbolic tangent.
///
///     y = tanh(i)      dy/di = 1 - y^2 = 4 e / (1 + e)^2,   e = exp(-2 |i|)
struct TanhModel: AnalogUnit {
    @inline(__always) func value<V: Lane>(_ i: V) -> V { i.hyperbolicTangent }
    @inline(__always) func slope<V: Lane>(_ i: V) -> V { V(4) * (i + i).sigmoidSlope }
}

/// The current times the share of a normal distribution below it, exact rather than by tanh.
///
///     y = i Phi(i)      dy/di = Phi(i) + i phi(i)
///     Phi(i) = (1 + erf(i / sqrt(2))) / 2,   phi(i) = exp(-i^2 / 2) / sqrt(2 pi)
///
/// Source: Hendrycks, Gimpel, arXiv 1606.08415.
struct GeluModel: AnalogUnit {
    @inline(__always)
    func value<V: Lane>(_ i: V) -> V {
        V.select(V(-200).isAbove(i), V(-200), i) * i.normalDistribution
    }

    @inline(__always)
    func slope<V: Lane>(_ i: V) -> V {
        let near = i.bounded()
        let density = V(1 / (2 * Double.pi).squareRoot()) * (V(-0.5) * near * near).exponential
        return i.normalDistribution.addingProduct(near, density)
    }
}

/// A linear unit that is cut off on both sides; with 0 and 6 it is ReLU6.
///
///     y = min(max(i, low), high)      dy/di = 1 for low < i < high, else 0
///
/// | parameter | unit | default | range | meaning              |
/// |-----------|------|---------|-------|----------------------|
/// | `low`     |      | 0       |       | the least it sends   |
/// | `high`    |      | 6       | > low | the most it sends    |
struct ClipModel: AnalogUnit {
    let low: Double
    let high: Double

    init(low: Double, high: Double) throws(SNNError) {
        guard Float(low) < Float(high) else {
            throw .parameter("analog.clip: high must be > low, got \(high.plain) and \(low.plain)")
        }
        self.low = low
        self.high = high
    }

    @inline(__always)
    func value<V: Lane>(_ i: V) -> V {
        V.select(i.isAbove(V(high)), V(high), V.select(V(low).isAbove(i), V(low), i))
    }

    @inline(__always)
    func slope<V: Lane>(_ i: V) -> V {
        V.select(i.isAbove(V(low)), V.select(V(high).isAbove(i), V.one, V.zero), V.zero)
    }
}
