//! The machines on which the conformance suite runs. May call nothing of this crate.

use l4k_qemu::{Board, Cpu, Entry, InterruptController, Machine, MemorySize};

/// Sizes of memory besides the usual one, in mebibytes: the least that the suite needs, an odd one, and one that reaches beyond 4 GiB.
const MEMORY: [u32; 3] = [64, 500, 5000];

/// The machines of a board. The first is the usual one.
pub fn machines(board: Board) -> Vec<Machine> {
    match board {
        Board::QemuVirt => virt(),
        Board::RaspberryPi4 => {
            let usual = Machine::of(board);
            vec![usual.clone(), Machine { entry: Entry::El3, ..usual }]
        }
        Board::Versal => vec![Machine::of(board)],
    }
}

/// Every combination of core, interrupt controller and exception level, and the usual one with other sizes of memory.
fn virt() -> Vec<Machine> {
    let usual = Machine::default();
    let mut machines = vec![usual.clone()];
    for cpu in [Cpu::CortexA53, Cpu::CortexA72, Cpu::CortexA76] {
        for interrupt_controller in [InterruptController::V2, InterruptController::V3] {
            for entry in [Entry::El1, Entry::El2] {
                let machine = Machine { cpu, interrupt_controller, entry, ..usual.clone() };
                if machine.to_string() != usual.to_string() {
                    machines.push(machine);
                }
            }
        }
    }
    machines.extend(MEMORY.map(|size| Machine { memory: MemorySize::mebibytes(size), ..usual.clone() }));
    machines
}

/// Machines with several cores. They have more to do at once than the computer, and run alone. Two cores run at the same time on a computer that
/// has two; more of them in turns.
pub fn several_cores() -> Vec<Machine> {
    let usual = Machine { cores: 4, ..Machine::default() };
    let other = Machine { interrupt_controller: InterruptController::V2, entry: Entry::El2, ..usual.clone() };
    vec![Machine { cores: 2, ..usual.clone() }, usual, other]
}

#[cfg(test)]
mod tests {
    use l4k_qemu::Board;

    use super::{machines, several_cores};

    #[test]
    fn every_combination_is_there_once() {
        let names: Vec<String> = Board::ALL
            .iter()
            .flat_map(|board| machines(*board))
            .chain(several_cores())
            .map(|machine| machine.to_string())
            .collect();
        assert_eq!(names.len(), 12 + 3 + 2 + 1 + 3);
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "{name} twice");
        }
    }
}
