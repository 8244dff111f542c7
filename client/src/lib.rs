//! The Tsubame client.
