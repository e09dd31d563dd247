package import Bytes
package import FrameTools

extension Setting {
    /// A value as results and orders for people hold it: a word, or a number.
    package func json(_ value: Double) -> JSON { word(value).map { .string($0) } ?? .double(value) }
}
