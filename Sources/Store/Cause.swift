/// A failure's cause without what is particular to one video: what failures are grouped by.
package enum Cause {
    /// The message with its numbers and hexadecimal addresses replaced by `#`.
    package static func of(_ message: String) -> String {
        var result = ""
        var isInNumber = false
        let head = message.prefix { $0 != "\n" }
        for word in head.split(separator: " ", omittingEmptySubsequences: false) {
            if !result.isEmpty { result += " " }
            let isAddress = word.contains("0x")
            isInNumber = false
            for character in isAddress ? "#" : word {
                if character.isASCII, character.isNumber {
                    if !isInNumber { result += "#" }
                    isInNumber = true
                } else {
                    isInNumber = false
                    result.append(character)
                }
            }
        }
        return String(result.prefix(200))
    }
}
