/// SVG paths of step curves over columns one wide, in a box 100 high; values are shares from 0 to 1.
enum Shape {
    /// A filled step curve from the bottom.
    static func area(_ values: [Double]) -> String {
        let heights = values.map { height($0) }
        var text = ""
        var column = 0
        while column < heights.count {
            guard heights[column] < 100 else {
                column += 1
                continue
            }
            text += "M\(column) 100"
            while column < heights.count, heights[column] < 100 {
                text += "V\(heights[column])"
                let height = heights[column]
                while column < heights.count, heights[column] == height { column += 1 }
                text += "H\(column)"
            }
            text += "V100Z"
        }
        return text
    }

    /// A step curve; it pauses where there is no value.
    static func line(_ values: [Double?]) -> String {
        runs(values.map { $0 != nil }).map { run in
            var text = "M\(run.lowerBound) \(height(values[run.lowerBound] ?? 0))"
            forEachStep(run, values) { text += "V\($0)H\($2)" }
            return text
        }.joined()
    }

    /// What lies between two step curves.
    static func band(_ low: [Double?], _ high: [Double?]) -> String {
        runs(zip(low, high).map { $0 != nil && $1 != nil }).map { run in
            var text = "M\(run.lowerBound) \(height(high[run.lowerBound] ?? 0))"
            forEachStep(run, high) { text += "V\($0)H\($2)" }
            var back: [String] = []
            forEachStep(run, low) { height, start, _ in back.append("V\(height)H\(start)") }
            return text + back.reversed().joined() + "Z"
        }.joined()
    }

    static func spans(_ covered: [Bool]) -> String {
        runs(covered).map { "M\($0.lowerBound) 0H\($0.upperBound)V100H\($0.lowerBound)Z" }.joined()
    }

    /// Heights of equal neighbours once, with the columns where they begin and end.
    private static func forEachStep(_ run: Range<Int>, _ values: [Double?], _ body: (Int, Int, Int) -> Void) {
        var column = run.lowerBound
        while column < run.upperBound {
            let start = column
            let height = height(values[column] ?? 0)
            while column < run.upperBound, self.height(values[column] ?? 0) == height { column += 1 }
            body(height, start, column)
        }
    }

    /// The stretches of columns for which something holds.
    private static func runs(_ holds: [Bool]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for column in 0...holds.count {
            if column < holds.count, holds[column] {
                start = start ?? column
            } else if let begun = start {
                result.append(begun..<column)
                start = nil
            }
        }
        return result
    }

    /// The distance from the top of a box 100 high.
    static func height(_ share: Double) -> Int { 100 - Int((min(max(share, 0), 1) * 100).rounded()) }
}
