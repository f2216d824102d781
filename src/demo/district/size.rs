//! How large a district is made.

/// How many there are of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Communities of the district.
    pub communities: usize,
    /// Communities whose fund has full books.
    pub pilots: usize,
    /// Communities that opened a fund and got their first gift.
    pub followers: usize,
    /// Groups on the register.
    pub groups: usize,
    /// Partner units of each pilot.
    pub units: usize,
    /// Merchants of each pilot.
    pub merchants: usize,
    /// Households of each pilot that pay towards a project of their own.
    pub households: usize,
    /// Quarters of the pilots' books.
    pub quarters: usize,
    /// Projects that each pilot begins in a quarter.
    pub projects: usize,
    /// Groups that apply in the first round of grants; half of them win.
    pub applicants: usize,
    /// Proposals to the contest.
    pub proposals: usize,
}

/// The district as it was published: 112 communities, five pilots and 48 that follow, 1,239 groups.
pub const WHOLE: Size = Size {
    communities: 112,
    pilots: 5,
    followers: 48,
    groups: 1_239,
    units: 30,
    merchants: 8,
    households: 24,
    quarters: 8,
    projects: 3,
    applicants: 24,
    proposals: 18,
};

/// A small cut of it, which has some of everything.
pub const CUT: Size = Size {
    communities: 16,
    pilots: 2,
    followers: 6,
    groups: 40,
    units: 30,
    merchants: 6,
    households: 6,
    quarters: 4,
    projects: 3,
    applicants: 8,
    proposals: 6,
};
