import SNNKernel

/// The solution of dx/dt = A x + f over a step in which f is constant.
///
///     x(t + dt) = transition x(t) + response f,   transition = exp(A dt),   response = integral_0^dt exp(A s) ds
///
/// Rows that no other row enters are solved in closed form; the others by the exponential of [[A, 1], [0, 0]] dt, with
/// scaling and squaring of its Taylor series.
struct LinearSolution {
    private(set) var transition: [[Double]]
    private(set) var response: [[Double]]

    init(_ system: [[Double]], dt: Double) {
        let count = system.count
        let zeros = [[Double]](repeating: Array(repeating: 0, count: count), count: count)
        (transition, response) = (zeros, zeros)
        let alone = system.indices.map { row in system.indices.allSatisfy { $0 == row || system[row][$0] == 0 } }
        if !alone.allSatisfy({ $0 }) { coupled(system, dt: dt) }
        for row in system.indices where alone[row] {
            (transition[row], response[row]) = (zeros[row], zeros[row])
            let rate = system[row][row]
            transition[row][row] = (rate * dt).exponential
            // Close to no leak the difference from 1 has no digits left.
            response[row][row] =
                abs(rate * dt) < 1e-5
                ? dt * (1 + rate * dt / 2 * (1 + rate * dt / 3)) : (transition[row][row] - 1) / rate
        }
    }

    private mutating func coupled(_ system: [[Double]], dt: Double) {
        let count = system.count
        let size = 2 * count
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<count {
            for column in 0..<count { matrix[row * size + column] = system[row][column] * dt }
            matrix[row * size + count + row] = dt
        }
        let exponential = Self.exponential(matrix, size)
        for row in 0..<count {
            for column in 0..<count {
                transition[row][column] = exponential[row * size + column]
                response[row][column] = exponential[row * size + count + column]
            }
        }
    }

    /// exp of a square matrix: exp(M / 2^k) by eighteen terms, squared k times, with |M / 2^k| <= 1/2.
    private static func exponential(_ matrix: [Double], _ size: Int) -> [Double] {
        let norm = (0..<size).map { row in (0..<size).reduce(0) { $0 + abs(matrix[row * size + $1]) } }.max() ?? 0
        var squarings = 0
        var scale = 1.0
        // Beyond, what grows is not finite any more, and is refused later.
        while norm * scale > 0.5, squarings < 1100 {
            scale *= 0.5
            squarings += 1
        }
        let small = matrix.map { $0 * scale }
        var result = identity(size)
        for term in stride(from: 18, through: 1, by: -1) {
            result = product(small.map { $0 / Double(term) }, result, size)
            for index in 0..<size { result[index * size + index] += 1 }
        }
        for _ in 0..<squarings { result = product(result, result, size) }
        return result
    }

    private static func identity(_ size: Int) -> [Double] {
        (0..<size * size).map { $0 / size == $0 % size ? 1 : 0 }
    }

    private static func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
        var result = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for inner in 0..<size where a[row * size + inner] != 0 {
                let factor = a[row * size + inner]
                for column in 0..<size { result[row * size + column] += factor * b[inner * size + column] }
            }
        }
        return result
    }
}
