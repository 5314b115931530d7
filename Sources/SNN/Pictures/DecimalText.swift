extension Double {
    /// The number with exactly `digits` places behind the point, rounded half away from zero: «3.10».
    ///
    /// Minus zero is written as zero, numbers of 1e15 and more and those that are not finite as Swift writes them.
    package func fixed(_ digits: Int) -> String {
        guard isFinite, magnitude < 1e15 else { return "\(self)" }
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let scaled = (magnitude * power).rounded(.toNearestOrAwayFromZero)
        guard scaled < 0x1p63 else { return "\(self)" }
        let number = UInt64(scaled)
        let text = String(number)
        let sign = self < 0 && number > 0 ? "-" : ""
        guard digits > 0 else { return sign + text }
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    /// With `digits` places behind the point of the first digit, «2.56e-4»; 0 is «0».
    package func scientific(_ digits: Int) -> String {
        guard isFinite else { return "-" }
        guard self != 0 else { return "0" }
        var exponent = 0
        var mantissa = magnitude
        while mantissa >= 10 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 1 {
            mantissa *= 10
            exponent -= 1
        }
        var text = mantissa.fixed(digits)
        // 9.996 rounds to 10.00.
        if text.hasPrefix("10") {
            text = 1.0.fixed(digits)
            exponent += 1
        }
        return (self < 0 ? "-" : "") + text + "e\(exponent)"
    }

    /// A fraction as people read it: 0.9721 is «97.2 %».
    package var percent: String { isFinite ? (self * 100).fixed(1) + " %" : "-" }

    /// About four digits: «12,345», «123.4», «1.234», «0.01234».
    package var short: String {
        guard isFinite else { return "-" }
        if self == rounded(), magnitude < 1e15 { return Int(self).grouped }
        if magnitude >= 1000 { return Int(rounded()).grouped }
        let places = magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : magnitude >= 1 ? 3 : 4
        return fixed(places)
    }
}

extension Int {
    /// With a comma after every three digits: «12,345».
    package var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + text
    }
}
