//! Sessions as the book shows them: found in a chapter, and compared with what really comes. May call nothing of this crate.
//!
//! A block of language `console` holds commands for the shell of this computer, each on a line that begins with `$`. A block of language
//! `text` that has a line with the guest's prompt is a piece of a session with `examples/hello`. What follows a command is expected to
//! come, line by line; other lines may come between. `…` stands for anything.

/// The prompt of examples/hello.
pub const PROMPT: &str = "l4k> ";

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partner {
    /// The shell of this computer.
    Host,
    /// The shell of examples/hello.
    Guest,
}

/// Something typed, and what is expected to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// To whom.
    pub partner: Partner,
    /// What is typed; nothing for what comes by itself at the start.
    pub typed: String,
    /// The lines that are expected.
    pub expected: Vec<String>,
}

/// All exchanges in a chapter, in order.
pub fn exchanges(chapter: &str) -> Vec<Exchange> {
    let mut found = Vec::new();
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        match language {
            "console" => found.extend(in_block(&block, Partner::Host, "$ ")),
            "text" if block.iter().any(|line| is_prompt(line)) => {
                found.extend(in_block(&block, Partner::Guest, PROMPT))
            }
            _ => {}
        }
    }
    found
}

fn is_prompt(line: &str) -> bool {
    line.starts_with(PROMPT.trim_end())
}

fn in_block(block: &[&str], partner: Partner, prompt: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in block {
        if let Some(typed) = line.strip_prefix(prompt.trim_end()) {
            // A prompt alone shows that the guest waits.
            if !typed.trim().is_empty() {
                exchanges.push(Exchange { partner, typed: typed.trim().to_owned(), expected: Vec::new() });
            }
        } else {
            if exchanges.is_empty() {
                exchanges.push(Exchange { partner, typed: String::new(), expected: Vec::new() });
            }
            if let Some(exchange) = exchanges.last_mut() {
                exchange.expected.push((*line).to_owned());
            }
        }
    }
    exchanges
}

/// The first expected line that does not come, if one does not.
pub fn missing<'a>(expected: &'a [String], output: &str) -> Option<&'a str> {
    let mut lines = output.lines();
    expected.iter().map(String::as_str).find(|pattern| !lines.any(|line| is_like(line, pattern)))
}

/// Whether a line is as the pattern says. How much space there is between words does not count.
fn is_like(line: &str, pattern: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (line, pattern) = (squeeze(line), squeeze(pattern));
    let mut pieces = pattern.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut last = "";
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        last = piece;
    }
    rest.is_empty() || (pattern.contains('…') && line.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTER: &str = "\
# A
```text
no session
```
```text
l4k: version …
l4k>
```
```text
l4k> mem
free: … KiB
l4k> exit 3
```
```console
$ true
$ echo yes
yes
```
";

    #[test]
    fn sessions_are_found() {
        let all = exchanges(CHAPTER);
        let shown: Vec<(Partner, &str, usize)> =
            all.iter().map(|exchange| (exchange.partner, exchange.typed.as_str(), exchange.expected.len())).collect();
        let (host, guest) = (Partner::Host, Partner::Guest);
        assert_eq!(
            shown,
            [(guest, "", 1), (guest, "mem", 1), (guest, "exit 3", 0), (host, "true", 0), (host, "echo yes", 1)]
        );
    }

    #[test]
    fn expected_lines_may_have_gaps() {
        assert!(is_like("pc 0x20 of x", "pc … of …"));
        assert!(is_like("a   b", "a b"));
        assert!(is_like("a", "…"));
        assert!(!is_like("pc 0x20", "pc … of …"));
        assert!(!is_like("a b", "a"));
        assert!(!is_like("a b c", "a … b"));
    }

    #[test]
    fn lines_are_expected_in_order() {
        let expected = ["one".to_owned(), "two".to_owned()];
        assert_eq!(missing(&expected, "one\nremark\ntwo"), None);
        assert_eq!(missing(&expected, "two\none"), Some("two"));
    }
}
