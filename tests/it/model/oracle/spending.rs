//! What is decided, paid and undone: projects, decisions, allocations, payments, reversals.

use chrono::NaiveDate;
use cobuild::{
    error::UserErrorCode as Code,
    party::PartyKind,
    pledge::PledgeState,
    project::ProjectState::{
        self, Accepted, Approved, Cancelled, Closed, Completed, Evaluated, FundingMissed, Proposed, Published,
        Rejected, UnderReview, Underway,
    },
};

use super::{Decision, No, Oracle, PARTIES, PURPOSES, Place, SEATS, Target, no};

impl Oracle {
    pub(super) fn open(&mut self, fund: usize, purpose: usize, group: Option<usize>, on: NaiveDate) -> Result<(), No> {
        self.check_day(on)?;
        if group.is_some_and(|group| PARTIES.get(group) != Some(&PartyKind::Group)) || purpose >= PURPOSES.len() {
            return no(Code::NotFound);
        }
        if !Self::is_allowed(fund, purpose) {
            return no(Code::PurposeNotAllowed);
        }
        let state = group.is_none().then_some(Proposed);
        self.targets.push(Target { fund, purpose, group, state, moved_on: on, closed: false, alike: false });
        Ok(())
    }

    pub(super) fn move_project(&mut self, target: usize, to: ProjectState, on: NaiveDate) -> Result<(), No> {
        let Some((project, state)) = self.targets.get(target).and_then(|one| one.state.map(|state| (one, state)))
        else {
            return no(Code::NotFound);
        };
        self.check_day(on)?;
        if on < project.moved_on {
            return no(Code::PeriodReversed);
        }
        let may = match to {
            Approved | Rejected => state == Proposed,
            Underway => state == Approved,
            Completed => state == Underway,
            Closed => state == Completed,
            Cancelled => matches!(state, Proposed | Approved | Underway),
            Proposed | UnderReview | Published | Accepted | Evaluated | FundingMissed => false,
        };
        if !may {
            return no(Code::ProjectState);
        }
        let ends = matches!(to, Closed | Rejected | Cancelled);
        let left =
            self.balance(project.fund, Place::Target(target)) + self.balance(project.fund, Place::Advance(target));
        if ends && left > 0 {
            return Err(No(Code::MoneyLeft, vec![left]));
        }
        let project = &mut self.targets[target];
        (project.state, project.moved_on, project.closed) = (Some(to), on, ends);
        Ok(())
    }

    pub(super) fn decide(
        &mut self,
        fund: usize,
        target: usize,
        amount: i64,
        on: NaiveDate,
        (votes, sat): (usize, usize),
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        if sat == 0 {
            return no(Code::ListSize);
        }
        self.check_target(target)?;
        if self.targets[target].fund != fund {
            return no(Code::AnotherFund);
        }
        self.check_open(target)?;
        if sat < SEATS.1 {
            return no(Code::NoQuorum);
        }
        if sat > SEATS.0 {
            return no(Code::TooManySeats);
        }
        if votes * 2 <= sat {
            return no(Code::NoMajority);
        }
        self.decisions.push(Decision { fund, target, amount, on });
        Ok(())
    }

    /// What may still be allocated on a decision.
    pub fn left_of(&self, decision: usize) -> i64 {
        let own = self.entries.iter().filter(|entry| entry.decision == Some(decision) && !entry.reversed);
        let used: i64 = own.flat_map(|entry| &entry.moves).map(|(.., amount)| amount).sum();
        self.decisions[decision].amount - used
    }

    pub(super) fn allocate(
        &mut self,
        number: usize,
        amount: i64,
        on: NaiveDate,
        lots: &[(usize, i64)],
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        let Some(decision) = self.decisions.get(number).cloned() else { return no(Code::NotFound) };
        let target = decision.target;
        self.check_open(target)?;
        self.check_state(target, &[Approved, Underway])?;
        if on < decision.on {
            return no(Code::DecisionLater);
        }
        let left = self.left_of(number);
        if amount > left {
            return Err(No(Code::DecisionExceeded, vec![amount, left]));
        }
        let payable = self.payable(Place::Pool, target, on);
        let taken = if lots.is_empty() {
            Self::take(&payable, self.balance(decision.fund, Place::Pool), amount)?
        } else {
            for (_, part) in lots {
                Self::check_amount(*part)?;
            }
            let sum: i64 = lots.iter().map(|(_, part)| part).sum();
            if sum != amount {
                return Err(No(Code::SumMismatch, vec![sum, amount]));
            }
            let mut taken: Vec<(usize, i64)> = vec![];
            for (lot, part) in lots {
                match taken.iter_mut().find(|(known, _)| known == lot) {
                    Some(known) => known.1 += part,
                    None => taken.push((*lot, *part)),
                }
            }
            if taken.iter().any(|(lot, part)| !payable.iter().any(|(known, here)| known == lot && here >= part)) {
                return no(Code::LotNotEligible);
            }
            taken.sort_by_key(|(lot, _)| self.age(*lot));
            taken
        };
        let moves = taken.into_iter().map(|(lot, part)| (lot, Place::Pool, Place::Target(target), part)).collect();
        self.book(decision.fund, on, moves).decision = Some(number);
        Ok(())
    }

