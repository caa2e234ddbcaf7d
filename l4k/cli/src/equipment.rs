//! What a firmware wants to find in the emulated machine, by `[package.metadata.l4k]` in its manifest. May call the crate `l4k-card`.
//!
//! ```toml
//! [package.metadata.l4k]
//! # A directory of the project. Its files are on the machine's SD card, which is made once and then kept.
//! card = "card"
//! # Further arguments for QEMU: devices, for example.
//! qemu = ["-device", "tmp105,id=thermometer,bus=i2c-bus.1,address=0x48"]
//! # Commands for QEMU's monitor, before the machine starts.
//! monitor = ["qom-set /machine/peripheral/thermometer temperature 23500"]
//! # What the firmware prints, in this order. Tests wait for these lines.
//! expected = ["temperature: 23.5 degrees Celsius"]
//! ```
//!
//! Each key may be left out. A key that is not known is refused by its name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use l4k_card as card;
use l4k_qemu::{Boot, in_option};
use toml::{Table, Value};

/// What an example wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equipment {
    /// The directory with what is on its card.
    pub card: Option<PathBuf>,
    /// Further arguments for QEMU.
    pub qemu: Vec<String>,
    /// Commands for QEMU's monitor.
    pub monitor: Vec<String>,
    /// What the example prints.
    pub expected: Vec<String>,
}

impl Equipment {
    /// That of the firmware project in a directory.
    pub fn of(directory: &Path) -> Result<Equipment> {
        let manifest = directory.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
        Equipment::read(&text, directory).with_context(|| format!("reading {}", manifest.display()))
    }

    fn read(manifest: &str, directory: &Path) -> Result<Equipment> {
        let manifest: Table = toml::from_str(manifest)?;
        let metadata = manifest.get("package").and_then(|package| package.get("metadata"));
        match metadata.and_then(|metadata| metadata.get("l4k")) {
            None => Ok(Equipment::default()),
            Some(Value::Table(table)) => Equipment::in_table(table, directory),
            Some(_) => bail!("`package.metadata.l4k` is no table; write [package.metadata.l4k], and the keys below it"),
        }
    }

    /// What a table says; the directory of a card is below `directory`.
    pub fn in_table(table: &Table, directory: &Path) -> Result<Equipment> {
        let mut equipment = Equipment::default();
        for (key, value) in table {
            match key.as_str() {
                "card" => equipment.card = Some(directory.join(text(key, value)?)),
                "qemu" => equipment.qemu = texts(key, value)?,
                "monitor" => equipment.monitor = lines(key, value)?,
                "expected" => equipment.expected = lines(key, value)?,
                other => bail!(
                    "[package.metadata.l4k] has the key `{other}`, which is not known; known: card, qemu, monitor, expected"
                ),
            }
        }
        Ok(equipment)
    }

    /// Puts it into a machine. A card is the file `card`, which is made if there is none: what a run writes to it is there in the next one.
    pub fn install(&self, boot: Boot, scratch: &Path) -> Result<Boot> {
        let qemu: Vec<&str> = self.qemu.iter().map(String::as_str).collect();
        let mut boot = boot.with_arguments(&qemu);
        fs::create_dir_all(scratch).with_context(|| format!("making {}", scratch.display()))?;
        if let Some(directory) = &self.card {
            let card = card_in(scratch);
            if !card.exists() {
                let there = directory.display();
                ensure!(
                    directory.is_dir(),
                    "[package.metadata.l4k] wants a card with the files of {there}, and there is no such directory"
                );
                let files = card::files_in(directory).context("`card` in [package.metadata.l4k]")?;
                card::write(&card, &files)?;
            }
            boot = boot.with_arguments(&["-drive", &format!("if=sd,format=raw,file={}", in_option(&card))]);
        }
        if !self.monitor.is_empty() {
            let file = scratch.join("monitor.txt");
            let commands: String = self.monitor.iter().map(|command| format!("{command}\n")).collect();
            fs::write(&file, commands + "cont\n").with_context(|| format!("writing {}", file.display()))?;
            let chardev = format!("file,id=commands,path=/dev/null,input-path={}", in_option(&file));
            boot = boot.with_arguments(&["-S", "-chardev", &chardev, "-mon", "chardev=commands"]);
        }
        Ok(boot)
    }
}

/// The card of the example whose files are kept in `scratch`.
pub fn card_in(scratch: &Path) -> PathBuf {
    scratch.join("card.img")
}

