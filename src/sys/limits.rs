//! How many files the process may open, and what that leaves for clients.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// Files that are not clients: listeners, logs, snapshots, links to other nodes.
const RESERVED: u64 = 32;

/// Raises the limit on open files to what `maxclients` needs. If the system does not allow that,
/// lowers `maxclients` to what it does allow, with a warning; `Err` if that is nothing.
pub fn adjust_open_files(config: &Config) -> Result<(), String> {
    let wanted_clients = config.maxclients.get() as u64;
    let wanted = wanted_clients + RESERVED;
    let old = getrlimit(Resource::Nofile);
    let old_soft = old.current.unwrap_or(u64::MAX);
    if old_soft >= wanted {
        return Ok(());
    }
    let Err(error) = raise(wanted) else {
        tracing::info!(
            "Increased maximum number of open files to {wanted} (it was originally set to \
             {old_soft})."
        );
        return Ok(());
    };
    // Without privileges, the hard limit is the most there is.
    let hard = old.maximum.unwrap_or(old_soft);
    let granted = if hard > old_soft && raise(hard).is_ok() { hard } else { old_soft };
    if granted <= RESERVED {
        return Err(format!(
            "Your current 'ulimit -n' of {granted} is not enough for the server to start. Please \
             increase your open file limit to at least {wanted}. Exiting."
        ));
    }
    let clients = granted - RESERVED;
    config.maxclients.store(clients as i64);
    tracing::warn!(
        "You requested maxclients of {wanted_clients} requiring at least {wanted} max file \
         descriptors."
    );
    tracing::warn!(
        "Server can't set maximum open files to {wanted} because of OS error: {}.",
        error
    );
    tracing::warn!(
        "Current maximum open files is {granted}. maxclients has been reduced to {clients} to \
         compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'."
    );
    Ok(())
}

fn raise(files: u64) -> Result<(), String> {
    let old = getrlimit(Resource::Nofile);
    let maximum = old.maximum.map(|hard| hard.max(files));
    let limit = Rlimit { current: Some(files), maximum };
    setrlimit(Resource::Nofile, limit).map_err(|error| super::error_text(&error.into()))
}

/// Makes CONFIG SET maxclients fail where the system cannot open that many files.
pub fn follow_maxclients(config: &Config) {
    config.on_change(&["maxclients"], |config| {
        let wanted = config.maxclients.get();
        adjust_open_files(config)?;
        let possible = config.maxclients.get();
        if possible != wanted {
            return Err(format!(
                "The operating system is not able to handle the specified number of clients, try \
                 with {possible}"
            ));
        }
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SetContext;

    #[test]
    fn maxclients_stays_within_what_the_system_allows() {
        let config = Config::default();
        follow_maxclients(&config);
        let pair: (&[u8], &[u8]) = (b"maxclients", b"4000000000");
        let Err(error) = config.set(&[pair], SetContext::default()) else {
            return; // This system really allows four billion files.
        };
        assert!(error.to_string().contains("try with "), "{error}");
        assert_eq!(config.maxclients.get(), 10_000);
    }
}
