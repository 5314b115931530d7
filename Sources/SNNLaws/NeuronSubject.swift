import SNNKernel

/// One window of a model, and what goes on inside it.
struct NeuronWindow {
    let sent: Activity
    let potentials: Values
    /// How far above the threshold every neuron was, of models that tell.
    let distances: Values?

    init(_ model: any NeuronModel, _ current: Values, state: (any NeuronState)? = nil) {
        let potentials = Values(steps: current.steps, batch: current.batch, count: current.count)
        let state = state ?? model.rest(count: current.row)
        if let sloped = model.sloped {
            let distances = Values(steps: current.steps, batch: current.batch, count: current.count)
            sent = sloped.run(current, state: state, potentials: potentials, distances: distances)
            self.distances = distances
        } else {
            sent = model.run(current, state: state, potentials: potentials)
            distances = nil
        }
        self.potentials = potentials
    }

    /// What shows a difference long before a spike does, one row a step: the distances, else the potentials.
    var inside: Values { distances ?? potentials }
    /// What ``inside`` is called.
    var words: String { distances == nil ? "potentials" : "distances from the threshold" }
}

/// One model, and the windows it is examined with.
struct NeuronSubject {
    let model: any NeuronModel
    let seed: UInt64
    /// What currents are multiplied by, so that neurons of any unit fire: the least power of 4 from 1 on at which they do
    /// so now and then.
    let scale: Float
    /// Whether it fires at all; true of what sends no spikes.
    let fires: Bool
    /// Why a run or an adjoint at ordinary currents failed.
    let failure: SNNError?
    /// Why it has no derivative.
    let untrainable: SNNError?

    /// Scales tried.
    static let scales: [Float] = (0..<10).map { Float(1 << (2 * $0)) }

    /// Spikes of 32 neurons in 12 steps at each scale; none of a model that sends something else.
    private static func spikes(_ model: any NeuronModel, _ seed: UInt64) -> [Int] {
        guard model.sends == .raster else { return [] }
        return scales.map { scale in
            NeuronWindow(model, currents(model, seed, window(model, 12), 2, 16, scale: scale)).sent.spikes
        }
    }

    /// `known` is the scale of a model whose relaxed form this is.
    init(_ model: any NeuronModel, seed: UInt64, scale known: Float? = nil) {
        self.model = model
        self.seed = seed
        do throws(SNNError) {
            try model.checkTrainable()
            untrainable = nil
        } catch { untrainable = error }
        _ = model.takeFailure()
        let spikes = Self.spikes(model, seed)
        let most = spikes.max() ?? 0
        fires = most > 0 || model.sends != .raster
        // Some spikes in a hundred, or where there are never so many a good part of the most.
        let enough = min(8, max(1, most / 4))
        let place = most > 0 ? spikes.firstIndex { $0 >= enough } ?? 0 : 0
        scale = known ?? Self.scales[place]
        let current = Self.currents(model, seed, Self.window(model, 10), 3, 7, scale: scale)
        _ = NeuronWindow(model, current)
        if untrainable == nil { _ = model.adjoint(of: current, current: current) }
        failure = model.takeFailure()
    }

    var takesTotal: Bool { model.demand != .perStep }
    var isTrainable: Bool { untrainable == nil }

    /// So many steps, or where the model does not run in such windows the fewest that it runs in.
    func window(_ steps: Int) -> Int { Self.window(model, steps) }

    private static func window(_ model: any NeuronModel, _ steps: Int) -> Int {
        ([steps] + Array(1...64)).first { (try? model.check(steps: $0)) != nil } ?? steps
    }

    /// Currents strong enough to fire often: per step where the model takes such, else one a window.
    func currents(_ steps: Int, _ batch: Int, _ count: Int, seed other: UInt64? = nil) -> Values {
        Self.currents(model, other ?? seed, steps, batch, count, scale: scale)
    }

    private static func currents(
        _ model: any NeuronModel,
        _ seed: UInt64,
        _ steps: Int,
        _ batch: Int,
        _ count: Int,
        scale: Float
    ) -> Values {
        var random = Seeded(seed)
        let values = random.values(
            steps: steps,
            batch: batch,
            count: count,
            isConstant: model.demand != .perStep,
            in: -0.6...1.6,
            activity: 0.8
        )
        for index in 0..<values.storage.count { values.base[index] *= scale }
        return values
    }

    /// Currents of a small batch, and dL/d(sent) laid out as they are.
    func drawn() -> (current: Values, gradient: Values) {
        let steps = window(10)
        var random = Seeded(seed &+ 1)
        let gradient = random.values(steps: steps, batch: 3, count: 7, isConstant: takesTotal)
        return (currents(steps, 3, 7), gradient)
    }

    /// A window from rest.
    func run(_ current: Values) -> NeuronWindow { NeuronWindow(model, current) }

    /// What is sent where nobody watches the potentials, which models may compute in another way.
    func unwatched(_ current: Values) -> Activity {
        model.run(current, state: model.rest(count: current.row), potentials: nil)
    }
}

extension Activity {
    /// Spikes of all neurons and steps.
    var spikes: Int {
        guard case .raster(let raster) = self else { return 0 }
        return raster.spikes(samples: 0..<raster.batch)
    }

    /// Whether both hold the same bits.
    func hasBits(of other: Activity) -> Bool {
        switch (self, other) {
        case (.values(let a), .values(let b)): a.hasBits(of: b)
        case (.raster(let a), .raster(let b)):
            if a.codes == nil, b.codes == nil, case .bits(let one) = a.form, case .bits(let two) = b.form {
                one.elements.elementsEqual(two.elements)
            } else {
                firstDifference(numbers, other.numbers) == nil
            }
        default: false
        }
    }
}

extension Values {
    /// Whether both hold the same bits.
    func hasBits(of other: Values) -> Bool {
        storage.count == other.storage.count
            && storage.elements.elementsEqual(other.storage.elements) { $0.bitPattern == $1.bitPattern }
    }

    /// The samples of `order`, in that order.
    func picked(_ order: [Int]) -> Values {
        let result = Values(steps: steps, batch: order.count, count: count, isConstant: isConstant)
        for t in 0..<slices {
            for (place, sample) in order.enumerated() {
                for index in 0..<count { result.step(t)[place * count + index] = step(t)[sample * count + index] }
            }
        }
        return result
    }
}

extension NeuronModel {
    /// Itself, if it spikes and tells how far it is from its threshold.
    var sloped: (any SlopedNeuron)? { sends == .raster ? self as? any SlopedNeuron : nil }
}
