//! What the UART's driver is told when it starts.

/// Which UART it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UartModel {
    /// Arm's PL011.
    Pl011 = 0,
    /// The BCM2711's mini-UART.
    MiniUart = 1,
}

impl UartModel {
    /// By the name in the device tree; `None` if there is no driver for it.
    #[must_use]
    pub fn compatible(name: &str) -> Option<UartModel> {
        match name {
            "arm,pl011" => Some(Self::Pl011),
            "brcm,bcm2835-aux-uart" => Some(Self::MiniUart),
            _ => None,
        }
    }
}

/// What the UART's driver is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UartArguments {
    /// Where its registers are mapped.
    pub address: u64,
    /// Which UART it is.
    pub model: UartModel,
    /// Rate of its clock in hertz; 0: leave the line as it is.
    pub clock_hertz: u64,
    /// Bits per second.
    pub baud_rate: u32,
}

impl UartArguments {
    /// As three words: address; clock; speed and, from bit 32 on, model.
    #[must_use]
    pub const fn to_words(self) -> [u64; 3] {
        [self.address, self.clock_hertz, self.baud_rate as u64 | (self.model as u64) << 32]
    }

    /// From three words; `None` if the model is none.
    #[must_use]
    pub const fn from_words([address, clock_hertz, last]: [u64; 3]) -> Option<UartArguments> {
        let model = match last >> 32 {
            0 => UartModel::Pl011,
            1 => UartModel::MiniUart,
            _ => return None,
        };
        Some(UartArguments { address, model, clock_hertz, baud_rate: last as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_back_as_they_were() {
        for model in [UartModel::Pl011, UartModel::MiniUart] {
            let arguments = UartArguments { address: 1 << 36, model, clock_hertz: 48_000_000, baud_rate: 115_200 };
            assert_eq!(UartArguments::from_words(arguments.to_words()), Some(arguments));
        }
        assert_eq!(UartArguments::from_words([0, 0, 2 << 32]), None);
    }

    #[test]
    fn models_are_known_by_their_names() {
        assert_eq!(UartModel::compatible("arm,pl011"), Some(UartModel::Pl011));
        assert_eq!(UartModel::compatible("ns16550a"), None);
    }
}
