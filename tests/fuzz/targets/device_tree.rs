//! Any bytes are a device tree, or are refused.
#![no_main]

use l4k::machine::device_tree::{DeviceTree, length};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = length(bytes);
    if let Ok(tree) = DeviceTree::new(bytes) {
        tree.memory(|range| _ = range);
        tree.reserved(|range| _ = range);
        tree.cores(|_| {});
        let _ = (tree.controller(), tree.conduit());
    }
});