    pub(super) fn give_back(
        &mut self,
        target: usize,
        from: Place,
        to: Place,
        amount: i64,
        on: NaiveDate,
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        self.check_target(target)?;
        self.check_open(target)?;
        let fund = self.targets[target].fund;
        let mut lots = self.lots_in(fund, from);
        lots.reverse();
        let taken = Self::take(&lots, self.balance(fund, from), amount)?;
        self.book(fund, on, taken.into_iter().map(|(lot, part)| (lot, from, to, part)).collect());
        Ok(())
    }

    pub(super) fn pay_ahead(&mut self, target: usize, amount: i64, on: NaiveDate) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        self.check_target(target)?;
        self.check_open(target)?;
        self.check_state(target, &[Approved, Underway, Completed])?;
        self.spend(target, Place::Target(target), Place::Advance(target), (amount, on))
    }

    pub(super) fn pay(
        &mut self,
        target: usize,
        from: Place,
        (amount, on): (i64, NaiveDate),
        payee: usize,
        purpose: Option<usize>,
        files: usize,
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        if files == 0 {
            return no(Code::EvidenceMissing);
        }
        self.check_target(target)?;
        Self::check_party(payee)?;
        self.check_open(target)?;
        self.check_state(target, &[Approved, Underway, Completed])?;
        match purpose {
            Some(purpose) if purpose >= PURPOSES.len() => return no(Code::NotFound),
            Some(purpose) if !Self::is_below(self.targets[target].purpose, purpose) => {
                return no(Code::PurposeNotAllowed);
            }
            _ => {}
        }
        self.spend(target, from, Place::Expense(self.expenses.len()), (amount, on))?;
        self.expenses.push((target, on));
        Ok(())
    }

    fn spend(&mut self, target: usize, from: Place, to: Place, (amount, on): (i64, NaiveDate)) -> Result<(), No> {
        let fund = self.targets[target].fund;
        let payable = self.payable(from, target, on);
        let mut taken = Self::take(&payable, self.balance(fund, from), amount)?;
        if self.targets[target].alike {
            taken = self.alike(&payable, amount);
        }
        self.book(fund, on, taken.into_iter().map(|(lot, part)| (lot, from, to, part)).collect());
        Ok(())
    }

    /// The targets that the places of some moves belong to.
    pub(super) fn targets_of<'a>(
        &'a self,
        moves: &'a [(usize, Place, Place, i64)],
    ) -> impl Iterator<Item = usize> + 'a {
        moves.iter().flat_map(|(_, from, to, _)| [from, to]).filter_map(|place| match place {
            Place::Target(target) | Place::Advance(target) | Place::Loss(target) => Some(*target),
            Place::Expense(expense) => Some(self.expenses[*expense].0),
            _ => None,
        })
    }

    pub(super) fn reverse(&mut self, number: usize, on: NaiveDate) -> Result<(), No> {
        self.check_day(on)?;
        let Some(entry) = self.entries.get(number).cloned() else { return no(Code::NotFound) };
        if entry.reverses.is_some() {
            return no(Code::IsReversal);
        }
        if entry.is_half {
            return no(Code::NotReversible);
        }
        if on < entry.on {
            return no(Code::PeriodReversed);
        }
        if entry.reversed {
            return no(Code::AlreadyReversed);
        }
        if self.targets_of(&entry.moves).any(|target| self.targets[target].closed) {
            return no(Code::TargetClosed);
        }
        let moved_on = |(lot, _, to, amount): &(usize, Place, Place, i64)| {
            *to != Place::Outside && self.lots[*lot].at.get(&(entry.fund, *to)).copied().unwrap_or_default() < *amount
        };
        let received: Vec<usize> = match entry.receipt {
            Some(_) => entry.moves.iter().map(|(lot, ..)| *lot).collect(),
            None => vec![],
        };
        if entry.moves.iter().any(moved_on) || self.is_followed(&received) {
            return no(Code::MoneyMovedOn);
        }
        for lot in received {
            let lot = &self.lots[lot];
            if let Some((pledge, due)) = lot.due {
                let pledge = &mut self.pledges[pledge];
                pledge.dues[due].received -= lot.amount;
                if pledge.state == PledgeState::Fulfilled {
                    pledge.state = PledgeState::Accepted;
                }
            }
        }
        let moves = entry.moves.iter().map(|(lot, from, to, amount)| (*lot, *to, *from, *amount)).collect();
        self.book(entry.fund, on, moves).reverses = Some(number);
        self.entries[number].reversed = true;
        Ok(())
    }
}
