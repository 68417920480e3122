// PostGraphile on the same database, as the same role and caller, in the same transaction.
// Takes the database, the caller and the moment from BENCH (JSON); prints its port when it is ready.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { addPgTableCondition, extendSchema } from "postgraphile/utils";
import { TYPES } from "postgraphile/@dataplan/pg";
import { Pool } from "pg";

const { database, caller, now, day, poolSize } = JSON.parse(process.env.BENCH);

// PostGraphile opens a transaction and hands its settings over by set_config; ours are opened by a function.
const SETTINGS = "select set_config(";
const OPEN = "select 1 from open_command_caller($1, $2, $3)";
const pool = new Pool({ ...database, max: poolSize, min: poolSize });
pool.on("connect", (client) => {
  const query = client.query.bind(client);
  client.query = (asked, ...more) =>
    asked?.text?.startsWith(SETTINGS)
      ? query({ name: "open", text: OPEN, values: [caller, randomUUID(), now] })
      : query(asked, ...more);
});

// What the portal computes in SQL, in the same words.
const UNFINISHED = "%.state in ('open', 'in_progress')";
const LATE = `%.ends_on is not null and %.ends_on < '${day}' and %.stage in ('approved', 'live', 'paused')`;
const AUTOMATIC = `%.rating in ('green', 'not_started') and (${LATE} or %.stage not in ('complete', 'closed', 'cancelled')
  and (exists (select from action x where x.initiative_id = %.id and x.state in ('open', 'in_progress') and x.due_on < '${day}')
    or exists (select from milestone x where x.initiative_id = %.id and x.reached_on is null and x.due_on < '${day}')))`;
const COMPUTED = {
  Initiative: {
    overdue: ["Boolean", LATE],
    shownRating: ["String", `case when ${AUTOMATIC} then 'amber' else %.rating end`],
    automatic: ["Boolean", AUTOMATIC],
  },
  Action: { overdue: ["Boolean", `${UNFINISHED} and %.due_on < '${day}'`] },
  Milestone: { overdue: ["Boolean", `%.reached_on is null and %.due_on < '${day}'`] },
  Risk: {
    score: ["Int", "%.likelihood * %.impact"],
    reviewDue: ["Boolean", `%.state = 'open' and coalesce(%.review_on <= '${day}', false)`],
  },
  Recipient: { late: ["Boolean", `%.is_open and coalesce(%.due_at < '${now}', false)`] },
  EvidenceItem: {
    reviewDue: ["Boolean", `%.state = 'current' and coalesce(%.review_on <= '${day}', false)`],
  },
};
const CODECS = { Boolean: TYPES.boolean, Int: TYPES.int, String: TYPES.text };

// The text with the row's alias in place of each %.
function joined(sql, text, alias) {
  const parts = text.split("%").map((part) => sql.raw(part));
  return sql.parens(sql.join(parts.flatMap((part, at) => (at ? [alias, part] : [part])), ""));
}

const computed = extendSchema((build) => {
  const { sql } = build;
  const typeDefs = Object.entries(COMPUTED)
    .map(([type, fields]) => {
      const lines = Object.entries(fields).map(([name, [kind]]) => `${name}: ${kind}`);
      return `extend type ${type} { ${lines.join(" ")} }`;
    })
    .join("\n");
  const objects = Object.fromEntries(
    Object.entries(COMPUTED).map(([type, fields]) => [
      type,
      {
        plans: Object.fromEntries(
          Object.entries(fields).map(([name, [kind, text]]) => [
            name,
            ($row) => {
              const alias = $row.getClassStep().alias;
              return $row.select(joined(sql, text, alias), CODECS[kind]);
            },
          ]),
        ),
      },
    ]),
  );
  return { typeDefs, objects };
});

function condition(name, text) {
  return addPgTableCondition(
    { schemaName: "public", tableName: "action" },
    name,
    (build) => {
      const { sql, graphql } = build;
      return {
        type: graphql.GraphQLBoolean,
        apply: (where, wanted) =>
          wanted && where.where(joined(sql, text, where.alias)),
      };
    },
  );
}

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [computed, condition("unfinished", UNFINISHED), condition("late", COMPUTED.Action.overdue[1])],
  // Conditions and orders on every column, as the questions need them; no functions, which share names with tables.
  disablePlugins: ["PgIndexBehaviorsPlugin", "PgProceduresPlugin"],
  pgServices: [makePgService({ pool, schemas: ["public"], pgSettings: { caller } })],
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, graphqlPath: "/graphql" },
};

const instance = postgraphile(preset);
const server = createServer();
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
