//! What can go wrong, in words.

use core::fmt;

use l4k_drivers::bcm2711::i2c::I2cError;

/// Why the job could not be done.
pub enum Problem {
    /// Init has passed no registers, or no clock that the bus can be made of.
    NoBus,
    /// The temperature sensor.
    Sensor(lm75::Error<I2cError>),
    /// The memory.
    Memory(eeprom24x::Error<I2cError>),
    /// What was written to the memory reads differently.
    Different,
}

impl From<lm75::Error<I2cError>> for Problem {
    fn from(error: lm75::Error<I2cError>) -> Problem {
        Problem::Sensor(error)
    }
}

impl From<eeprom24x::Error<I2cError>> for Problem {
    fn from(error: eeprom24x::Error<I2cError>) -> Problem {
        Problem::Memory(error)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBus => write!(formatter, "there is no bus for this program"),
            Self::Sensor(error) => write!(formatter, "the temperature sensor: {error:?}"),
            Self::Memory(error) => write!(formatter, "the memory: {error:?}"),
            Self::Different => write!(formatter, "what was written to the memory reads differently"),
        }
    }
}
