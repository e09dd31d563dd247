/// Why something cannot be had from an output folder.
package struct ArchiveError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
