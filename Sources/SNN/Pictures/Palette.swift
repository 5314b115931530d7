/// The colours and letters of our pictures.
enum Palette {
    static let paper = "#fcfbf8"
    static let card = "#ffffff"
    static let edge = "#e8e4db"
    static let grid = "#eeebe3"
    static let ink = "#26323d"
    static let muted = "#6d7780"
    static let faint = "#b9bfc4"
    static let teal = "#2b7a78"
    static let orange = "#d97528"
    static let blue = "#5b7db1"
    static let red = "#c2413b"

    /// Classes that texts name.
    static let style = """
        text { font-family: "Inter", "Helvetica Neue", "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: #26323d; }
        .title { font-size: 25px; font-weight: 600; }
        .lead { font-size: 14px; fill: #6d7780; }
        .figure { font-size: 25px; font-weight: 600; fill: #2b7a78; }
        .head { font-size: 15px; font-weight: 600; }
        .note { font-size: 12px; fill: #6d7780; }
        .tick { font-size: 11.5px; fill: #6d7780; }
        .strong { font-size: 13px; font-weight: 600; }
        """

    /// Grey from paper (0) to ink (1).
    static func grey(_ value: Double) -> String {
        let share = min(1, max(0, value.isFinite ? value : 0))
        let light = [244.0, 242, 236]
        let dark = [38.0, 50, 61]
        let mixed = zip(light, dark).map { Int(($0 + ($1 - $0) * share).rounded()) }
        return "#" + mixed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
