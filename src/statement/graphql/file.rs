//! A statement that is asked for as a file: found and allowed by the graph's rules, then written.

use tokio::sync::mpsc::Sender;

use super::{fund::FundStatement, host::HostStatement, party::PartyStatement};
use crate::{
    error::{Refusal, Result},
    fund::{FundById, HostById},
    id::{FundId, GlobalId, HostId, NodeKind},
    ledger::{as_of::Mark, graphql::as_of::AsOfInput},
    page::PeriodInput,
    party::{PartyById, is_known_to},
    sheet::{Format, Sheets},
    statement::file::{self, About},
    viewer::Request,
};

/// A statement about to be written.
pub struct Made {
    about: About,
    of: Of,
}

enum Of {
    Party(PartyStatement),
    Fund(FundStatement),
    Host(HostStatement),
}

fn absent(what: &str) -> crate::error::Error {
    Refusal::NotFound { what: what.into() }.into()
}

impl Made {
    /// Of a party.
    ///
    /// # Errors
    /// As the field `statement` of a party has them.
    pub async fn party(
        request: &Request,
        id: GlobalId,
        period: PeriodInput,
        fund: Option<GlobalId>,
        as_of: Option<AsOfInput>,
    ) -> Result<Self> {
        let party = id.party()?;
        let statement = PartyStatement::of(request, party, period, fund, as_of).await?;
        let found = request.load::<PartyById>(party).await?.ok_or_else(|| absent("party"))?;
        let known = is_known_to(request, &found).await?;
        let name = if known { found.name.clone() } else { found.masked_name(request.language) };
        let marks = named(request, statement.counted(request).await?).await?;
        let about = About { name, credit_code: found.credit_code.filter(|_| known), marks };
        Ok(Self { about, of: Of::Party(statement) })
    }

    /// Of a fund.
    ///
    /// # Errors
    /// As the field `statement` of a fund has them.
    pub async fn fund(request: &Request, id: GlobalId, period: PeriodInput, as_of: Option<AsOfInput>) -> Result<Self> {
        let fund = request.load::<FundById>(FundId(id.key_of(NodeKind::Fund)?)).await?.ok_or_else(|| absent("fund"))?;
        let statement = FundStatement::of(request, &fund, period, as_of).await?;
        let marks = vec![(fund.code.clone(), statement.counted(request).await?)];
        Ok(Self { about: About { name: fund.name, credit_code: None, marks }, of: Of::Fund(statement) })
    }

    /// Of a host.
    ///
    /// # Errors
    /// As the field `statement` of a host has them.
    pub async fn host(request: &Request, id: GlobalId, period: PeriodInput, as_of: Option<AsOfInput>) -> Result<Self> {
        let host = request.load::<HostById>(HostId(id.key_of(NodeKind::Host)?)).await?.ok_or_else(|| absent("host"))?;
        let statement = HostStatement::of(request, &host, period, as_of).await?;
        let party = request.need::<PartyById>(host.party_id).await?;
        Ok(Self {
            about: About { name: party.name, credit_code: party.credit_code, marks: vec![] },
            of: Of::Host(statement),
        })
    }

    /// Whose it is.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// Writes it.
    ///
    /// # Errors
    /// Faults.
    pub async fn write(self, request: &Request, format: Format, sink: Sender<Vec<u8>>) -> Result<()> {
        let language = request.language;
        let mut out = Sheets::new(format, language, sink);
        let session = &mut *request.session().await?;
        match &self.of {
            Of::Party(one) => file::party(session, &mut out, language, &self.about, one.party, &one.span).await?,
            Of::Fund(one) => file::fund(session, &mut out, language, &self.about, one.fund, &one.span).await?,
            Of::Host(one) => file::host(&mut out, language, &self.about, &one.statement, &one.span).await?,
        }
        out.end().await
    }
}

async fn named(request: &Request, marks: Vec<Mark>) -> Result<Vec<(String, Mark)>> {
    let mut named = Vec::with_capacity(marks.len());
    for mark in marks {
        named.push((request.need::<FundById>(mark.fund_id).await?.code, mark));
    }
    Ok(named)
}
