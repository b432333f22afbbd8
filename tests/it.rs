//! The one harness. A module for each word of life, for the house itself and for the clients.

mod admit;
mod archive;
mod arrive;
mod clients;
mod command;
mod erase;
mod fresh;
mod keep;
mod know;
mod ledger;
mod listen;
mod operate;
mod scenario;
mod tidy;
mod watch;
