//! What the plugin is told when it is loaded: where the kernel's code is, and where the table goes. May call nothing of this crate.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Where the kernel's code lies, in virtual addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// All of it.
    pub text: Range<u64>,
    /// The exception vectors (the value of VBAR_EL1).
    pub vectors: u64,
    /// An instruction that every system call passes and nothing else, at which `x8` is still the program's.
    pub system_call: u64,
    /// The beginning of a function that tells a fault on the debug console, if there is one.
    pub telling: Option<u64>,
}

/// The plugin's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The kernel's code.
    pub layout: Layout,
    /// The file that the table is written to.
    pub output: PathBuf,
}

const TEXT_START: &str = "text-start";
const TEXT_END: &str = "text-end";
const VECTORS: &str = "vectors";
const SYSTEM_CALL: &str = "system-call";
const TELLING: &str = "telling";
const OUTPUT: &str = "output";

impl Arguments {
    /// Reads `name=value` texts.
    ///
    /// # Errors
    /// One is missing, unknown or no number.
    pub fn read(texts: &[String]) -> Result<Arguments> {
        let (mut numbers, mut output) = ([None; 5], None);
        for text in texts {
            let (name, value) = text.split_once('=').with_context(|| format!("`{text}` is not name=value"))?;
            match [TEXT_START, TEXT_END, VECTORS, SYSTEM_CALL, TELLING].iter().position(|known| *known == name) {
                Some(index) => numbers[index] = Some(number(value)?),
                None if name == OUTPUT => output = Some(PathBuf::from(value)),
                None => bail!("unknown argument `{name}`"),
            }
        }
        let [Some(start), Some(end), Some(vectors), Some(system_call), telling] = numbers else {
            bail!("{TEXT_START}, {TEXT_END}, {VECTORS} and {SYSTEM_CALL} are needed");
        };
        let layout = Layout { text: start..end, vectors, system_call, telling };
        Ok(Arguments { layout, output: output.with_context(|| format!("{OUTPUT} is needed"))? })
    }

    /// The value of QEMU's option `-plugin`. A comma inside is doubled there.
    #[must_use]
    pub fn option(&self, plugin: &Path) -> String {
        let Layout { text, vectors, system_call, telling } = &self.layout;
        let telling = telling.map_or(String::new(), |address| format!(",{TELLING}={address:#x}"));
        let path = |path: &Path| path.display().to_string().replace(',', ",,");
        format!(
            "{},{TEXT_START}={:#x},{TEXT_END}={:#x},{VECTORS}={vectors:#x},{SYSTEM_CALL}={system_call:#x}{telling},{OUTPUT}={}",
            path(plugin),
            text.start,
            text.end,
            path(&self.output)
        )
    }
}

fn number(text: &str) -> Result<u64> {
    let digits = text.strip_prefix("0x").with_context(|| format!("`{text}` does not begin with 0x"))?;
    u64::from_str_radix(digits, 16).with_context(|| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_the_emulator_is_read_in_the_plugin() {
        for telling in [None, Some(0xffff_0000_0000_1000)] {
            is_read_as_written(telling);
        }
    }

    fn is_read_as_written(telling: Option<u64>) {
        let layout = Layout {
            text: 0xffff_0000_0000_1000..0xffff_0000_0000_2000,
            vectors: 0x1800,
            system_call: 0x1c00,
            telling,
        };
        let arguments = Arguments { layout, output: PathBuf::from("/a=b/table") };
        let option = arguments.option(Path::new("/x,y.so"));
        let rest = option.strip_prefix("/x,,y.so,").expect("the plugin comes first");
        let texts: Vec<String> = rest.split(',').map(str::to_owned).collect();
        assert_eq!(Arguments::read(&texts).expect("complete"), arguments);
        assert!(Arguments::read(&texts[1..]).is_err());
        assert!(Arguments::read(&["color=blue".to_owned()]).is_err());
    }
}
