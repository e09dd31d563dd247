// Every pixel loop that the guard counts, once to get ready and once between two marks, over pictures that are the same in
// each run. Prints the compiler, then a line `loop<TAB>size<TAB>way` for each; read by Tests/scripts/instructions.py.
import CTestSupport
import Frames

let sizes = [(1920, 1080), (1280, 720), (768, 576), (640, 360)]
print("compiler\t\(String(cString: fbt_compiler()))")
for (width, height) in sizes {
    let (picture, before) = (MadePicture.draw(width, height, seed: 1), MadePicture.draw(width, height, seed: 2))
    var work = LoopWork(picture: picture, before: before)
    work.runTwins()
    // One size says enough of the loops that take the same steps at any.
    if height == 720 {
        work.runOthers()
        work.runMotion()
    }
    if height == 576 { work.runBlocks() }
}
