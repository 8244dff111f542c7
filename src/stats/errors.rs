//! How often each error code was answered.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Codes beyond this many are not told apart: somebody makes them up in scripts.
const CODES_MAX: usize = 128;

/// Counts by code, for `INFO errorstats`.
#[derive(Debug, Default)]
pub struct ErrorStats(Mutex<BTreeMap<String, u64>>);

impl ErrorStats {
    /// Counts an error by the first word of its text.
    pub fn add(&self, error: &str) {
        let code = error.split([' ', '\r', '\n']).next().unwrap_or_default();
        let mut counts = self.0.lock();
        if let Some(count) = counts.get_mut(code) {
            *count += 1;
        } else if counts.len() < CODES_MAX {
            counts.insert(code.to_owned(), 1);
        } else {
            *counts.entry("ERRORSTATS_OVERFLOW".to_owned()).or_default() += 1;
        }
    }

    /// Codes and counts, by code.
    pub fn list(&self) -> Vec<(String, u64)> {
        self.0.lock().iter().map(|(code, count)| (code.clone(), *count)).collect()
    }

    pub fn reset(&self) {
        self.0.lock().clear();
    }
}
