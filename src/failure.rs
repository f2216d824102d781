//! What a failure of the database means for whoever asked: whether it passes, and what is left of the write.
//!
//! PostgreSQL's codes have five characters (SQLSTATE); SQLite's result codes have at most four digits, the
//! last byte of which is the kind.

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another transaction was in the way, and all of this one was taken back.
    Crossed,
    /// The database does not answer, or cannot store, for now. Where it happened at COMMIT, nobody knows
    /// whether the transaction is there.
    Passing,
    /// There is no room; the transaction was taken back.
    Full,
    /// Another transaction has just taken a key that must be unique; this one was taken back.
    Taken,
    /// What should never happen.
    Unexpected,
}

/// What kind of failure `error` is.
pub fn of(error: &sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Failure::Passing,
        sqlx::Error::Database(told) if told.is_unique_violation() => Failure::Taken,
        sqlx::Error::Database(told) => told.code().map_or(Failure::Unexpected, |code| of_code(&code)),
        _ => Failure::Unexpected,
    }
}

/// Whether the connection is gone, and another one may still do what it was to do: the server was stopped, or
/// the network was.
pub fn is_of_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(told) => told.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

fn of_code(code: &str) -> Failure {
    if code.len() == 5 {
        return match code {
            // Serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => Failure::Crossed,
            "53100" => Failure::Full,
            // Too many connections; a transaction that stood idle for too long; the server's own disk.
            "53300" | "25P03" | "58030" => Failure::Passing,
            // The server goes down, or is not up yet.
            "57P01" | "57P02" | "57P03" | "57P05" => Failure::Passing,
            _ if code.starts_with("08") => Failure::Passing,
            _ => Failure::Unexpected,
        };
    }
    match code.parse::<i32>().map(|code| code & 0xff) {
        Ok(libsqlite3_sys::SQLITE_BUSY | libsqlite3_sys::SQLITE_LOCKED) => Failure::Crossed,
        Ok(libsqlite3_sys::SQLITE_IOERR | libsqlite3_sys::SQLITE_CANTOPEN) => Failure::Passing,
        Ok(libsqlite3_sys::SQLITE_FULL) => Failure::Full,
        _ => Failure::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_kind_of_failure_it_is() {
        for (code, kind) in [
            ("40001", Failure::Crossed),
            ("40P01", Failure::Crossed),
            ("55P03", Failure::Crossed),
            ("5", Failure::Crossed),
            ("517", Failure::Crossed),
            ("6", Failure::Crossed),
            ("08006", Failure::Passing),
            ("57P01", Failure::Passing),
            ("57P03", Failure::Passing),
            ("53300", Failure::Passing),
            ("10", Failure::Passing),
            ("1034", Failure::Passing),
            ("4874", Failure::Passing),
            ("14", Failure::Passing),
            ("53100", Failure::Full),
            ("13", Failure::Full),
            ("11", Failure::Unexpected),
            ("42601", Failure::Unexpected),
            ("1", Failure::Unexpected),
            ("", Failure::Unexpected),
        ] {
            assert_eq!(of_code(code), kind, "{code}");
        }
    }
}
