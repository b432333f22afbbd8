// Invented SQL: one answer to every question, and a schema for completion.
export const schema = {
  tables: [
    {
      name: 'events',
      about: 'one row for each event that the purpose may see',
      columns: [
        ['time', 'timestamp', 'when it happened'],
        ['received', 'timestamp', 'when it arrived'],
        ['event', 'text', 'its name'],
        ['person', 'text', 'whose it is'],
        ['source', 'text', 'who sent it'],
        ['session', 'text', 'the session that the client named'],
        ['currency', 'text', 'transaction'],
        ['device', 'text', 'usage'],
        ['country', 'text', 'usage'],
        ['revenue', 'number', 'transaction'],
      ].map(([name, type, about]) => ({ name, type, about })),
    },
    {
      name: 'people',
      about: 'one row for each person',
      columns: [
        ['person', 'text', 'the number of the person'],
        ['first', 'timestamp', 'seen first'],
        ['last', 'timestamp', 'seen last'],
        ['events', 'number', 'how many events'],
      ].map(([name, type, about]) => ({ name, type, about })),
    },
  ],
  functions: ['count', 'sum', 'avg', 'min', 'max', 'date_trunc', 'date_bin', 'coalesce', 'lower'],
};

export function answerSql(body, response, problem, json) {
  if (/\b(drop|delete|insert|update|copy|set)\b/i.test(body.sql)) {
    return problem(response, 422, 'sql-not-select', 'only a question can be asked',
      'the text is no single `SELECT`', { remedy: 'send one `SELECT`, without a semicolon' });
  }
  const rows = ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'].map(
    (event, at) => [event, 61_220 - at * 14_000, `2026-11-${20 + at}T10:00:00Z`],
  );
  return json(response, {
    columns: [
      { name: 'event', type: 'text' },
      { name: 'count', type: 'number' },
      { name: 'last', type: 'timestamp' },
    ],
    rows,
    truncated: (body.limit ?? 1000) < 100,
    scanned: { rows: 146_001, bytes: 2_411_002, files: 112, seconds: 0.041 },
    as_of: new Date().toISOString(),
    purpose: body.purpose,
  });
}
