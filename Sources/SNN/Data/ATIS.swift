import SNNKernel

/// Recordings of event cameras in the 40-bit format of N-MNIST and N-Caltech101.
///
///     byte 0  x        byte 1  y        bit 23  polarity, 1 = ON        bits 22 ... 0  time, big-endian, us
///
/// The timer of 23 bits runs over: an event with y = 240 marks that, adds 2^13 us to the times after it and is none itself.
/// Source: G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, «Converting static image datasets to spiking neuromorphic
/// datasets using saccades», Frontiers in Neuroscience 9, 2015.
enum ATIS {
    /// One event.
    struct Event: Equatable {
        /// Microseconds since the recording began.
        let time: Int
        let x: Int
        let y: Int
        /// Whether the pixel became brighter.
        let isOn: Bool
    }

    /// Bytes of an event.
    static let eventLength = 5
    private static let overflowRow = 240
    private static let overflowTime = 1 << 13

    /// Calls `body` for every event of a recording of a sensor of `width` x `height` pixels, in their order.
    ///
    /// `label` names the recording in error sentences. Throws ``SNNError/corrupt`` for a length that is no multiple of 5,
    /// a pixel outside of the sensor, and a time before that of the event before.
    static func read(
        _ bytes: UnsafeRawBufferPointer,
        width: Int,
        height: Int,
        label: String,
        _ body: (Event) -> Void
    ) throws(SNNError) {
        guard bytes.count % eventLength == 0 else {
            throw .corrupt("\(label) is truncated: it must have 5 bytes an event, got \(bytes.count) bytes")
        }
        var (overflow, last) = (0, 0)
        for index in 0..<bytes.count / eventLength {
            let start = index * eventLength
            let (x, y) = (Int(bytes[start]), Int(bytes[start + 1]))
            guard y != overflowRow else {
                overflow += overflowTime
                continue
            }
            guard x < width, y < height else {
                throw .corrupt(
                    "\(label) must have pixels within \(width) x \(height), got (\(x), \(y)) at event \(index)"
                )
            }
            let high = Int(bytes[start + 2])
            let time = overflow + (high & 127) << 16 + Int(bytes[start + 3]) << 8 + Int(bytes[start + 4])
            guard time >= last else {
                throw .corrupt(
                    "\(label) must have times that do not go back, got \(time) us after \(last) us at event \(index)"
                )
            }
            last = time
            body(Event(time: time, x: x, y: y, isOn: high & 128 != 0))
        }
    }
}
