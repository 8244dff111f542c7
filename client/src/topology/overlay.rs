//! What MOVED redirections taught since the snapshot was made: single slots with a new owner.

use crate::slot::Slot;

/// Slots and their owners `T`. Bounded; beyond the bound the snapshot's owner redirects us again.
#[derive(Debug, Clone)]
pub(crate) struct SlotOverlay<T> {
    entries: Vec<(Slot, T)>,
}

impl<T> Default for SlotOverlay<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T: Clone> SlotOverlay<T> {
    /// Most slots that are kept.
    pub(crate) const LEN_MAX: usize = 1024;

    pub(crate) fn get(&self, slot: Slot) -> Option<&T> {
        // Almost always empty, and then this must cost nothing.
        if self.entries.is_empty() {
            return None;
        }
        let at = self.entries.binary_search_by_key(&slot, |entry| entry.0).ok()?;
        Some(&self.entries[at].1)
    }

    pub(crate) fn set(&mut self, slot: Slot, owner: T) {
        match self.entries.binary_search_by_key(&slot, |entry| entry.0) {
            Ok(at) => self.entries[at].1 = owner,
            Err(at) if self.entries.len() < Self::LEN_MAX => self.entries.insert(at, (slot, owner)),
            Err(_) => {}
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.entries.iter().map(|(slot, owner)| (*slot, owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts_and_the_bound_holds() {
        let slot = |n: usize| Slot::new(n as u16).unwrap();
        let mut overlay = SlotOverlay::default();
        for n in (0..2 * SlotOverlay::<usize>::LEN_MAX).rev() {
            overlay.set(slot(n), n);
        }
        let first = SlotOverlay::<usize>::LEN_MAX;
        assert_eq!(overlay.iter().count(), SlotOverlay::<usize>::LEN_MAX);
        overlay.set(slot(first + 1), 7);
        assert_eq!((overlay.get(slot(first + 1)), overlay.get(slot(3))), (Some(&7), None));
    }
}
