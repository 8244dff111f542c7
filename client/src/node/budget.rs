//! How many retries a node may cost: a share of what succeeds, so that retries can't multiply the
//! load of a node that is in trouble.

use parking_lot::Mutex;
use tokio::time::Instant;

/// One retry for ten successes, …
const PER_SUCCESS_MILLI: i64 = 100;
/// … and ten a second besides.
const PER_SECOND_MILLI: f64 = 10_000.0;
const MAX_MILLI: i64 = 100_000;

#[derive(Debug)]
pub(crate) struct RetryBudget {
    account: Mutex<Account>,
}

#[derive(Debug)]
struct Account {
    left_milli: i64,
    settled_at: Instant,
    successes: u64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        let account = Account { left_milli: 10_000, settled_at: Instant::now(), successes: 0 };
        Self { account: Mutex::new(account) }
    }
}

impl RetryBudget {
    /// Takes one retry; false if there is none left. `successes` counts the node's replies so far.
    pub(crate) fn take(&self, successes: u64) -> bool {
        let mut account = self.account.lock();
        let now = Instant::now();
        let seconds = (now - account.settled_at).as_secs_f64();
        let replies = successes.saturating_sub(account.successes);
        let earned = (seconds * PER_SECOND_MILLI) as i64 + replies as i64 * PER_SUCCESS_MILLI;
        account.settled_at = now;
        account.successes = account.successes.max(successes);
        account.left_milli = (account.left_milli + earned).min(MAX_MILLI);
        let enough = account.left_milli >= 1000;
        if enough {
            account.left_milli -= 1000;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn retries_are_a_share_of_successes_and_ten_a_second() {
        let budget = RetryBudget::default();
        let take = |successes| (0..1000).filter(|_| budget.take(successes)).count();
        assert_eq!(take(0), 10, "at the start");
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert_eq!(take(0), 10, "after a second");
        assert_eq!(take(500), 50, "after 500 successes");
    }
}
