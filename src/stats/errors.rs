//! How often each error code was answered.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Codes that scripts make up are not told apart beyond this many codes.
const CODES_MAX: usize = 128;

/// Bytes of a code.
const CODE_MAX: usize = 30;

const OVERFLOW: &str = "ERRORSTATS_OVERFLOW";

/// Counts by code, for `INFO errorstats`.
#[derive(Debug, Default)]
pub struct ErrorStats(Mutex<BTreeMap<String, u64>>);

impl ErrorStats {
    /// Counts an error by the first word of its text.
    pub fn add(&self, error: &str) {
        *self.0.lock().entry(code(error).to_owned()).or_default() += 1;
    }

    /// As [`ErrorStats::add`] for an error that a script has made up.
    pub fn add_made_up(&self, error: &str) {
        let mut counts = self.0.lock();
        let is_known = counts.len() < CODES_MAX || counts.contains_key(code(error));
        let code = if is_known { code(error) } else { OVERFLOW };
        *counts.entry(code.to_owned()).or_default() += 1;
    }

    /// Codes and counts, by code.
    pub fn list(&self) -> Vec<(String, u64)> {
        self.0.lock().iter().map(|(code, count)| (code.clone(), *count)).collect()
    }

    pub fn reset(&self) {
        self.0.lock().clear();
    }
}

/// The first word, if it is short and not all there is.
fn code(error: &str) -> &str {
    match error.split_once(' ') {
        Some((code, _)) if code.len() <= CODE_MAX => code,
        _ => "ERR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_short_code_is_any_error() {
        let longest = "L".repeat(CODE_MAX);
        for (error, expected) in [
            ("WRONGTYPE Operation", "WRONGTYPE"),
            ("alone", "ERR"),
            ("", "ERR"),
            (" blank", ""),
            (&format!("{longest} x"), &longest),
            (&format!("{longest}L x"), "ERR"),
        ] {
            assert_eq!(code(error), expected, "{error}");
        }
    }

    #[test]
    fn codes_that_scripts_make_up_are_told_apart_up_to_a_number() {
        let stats = ErrorStats::default();
        for n in 0..CODES_MAX + 10 {
            stats.add_made_up(&format!("C{n} happened"));
        }
        stats.add_made_up("C0 again");
        stats.add("ERR syntax error");
        let count = |code: &str| {
            stats.list().into_iter().find(|(other, _)| other == code).map(|(_, count)| count)
        };
        assert_eq!(count(OVERFLOW), Some(10));
        assert_eq!(count("C0"), Some(2));
        assert_eq!(count("ERR"), Some(1));
        assert_eq!(stats.list().len(), CODES_MAX + 2);
    }
}
