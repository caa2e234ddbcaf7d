//! QEMU's interface for plugins (version 4, QEMU 9.2 and newer), as much of it as is used; and what the emulator calls. May call `l4k_paths` only.
//!
//! One core: with more, they would be told apart by an index that is not reliable while instructions are counted.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use l4k_paths::{Arguments, Recorder};

/// The version of the interface.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = 4;

/// Whether a callback reads registers.
const NO_REGISTERS: c_int = 0;
const READS_REGISTERS: c_int = 1;
/// Loads and stores.
const READ_AND_WRITE: c_int = 3;

#[repr(C)]
struct Information {
    target: *const c_char,
    oldest: c_int,
    newest: c_int,
    is_system: bool,
    cores: c_int,
    cores_max: c_int,
}

/// GLib's `GArray` and `GByteArray`.
#[repr(C)]
struct Array {
    data: *mut u8,
    length: c_uint,
}

#[repr(C)]
struct RegisterDescriptor {
    handle: *mut c_void,
    name: *const c_char,
    feature: *const c_char,
}

type Executed = extern "C" fn(c_uint, *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_init_cb(id: u64, callback: extern "C" fn(u64, c_uint));
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: u64, callback: extern "C" fn(u64, *mut c_void));
    fn qemu_plugin_register_vcpu_tb_exec_cb(block: *mut c_void, callback: Executed, flags: c_int, data: *mut c_void);
    fn qemu_plugin_register_vcpu_insn_exec_cb(one: *mut c_void, callback: Executed, flags: c_int, data: *mut c_void);
    fn qemu_plugin_register_vcpu_mem_cb(
        one: *mut c_void,
        callback: extern "C" fn(c_uint, u32, u64, *mut c_void),
        flags: c_int,
        access: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_atexit_cb(id: u64, callback: extern "C" fn(u64, *mut c_void), data: *mut c_void);
    fn qemu_plugin_tb_n_insns(block: *const c_void) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const c_void, index: usize) -> *mut c_void;
    fn qemu_plugin_insn_vaddr(one: *const c_void) -> u64;
    fn qemu_plugin_insn_data(one: *const c_void, data: *mut c_void, length: usize) -> usize;
    fn qemu_plugin_get_registers() -> *mut Array;
    fn qemu_plugin_read_register(handle: *mut c_void, value: *mut Array) -> c_int;
    fn g_array_free(array: *mut Array, free_data: c_int) -> *mut u8;
    fn g_byte_array_new() -> *mut Array;
    fn g_byte_array_free(array: *mut Array, free_data: c_int) -> *mut u8;
}

/// What the emulator's callbacks share.
struct Plugin {
    recorder: Recorder,
    output: PathBuf,
    /// QEMU's handles of `x1`–`x8`; addresses, kept as numbers so that they may pass between threads.
    registers: [usize; REGISTERS.len()],
}

/// Registers of a program that are read: the words of a mark, and the number of a system call.
const REGISTERS: [&CStr; 8] = [c"x1", c"x2", c"x3", c"x4", c"x5", c"x6", c"x7", c"x8"];

static PLUGIN: Mutex<Option<Plugin>> = Mutex::new(None);

/// A panic must not pass into the emulator, and there is none that would leave the plugin half changed: a poisoned lock is taken.
fn plugin() -> MutexGuard<'static, Option<Plugin>> {
    PLUGIN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with_recorder<T>(work: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
    plugin().as_mut().map(|plugin| work(&mut plugin.recorder))
}

/// Called by QEMU when it has loaded the plugin.
#[unsafe(no_mangle)]
extern "C" fn qemu_plugin_install(
    id: u64,
    information: *const Information,
    count: c_int,
    texts: *const *const c_char,
) -> c_int {
    // SAFETY: QEMU passes a structure that lives during the call; its interface is at least version 4, or it would not have loaded this.
    let cores = unsafe { (*information).cores };
    if cores != 1 {
        eprintln!("l4k-paths: the machine has to have one core, and has {cores}");
        return 1;
    }
    // SAFETY: QEMU passes so many strings that end with zero.
    let text = |index| unsafe { CStr::from_ptr(*texts.add(index)) }.to_string_lossy().into_owned();
    let texts: Vec<String> = (0..usize::try_from(count).unwrap_or(0)).map(text).collect();
    let arguments = match Arguments::read(&texts) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("l4k-paths: {error:#}");
            return 1;
        }
    };
    *plugin() = Some(Plugin {
        recorder: Recorder::new(arguments.layout),
        output: arguments.output,
        registers: [0; REGISTERS.len()],
    });
    // SAFETY: the functions live as long as the emulator, and have the types that QEMU calls them with.
    unsafe {
        qemu_plugin_register_vcpu_init_cb(id, on_core);
        qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
        qemu_plugin_register_atexit_cb(id, on_exit, std::ptr::null_mut());
    }
    0
}

