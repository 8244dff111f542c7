//! Delta debugging: the fewest commands of a case that still fail.

use super::generate::Case;

/// Removes ever smaller runs of commands while `fails` says that the rest still fails.
pub(crate) fn shrink(case: Case, mut fails: impl FnMut(&Case) -> bool) -> Case {
    let mut best = case;
    let mut run = best.commands.len().div_ceil(2);
    while run > 0 {
        let mut removed = false;
        let mut start = 0;
        while start < best.commands.len() {
            let end = (start + run).min(best.commands.len());
            let mut candidate = best.clone();
            candidate.commands.drain(start..end);
            if !candidate.commands.is_empty() && fails(&candidate) {
                best = candidate;
                removed = true;
            } else {
                start = end;
            }
        }
        // At single commands, go round until nothing more can go.
        if run == 1 && !removed {
            break;
        }
        run = if run == 1 { 1 } else { run.div_ceil(2) };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::generate::Command;
    use super::super::templates::Rule;
    use super::*;

    #[test]
    fn only_the_commands_that_matter_stay() {
        let command = |number: usize| Command {
            words: vec![number.to_string().into_bytes()],
            rule: Rule::Exact,
        };
        let case = Case { resp3: false, commands: (0..97).map(command).collect() };
        let needed = [command(13), command(14), command(80)];
        let small =
            shrink(case, |case| needed.iter().all(|command| case.commands.contains(command)));
        assert_eq!(small.commands, needed);
    }
}
