// GraphQL over HTTP: every audit of graphql-http against the server at the given address.
// usage: node audit.mjs http://127.0.0.1:8000/graphql
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
const failed = results.filter((result) => result.status !== 'ok');
for (const { status, id, name, reason } of failed) {
  console.error(`${status} ${id} ${name}: ${reason}`);
}
console.log(`graphql-http: ${results.length - failed.length} of ${results.length} audits passed`);
process.exit(failed.length === 0 && results.length > 50 ? 0 : 1);