/// The core is there: finds the handles of the registers.
extern "C" fn on_core(_: u64, _: c_uint) {
    // SAFETY: called by QEMU in the context of the core, where the list of registers is to be had; it is ours to free.
    let handles = unsafe {
        let list = qemu_plugin_get_registers();
        let descriptors = (*list).data.cast::<RegisterDescriptor>();
        let all = || (0..(*list).length as usize).map(|index| &*descriptors.add(index));
        let find = |name| all().find(|descriptor| CStr::from_ptr(descriptor.name) == name);
        let handles = REGISTERS.map(|name| find(name).map_or(0, |descriptor| descriptor.handle as usize));
        g_array_free(list, 1);
        handles
    };
    if let Some(plugin) = plugin().as_mut() {
        plugin.registers = handles;
    }
}

/// A block of code was translated: asks for a call before each instruction of the kernel, and for one at the block's beginning if it is a program's.
extern "C" fn on_translation(_: u64, block: *mut c_void) {
    // SAFETY: QEMU's block, alive during this call.
    let count = unsafe { qemu_plugin_tb_n_insns(block) };
    for position in 0..count {
        // SAFETY: the position is below the number of instructions.
        let one = unsafe { qemu_plugin_tb_get_insn(block, position) };
        if !ask_for(one) {
            // SAFETY: QEMU's block; the function lives as long as the emulator.
            unsafe { qemu_plugin_register_vcpu_tb_exec_cb(block, on_program, NO_REGISTERS, std::ptr::null_mut()) };
            return;
        }
    }
}

/// Asks for calls at an instruction if it is the kernel's.
fn ask_for(one: *mut c_void) -> bool {
    let mut bytes = [0; 4];
    // SAFETY: QEMU's instruction, alive during this call; at most four bytes are written to four.
    let (address, length) =
        unsafe { (qemu_plugin_insn_vaddr(one), qemu_plugin_insn_data(one, bytes.as_mut_ptr().cast(), bytes.len())) };
    let look = |recorder: &mut Recorder| {
        let index = recorder.look(address, u32::from_le_bytes(bytes))?;
        Some((index, recorder.wants_number(address)))
    };
    let Some((index, wants_number)) = with_recorder(look).flatten().filter(|_| length == bytes.len()) else {
        return false;
    };
    let data = std::ptr::without_provenance_mut(index as usize);
    // SAFETY: QEMU's instruction; the functions live as long as the emulator, and take the data for a number.
    unsafe {
        qemu_plugin_register_vcpu_insn_exec_cb(one, on_instruction, NO_REGISTERS, data);
        qemu_plugin_register_vcpu_mem_cb(one, on_access, NO_REGISTERS, READ_AND_WRITE, data);
        if wants_number {
            qemu_plugin_register_vcpu_insn_exec_cb(one, on_system_call, READS_REGISTERS, data);
        }
    }
    true
}

extern "C" fn on_instruction(_: c_uint, index: *mut c_void) {
    with_recorder(|recorder| recorder.execute(index as usize as u32));
}

extern "C" fn on_access(_: c_uint, _: u32, address: u64, _: *mut c_void) {
    with_recorder(|recorder| recorder.access(address));
}

extern "C" fn on_program(_: c_uint, _: *mut c_void) {
    with_recorder(Recorder::run_program);
}

extern "C" fn on_system_call(_: c_uint, _: *mut c_void) {
    if let Some(plugin) = plugin().as_mut() {
        let [words @ .., number] = plugin.registers;
        let number = read_register(number).unwrap_or(u64::MAX);
        plugin.recorder.call(number);
        if Recorder::may_be_mark(number) {
            plugin.recorder.words(words.map(|handle| read_register(handle).unwrap_or_default()));
        }
    }
}

fn read_register(handle: usize) -> Option<u64> {
    if handle == 0 {
        return None;
    }
    // SAFETY: a handle that QEMU gave, in a callback that was registered as reading registers; the array is ours, and so many bytes of it
    // are filled as QEMU says.
    unsafe {
        let value = g_byte_array_new();
        let length = qemu_plugin_read_register(handle as *mut c_void, value);
        let number = (length == 8).then(|| (*value).data.cast::<u64>().read_unaligned());
        g_byte_array_free(value, 1);
        number
    }
}

/// The emulator ends: writes the table.
extern "C" fn on_exit(_: u64, _: *mut c_void) {
    if let Some(plugin) = plugin().take()
        && let Err(error) = fs::write(&plugin.output, plugin.recorder.table().to_json())
    {
        eprintln!("l4k-paths: writing {}: {error}", plugin.output.display());
    }
}
