import Testing

@testable import SNNKernel

/// Schedules stand in Optimizer.swift; they have a file of their own here.
@Suite("Learning-rate schedules")
struct ScheduleTests {
    private func factors(_ schedule: Schedule, _ epochs: [Double], of total: Double = 10, share: Double = 0) -> [Double]
    {
        epochs.map { schedule.factor(epoch: $0, of: total, share: share) }
    }

    @Test("constant stays 1")
    func constant() {
        #expect(factors(Schedule(.constant), [0, 0.5, 3, 9.99]) == [1, 1, 1, 1])
    }

    @Test("step multiplies by gamma after every period")
    func step() {
        let schedule = Schedule(.step, gamma: 0.5, period: 3)
        #expect(factors(schedule, [0, 2.99, 3, 5.5, 6, 9]) == [1, 1, 0.5, 0.5, 0.25, 0.125])
        #expect(factors(Schedule(.step, gamma: 0.5, period: 0.5), [0.49, 0.5, 1]) == [1, 0.5, 0.25])
    }

    @Test("milestones multiply by gamma after each of their epochs")
    func milestones() {
        let schedule = Schedule(.milestones, gamma: 0.5, milestones: [2, 3, 7])
        #expect(factors(schedule, [0, 1.99, 2, 2.5, 3, 6.9, 7, 50]) == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125])
        let warm = Schedule(.milestones, gamma: 0.5, milestones: [1], warmup: 2)
        #expect(factors(warm, [0.75, 1.75, 2], share: 0.25) == [0.5, 0.5, 0.5])
    }

    @Test("exponential multiplies by gamma after every epoch")
    func exponential() {
        let schedule = Schedule(.exponential, gamma: 0.5)
        #expect(factors(schedule, [0, 0.9, 1, 2, 4.7]) == [1, 1, 0.5, 0.25, 0.0625])
    }

    @Test("cosine goes from 1 to its floor over all epochs and stays there")
    func cosine() {
        // (1 + cos(pi x)) / 2 at x = 0, 1/4, 1/3, 1/2, 2/3, 1.
        let expected = [1, 0.853_553_390_593_273_8, 0.75, 0.5, 0.25, 0]
        let epochs = [0, 3, 4, 6, 8, 12]
        let plain = factors(Schedule(.cosine), epochs.map { Double($0) }, of: 12)
        let floored = factors(Schedule(.cosine, floor: 0.2), epochs.map { Double($0) }, of: 12)
        for (index, value) in expected.enumerated() {
            #expect(abs(plain[index] - value) < 1e-15)
            #expect(abs(floored[index] - (0.2 + 0.8 * value)) < 1e-15)
        }
        #expect(abs(factors(Schedule(.cosine, floor: 0.2), [20], of: 12)[0] - 0.2) < 1e-15)
    }

    @Test("warm-up grows linearly from one step's share to the full rate, on any schedule")
    func warmup() {
        let schedule = Schedule(.constant, warmup: 2)
        #expect(factors(schedule, [0, 0.5, 1, 1.75, 2, 5], share: 0.25) == [0.125, 0.375, 0.625, 1, 1, 1])
        let step = Schedule(.step, gamma: 0.5, period: 1, warmup: 2)
        #expect(factors(step, [0.75, 1.75, 2], share: 0.25) == [0.5, 0.5, 0.25])
        // The first step never stands still.
        #expect(Schedule(.constant, warmup: 1).factor(epoch: 0, of: 1, share: 1e-3) == 1e-3)
    }
}
