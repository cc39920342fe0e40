//! authorise
