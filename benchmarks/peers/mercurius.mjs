// The peer on Node: fastify and mercurius with JIT, with the same checks and a log line per request.
// PEER_MODE: "loaders" resolves timelines by a batched loader, "lean" fetches everything in the root resolver.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";
import postgres from "postgres";
import { createVerifier } from "fast-jwt";

const sql = postgres({
  host: process.env.PEER_PG_HOST, database: process.env.PEER_PG_NAME, username: "postgres", max: 10,
  path: `${process.env.PEER_PG_HOST}/.s.PGSQL.5432`,
});
const key = createPublicKey({ key: JSON.parse(process.env.PEER_JWK), format: "jwk" });
const verify = createVerifier({
  key: key.export({ type: "spki", format: "pem" }), algorithms: ["EdDSA"], allowedAud: "access", allowedIss: "jinmin",
});
const lean = process.env.PEER_MODE === "lean";
const itemNames = { "000511001000": "高龄津贴发放" };

const schema = `
  type Query {
    applications(first: Int! = 20, after: String): Connection!
    serviceItems(division: String!, first: Int! = 20): ItemConnection!
  }
  type Mutation { submitApplication(input: SubmitApplicationInput!): Application! }
  input SubmitApplicationInput { applicationId: ID! idempotencyKey: String! }
  type ItemConnection { edges: [ItemEdge!]! pageInfo: PageInfo! }
  type ItemEdge { node: ServiceItem! }
  type Organ { name: String! }
  type Material { code: String! name: String! required: Boolean! }
  type ServiceItem { code: String! name: String! promisedDays: Int! organ: Organ! materials: [Material!]! }
  type Connection { edges: [Edge!]! pageInfo: PageInfo! }
  type Edge { node: Application! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type DueDate { on: String! }
  type Event { sequence: Int! kind: String! at: String! }
  type Application {
    id: ID! caseNumber: String itemName: String! organName: String! state: String! createdAt: String!
    submittedAt: String dueDate: DueDate timeline(last: Int! = 20): [Event!]!
  }
`;

const beijing = (moment) => new Date(moment.getTime() + 8 * 3600e3).toISOString().slice(0, -1) + "+08:00";

async function person(authorization) {
  const claims = await verify((authorization ?? "").slice(7));
  const [row] = await sql`SELECT account.person_id FROM session JOIN account ON account.id = session.account_id
    WHERE session.id = ${claims.sid} AND session.revoked_at IS NULL AND session.expires_at > now()`;
  if (!row) throw new Error("sign in");
  return row.person_id;
}

async function timelines(ids, last) {
  const rows = await sql`SELECT a.id AS case_id, e.sequence, e.kind, e.at FROM unnest(${ids}::uuid[]) AS a(id)
    CROSS JOIN LATERAL (SELECT sequence, kind, at FROM case_event WHERE application_id = a.id
    ORDER BY sequence DESC LIMIT ${last}) AS e ORDER BY a.id, e.sequence`;
  const found = new Map(ids.map((id) => [id, []]));
  for (const row of rows) found.get(row.case_id).push({ sequence: row.sequence, kind: row.kind, at: beijing(row.at) });
  return found;
}

async function applications(_root, { first }, context) {
  const rows = await sql`SELECT id, case_number, item_code, organ_name, state, created_at, submitted_at,
    due_on::text AS due_on FROM application WHERE person_id = ${context.person} ORDER BY id DESC LIMIT ${first + 1}`;
  const shown = rows.slice(0, first).map((row) => ({
    id: row.id, caseNumber: row.case_number, itemName: itemNames[row.item_code], organName: row.organ_name,
    state: row.state, createdAt: beijing(row.created_at), submittedAt: row.submitted_at && beijing(row.submitted_at),
    dueDate: row.due_on && { on: row.due_on },
  }));
  if (lean) {
    const found = await timelines(shown.map((row) => row.id), 5);
    for (const row of shown) row.timeline = found.get(row.id);
  }
  return {
    edges: shown.map((node) => ({ node })),
    pageInfo: { hasNextPage: rows.length > first, endCursor: shown.at(-1)?.id ?? null },
  };
}

async function serviceItems(_root, { first }) {
  const rows = await sql`SELECT code, name, promised_days, organ_name FROM peer.item ORDER BY position LIMIT ${first + 1}`;
  const shown = rows.slice(0, first).map((row) => ({
    code: row.code, name: row.name, promisedDays: row.promised_days, organ: { name: row.organ_name },
  }));
  return {
    edges: shown.map((node) => ({ node })),
    pageInfo: { hasNextPage: rows.length > first, endCursor: shown.at(-1)?.code ?? null },
  };
}

async function materials(queries) {
  const codes = queries.map(({ obj }) => obj.code);
  const rows = await sql`SELECT item_code, code, name, required FROM peer.material WHERE item_code = ANY(${codes})
    ORDER BY item_code, position`;
  const found = new Map(codes.map((code) => [code, []]));
  for (const row of rows) found.get(row.item_code).push({ code: row.code, name: row.name, required: row.required });
  return codes.map((code) => found.get(code));
}

const statements = readFileSync(new URL("submit.sql", import.meta.url), "utf8")
  .replace(/^--.*$/gm, "").split(/;\s*$/m).map((one) => one.trim()).filter(Boolean);

async function submitApplication(_root, { input }, { person }) {
  const id = input.applicationId;
  return sql.begin(async (tx) => {
    const run = (statement, values) => {
      const named = [...new Set(statement.match(/\$\d/g) ?? [])].sort();
      const numbered = named.reduce((text, name, place) => text.replaceAll(name, "$" + (place + 1)), statement);
      return tx.unsafe(numbered, named.map((name) => values[name[1] - 1]), { prepare: true });
    };
    const [{ last_serial: serial }] = await run(statements[0], []);
    for (const statement of statements.slice(1)) await run(statement, [id, person, serial, input.idempotencyKey]);
    const [row] = await tx`SELECT id, case_number, state, organ_name, created_at FROM application WHERE id = ${id}`;
    if (row?.state !== "SUBMITTED") throw new Error("not a draft of yours");
    return { id: row.id, caseNumber: row.case_number, state: row.state, organName: row.organ_name, createdAt: beijing(row.created_at) };
  });
}

const app = Fastify({ logger: true });
app.register(mercurius, {
  schema,
  jit: 1,
  resolvers: { Query: { applications, serviceItems }, Mutation: { submitApplication } },
  loaders: {
    ServiceItem: { materials },
    ...(lean ? {} : { Application: {
      async timeline(queries) {
        const found = await timelines(queries.map(({ obj }) => obj.id), queries[0].params.last);
        return queries.map(({ obj }) => found.get(obj.id));
      },
    } }),
  },
  context: async (request) => ({ person: await person(request.headers.authorization) }),
});
await app.listen({ port: Number(process.env.PEER_PORT), host: "127.0.0.1" });
