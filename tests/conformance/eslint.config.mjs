// The schema by graphql-eslint's rules for schemas and for Relay.
import graphql from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema/schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/require-description': [
        'error',
        { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true, rootField: true,
          // The arguments of the specification's own directives are the exporter's to print.
          ignoredSelectors: ['DirectiveDefinition > InputValueDefinition'] },
      ],
      // Short lists that never grow (seats of a decision, lines of a budget) are plain lists, and what has no
      // identity of its own (a posting, a place where money is) is paged all the same.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // Payloads, pages, amounts and inputs have no identity.
      '@graphql-eslint/strict-id-in-types': 'off',
      // The day of a refund is called what it is.
      '@graphql-eslint/no-typename-prefix': 'off',
      // The directive is the specification's own; the exporter prints it.
      '@graphql-eslint/no-unreachable-types': 'off',
    },
  },
];
