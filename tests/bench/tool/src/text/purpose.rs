//! What a source file is for: the first sentence of what it says of itself. May call nothing of this crate.

/// The first sentence of a file's own documentation, without links; empty if there is none.
pub fn purpose(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let text = without_links(&paragraph.join(" "));
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

/// `[a](b)` is `a`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('[') {
        out.push_str(before);
        let (shown, after) = inside.split_once(']').unwrap_or((inside, ""));
        out.push_str(shown);
        let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::purpose;

    #[test]
    fn first_sentence_is_taken() {
        assert_eq!(purpose("//! The one thing. And\n//! more.\n//!\n//! A.\nuse a;\n"), "The one thing.");
        assert_eq!(purpose("//! Over two\n//! lines.\n\nuse a;\n"), "Over two lines.");
        assert_eq!(purpose("use a;\n"), "");
    }

    #[test]
    fn links_are_told_by_their_words() {
        assert_eq!(
            purpose("//! What the [vectors](super::vectors) call, and [`a`].\n"),
            "What the vectors call, and `a`."
        );
    }
}
