//! The parameters of this run, which whoever boots the suite writes into its image. May call nothing of this program.

use l4k_parameters::{Block, Text};

#[used]
static PARAMETERS: Block = Block::new();

/// The parameters.
pub fn parameters() -> Text {
    PARAMETERS.read()
}
