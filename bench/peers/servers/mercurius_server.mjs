// usage: node mercurius_server.mjs DATABASE_URL PORT
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

const [url, port] = process.argv.slice(2)
const at = new URL(url.replace('@/', '@localhost/'))
const pool = new pg.Pool({
  host: at.searchParams.get('host'),
  port: Number(at.searchParams.get('port') ?? 5432),
  user: 'postgres',
  database: at.pathname.slice(1),
  max: 10,
})

await pool.query(`CREATE TABLE tasks (
  id uuid PRIMARY KEY DEFAULT uuidv7(), idempotency_key text UNIQUE, workflow text NOT NULL, run_id text,
  prompt text NOT NULL, context jsonb NOT NULL, assignee text NOT NULL, version integer NOT NULL DEFAULT 1,
  status text NOT NULL DEFAULT 'PENDING', deadline_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), reviewer text, comment text, rating integer, resolved_at timestamptz)`)

const schema = `
  scalar DateTime
  scalar JSON
  enum Decision { APPROVE REJECT }
  type Task { id: ID! version: Int! status: String! prompt: String! deadlineAt: DateTime createdAt: DateTime!
              resolution: Resolution }
  type Resolution { outcome: String! by: String! actors: [String!]! comment: String at: DateTime! }
  interface Refusal { code: String! message: String! }
  type NotFound implements Refusal { code: String! message: String! }
  type OpenTaskSuccess { task: Task! }
  type AnswerTaskSuccess { task: Task! }
  union OpenTaskResult = OpenTaskSuccess | NotFound
  union AnswerTaskResult = AnswerTaskSuccess | NotFound
  input WorkflowInput { name: String! runId: String step: String }
  input AssigneeInput { reviewer: String group: String }
  input OpenTaskInput { idempotencyKey: String workflow: WorkflowInput! prompt: String! context: JSON!
                        assignees: [AssigneeInput!]! }
  input AnswerTaskInput { taskId: ID! decision: Decision! comment: String rating: Int }
  type Query { ok: Boolean! }
  type Mutation {
    openTask(input: OpenTaskInput!): OpenTaskResult!
    answerTask(input: AnswerTaskInput!): AnswerTaskResult!
  }`

const open = {
  name: 'open',
  text: `INSERT INTO tasks (idempotency_key, workflow, run_id, prompt, context, assignee, deadline_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 day') RETURNING *`,
}
const answer = {
  name: 'answer',
  text: `UPDATE tasks SET status = $2, version = version + 1, reviewer = 'anna', comment = $3, rating = $4,
         resolved_at = now() WHERE id = $1 AND status = 'PENDING' RETURNING *`,
}

const shown = (row) => ({
  id: row.id,
  version: row.version,
  status: row.status,
  prompt: row.prompt,
  deadlineAt: row.deadline_at.toISOString(),
  createdAt: row.created_at.toISOString(),
  resolution: row.resolved_at && {
    outcome: row.status, by: 'REVIEWER', actors: [row.reviewer], comment: row.comment, at: row.resolved_at.toISOString(),
  },
})

const resolvers = {
  OpenTaskResult: { resolveType: (value) => value.__typename },
  AnswerTaskResult: { resolveType: (value) => value.__typename },
  Mutation: {
    openTask: async (_, { input }) => {
      const { rows } = await pool.query({
        ...open,
        values: [input.idempotencyKey, input.workflow.name, input.workflow.runId, input.prompt,
                 JSON.stringify(input.context), input.assignees[0].reviewer],
      })
      return { __typename: 'OpenTaskSuccess', task: shown(rows[0]) }
    },
    answerTask: async (_, { input }) => {
      const status = input.decision === 'APPROVE' ? 'APPROVED' : 'REJECTED'
      const { rows } = await pool.query({ ...answer, values: [input.taskId, status, input.comment, input.rating] })
      if (!rows.length) return { __typename: 'NotFound', code: 'NOT_FOUND', message: 'There is no such pending task.' }
      return { __typename: 'AnswerTaskSuccess', task: shown(rows[0]) }
    },
  },
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, jit: 1 })
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.on('SIGTERM', () => process.exit(0))
