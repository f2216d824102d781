// A partner's screen as a Relay client composes it: fragments, connections that page, a node found again.
import { graphql } from 'relay-runtime';

graphql`
  query PartnerScreenQuery($id: ID!, $funds: Int = 5) {
    node(id: $id) {
      __typename
      id
      ...PartnerScreen_party @alias
    }
    funds(first: $funds) {
      edges {
        node {
          ...PartnerScreen_fund
        }
      }
    }
  }
`;

graphql`
  fragment PartnerScreen_party on PartnerUnit
  @refetchable(queryName: "PartnerScreenPledgesQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    name
    pledges(first: $first, after: $after) @connection(key: "PartnerScreen_pledges") {
      edges {
        cursor
        node {
          id
          state
          amount {
            amount
            currency
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

graphql`
  fragment PartnerScreen_fund on Fund {
    name
    expenses(first: 3) @connection(key: "PartnerScreen_expenses") {
      edges {
        node {
          amount {
            amount
          }
          fundedBy(first: 3) {
            edges {
              amount {
                amount
              }
              node {
                ... on Party {
                  name
                }
              }
            }
          }
        }
      }
    }
  }
`;

graphql`
  mutation PartnerScreenOfferMutation($input: PledgeOfferInput!) {
    pledgeOffer(input: $input) {
      pledge {
        id
        state
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`;
