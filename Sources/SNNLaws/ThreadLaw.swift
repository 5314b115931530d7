import SNNKernel
import Synchronization

/// Several windows at once give what they give one after another: a model keeps nothing outside its state.
extension NeuronSubject {
    private static let threads = 4
    private static let mostRounds = 256

    /// Runs the windows over and over for so long, each twice at least.
    func threads(_ evidence: Evidence, time: Duration) {
        interleaved(evidence)
        let windows = (0..<Self.threads).map { ThreadedWindow(self, seed: seed &+ 100 &+ UInt64($0)) }
        let race = Race()
        let end = ContinuousClock.now + time
        do throws(SNNError) {
            try Crew.with(Self.threads) { crew throws(SNNError) in
                crew.run(Self.threads) { _ in
                    while race.breach == nil, let round = race.next(most: Self.mostRounds) {
                        if round >= 2 * Self.threads, ContinuousClock.now > end { return }
                        if let difference = windows[round % windows.count].difference() { race.found(difference) }
                    }
                }
            }
        } catch { evidence.require(false, error.message) }
        if let breach = race.breach { evidence.require(false, breach) }
    }

    /// Two windows step by step in turn, each with its own state: no luck is needed to find a state that they share.
    private func interleaved(_ evidence: Evidence) {
        guard !takesTotal else { return }
        let windows = (0..<2).map { currents(8, 2, 9, seed: seed &+ 50 &+ UInt64($0)) }
        let (first, second) = (stepped([windows[0]])[0], stepped([windows[1]])[0])
        for (place, (found, wanted)) in zip(stepped(windows), [first, second]).enumerated() {
            let words = "of two windows, stepped in turn, window \(place)"
            evidence.equalBits(found.sent, wanted.sent, "\(words) sends something else")
            evidence.equalBits(found.inside, wanted.inside, "\(words) has other potentials")
        }
    }

    /// Runs windows step by step, all of them one step before any goes on.
    private func stepped(_ windows: [Values]) -> [(sent: [Float], inside: [Float])] {
        let states = windows.map { model.rest(count: $0.row) }
        var found = windows.map { _ in (sent: [Float](), inside: [Float]()) }
        for t in 0..<windows[0].steps {
            for (place, window) in windows.enumerated() {
                let step = Values(steps: 1, batch: window.batch, count: window.count)
                for index in 0..<step.row { step.base[index] = window.step(t)[index] }
                let part = NeuronWindow(model, step, state: states[place])
                found[place].sent += part.sent.numbers
                found[place].inside += part.inside.numbers
            }
        }
        return found
    }
}

/// A long row, and what it gives while no other thread works.
private struct ThreadedWindow: Sendable {
    let model: any NeuronModel
    let current: Values
    let gradient: Values
    let sent: Activity
    let back: Values?

    init(_ subject: NeuronSubject, seed: UInt64) {
        model = subject.model
        let (steps, count) = (subject.window(10), 16384)
        current = subject.currents(steps, 1, count, seed: seed)
        var random = Seeded(seed)
        gradient = random.values(steps: steps, batch: 1, count: count, isConstant: subject.takesTotal)
        sent = subject.unwatched(current)
        back = subject.isTrainable ? model.adjoint(of: gradient, current: current) : nil
    }

    /// How another run differs.
    func difference() -> String? {
        let again = model.run(current, state: model.rest(count: current.row), potentials: nil)
        if !again.hasBits(of: sent) {
            return "with threads at work a window sends something else: "
                + (firstDifference(again.numbers, sent.numbers) ?? "another kind")
        }
        guard let back else { return nil }
        let found = model.adjoint(of: gradient, current: current)
        guard !found.hasBits(of: back) else { return nil }
        return firstDifference(found.numbers, back.numbers).map { "with threads at work the adjoint differs: \($0)" }
    }
}

/// Rounds that threads share, and the first breach that one of them found.
private final class Race: Sendable {
    private let taken = Atomic<Int>(0)
    private let first = Mutex<String?>(nil)

    /// The next round, while there are fewer than `most`.
    func next(most: Int) -> Int? {
        let round = taken.add(1, ordering: .relaxed).oldValue
        return round < most ? round : nil
    }

    var breach: String? { first.withLock { $0 } }

    func found(_ text: String) {
        first.withLock { if $0 == nil { $0 = text } }
    }
}
