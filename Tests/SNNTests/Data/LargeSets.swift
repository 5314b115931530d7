@testable import SNN

/// Where the large sets are, for the tests that need them: `$SNN_DATA`, else `../shared/data` beside the checkout.
enum LargeSets {
    static let directory: String = {
        if let path = environment("SNN_DATA") { return path }
        // Tests/SNNTests/Data/LargeSets.swift, so the checkout is four levels up.
        let parts = #filePath.split(separator: "/").dropLast(5)
        return "/" + parts.joined(separator: "/") + "/shared/data"
    }()

    /// Whether set `name` is there.
    static func has(_ name: String) -> Bool {
        DataCatalogue.list(directory: directory).contains { $0.entry.name == name && $0.isPresent }
    }

    /// What a test says when it is skipped.
    static let reason = "needs the set in $SNN_DATA or ../shared/data"
}

extension Dataset {
    /// The labels, counted.
    var labelCounts: [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for sample in 0..<count { counts[Int(label(sample))] += 1 }
        return counts
    }

    /// Sample `sample` as an array.
    func row(_ sample: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: shape.featureCount) { row, count in
            if let base = row.baseAddress { fill(sample, into: base) }
            count = shape.featureCount
        }
    }

    /// Sample `sample` as training sees it.
    func row(_ sample: Int, epoch: Int, seed: UInt64) -> [Float] {
        [Float](unsafeUninitializedCapacity: shape.featureCount) { row, count in
            if let base = row.baseAddress { fill(sample, epoch: epoch, seed: seed, into: base) }
            count = shape.featureCount
        }
    }

    /// The mean of every channel over all samples.
    var channelMeans: [Double] {
        var sums = [Double](repeating: 0, count: shape.channels)
        let plane = shape.height * shape.width
        let row = UnsafeMutablePointer<Float>.allocate(capacity: shape.featureCount)
        defer { row.deallocate() }
        for sample in 0..<count {
            fill(sample, into: row)
            for channel in sums.indices {
                var sum: Float = 0
                for position in channel * plane..<(channel + 1) * plane { sum += row[position] }
                sums[channel] += Double(sum)
            }
        }
        return sums.map { $0 / Double(count * plane) }
    }
}
