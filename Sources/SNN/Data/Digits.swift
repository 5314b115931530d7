import SNNKernel

/// The handwritten digits that the package carries: 1,797 images of 8 x 8 pixels with values 0 to 16.
///
/// Every fifth sample is the test split (index % 5 == 4, 359 samples), the others train (1,438).
/// Source: E. Alpaydin, C. Kaynak, «Optical Recognition of Handwritten Digits», UCI, 1998 (test part, CC BY 4.0).
enum Digits {
    /// One split; throws what ``Dataset`` throws for a preprocessing that does not fit.
    static func open(split: String, preprocessing: Preprocessing) throws(SNNError) -> Dataset {
        let images = try IDX(contents: try decodeBase64(embeddedDigitsImages), label: "the embedded digits")
        let labels = try IDX(contents: try decodeBase64(embeddedDigitsLabels), label: "the embedded labels")
        try IDX.checkPair(images: images, labels: labels, label: "the embedded digits")
        let rows = (0..<images.sizes[0]).filter { ($0 % 5 == 4) == (split == "test") }
        let chosen = rows.map { Int32(labels.elements[$0]) }
        try images.elements.keep(rows: rows, rowBytes: 64)
        return try Dataset(
            name: "digits",
            split: split,
            shape: SampleShape(channels: 1, height: 8, width: 8),
            classes: 10,
            count: rows.count,
            storage: .pixels(images.elements),
            labels: .owned(chosen),
            preprocessing: preprocessing,
            defaultScale: 1.0 / 16
        )
    }

    /// The bytes behind base64 text; throws ``SNNError/corrupt`` where it is none.
    static func decodeBase64(_ text: String) throws(SNNError) -> ByteBuffer {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var held = 0
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="), UInt8(ascii: "\n"): continue
            default: throw .corrupt("base64 text must not contain the byte \(character)")
            }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return try ByteBuffer(bytes)
    }
}
