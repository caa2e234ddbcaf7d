//! config.txt for the Raspberry Pi's loader, and the text for the person who makes the card. May call nothing.

/// Which UART is the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// The PL011.
    Pl011,
    /// The mini-UART.
    MiniUart,
}

/// config.txt.
pub fn config_txt(console: Console) -> String {
    let console = match console {
        Console::Pl011 => "# Bluetooth would have the PL011 otherwise.\ndtoverlay=disable-bt\n",
        Console::MiniUart => "# The mini-UART's speed follows this clock.\ncore_freq=500\ncore_freq_min=500\n",
    };
    format!(
        "# For the Raspberry Pi 4's loader. Made by `cargo l4k`.\n\
         # The kernel is a raw image for 64 bits.\narm_64bit=1\nkernel=kernel8.img\n\
         # The GIC-400, and not the older interrupt controller.\nenable_gic=1\n\
         # Sets the console's pins and speed.\nenable_uart=1\n{console}\
         # No splash screen, no waiting for one.\ndisable_splash=1\nboot_delay=0\n"
    )
}

/// README.txt.
pub fn readme_txt(name: &str, missing: &[&str]) -> String {
    let vendor = if missing.is_empty() {
        "The firmware files of the board's vendor are here.\n".to_owned()
    } else {
        format!(
            "These files of the board's vendor are still needed, beside this one; they are not l4k's to give away:\n\n{}\n\
             They are in the directory boot/ of https://github.com/raspberrypi/firmware, and on the first partition of a card with\n\
             Raspberry Pi OS. The option `--firmware DIRECTORY` of the command that wrote this puts them in.\n",
            missing.iter().map(|name| format!("  {name}\n")).collect::<String>()
        )
    };
    format!(
        "l4k, {name}, for the Raspberry Pi 4.\n\n\
         kernel8.img  the kernel with its programs\nconfig.txt   for the board's loader\n\n{vendor}\n\
         Console: 115200 bits per second, 8 bits, no parity, 3.3 V, on pins 8 (out of the board), 10 (into it) and 6 (ground).\n\
         It was run in QEMU, and not on hardware.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{Console, config_txt, readme_txt};

    #[test]
    fn the_loader_is_told_kernel_and_console() {
        for console in [Console::Pl011, Console::MiniUart] {
            let text = config_txt(console);
            for line in ["arm_64bit=1", "kernel=kernel8.img", "enable_uart=1", "enable_gic=1"] {
                assert!(text.lines().any(|found| found == line), "{text}");
            }
        }
        assert!(config_txt(Console::Pl011).contains("\ndtoverlay=disable-bt\n"));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(readme_txt("hello", &["start4.elf"]).contains("  start4.elf\n"));
        assert!(!readme_txt("hello", &[]).contains("github"));
    }
}