fn text(key: &str, value: &Value) -> Result<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).with_context(|| {
        format!(
            "`{key}` in [package.metadata.l4k] is {value}, and the name of a directory is wanted, for example \"card\""
        )
    })
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>> {
    let list = value.as_array().map(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let list = list.flatten().with_context(|| {
        format!("`{key}` in [package.metadata.l4k] is {value}, and a list of texts is wanted, for example [\"one\", \"two\"]")
    })?;
    Ok(list.into_iter().map(str::to_owned).collect())
}

/// Each is one line for whoever reads it.
fn lines(key: &str, value: &Value) -> Result<Vec<String>> {
    let texts = texts(key, value)?;
    if let Some(wrong) = texts.iter().find(|text| text.contains(['\n', '\r'])) {
        bail!(
            "`{key}` in [package.metadata.l4k] has the text {wrong:?}, which is more than one line; write a text for each"
        );
    }
    ensure!(
        texts.iter().all(|text| !text.trim().is_empty()),
        "`{key}` in [package.metadata.l4k] has a text without a word"
    );
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::Equipment;
    use l4k_qemu::{Board, Boot, Machine};
    use std::path::Path;

    #[test]
    fn what_the_manifest_says_is_read() {
        let manifest =
            "[package.metadata.l4k]\ncard = \"card\"\nqemu = [\"-device\", \"tmp105\"]\nexpected = [\"a\"]\n";
        let equipment = Equipment::read(manifest, Path::new("/e")).expect("equipment");
        assert_eq!(equipment.card.as_deref(), Some(Path::new("/e/card")));
        assert_eq!((equipment.qemu.len(), equipment.expected), (2, vec!["a".to_owned()]));
        assert_eq!(Equipment::read("[package]\nname = \"x\"", Path::new("/")).expect("none"), Equipment::default());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (wrong, why) in [
            ("cards = \"x\"", "the key `cards`, which is not known; known: card, qemu, monitor, expected"),
            ("card = 5", "`card` in [package.metadata.l4k] is 5, and the name of a directory is wanted"),
            ("card = \"\"", "`card` in [package.metadata.l4k] is \"\", and the name of a directory is wanted"),
            ("qemu = \"-device\"", "`qemu` in [package.metadata.l4k] is \"-device\", and a list of texts is wanted"),
            ("monitor = [5]", "`monitor` in [package.metadata.l4k] is [5], and a list of texts is wanted"),
            (
                "monitor = [\"info\\nquit\"]",
                "`monitor` in [package.metadata.l4k] has the text \"info\\nquit\", which is more",
            ),
            ("expected = [\"\"]", "`expected` in [package.metadata.l4k] has a text without a word"),
        ] {
            let manifest = format!("[package.metadata.l4k]\n{wrong}\n");
            let said = Equipment::read(&manifest, Path::new("/")).expect_err(wrong).to_string();
            assert!(said.contains(why), "{wrong}: {said}");
        }
        for wrong in ["l4k = true", "l4k = [\"card\"]", "l4k = \"card\""] {
            let manifest = format!("[package.metadata]\n{wrong}\n");
            let said = Equipment::read(&manifest, Path::new("/")).expect_err(wrong).to_string();
            assert!(said.starts_with("`package.metadata.l4k` is no table"), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_path_with_a_comma_stays_one_path() {
        let scratch = tempfile::Builder::new().prefix("a,b").tempdir().expect("a directory");
        let equipment = Equipment { monitor: vec!["info qtree".to_owned()], ..Equipment::default() };
        let machine = l4k_qemu::Machine::of(l4k_qemu::Board::QemuVirt);
        let boot = equipment.install(super::Boot::new(machine, Path::new("kernel")), scratch.path()).expect("a boot");
        let command = format!("{:?}", boot.command("stdio"));
        let path = scratch.path().display().to_string().replace(',', ",,");
        assert!(command.contains(&format!("input-path={path}/monitor.txt")), "{command}");
    }

    #[test]
    fn a_card_needs_its_directory() {
        let scratch = std::env::temp_dir().join(format!("l4k-equipment-{}", std::process::id()));
        let equipment = Equipment { card: Some("/no/such/card".into()), ..Equipment::default() };
        let boot = Boot::new(Machine::of(Board::RaspberryPi4), Path::new("kernel8.img"));
        let error = equipment.install(boot, &scratch).expect_err("no card").to_string();
        std::fs::remove_dir_all(&scratch).expect("the scratch directory");
        assert!(error.contains("[package.metadata.l4k]") && error.contains("/no/such/card"), "{error}");
    }
}
