/// Names that a person may have meant.
enum Suggestion {
    /// `; did you mean 'scene'?`, or the list of what there is when nothing is near.
    static func text(for word: String, among names: [String]) -> String {
        let near = names.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, word.count / 3) { return "; did you mean '\(near.0)'?" }
        return names.isEmpty ? "" : names.count <= 12 ? "; there are \(names.joined(separator: ", "))" : ""
    }

    /// `'scene'`, or `'luma' or 'blur'`: the names that are nearest, and those that the word is a part of; empty if none.
    static func near(_ word: String, among names: [String]) -> String {
        let ranked = names.enumerated().map { (index, name) in
            (distance: distance(word, name), isPart: word.count > 2 && name.contains(word), index: index, name: name)
        }
        let near = ranked.filter { $0.isPart || $0.distance <= max(1, word.count / 3) }
        return near.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map { "'\($0.name)'" }
            .joined(separator: " or ")
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (first, second) = (Array(left), Array(right))
        var row = Array(0...second.count)
        for (i, a) in first.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in second.enumerated() {
                let replaced = previous + (a == b ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
