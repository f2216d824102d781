//! Unified social credit codes (统一社会信用代码), by GB 32100-2015.
//!
//! * 18 symbols of [`SYMBOLS`]: registering department, category, six digits of a division, the nine
//!   of the organisation code (GB 11714), and a check symbol over the first 17.
//! * The organisation code's own last symbol is checked too, and both failures are told.
//! * Registries have issued codes that fail: staff may override a failure, with a reason that is kept.

/// The symbols of a code, each worth its place; without I, O, S, V and Z.
const SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// The symbols of an organisation code, each worth its place.
const SYMBOLS_INNER: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// 3 to the power of the place, modulo 31.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const WEIGHTS_INNER: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// How many symbols a code has.
pub const LENGTH: usize = 18;

/// A code as it is kept and compared: without spaces, in capitals.
pub fn normalize(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// Checks a normalized code.
///
/// # Errors
/// Everything that is wrong with it, as a phrase.
pub fn check(code: &str) -> Result<(), String> {
    let length = code.chars().count();
    if length != LENGTH {
        return Err(format!("it has {length} symbols instead of {LENGTH}"));
    }
    let values: Option<Vec<usize>> = code.bytes().map(|symbol| value(SYMBOLS, symbol)).collect();
    let Some(values) = values else {
        return Err("only digits and capitals without I, O, S, V and Z are used".into());
    };
    if values[2..8].iter().any(|digit| *digit > 9) {
        return Err("symbols 3 to 8 are the digits of a division".into());
    }
    let code = code.as_bytes();
    let wrong = |name: &str, at: usize, expected: u8| {
        (code[at] != expected).then(|| format!("{name} is {} where {} is due", code[at] as char, expected as char))
    };
    let outer = wrong("its check symbol", LENGTH - 1, check_outer(&values[..17]));
    let inner = wrong("the check symbol of its organisation code", 16, check_inner(&code[8..16]));
    let wrongs: Vec<String> = outer.into_iter().chain(inner).collect();
    if wrongs.is_empty() { Ok(()) } else { Err(wrongs.join(", and ")) }
}

fn value(symbols: &[u8], symbol: u8) -> Option<usize> {
    symbols.iter().position(|one| *one == symbol)
}

fn check_outer(values: &[usize]) -> u8 {
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    // The outer modulo turns 31 into 0: without it a sum that 31 divides has no symbol.
    SYMBOLS[(31 - sum % 31) % 31]
}

fn check_inner(code: &[u8]) -> u8 {
    let value = |symbol: &u8| value(SYMBOLS_INNER, *symbol).expect("the symbols of a code are among these");
    let sum: usize = code.iter().zip(WEIGHTS_INNER).map(|(symbol, weight)| value(symbol) * weight).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => SYMBOLS[digit],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked_as_the_standard_says() {
        let valid = ["91350100M000100Y43", "91110000101623741K", "911101066976941872", "91310000775785552L"];
        for code in valid {
            assert_eq!(check(code), Ok(()), "{code}");
        }
        let invalid = [
            // Reported as a real company's.
            ("91350211M0000XUF46", "its check symbol is 6 where R is due"),
            (
                "91110000101623751K",
                "its check symbol is K where L is due, and the check symbol of its organisation code is 1 where X is due",
            ),
            ("9111000010162374", "it has 16 symbols instead of 18"),
            ("91110000101623741I", "only digits and capitals without I, O, S, V and Z are used"),
            ("91A10000101623741K", "symbols 3 to 8 are the digits of a division"),
            ("", "it has 0 symbols instead of 18"),
        ];
        for (code, reason) in invalid {
            assert_eq!(check(code), Err(reason.to_owned()), "{code}");
        }
        assert_eq!(normalize(" 91110000 101623741k"), "91110000101623741K");
    }

    #[test]
    fn a_sum_that_31_divides_has_the_symbol_0() {
        assert_eq!(check_outer(&[0; 17]), b'0');
        assert_eq!(check_outer(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 1]), b'0');
    }
}
