/// SVG paths of step curves over columns one wide, in a box 100 high; values are shares from 0 to 1.
enum Shape {
    /// A filled step curve from the bottom.
    static func area(_ values: [Double]) -> String {
        let heights = values.map { height($0) }
        var text = ""
        var place = 0
        while place < heights.count {
            guard heights[place] < 100 else {
                place += 1
                continue
            }
            text += "M\(place) 100"
            while place < heights.count, heights[place] < 100 {
                text += "V\(heights[place])"
                let height = heights[place]
                while place < heights.count, heights[place] == height { place += 1 }
                text += "H\(place)"
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
        var place = run.lowerBound
        while place < run.upperBound {
            let start = place
            let height = height(values[place] ?? 0)
            while place < run.upperBound, self.height(values[place] ?? 0) == height { place += 1 }
            body(height, start, place)
        }
    }

    /// The stretches of columns for which something holds.
    private static func runs(_ holds: [Bool]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for place in 0...holds.count {
            if place < holds.count, holds[place] {
                start = start ?? place
            } else if let begun = start {
                result.append(begun..<place)
                start = nil
            }
        }
        return result
    }

    /// The distance from the top of a box 100 high.
    static func height(_ share: Double) -> Int { 100 - Int((min(max(share, 0), 1) * 100).rounded()) }
}
