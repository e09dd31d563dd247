/// Numbers of shards as array options of schedulers take them: `0,3-5,9`.
package enum ShardRanges {
    /// - Parameter numbers: rising.
    package static func text(_ numbers: [Int]) -> String {
        var parts: [String] = []
        var rest = numbers[...]
        while let first = rest.popFirst() {
            var last = first
            while rest.first == last + 1, let next = rest.popFirst() { last = next }
            parts.append(first == last ? String(first) : last == first + 1 ? "\(first),\(last)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }
}
