// The peer that makes its API from the database: PostGraphile, with the same checks and a log line per request.
// It sees the views of the schema "peer", which show a viewer's own cases alone, as it recommends.
import { createPublicKey } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { createVerifier } from "fast-jwt";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";

const pool = new pg.Pool({
  host: process.env.PEER_PG_HOST, database: process.env.PEER_PG_NAME, user: "postgres", max: 10,
});
const key = createPublicKey({ key: JSON.parse(process.env.PEER_JWK), format: "jwk" });
const verify = createVerifier({
  key: key.export({ type: "spki", format: "pem" }), algorithms: ["EdDSA"], allowedAud: "access", allowedIss: "jinmin",
});

async function person(authorization) {
  const claims = await verify((authorization ?? "").slice(7));
  const { rows: [row] } = await pool.query({
    name: "session",
    text: `SELECT account.person_id FROM session JOIN account ON account.id = session.account_id
      WHERE session.id = $1 AND session.revoked_at IS NULL AND session.expires_at > now()`,
    values: [claims.sid],
  });
  if (!row) throw new Error("sign in");
  return row.person_id;
}

const api = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ["peer"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: {
    async context({ node }) {
      const held = await person(node?.req.headers.authorization);
      return { pgSettings: { "jinmin.person": held } };
    },
  },
});
const server = createServer((request, response) => {
  const began = performance.now();
  response.on("finish", () => process.stdout.write(JSON.stringify({
    level: 30, time: Date.now(), url: request.url, status: response.statusCode, responseTime: performance.now() - began,
  }) + "\n"));
});
await api.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PEER_PORT), "127.0.0.1");
