//! What the server must survive: killed processes, lost connections, failing disks, repeated requests.
//!
//! * Each test has a floor of work, below which it has shown nothing and fails.
//! * Each has a control: what it looks for is put there, and it must find it.
//! * `COBUILD_TEST_TIMES=N` makes each do `N` times as much; `docs/testing.md` has what that takes.

mod again;
mod backup;
mod clock;
mod cut;
mod disk;
mod full;
mod kill;
mod loss;
mod migrate;
mod power;
mod prepared;
mod proxy;
mod same;
mod shim;
mod stop;
mod sums;
