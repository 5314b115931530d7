import CForeignFixtures
import CSNN
import SNNTestKit
import Testing

@testable import SNNForeign
@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What libffi costs.
///
/// The neuron of bindings/plugins/izhikevich.c through the same driver, called by libffi and called as Swift calls a C
/// function whose type it knows; 1000 neurons, batch 32, 25 steps. Printed, not judged: see Tests/Benchmarks/foreign.sh.
@Suite(.serialized, .enabled(if: getenv("SNN_FOREIGN_SPEED") != nil))
struct SpeedTests {
    private typealias Row = UnsafePointer<Float>
    private typealias Out = UnsafeMutablePointer<Float>
    private typealias Step =
        @convention(c) (
            Int, Row?, Out?, Out?, Out?, Out?, Out?, Float, Float, Float, Float, Float, Float, Float
        ) -> Void
    private typealias Adjoint =
        @convention(c) (
            Int, Row?, Row?, Row?, Row?, Row?, Out?, Out?, Out?, Float, Float, Float, Float, Float
        ) -> Void

    @Test("the time of calls through libffi and of typed calls")
    func overhead() throws {
        let loaded = try ForeignPlugin.read(fixture_izhikevich())
        let registry = try Registry(plugins: [], loaded: [loaded])
        func neuron() throws -> ForeignNeuron {
            try #require(try registry.neuron(ComponentChoice("izhikevich"), dt: 1) as? ForeignNeuron)
        }
        let (foreign, typed) = (try neuron(), try neuron())
        let raw = try #require(fixture_izhikevich()?.pointee.neurons[0]?.pointee)
        let step = unsafeBitCast(raw.step.address, to: Step.self)
        let adjoint = unsafeBitCast(raw.adjoint.address, to: Adjoint.self)
        @Sendable func row(_ word: UInt64) -> Out? { Out(bitPattern: UInt(word)) }
        @Sendable func number(_ word: UInt64) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: word)) }
        typed.step.direct = { w in
            step(
                Int(w[0]),
                Row(row(w[1])),
                row(w[2]),
                row(w[3]),
                row(w[4]),
                row(w[5]),
                row(w[6]),
                number(w[7]),
                number(w[8]),
                number(w[9]),
                number(w[10]),
                number(w[11]),
                number(w[12]),
                number(w[13])
            )
        }
        typed.adjoint?.direct = { w in
            adjoint(
                Int(w[0]),
                Row(row(w[1])),
                Row(row(w[2])),
                Row(row(w[3])),
                Row(row(w[4])),
                Row(row(w[5])),
                row(w[6]),
                row(w[7]),
                row(w[8]),
                number(w[9]),
                number(w[10]),
                number(w[11]),
                number(w[12]),
                number(w[13])
            )
        }
        for batch in [1, 32] {
            let current = drawnCurrents(steps: 25, batch: batch, count: 1000)
            let gradient = drawnCurrents(steps: 25, batch: batch, count: 1000, seed: 2)
            #expect(
                foreign.adjoint(of: gradient, current: current).numbers
                    == typed.adjoint(of: gradient, current: current).numbers
            )
            Workspace().use(retention: 1) {
                func run(_ model: ForeignNeuron) {
                    _ = model.run(current, state: model.rest(count: current.row), potentials: nil)
                }
                report("batch \(batch), forward", { run(foreign) }, { run(typed) }, neurons: 1000 * batch)
                report(
                    "batch \(batch), backward",
                    { _ = foreign.adjoint(of: gradient, current: current) },
                    { _ = typed.adjoint(of: gradient, current: current) },
                    neurons: 1000 * batch
                )
            }
        }
    }

    /// The lower quartiles of runs in turn, so that what else the machine does hits both.
    private func report(_ name: String, _ foreign: () -> Void, _ typed: () -> Void, neurons: Int) {
        let repeats = max(1, 32000 / neurons)
        var times: [(Double, Double)] = []
        for _ in 0..<200 {
            times.append((seconds { for _ in 0..<repeats { foreign() } }, seconds { for _ in 0..<repeats { typed() } }))
        }
        func quartile(_ list: [Double]) -> Double { list.sorted()[list.count / 4] / Double(repeats) }
        let (one, other) = (quartile(times.map(\.0)), quartile(times.map(\.1)))
        let scale = 1e9 / Double(25 * neurons)
        func digits(_ value: Double) -> String { String(Double(Int(value * 1000)) / 1000) }
        print(
            "\(name): libffi \(digits(one * scale)) ns a neuron and step, typed \(digits(other * scale)), "
                + "ratio \(digits(one / other))"
        )
    }

    private func seconds(_ body: () -> Void) -> Double {
        let took = ContinuousClock().measure(body)
        return Double(took.components.attoseconds) / 1e18 + Double(took.components.seconds)
    }
}
