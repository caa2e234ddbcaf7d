//! The host's side: finds the block in an image and writes the parameters. May call `layout`.

use core::fmt::{self, Display, Formatter};

use crate::layout::{CAPACITY, LENGTH_AT, MAGIC, SIZE, TEXT_AT, VERSION, VERSION_AT};

/// Why an image was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The image has no block.
    Missing,
    /// The image has several blocks.
    Several(usize),
    /// The image's block has another layout.
    Version(u16),
    /// The text is longer than a block has room for: so many bytes.
    TooLong(usize),
    /// A parameter would be read as something else: its key has a `=` or is empty, or a line ends inside it.
    Unclear {
        /// Its key.
        key: &'static str,
    },
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Missing => {
                write!(formatter, "the image takes no parameters: no program in it has a parameter block")
            }
            Refusal::Several(count) => {
                write!(formatter, "the image has {count} parameter blocks; only one of its programs may have one")
            }
            Refusal::Version(version) => {
                write!(
                    formatter,
                    "the image's parameter block has version {version}, not {VERSION}; build the image again"
                )
            }
            Refusal::TooLong(bytes) => {
                write!(formatter, "the parameters take {bytes} bytes, and a block has room for {CAPACITY}")
            }
            Refusal::Unclear { key } => {
                write!(formatter, "the parameter `{key}` cannot be written as one line `key=value`")
            }
        }
    }
}

impl core::error::Error for Refusal {}

/// Writes parameters, each a key and a value, into the block of an image. The image is an ELF file, a raw image or any other copy of the
/// program's bytes. What was in the block before is gone.
///
/// # Errors
/// [`Refusal`]; the image is then as it was.
pub fn fill(image: &mut [u8], parameters: &[(&'static str, &str)]) -> Result<(), Refusal> {
    check(parameters)?;
    let block = block(image)?;
    let room = block.get_mut(TEXT_AT..).unwrap_or_default();
    room.fill(0);
    let mut length: u16 = 0;
    let pieces = parameters.iter().flat_map(|(key, value)| [*key, "=", *value, "\n"]);
    for (place, byte) in room.iter_mut().zip(pieces.flat_map(str::bytes)) {
        *place = byte;
        length += 1;
    }
    for (place, byte) in block.iter_mut().skip(LENGTH_AT).zip(length.to_le_bytes()) {
        *place = byte;
    }
    Ok(())
}

fn check(parameters: &[(&'static str, &str)]) -> Result<(), Refusal> {
    let is_clear =
        |key: &str, value: &str| !key.is_empty() && !key.contains(['=', '\n', '\r']) && !value.contains(['\n', '\r']);
    if let Some((key, _)) = parameters.iter().find(|(key, value)| !is_clear(key, value)) {
        return Err(Refusal::Unclear { key });
    }
    let bytes = parameters.iter().map(|(key, value)| key.len() + value.len() + 2).sum();
    if bytes > CAPACITY { Err(Refusal::TooLong(bytes)) } else { Ok(()) }
}

/// The one block of an image.
fn block(image: &mut [u8]) -> Result<&mut [u8], Refusal> {
    let starts =
        || image.windows(SIZE).enumerate().filter(|(_, bytes)| bytes.starts_with(&MAGIC)).map(|(start, _)| start);
    let start = match (starts().next(), starts().count()) {
        (Some(start), 1) => start,
        (Some(_), count) => return Err(Refusal::Several(count)),
        (None, _) => return Err(Refusal::Missing),
    };
    let block = image.get_mut(start..start + SIZE).ok_or(Refusal::Missing)?;
    let version = u16::from_le_bytes([block[VERSION_AT], block[VERSION_AT + 1]]);
    if version == VERSION { Ok(block) } else { Err(Refusal::Version(version)) }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;
    use crate::text::Text;

    const EMPTY: [u8; SIZE] = {
        let mut block = [0; SIZE];
        block.split_at_mut(MAGIC.len()).0.copy_from_slice(&MAGIC);
        block[VERSION_AT] = VERSION.to_le_bytes()[0];
        block
    };

    fn image(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    fn read(image: &[u8]) -> Text {
        let block = image.windows(SIZE).find(|bytes| bytes.starts_with(&MAGIC)).expect("a block");
        let length = u16::from_le_bytes([block[LENGTH_AT], block[LENGTH_AT + 1]]);
        Text::new(block[TEXT_AT..].try_into().expect("the text"), length)
    }

    #[test]
    fn what_the_host_writes_the_program_reads() {
        let mut image = image(&[b"before", &EMPTY, b"after"]);
        fill(&mut image, &[("filter", "ipc::a,b"), ("seconds", "12")]).expect("a block");
        assert!(image.starts_with(b"before") && image.ends_with(b"after"));
        let text = read(&image);
        assert_eq!((text.value("filter"), text.number("seconds")), (Some("ipc::a,b"), Some(12)));
        assert_eq!((text.value("second"), text.value("ilter")), (None, None));
    }

    #[test]
    fn a_block_can_be_filled_again() {
        let mut image = image(&[&EMPTY]);
        fill(&mut image, &[("filter", "a long name")]).expect("a block");
        fill(&mut image, &[("filter", "b")]).expect("a block");
        assert_eq!(read(&image).value("filter"), Some("b"));
        fill(&mut image, &[]).expect("a block");
        assert_eq!(image, EMPTY);
    }

    #[test]
    fn an_image_without_a_block_or_with_several_is_refused() {
        assert_eq!(fill(&mut [0; 4096], &[]), Err(Refusal::Missing));
        assert_eq!(fill(&mut image(&[&EMPTY[..SIZE - 1]]), &[]), Err(Refusal::Missing));
        assert_eq!(fill(&mut image(&[&EMPTY, &EMPTY]), &[]), Err(Refusal::Several(2)));
    }

    #[test]
    fn a_block_of_another_version_is_refused_by_name() {
        let mut image = image(&[&EMPTY]);
        image[VERSION_AT] = 9;
        let refusal = fill(&mut image, &[]).expect_err("another version");
        assert!(refusal.to_string().contains("version 9"), "{refusal}");
    }

    #[test]
    fn text_has_to_fit() {
        let mut image = image(&[&EMPTY]);
        let longest = "x".repeat(CAPACITY - 3);
        fill(&mut image, &[("k", &longest)]).expect("it fits");
        assert_eq!(read(&image).value("k"), Some(&*longest));
        let before = image.clone();
        assert_eq!(fill(&mut image, &[("kk", &longest)]), Err(Refusal::TooLong(CAPACITY + 1)));
        assert_eq!(image, before);
    }

    #[test]
    fn a_parameter_that_would_be_two_is_refused() {
        for (key, value) in [("a", "1\nb=2"), ("a=b", "1"), ("", "1"), ("a", "1\r")] {
            assert_eq!(fill(&mut image(&[&EMPTY]), &[(key, value)]), Err(Refusal::Unclear { key }));
        }
    }

    #[test]
    #[should_panic(expected = "the parameter seconds is `soon`, which is not a number")]
    fn what_is_no_number_is_named() {
        let mut image = image(&[&EMPTY]);
        fill(&mut image, &[("seconds", "soon")]).expect("a block");
        let _ = read(&image).number("seconds");
    }
}
