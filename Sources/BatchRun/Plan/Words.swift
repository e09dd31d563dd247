/// Words of which many are equal, each kept once.
struct Words: Sendable {
    private var list: [String] = []
    private var numbers: [String: UInt32] = [:]

    /// The number of a word, which gets one when it has none.
    mutating func number(_ word: String) -> UInt32 {
        if let known = numbers[word] { return known }
        let number = UInt32(list.count)
        list.append(word)
        numbers[word] = number
        return number
    }

    subscript(number: UInt32) -> String { list[Int(number)] }

    /// All of them, in the order of their numbers.
    var all: [String] { list }
}
