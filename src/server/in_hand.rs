//! What is being worked on, so that the server does not end in the middle of it.
//!
//! A mutation goes on when its client leaves, in a task that no connection waits for any more.

use tokio::sync::watch;

/// Counts what is in hand. Cloning shares the count.
#[derive(Clone, Debug)]
pub struct InHand(watch::Sender<usize>);

/// One thing in hand, until it is dropped.
#[derive(Debug)]
pub struct Hold(watch::Sender<usize>);

impl Default for InHand {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl InHand {
    /// Takes one thing in hand.
    pub fn hold(&self) -> Hold {
        self.0.send_modify(|count| *count += 1);
        Hold(self.0.clone())
    }

    /// How much is in hand.
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until nothing is.
    pub async fn finished(&self) {
        // The sender is `self`, so that it cannot be gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn the_end_waits_for_everything_in_hand() {
        let in_hand = InHand::default();
        in_hand.finished().await;
        let (one, other) = (in_hand.hold(), in_hand.clone().hold());
        drop(one);
        assert_eq!(in_hand.finished().now_or_never(), None);
        drop(other);
        in_hand.finished().await;
    }
}
